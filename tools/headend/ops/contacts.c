#include "headend/ops/contacts.h"

#include <pthread.h>

#include "base/clock.h"

struct contact {
    char id[UUID_TEXT_SIZE];
    int64_t at; /* s since 1970 */
};

struct contacts {
    pthread_mutex_t mutex;
    size_t count;
    struct contact noted[CONTACTS_MAX];
    struct contact writing[CONTACTS_MAX]; /* contacts_write's own */
};

struct contacts *contacts_create(struct pp_error *error) {
    struct contacts *contacts = calloc(1, sizeof *contacts);
    if (!contacts) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&contacts->mutex, NULL);
    return contacts;
}

void contacts_destroy(struct contacts *contacts) {
    if (!contacts)
        return;
    pthread_mutex_destroy(&contacts->mutex);
    free(contacts);
}

void contacts_note(struct contacts *contacts, const struct device *device) {
    int64_t now = pp_clock_realtime_s();
    if (now >= device->seen && now - device->seen < DEVICE_SEEN_EVERY_S)
        return;
    pthread_mutex_lock(&contacts->mutex);
    bool just_now = contacts->count && strcmp(contacts->noted[contacts->count - 1].id, device->id) == 0;
    if (!just_now && contacts->count < CONTACTS_MAX) {
        struct contact *contact = &contacts->noted[contacts->count++];
        memcpy(contact->id, device->id, sizeof contact->id);
        contact->at = now;
    }
    pthread_mutex_unlock(&contacts->mutex);
}

static size_t contacts_take(struct contacts *contacts) {
    pthread_mutex_lock(&contacts->mutex);
    size_t count = contacts->count;
    memcpy(contacts->writing, contacts->noted, count * sizeof *contacts->noted);
    contacts->count = 0;
    pthread_mutex_unlock(&contacts->mutex);
    return count;
}

bool contacts_write(struct contacts *contacts, struct db *db, struct pp_error *error) {
    size_t count = contacts_take(contacts);
    if (!count)
        return true;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!db_run(db, error, DB_DEVICE_SEEN, DB_INT(contacts->writing[i].at),
                    DB_TEXT(contacts->writing[i].id)))
            return false;
    }
    return db_change_commit(&change, error);
}

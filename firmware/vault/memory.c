#include "vault/memory.h"

#include <string.h>

void memory_init(struct memory *memory) {
    *memory = (struct memory){0};
    pthread_mutex_init(&memory->lock, NULL);
}

static void clear(struct memory_record *record) {
    pp_buf_finish(&record->data);
    record->data = PP_BUF_INIT(VAULT_RECORD_MAX);
    record->there = false;
}

void memory_finish(struct memory *memory) {
    for (size_t i = 0; i < MEMORY_RECORDS_MAX; i++)
        clear(&memory->records[i]);
    pthread_mutex_destroy(&memory->lock);
}

/* With the lock; NULL where it is not kept here. */
static struct memory_record *find(struct memory *memory, const char *name) {
    for (size_t i = 0; i < MEMORY_RECORDS_MAX; i++) {
        if (strcmp(memory->records[i].name, name) == 0)
            return &memory->records[i];
    }
    return NULL;
}

bool memory_begin(struct memory *memory, const char *name, struct pp_error *error) {
    pthread_mutex_lock(&memory->lock);
    struct memory_record *record = find(memory, name);
    if (!record && (record = find(memory, ""))) {
        snprintf(record->name, sizeof record->name, "%s", name);
        clear(record);
    }
    if (record)
        record->closed = false;
    pthread_mutex_unlock(&memory->lock);
    return record || pp_fail(error, PP_E_LIMIT, "more than %d records in memory alone", MEMORY_RECORDS_MAX);
}

void memory_close(struct memory *memory, const char *name) {
    pthread_mutex_lock(&memory->lock);
    struct memory_record *record = find(memory, name);
    if (record) {
        clear(record);
        record->closed = true;
    }
    pthread_mutex_unlock(&memory->lock);
}

void memory_end(struct memory *memory, const char *name) {
    pthread_mutex_lock(&memory->lock);
    struct memory_record *record = find(memory, name);
    if (record) {
        clear(record);
        *record->name = 0;
    }
    pthread_mutex_unlock(&memory->lock);
}

bool memory_put(struct memory *memory, const char *name, const void *data, size_t size, bool *ok,
                struct pp_error *error) {
    pthread_mutex_lock(&memory->lock);
    struct memory_record *record = find(memory, name);
    if (record) {
        clear(record);
        *ok = !data || (record->closed ? pp_fail(error, PP_E_STATE, "vault record %s: it is over", name)
                                       : pp_buf_add(&record->data, data, size, error));
        record->there = data && *ok;
    }
    pthread_mutex_unlock(&memory->lock);
    return record;
}

bool memory_get(struct memory *memory, const char *name, struct pp_buf *out, bool *ok,
                struct pp_error *error) {
    pthread_mutex_lock(&memory->lock);
    const struct memory_record *record = find(memory, name);
    if (record)
        *ok = record->there ? pp_buf_add(out, record->data.data, record->data.size, error)
                            : pp_fail(error, PP_E_NOTFOUND, "vault record %s: there is none", name);
    pthread_mutex_unlock(&memory->lock);
    return record;
}

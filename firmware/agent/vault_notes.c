#include "agent/vault_notes.h"

#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

static char *message_at(struct vault_notes *notes, unsigned place) {
    return notes->messages[place % VAULT_NOTES_MAX];
}

static bool is_known(struct vault_notes *notes, const char *message) {
    for (unsigned i = 0; i < notes->remembered + notes->waiting; i++) {
        if (strcmp(message_at(notes, notes->first + VAULT_NOTES_MAX - notes->remembered + i), message) == 0)
            return true;
    }
    return false;
}

static void add(struct vault_notes *notes, const char *message) {
    if (notes->waiting == VAULT_NOTES_MAX) {
        notes->dropped++;
        return;
    }
    snprintf(message_at(notes, notes->first + notes->waiting), PP_ERROR_MESSAGE_MAX, "%s", message);
    notes->waiting++;
    if (notes->remembered + notes->waiting > VAULT_NOTES_MAX)
        notes->remembered--;
}

static void on_fallback(void *arg, const char *name, const char *message) {
    struct vault_notes *notes = arg;
    (void)name; /* the message has it */
    pthread_mutex_lock(&notes->lock);
    bool fresh = !is_known(notes, message);
    if (fresh)
        add(notes, message);
    pthread_mutex_unlock(&notes->lock);
    /* Fails only where the counter is full, and then the descriptor is readable anyway. */
    if (fresh)
        (void)!write(notes->fd, &(uint64_t){1}, sizeof(uint64_t));
}

bool vault_notes_init(struct vault_notes *notes, struct vault *vault, struct pp_error *error) {
    *notes = (struct vault_notes){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    pthread_mutex_init(&notes->lock, NULL);
    if (notes->fd < 0)
        return pp_fail_errno(error, "eventfd");
    vault_set_reporter(vault, on_fallback, notes);
    return true;
}

void vault_notes_finish(struct vault_notes *notes) {
    pp_close(&notes->fd);
    pthread_mutex_destroy(&notes->lock);
}

static void take_first(struct vault_notes *notes, char message[PP_ERROR_MESSAGE_MAX]) {
    snprintf(message, PP_ERROR_MESSAGE_MAX, "%s", message_at(notes, notes->first));
    notes->first = (notes->first + 1) % VAULT_NOTES_MAX;
    notes->waiting--;
    notes->remembered++;
}

bool vault_notes_take(struct vault_notes *notes, char message[PP_ERROR_MESSAGE_MAX]) {
    uint64_t woken;
    (void)!read(notes->fd, &woken, sizeof woken);
    pthread_mutex_lock(&notes->lock);
    bool any = notes->waiting > 0;
    if (any) {
        take_first(notes, message);
    } else if (notes->dropped) {
        snprintf(message, PP_ERROR_MESSAGE_MAX, "%u more records fell back to their older generation",
                 notes->dropped);
        notes->dropped = 0;
        any = true;
    }
    pthread_mutex_unlock(&notes->lock);
    return any;
}

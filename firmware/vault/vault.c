#include "vault/vault.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/file.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/shred.h"
#include "vault/kek_choice.h"
#include "vault/later.h"
#include "vault/memory.h"
#include "vault/migration.h"
#include "vault/record.h"
#include "vault/sweep.h"

/* A thread that is at the files of one record; NULL: of all. */
struct vault_user {
    struct vault_user *next;
    const char *name;
};

struct vault {
    pthread_mutex_t mutex; /* over users, erased and the reporter; not held while files are read or written */
    pthread_cond_t left;   /* a user has gone */
    struct vault_user *users;
    struct later later;
    struct memory memory;
    struct kek_holder holder;
    int kek_dir;
    int dir;      /* locked */
    uint8_t *kek; /* VAULT_KEK_SIZE bytes, base/secret.h */
    bool erased;
    vault_reporter reporter;
    void *reporter_arg;
};

static int vault_make_dir(const char *state_dir, const char *name, struct pp_error *error) {
    char path[PP_PATH_MAX];
    if (!pp_path_format(path, error, "%s/%s", state_dir, name) || !pp_dir_make(AT_FDCWD, path, 0700, error))
        return -1;
    return pp_dir_open(AT_FDCWD, path, error);
}

static bool vault_lock_dir(const struct vault *vault, struct pp_error *error) {
    if (flock(vault->dir, LOCK_EX | LOCK_NB) == 0)
        return true;
    if (errno == EWOULDBLOCK)
        return pp_fail(error, PP_E_STATE, "the vault is in use by another process");
    return pp_fail_errno(error, "lock the vault");
}

/* Records without their key are noise. They go before the next key is made, so that whenever the power is cut
 * none stands beside it; flash that keeps one is no reason to show nothing. */
static bool vault_begin_anew(struct vault *vault, struct pp_error *error) {
    struct pp_error reason = {0};
    size_t count = 0;
    if (!vault_sweep(vault->dir, false, &count, &reason))
        pp_log_warning("vault: %s", reason.message);
    if (count)
        pp_log_warning("vault: there is no key-encryption key; %zu files that another one sealed are lost",
                       count);
    return vault->holder.provider->create(vault->holder.context, vault->kek_dir, vault->kek, error);
}

static bool vault_load(struct vault *vault, struct pp_error *error) {
    struct pp_error reason = {0};
    if (!vault->holder.provider->load(vault->holder.context, vault->kek_dir, vault->kek, &reason)) {
        if (reason.code == PP_E_NOTFOUND)
            return vault_begin_anew(vault, error);
        if (error)
            *error = reason;
        return false;
    }
    /* On flash that has gone read-only they stay, and the vault can still be read. */
    if (!vault_sweep(vault->dir, true, NULL, &reason))
        pp_log_warning("vault: %s", reason.message);
    return true;
}

static bool vault_lock_once(struct vault *vault, const char *state_dir, struct pp_error *error) {
    vault->kek_dir = vault_make_dir(state_dir, "kek", error);
    if (vault->kek_dir < 0)
        return false;
    vault->dir = vault_make_dir(state_dir, "vault", error);
    return vault->dir >= 0 && vault_lock_dir(vault, error);
}

/* A move to another key that was interrupted is ended first; that may put other folders in the place of these. */
static bool vault_lock(struct vault *vault, const char *state_dir, struct pp_error *error) {
    bool moved = false;
    if (!vault_lock_once(vault, state_dir, error) ||
        !migration_recover(state_dir, vault->kek_dir, vault->dir, &moved, error))
        return false;
    if (!moved)
        return true;
    pp_close(&vault->kek_dir);
    pp_close(&vault->dir);
    return vault_lock_once(vault, state_dir, error);
}

/* Locked, but without its key. */
static struct vault *vault_create(const char *state_dir, struct pp_error *error) {
    PP_AUTO(vault) struct vault *vault = calloc(1, sizeof *vault);
    if (!vault) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&vault->mutex, NULL);
    pthread_cond_init(&vault->left, NULL);
    later_init(&vault->later, vault);
    memory_init(&vault->memory);
    vault->kek_dir = vault->dir = -1;
    vault->kek = pp_secret_create(VAULT_KEK_SIZE, NULL, error);
    return vault->kek && vault_lock(vault, state_dir, error) ? pp_steal(&vault) : NULL;
}

struct vault *vault_open(const char *state_dir, const struct vault_kek_config *config,
                         struct pp_error *error) {
    const struct vault_kek_config file = {.provider = vault_kek_file()};
    PP_AUTO(vault) struct vault *vault = vault_create(state_dir, error);
    if (!vault || !kek_choose(config ? config : &file, vault->kek_dir, &vault->holder, error) ||
        !vault_load(vault, error)) {
        pp_wrap(error, "vault");
        return NULL;
    }
    return pp_steal(&vault);
}

void vault_close(struct vault *vault) {
    if (!vault)
        return;
    pp_close(&vault->kek_dir);
    pp_close(&vault->dir);
    later_finish(&vault->later);
    memory_finish(&vault->memory);
    kek_holder_finish(&vault->holder);
    pthread_cond_destroy(&vault->left);
    pthread_mutex_destroy(&vault->mutex);
    pp_secret_destroy(vault->kek, VAULT_KEK_SIZE);
    free(vault);
}

const char *vault_provider_name(const struct vault *vault) {
    return vault->holder.provider->name;
}

const char *vault_provider_note(const struct vault *vault) {
    const char *note = vault->holder.provider->note(vault->holder.context);
    return *note ? note : vault->holder.note;
}

bool vault_has_tpm(const struct vault *vault) {
    return vault->holder.provider->tpm(vault->holder.context) != NULL;
}

struct tpm *vault_tpm(const struct vault *vault, struct pp_error *error) {
    struct tpm *tpm = vault->holder.provider->tpm(vault->holder.context);
    return tpm ? tpm_ref(tpm) : tpm_open(vault->holder.tcti, error);
}

void vault_set_reporter(struct vault *vault, vault_reporter reporter, void *arg) {
    pthread_mutex_lock(&vault->mutex);
    vault->reporter = reporter;
    vault->reporter_arg = arg;
    pthread_mutex_unlock(&vault->mutex);
}

static void vault_report_fallback(struct vault *vault, const char *name, const struct record *record,
                                  int used) {
    const struct record_slot *lost = &record->slots[1 - used];
    char message[PP_ERROR_MESSAGE_MAX];
    snprintf(message, sizeof message,
             "vault record %s: generation %" PRIu64 " is used, because the other one is %s%.200s", name,
             record->slots[used].generation, lost->present ? "damaged: " : "missing", lost->error.message);
    pthread_mutex_lock(&vault->mutex);
    vault_reporter reporter = vault->reporter;
    void *arg = vault->reporter_arg;
    pthread_mutex_unlock(&vault->mutex);
    if (reporter)
        reporter(arg, name, message);
    else
        pp_log_warning("%s", message);
}

/* The slot to use, or -1. A damaged slot beside a valid one is reported, and so is one that is missing though
 * it was written once, whichever was newer: which it was cannot be known. */
static int vault_choose(struct vault *vault, const char *name, const struct record *record,
                        struct pp_error *error) {
    int best = record_best(record);
    int newest = record_newest(record);
    int unread = record_unread(record);
    if (newest < 0)
        pp_fail(error, PP_E_NOTFOUND, "vault record %s: there is none", name);
    else if (best < 0 && unread >= 0)
        pp_fail(error, record->slots[unread].error.code, "vault record %s: %s", name,
                record->slots[unread].error.message);
    else if (best < 0)
        pp_fail(error, PP_E_AUTH, "vault record %s: no generation authenticates: %s", name,
                record->slots[newest].error.message);
    else if (record->slots[1 - best].present ? !record->slots[1 - best].valid
                                             : record->slots[best].generation > 1)
        vault_report_fallback(vault, name, record, best);
    return best;
}

static bool vault_in_use(const struct vault *vault, const char *name) {
    for (const struct vault_user *user = vault->users; user; user = user->next) {
        if (!name || !user->name || strcmp(user->name, name) == 0)
            return true;
    }
    return false;
}

/* Waits until nobody else is at the record (NULL: at any). False where the vault was erased. */
static bool vault_enter(struct vault *vault, struct vault_user *user, const char *name,
                        struct pp_error *error) {
    user->name = name;
    pthread_mutex_lock(&vault->mutex);
    while (vault_in_use(vault, name))
        pthread_cond_wait(&vault->left, &vault->mutex);
    bool erased = vault->erased;
    if (!erased || !name) {
        user->next = vault->users;
        vault->users = user;
    }
    vault->erased = erased || !name;
    pthread_mutex_unlock(&vault->mutex);
    return !erased || !name || pp_fail(error, PP_E_STATE, "the vault was erased");
}

static void vault_leave(struct vault *vault, const struct vault_user *user) {
    pthread_mutex_lock(&vault->mutex);
    struct vault_user **place = &vault->users;
    while (*place != user)
        place = &(*place)->next;
    *place = user->next;
    pthread_cond_broadcast(&vault->left);
    pthread_mutex_unlock(&vault->mutex);
}

static bool put_locked(struct vault *vault, const char *name, const void *data, size_t size,
                       struct pp_error *error) {
    struct record before PP_CLEANUP(record_finish) = {0};
    if (size > VAULT_RECORD_MAX)
        return pp_fail(error, PP_E_LIMIT, "vault record %s: larger than %d bytes", name, VAULT_RECORD_MAX);
    if (!record_load(vault->dir, name, vault->kek, &before, error))
        return false;
    return record_store(vault->dir, name, vault->kek, &before, data, size, error) ||
           pp_wrap(error, "vault record %s", name);
}

static bool get_locked(struct vault *vault, const char *name, struct pp_buf *out, struct pp_error *error) {
    struct record record PP_CLEANUP(record_finish) = {0};
    if (!record_load(vault->dir, name, vault->kek, &record, error))
        return false;
    int used = vault_choose(vault, name, &record, error);
    if (used < 0)
        return false;
    return pp_buf_add(out, record.slots[used].content.data, record.slots[used].content.size, error);
}

/* The older generation first: until the last file is gone the newest value is still there. */
static bool remove_locked(struct vault *vault, const char *name, struct pp_error *error) {
    struct record record PP_CLEANUP(record_finish) = {0};
    char file[RECORD_FILE_MAX];
    if (!record_load(vault->dir, name, vault->kek, &record, error))
        return false;
    unsigned last = record_best(&record) == 0 ? 0 : 1;
    record_file_name(name, 1 - last, file);
    if (!record_slot_remove(vault->dir, file, error))
        return false;
    record_file_name(name, last, file);
    return record_slot_remove(vault->dir, file, error);
}

static bool erase_locked(struct vault *vault, struct pp_error *error) {
    later_drop_all(&vault->later);
    pp_wipe(vault->kek, VAULT_KEK_SIZE);
    return (vault_kek_destroy_all(vault->kek_dir, error) && vault_sweep(vault->dir, false, NULL, error)) ||
           pp_wrap(error, "erase the vault");
}

bool vault_write_now(struct vault *vault, const char *name, const void *data, size_t size,
                     struct pp_error *error) {
    struct vault_user user;
    bool ok = false;
    if (!record_name_check(name, error))
        return false;
    if (memory_put(&vault->memory, name, data, size, &ok, error))
        return ok;
    if (!vault_enter(vault, &user, name, error))
        return false;
    ok = data ? put_locked(vault, name, data, size, error) : remove_locked(vault, name, error);
    vault_leave(vault, &user);
    return ok;
}

bool vault_put(struct vault *vault, const char *name, const void *data, size_t size, struct pp_error *error) {
    later_supersede(&vault->later, name);
    return vault_write_now(vault, name, data ? data : "", size, error);
}

bool vault_remove(struct vault *vault, const char *name, struct pp_error *error) {
    later_supersede(&vault->later, name);
    return vault_write_now(vault, name, NULL, 0, error);
}

bool vault_get(struct vault *vault, const char *name, struct pp_buf *out, struct pp_error *error) {
    struct vault_user user;
    switch (later_get(&vault->later, name, out, error)) {
    case LATER_VALUE:
        return true;
    case LATER_FAILED:
        return false;
    case LATER_REMOVED:
        return pp_fail(error, PP_E_NOTFOUND, "vault record %s: there is none", name);
    case LATER_NONE:
        break;
    }
    bool ok = false;
    if (!record_name_check(name, error))
        return false;
    if (memory_get(&vault->memory, name, out, &ok, error))
        return ok;
    if (!vault_enter(vault, &user, name, error))
        return false;
    ok = get_locked(vault, name, out, error);
    vault_leave(vault, &user);
    return ok;
}

void vault_set_jobs(struct vault *vault, struct pp_jobs *jobs) {
    vault->later.jobs = jobs;
}

bool vault_put_later(struct vault *vault, const char *name, const void *data, size_t size, vault_kept *kept,
                     void *arg, struct pp_error *error) {
    return later_add(&vault->later, name, data ? data : "", size, 1, kept, arg, error);
}

bool vault_put_both_later(struct vault *vault, const char *name, const void *data, size_t size,
                          vault_kept *kept, void *arg, struct pp_error *error) {
    return later_add(&vault->later, name, data ? data : "", size, RECORD_SLOTS, kept, arg, error);
}

bool vault_remove_later(struct vault *vault, const char *name, vault_kept *kept, void *arg,
                        struct pp_error *error) {
    return later_add(&vault->later, name, NULL, 0, 1, kept, arg, error);
}

void vault_forget_kept(struct vault *vault, const char *name) {
    later_forget_kept(&vault->later, name);
}

static bool note_any(void *arg, const char *file, struct pp_error *error) {
    (void)file, (void)error;
    *(bool *)arg = true;
    return true;
}

bool vault_keep_in_memory(struct vault *vault, const char *name, struct pp_error *error) {
    return record_name_check(name, error) && memory_begin(&vault->memory, name, error);
}

void vault_end_in_memory(struct vault *vault, const char *name) {
    memory_close(&vault->memory, name);
}

void vault_keep_on_flash(struct vault *vault, const char *name) {
    memory_end(&vault->memory, name);
}

bool vault_shred_record(struct vault *vault, const char *name, struct pp_error *error) {
    struct vault_user user;
    char file[RECORD_FILE_MAX];
    if (!record_name_check(name, error) || !vault_enter(vault, &user, name, error))
        return false;
    bool ok = true;
    for (unsigned slot = 0; slot < RECORD_SLOTS; slot++) {
        record_file_name(name, slot, file);
        ok = pp_shred(vault->dir, file, ok ? error : NULL) && ok;
    }
    vault_leave(vault, &user);
    return ok || pp_wrap(error, "vault record %s", name);
}

bool vault_has_records(struct vault *vault, bool *any, struct pp_error *error) {
    *any = false;
    return vault_each_file(vault->dir, note_any, any, error);
}

bool vault_erase(struct vault *vault, struct pp_error *error) {
    struct vault_user user;
    if (!vault_enter(vault, &user, NULL, error))
        return false;
    bool ok = erase_locked(vault, error);
    vault_leave(vault, &user);
    return ok;
}

bool vault_erase_closed(const char *state_dir, struct pp_error *error) {
    PP_AUTO(vault) struct vault *vault = vault_create(state_dir, error);
    return (vault && vault_erase(vault, error)) || pp_wrap(error, "vault");
}

bool vault_migrate(const char *state_dir, const struct vault_kek_config *config, struct pp_error *error) {
    struct vault_kek_config present = *config;
    present.provider = NULL;
    bool any = false;
    {
        PP_AUTO(vault) struct vault *locked = vault_create(state_dir, error);
        if (!locked || !kek_is_present(locked->kek_dir, &any, error))
            return pp_wrap(error, "vault");
    }
    if (!any)
        return pp_fail(error, PP_E_NOTFOUND, "vault: there is no key to move: the next start makes one");
    PP_AUTO(vault) struct vault *vault = vault_open(state_dir, &present, error);
    return vault && (migration_run(state_dir, vault->kek_dir, vault->dir, vault->kek, config, error) ||
                     pp_wrap(error, "move the vault"));
}

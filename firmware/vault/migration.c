#include "vault/migration.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"
#include "vault/kek_choice.h"
#include "vault/sweep.h"

#define KEK         "kek"
#define KEK_NEXT    "kek.next"
#define VAULT       "vault"
#define VAULT_NEXT  "vault.next"
#define VAULT_READY "vault.ready"

static bool exists(int state, const char *name) {
    struct stat about;
    return fstatat(state, name, &about, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Over an empty folder, or where there is none. */
static bool move_folder(int state, const char *from, const char *to, struct pp_error *error) {
    if (renameat(state, from, state, to) < 0)
        return pp_fail_errno(error, "rename %s to %s", from, to);
    return pp_dir_sync_of(state, to, error);
}

static bool remove_folder(int state, const char *name, struct pp_error *error) {
    return unlinkat(state, name, AT_REMOVEDIR) == 0 || errno == ENOENT ||
           pp_fail_errno(error, "remove %s", name);
}

/* ---- Before the instant: back ---- */

static bool remove_next_key(int state, struct pp_error *error) {
    if (!exists(state, KEK_NEXT))
        return true;
    pp_autoclose int dir = pp_dir_open(state, KEK_NEXT, error);
    return dir >= 0 && vault_kek_destroy_all(dir, error) && remove_folder(state, KEK_NEXT, error);
}

static bool remove_next_records(int state, struct pp_error *error) {
    if (!exists(state, VAULT_NEXT))
        return true;
    pp_autoclose int dir = pp_dir_open(state, VAULT_NEXT, error);
    return dir >= 0 && vault_sweep(dir, false, NULL, error) && remove_folder(state, VAULT_NEXT, error);
}

static bool go_back(int state, struct pp_error *error) {
    return remove_next_key(state, error) && remove_next_records(state, error);
}

/* ---- After it: on ---- */

static bool go_on(int state, int kek_dir, int vault_dir, struct pp_error *error) {
    if (exists(state, KEK_NEXT) &&
        (!vault_kek_destroy_all(kek_dir, error) || !move_folder(state, KEK_NEXT, KEK, error)))
        return false;
    return vault_sweep(vault_dir, false, NULL, error) && move_folder(state, VAULT_READY, VAULT, error);
}

bool migration_recover(const char *state_dir, int kek_dir, int vault_dir, bool *moved,
                       struct pp_error *error) {
    pp_autoclose int state = pp_dir_open(AT_FDCWD, state_dir, error);
    if (state < 0)
        return false;
    if (!exists(state, VAULT_READY)) {
        /* On flash that has gone read-only it stays, and the vault can still be read. */
        struct pp_error reason = {0};
        if (!go_back(state, &reason))
            pp_log_warning("vault: what is left of moving it: %s", reason.message);
        return true;
    }
    *moved = true;
    pp_log_info("vault: moving it to another key is ended now");
    return go_on(state, kek_dir, vault_dir, error);
}

/* ---- The move ---- */

struct migration {
    int state;
    int from; /* STATE/vault */
    int to;   /* STATE/vault.next */
    const uint8_t *old_kek;
    const uint8_t *new_kek;
};

/* Into both generations: whoever takes the newest file away is to find nothing older. */
static bool store_twice(const struct migration *migration, const char *name, const struct pp_buf *content,
                        struct pp_error *error) {
    for (int i = 0; i < RECORD_SLOTS; i++) {
        struct record before PP_CLEANUP(record_finish) = {0};
        if (!record_load(migration->to, name, migration->new_kek, &before, error) ||
            !record_store(migration->to, name, migration->new_kek, &before,
                          content->data ? content->data : (const void *)"", content->size, error))
            return false;
    }
    return true;
}

static bool move_record(const struct migration *migration, const char *name, struct pp_error *error) {
    struct record record PP_CLEANUP(record_finish) = {0};
    if (!record_load(migration->from, name, migration->old_kek, &record, error))
        return false;
    int best = record_best(&record);
    int unread = record_unread(&record);
    if (best < 0 && unread >= 0)
        return pp_fail(error, record.slots[unread].error.code, "%s", record.slots[unread].error.message);
    if (best < 0)
        pp_log_warning("vault record %s: no generation of it authenticates, it is left behind", name);
    return best < 0 || store_twice(migration, name, &record.slots[best].content, error) ||
           pp_wrap(error, "vault record %s", name);
}

/* Each record is met once or twice, by its files. */
static bool move_file(void *arg, const char *file, struct pp_error *error) {
    const struct migration *migration = arg;
    char name[VAULT_NAME_MAX + 1], first[RECORD_FILE_MAX];
    size_t length = strlen(file) - 2; /* ".0" */
    if (strcmp(file + length, ".0") != 0 && strcmp(file + length, ".1") != 0)
        return true;
    if (length > VAULT_NAME_MAX)
        return true;
    memcpy(name, file, length);
    name[length] = 0;
    record_file_name(name, 0, first);
    return !record_name_check(name, NULL) || exists(migration->to, first) ||
           move_record(migration, name, error);
}

static int make_folder(int state, const char *name, struct pp_error *error) {
    return pp_dir_make(state, name, 0700, error) ? pp_dir_open(state, name, error) : -1;
}

static bool make_next(struct migration *migration, uint8_t *kek, const struct vault_kek_config *config,
                      struct pp_error *error) {
    struct kek_holder holder PP_CLEANUP(kek_holder_finish) = {0};
    pp_autoclose int kek_dir = make_folder(migration->state, KEK_NEXT, error);
    return kek_dir >= 0 && kek_choose(config, kek_dir, &holder, error) &&
           holder.provider->create(holder.context, kek_dir, kek, error) &&
           vault_each_file(migration->from, move_file, migration, error);
}

/* The folder is locked before it is anybody's vault. */
static bool commit(const struct migration *migration, struct pp_error *error) {
    if (flock(migration->to, LOCK_EX | LOCK_NB) < 0 || fsync(migration->to) < 0)
        return pp_fail_errno(error, VAULT_NEXT);
    return move_folder(migration->state, VAULT_NEXT, VAULT_READY, error);
}

bool migration_run(const char *state_dir, int kek_dir, int vault_dir, const uint8_t old_kek[VAULT_KEK_SIZE],
                   const struct vault_kek_config *config, struct pp_error *error) {
    pp_autoclose int state = pp_dir_open(AT_FDCWD, state_dir, error);
    pp_autoclose int to = state < 0 ? -1 : make_folder(state, VAULT_NEXT, error);
    uint8_t *new_kek = to < 0 ? NULL : pp_secret_create(VAULT_KEK_SIZE, NULL, error);
    if (!new_kek)
        return false;
    struct migration migration = {
        .state = state, .from = vault_dir, .to = to, .old_kek = old_kek, .new_kek = new_kek};
    bool ready = make_next(&migration, new_kek, config, error) && commit(&migration, error);
    pp_secret_destroy(new_kek, VAULT_KEK_SIZE);
    if (ready)
        return go_on(state, kek_dir, vault_dir, error);
    /* A rename that the folder's fsync did not follow counts all the same: the next opening goes on. */
    if (!exists(state, VAULT_READY))
        go_back(state, NULL);
    return false;
}

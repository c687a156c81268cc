#include "headend/signer/database_key.h"

#include <stdio.h>
#include <string.h>

#include "crypto/bulk.h"
#include "crypto/random.h"

struct file_key {
    uint8_t key[SIGNING_KEY_SIZE];
    uint8_t id[SIGNING_KEY_ID_SIZE];
};

static void file_key_wipe(struct file_key *file) {
    pp_wipe(file, sizeof *file);
}
#define autofilekey PP_CLEANUP(file_key_wipe)

/* ---- The file ---- */

static bool file_key_identify(struct file_key *file, struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    if (!crypto_sha256(file->key, sizeof file->key, digest, error))
        return false;
    memcpy(file->id, digest, sizeof file->id);
    return true;
}

static bool file_key_read(const struct home *home, const char *path, struct file_key *file,
                          struct pp_error *error) {
    pp_autobuf struct pp_buf bytes = PP_BUF_INIT(SIGNING_KEY_SIZE + 1);
    if (!pp_file_read(home->fd, path, &bytes, error))
        return false;
    if (bytes.size != sizeof file->key)
        return pp_fail(error, PP_E_INVALID, "%s: holds %zu bytes, not %d", path, bytes.size,
                       SIGNING_KEY_SIZE);
    memcpy(file->key, bytes.data, sizeof file->key);
    return file_key_identify(file, error);
}

static bool file_key_make(const struct home *home, const char *path, struct file_key *file,
                          struct pp_error *error) {
    return crypto_random(file->key, sizeof file->key, error) && file_key_identify(file, error) &&
           pp_dir_make(home->fd, HOME_KEYS, 0700, error) &&
           pp_file_replace(home->fd, path, file->key, sizeof file->key, 0600, error);
}

/* The key with that id. The next one takes the other's place while we look: so that is looked at twice. */
static bool file_key_find(const struct home *home, const uint8_t id[SIGNING_KEY_ID_SIZE],
                          struct file_key *file, struct pp_error *error) {
    static const char *const places[] = {DATABASE_KEY_FILE, DATABASE_KEY_NEXT_FILE, DATABASE_KEY_FILE};
    for (size_t i = 0; i < PP_COUNT(places); i++) {
        struct pp_error missing = {0};
        if (file_key_read(home, places[i], file, &missing)) {
            if (memcmp(file->id, id, SIGNING_KEY_ID_SIZE) == 0)
                return true;
        } else if (missing.code != PP_E_NOTFOUND) {
            return pp_fail(error, missing.code, "%s", missing.message);
        }
    }
    return pp_fail(error, PP_E_STATE,
                   DATABASE_KEY_FILE
                   " is not there, or not the one of this database: both come from one backup");
}

/* ---- Sealing ---- */

bool database_key_seal(const struct home *home, const uint8_t id[SIGNING_KEY_ID_SIZE], const char *owner,
                       const uint8_t key[SIGNING_KEY_SIZE], uint8_t sealed[SIGNING_SEALED_SIZE],
                       struct pp_error *error) {
    autofilekey struct file_key file = {.id = {0}};
    uint8_t *nonce = sealed + SIGNING_KEY_ID_SIZE;
    if (!file_key_find(home, id, &file, error))
        return false;
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(file.key, sizeof file.key, error);
    memcpy(sealed, file.id, SIGNING_KEY_ID_SIZE);
    return gcm && crypto_random(nonce, BULK_NONCE_SIZE, error) &&
           crypto_gcm_seal(gcm, nonce, owner, strlen(owner), key, SIGNING_KEY_SIZE, nonce + BULK_NONCE_SIZE,
                           error);
}

bool database_key_open(const struct home *home, const char *owner, const uint8_t sealed[SIGNING_SEALED_SIZE],
                       uint8_t key[SIGNING_KEY_SIZE], struct pp_error *error) {
    autofilekey struct file_key file = {.id = {0}};
    const uint8_t *nonce = sealed + SIGNING_KEY_ID_SIZE;
    if (!file_key_find(home, sealed, &file, error))
        return false;
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(file.key, sizeof file.key, error);
    return gcm && (crypto_gcm_open(gcm, nonce, owner, strlen(owner), nonce + BULK_NONCE_SIZE,
                                   SIGNING_KEY_SIZE + BULK_TAG_SIZE, key, error) ||
                   pp_wrap(error, "database: the key of %s", owner));
}

/* ---- Another file ---- */

bool database_key_make(const struct home *home, uint8_t id[SIGNING_KEY_ID_SIZE], struct pp_error *error) {
    autofilekey struct file_key file = {.id = {0}};
    struct pp_error missing = {0};
    if (!file_key_read(home, DATABASE_KEY_FILE, &file, &missing) &&
        (missing.code != PP_E_NOTFOUND ? !pp_fail(error, missing.code, "%s", missing.message)
                                       : !file_key_make(home, DATABASE_KEY_FILE, &file, error)))
        return false;
    memcpy(id, file.id, SIGNING_KEY_ID_SIZE);
    return true;
}

bool database_key_next(const struct home *home, uint8_t id[SIGNING_KEY_ID_SIZE], struct pp_error *error) {
    autofilekey struct file_key file = {.id = {0}};
    if (!file_key_make(home, DATABASE_KEY_NEXT_FILE, &file, error))
        return false;
    memcpy(id, file.id, SIGNING_KEY_ID_SIZE);
    return true;
}

static bool next_takes_place(const struct home *home, struct pp_error *error) {
    if (renameat(home->fd, DATABASE_KEY_NEXT_FILE, home->fd, DATABASE_KEY_FILE) < 0)
        return pp_fail_errno(error, DATABASE_KEY_FILE);
    return pp_dir_sync_of(home->fd, DATABASE_KEY_FILE, error);
}

/* Also what is left of it where its writing was cut off (pp_file_replace). */
static bool next_forget(const struct home *home, struct pp_error *error) {
    return pp_file_remove(home->fd, DATABASE_KEY_NEXT_FILE, error) &&
           pp_file_remove(home->fd, DATABASE_KEY_NEXT_FILE ".new", error);
}

static bool file_key_is(const struct home *home, const char *name, const uint8_t id[SIGNING_KEY_ID_SIZE]) {
    autofilekey struct file_key key = {.id = {0}};
    struct pp_error error = {0};
    return file_key_read(home, name, &key, &error) && memcmp(key.id, id, SIGNING_KEY_ID_SIZE) == 0;
}

bool database_key_settle(const struct home *home, const uint8_t id[SIGNING_KEY_ID_SIZE], bool left,
                         struct pp_error *error) {
    if (file_key_is(home, DATABASE_KEY_FILE, id))
        return !left || next_forget(home, error);
    if (file_key_is(home, DATABASE_KEY_NEXT_FILE, id))
        return next_takes_place(home, error);
    return pp_fail(error, PP_E_AUTH, "neither %s nor %s is the database's key, or can be read",
                   DATABASE_KEY_FILE, DATABASE_KEY_NEXT_FILE);
}

#include "headend/db/stored_key.h"

#include <errno.h>
#include <fcntl.h>

#include "base/encode.h"
#include "base/file.h"
#include "crypto/bulk.h"
#include "crypto/random.h"
#include "headend/db/backend.h"
#include "headend/db/sql.h"

#define ID_SIZE   8              /* bytes */
#define KEPT_NAME "database_key" /* in `meta` */

struct file_key {
    uint8_t key[STORED_KEY_SIZE];
    uint8_t id[ID_SIZE];
};

static void file_key_wipe(struct file_key *file) {
    pp_wipe(file, sizeof *file);
}
#define autofilekey PP_CLEANUP(file_key_wipe)

void stored_key_of_channel(const char *id, char owner[STORED_KEY_OWNER_SIZE]) {
    snprintf(owner, STORED_KEY_OWNER_SIZE, "channel/%s", id);
}

void stored_key_of_object(const uint8_t sha256[32], char owner[STORED_KEY_OWNER_SIZE]) {
    char hex[PP_HEX_SIZE(32)];
    pp_hex_encode(sha256, 32, hex);
    snprintf(owner, STORED_KEY_OWNER_SIZE, "object/%s", hex);
}

void stored_key_of_upload(const char *id, char owner[STORED_KEY_OWNER_SIZE]) {
    snprintf(owner, STORED_KEY_OWNER_SIZE, "upload/%s", id);
}

void stored_key_of_content(const char *file, char owner[STORED_KEY_OWNER_SIZE]) {
    snprintf(owner, STORED_KEY_OWNER_SIZE, "content/%s", file);
}

void stored_key_of_alert(const char *rule, char owner[STORED_KEY_OWNER_SIZE]) {
    snprintf(owner, STORED_KEY_OWNER_SIZE, "alert/%s", rule);
}

void stored_key_of_mail(const char *id, char owner[STORED_KEY_OWNER_SIZE]) {
    snprintf(owner, STORED_KEY_OWNER_SIZE, "mail/%s", id);
}

/* ---- The file ---- */

static int folder_open(const struct db *db, struct pp_error *error) {
    return pp_dir_open(AT_FDCWD, db_folder(db), error);
}

static bool file_key_identify(struct file_key *file, struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    if (!crypto_sha256(file->key, sizeof file->key, digest, error))
        return false;
    memcpy(file->id, digest, sizeof file->id);
    return true;
}

static bool file_key_read(int folder, const char *path, struct file_key *file, struct pp_error *error) {
    pp_autobuf struct pp_buf bytes = PP_BUF_INIT(STORED_KEY_SIZE + 1);
    if (!pp_file_read(folder, path, &bytes, error))
        return false;
    if (bytes.size != sizeof file->key)
        return pp_fail(error, PP_E_INVALID, "%s: holds %zu bytes, not %d", path, bytes.size, STORED_KEY_SIZE);
    memcpy(file->key, bytes.data, sizeof file->key);
    return file_key_identify(file, error);
}

static bool file_key_make(int folder, const char *path, struct file_key *file, struct pp_error *error) {
    return crypto_random(file->key, sizeof file->key, error) && file_key_identify(file, error) &&
           pp_dir_make(folder, "keys", 0700, error) &&
           pp_file_replace(folder, path, file->key, sizeof file->key, 0600, error);
}

/* The key with that id. The next one takes the other's place while we look: so that is looked at twice. */
static bool file_key_find(struct db *db, const uint8_t id[ID_SIZE], struct file_key *file,
                          struct pp_error *error) {
    static const char *const places[] = {STORED_KEY_FILE, STORED_KEY_NEXT_FILE, STORED_KEY_FILE};
    pp_autoclose int folder = folder_open(db, error);
    if (folder < 0)
        return false;
    for (size_t i = 0; i < PP_COUNT(places); i++) {
        struct pp_error missing = {0};
        if (file_key_read(folder, places[i], file, &missing)) {
            if (memcmp(file->id, id, ID_SIZE) == 0)
                return true;
        } else if (missing.code != PP_E_NOTFOUND) {
            return pp_fail(error, missing.code, "%s", missing.message);
        }
    }
    return pp_fail(error, PP_E_STATE,
                   STORED_KEY_FILE
                   " is not there, or not the one of this database: both come from one backup");
}

static bool id_read(struct db *db, uint8_t id[ID_SIZE], struct pp_error *error) {
    pp_autofree char *hex = db_meta_get(db, KEPT_NAME, error);
    return hex && (pp_hex_decode(hex, id, ID_SIZE, error) || pp_wrap(error, "database: " KEPT_NAME));
}

/* In upper case, as hex() writes it. */
static bool id_write(struct db *db, const uint8_t id[ID_SIZE], struct pp_error *error) {
    char hex[PP_HEX_SIZE(ID_SIZE)];
    for (size_t i = 0; i < ID_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02X", id[i]);
    return db_meta_set(db, KEPT_NAME, hex, error);
}

/* ---- Sealing ---- */

static bool seal_under(const struct file_key *file, const char *owner, const uint8_t key[STORED_KEY_SIZE],
                       uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error) {
    uint8_t *nonce = sealed + ID_SIZE;
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(file->key, sizeof file->key, error);
    memcpy(sealed, file->id, ID_SIZE);
    return gcm && crypto_random(nonce, BULK_NONCE_SIZE, error) &&
           crypto_gcm_seal(gcm, nonce, owner, strlen(owner), key, STORED_KEY_SIZE, nonce + BULK_NONCE_SIZE,
                           error);
}

static bool open_under(const struct file_key *file, const char *owner,
                       const uint8_t sealed[STORED_KEY_SEALED_SIZE], uint8_t key[STORED_KEY_SIZE],
                       struct pp_error *error) {
    const uint8_t *nonce = sealed + ID_SIZE;
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(file->key, sizeof file->key, error);
    return gcm && (crypto_gcm_open(gcm, nonce, owner, strlen(owner), nonce + BULK_NONCE_SIZE,
                                   STORED_KEY_SIZE + BULK_TAG_SIZE, key, error) ||
                   pp_wrap(error, "database: the key of %s", owner));
}

bool stored_key_seal(struct db *db, const char *owner, const uint8_t key[STORED_KEY_SIZE],
                     uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error) {
    autofilekey struct file_key file;
    uint8_t id[ID_SIZE];
    return id_read(db, id, error) && file_key_find(db, id, &file, error) &&
           seal_under(&file, owner, key, sealed, error);
}

bool stored_key_open(struct db *db, const char *owner, struct db_row *row, int column,
                     uint8_t key[STORED_KEY_SIZE], struct pp_error *error) {
    autofilekey struct file_key file;
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    struct pp_error wrong = {0};
    if (!db_bytes(row, column, sealed, sizeof sealed, &wrong))
        return pp_fail(error, PP_E_AUTH, "the key of %s: %s", owner, wrong.message);
    return file_key_find(db, sealed, &file, error) && open_under(&file, owner, sealed, key, error);
}

/* ---- All of them ---- */

struct resealing {
    struct file_key from, to;
    bool clear; /* they stand in clear so far */
};

static bool reseal_one(const struct resealing *resealing, const char *owner, const void *stored, size_t size,
                       uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    if (!stored || size != (resealing->clear ? STORED_KEY_SIZE : STORED_KEY_SEALED_SIZE))
        return pp_fail(error, PP_E_INVALID, "the key of %s has %zu bytes", owner, size);
    if (resealing->clear)
        memcpy(key, stored, sizeof key);
    bool ok = (resealing->clear || open_under(&resealing->from, owner, stored, key, error)) &&
              seal_under(&resealing->to, owner, key, sealed, error);
    pp_wipe(key, sizeof key);
    return ok;
}

/* The key in the row, sealed anew. */
static bool reseal_row(const struct resealing *resealing, const char *owner, struct db_row *row, int column,
                       uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error) {
    size_t size = 0;
    const void *stored = db_blob(row, column, &size);
    return reseal_one(resealing, owner, stored, size, sealed, error);
}

/* Keys whose rows are found by a name. */
struct named_keys {
    enum db_statement find, set;
    void (*owner_of)(const char *id, char owner[STORED_KEY_OWNER_SIZE]);
    bool ever_clear; /* stood there before keys were sealed; the others' table came later */
};

static const struct named_keys named_keys[] = {
    {DB_STORED_KEY_CHANNEL_AFTER, DB_STORED_KEY_CHANNEL_SET, stored_key_of_channel, true},
    {DB_STORED_KEY_NEXT_AFTER, DB_STORED_KEY_NEXT_SET, stored_key_of_channel, true},
    {DB_STORED_KEY_UPLOAD_AFTER, DB_STORED_KEY_UPLOAD_SET, stored_key_of_upload, false},
    {DB_STORED_KEY_CONTENT_AFTER, DB_STORED_KEY_CONTENT_SET, stored_key_of_content, false},
    {DB_STORED_KEY_ALERT_AFTER, DB_STORED_KEY_ALERT_SET, stored_key_of_alert, false},
    {DB_STORED_KEY_MAIL_AFTER, DB_STORED_KEY_MAIL_SET, stored_key_of_mail, false},
};

/* Whether there was one more row; false with PP_E_NOTFOUND at the end. Rows are taken one by one, behind the last one's
 * name, so that none is read while it changes. */
static bool reseal_named(struct db *db, const struct resealing *resealing, const struct named_keys *keys,
                         char id[STORED_KEY_OWNER_SIZE], struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    db_autorow struct db_row *row = db_query(db, error, keys->find, DB_TEXT(id));
    if (!row || !db_next(row, "key", error))
        return false;
    snprintf(id, STORED_KEY_OWNER_SIZE, "%s", db_text(row, 0));
    keys->owner_of(id, owner);
    if (!reseal_row(resealing, owner, row, 1, sealed, error))
        return false;
    db_row_finish(row);
    return db_run(db, error, keys->set, DB_BLOB(sealed, sizeof sealed), DB_TEXT(id));
}

static bool reseal_old(struct db *db, const struct resealing *resealing, int64_t *number,
                       struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    db_autorow struct db_row *row = db_query(db, error, DB_STORED_KEY_OLD_AFTER, DB_INT(*number));
    if (!row || !db_next(row, "former key", error))
        return false;
    *number = db_int(row, 0);
    stored_key_of_channel(db_text(row, 2), owner);
    if (!reseal_row(resealing, owner, row, 1, sealed, error))
        return false;
    db_row_finish(row);
    return db_run(db, error, DB_STORED_KEY_OLD_SET, DB_BLOB(sealed, sizeof sealed), DB_INT(*number));
}

static bool reseal_object(struct db *db, const struct resealing *resealing, uint8_t sha256[32], size_t *size,
                          struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    db_autorow struct db_row *row = db_query(db, error, DB_STORED_KEY_OBJECT_AFTER, DB_BLOB(sha256, *size));
    if (!row || !db_next(row, "object", error) || !db_bytes(row, 0, sha256, 32, error))
        return false;
    *size = 32;
    stored_key_of_object(sha256, owner);
    if (!reseal_row(resealing, owner, row, 1, sealed, error))
        return false;
    db_row_finish(row);
    return db_run(db, error, DB_STORED_KEY_OBJECT_SET, DB_BLOB(sealed, sizeof sealed), DB_BLOB(sha256, 32));
}

static bool reseal_rows(struct db *db, const struct resealing *resealing, struct pp_error *error) {
    int64_t number = INT64_MIN;
    uint8_t sha256[32] = {0};
    size_t size = 0; /* no hash stands before the empty one */
    struct pp_error end = {.code = PP_E_NOTFOUND};
    for (size_t i = 0; i < sizeof named_keys / sizeof *named_keys && end.code == PP_E_NOTFOUND; i++) {
        char id[STORED_KEY_OWNER_SIZE] = "";
        while ((named_keys[i].ever_clear || !resealing->clear) &&
               reseal_named(db, resealing, &named_keys[i], id, &end))
            ;
    }
    if (end.code == PP_E_NOTFOUND)
        while (reseal_old(db, resealing, &number, &end))
            ;
    if (end.code == PP_E_NOTFOUND)
        while (reseal_object(db, resealing, sha256, &size, &end))
            ;
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* Within a transaction. */
static bool reseal_all(struct db *db, const struct resealing *resealing, struct pp_error *error) {
    return id_write(db, resealing->to.id, error) && reseal_rows(db, resealing, error);
}

bool stored_key_migrate(struct db *db, struct pp_error *error) {
    struct resealing resealing = {.clear = true};
    struct pp_error missing = {0};
    pp_autoclose int folder = folder_open(db, error);
    if (folder < 0)
        return false;
    bool ok = file_key_read(folder, STORED_KEY_FILE, &resealing.to, &missing);
    if (!ok)
        ok = missing.code == PP_E_NOTFOUND ? file_key_make(folder, STORED_KEY_FILE, &resealing.to, error)
                                           : pp_fail(error, missing.code, "%s", missing.message);
    ok = ok && reseal_all(db, &resealing, error);
    pp_wipe(&resealing, sizeof resealing);
    return ok;
}

/* ---- Another file ---- */

static bool next_takes_place(int folder, struct pp_error *error) {
    if (renameat(folder, STORED_KEY_NEXT_FILE, folder, STORED_KEY_FILE) < 0)
        return pp_fail_errno(error, STORED_KEY_FILE);
    return pp_dir_sync_of(folder, STORED_KEY_FILE, error);
}

/* Also what is left of it where its writing was cut off (pp_file_replace). */
static bool next_forget(int folder, struct pp_error *error) {
    return pp_file_remove(folder, STORED_KEY_NEXT_FILE, error) &&
           pp_file_remove(folder, STORED_KEY_NEXT_FILE ".new", error);
}

static bool file_key_is(int folder, const char *name, const uint8_t id[ID_SIZE]) {
    autofilekey struct file_key key;
    struct pp_error error = {0};
    return file_key_read(folder, name, &key, &error) && memcmp(key.id, id, ID_SIZE) == 0;
}

/* The next one is forgotten only where the present one is at hand: it may be the database's only key. */
bool stored_key_settle(struct db *db, struct pp_error *error) {
    uint8_t id[ID_SIZE];
    pp_autoclose int folder = folder_open(db, error);
    if (folder < 0)
        return false;
    db_lock(db);
    bool known = id_read(db, id, error);
    db_unlock(db);
    if (!known)
        return false;
    if (file_key_is(folder, STORED_KEY_FILE, id))
        return next_forget(folder, error);
    if (file_key_is(folder, STORED_KEY_NEXT_FILE, id))
        return next_takes_place(folder, error);
    return pp_fail(error, PP_E_AUTH, "neither %s nor %s is the database's key, or can be read",
                   STORED_KEY_FILE, STORED_KEY_NEXT_FILE);
}

static bool rotate_rows(struct db *db, struct resealing *resealing, struct pp_error *error) {
    uint8_t id[ID_SIZE];
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !id_read(db, id, error) ||
        !file_key_find(db, id, &resealing->from, error))
        return false;
    return reseal_all(db, resealing, error) && db_change_commit(&change, error);
}

bool stored_key_rotate(struct db *db, struct pp_error *error) {
    struct resealing resealing = {.clear = false};
    pp_autoclose int folder = folder_open(db, error);
    bool ok = folder >= 0 && stored_key_settle(db, error) &&
              file_key_make(folder, STORED_KEY_NEXT_FILE, &resealing.to, error) &&
              rotate_rows(db, &resealing, error);
    pp_wipe(&resealing, sizeof resealing);
    return ok && next_takes_place(folder, error);
}

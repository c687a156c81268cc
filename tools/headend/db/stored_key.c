#include "headend/db/stored_key.h"

#include "base/encode.h"
#include "headend/db/backend.h"
#include "headend/db/sql.h"
#include "headend/signing/signing.h"

#define ID_SIZE   SIGNING_KEY_ID_SIZE
#define KEPT_NAME "database_key" /* in `meta` */

_Static_assert(STORED_KEY_SEALED_SIZE == SIGNING_SEALED_SIZE && STORED_KEY_SIZE == SIGNING_KEY_SIZE &&
                   STORED_KEY_OWNER_SIZE == SIGNING_OWNER_MAX + 1,
               "as the signer has them");

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

void stored_key_of_feed(const char *name, char owner[STORED_KEY_OWNER_SIZE]) {
    snprintf(owner, STORED_KEY_OWNER_SIZE, "feed/%s", name);
}

/* ---- Which is in effect ---- */

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

bool stored_key_seal(struct db *db, const char *owner, const uint8_t key[STORED_KEY_SIZE],
                     uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error) {
    uint8_t id[ID_SIZE];
    return id_read(db, id, error) && signing_seal_key(db->signing, id, owner, key, sealed, error);
}

bool stored_key_open(struct db *db, const char *owner, struct db_row *row, int column,
                     uint8_t key[STORED_KEY_SIZE], struct pp_error *error) {
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    struct pp_error wrong = {0};
    if (!db_bytes(row, column, sealed, sizeof sealed, &wrong))
        return pp_fail(error, PP_E_AUTH, "the key of %s: %s", owner, wrong.message);
    return signing_open_key(db->signing, owner, sealed, key, error);
}

/* ---- All of them ---- */

struct resealing {
    struct signing *signing;
    uint8_t to[ID_SIZE]; /* the key that they are sealed under from now on */
    bool clear;          /* they stand in clear so far */
};

static bool reseal_one(const struct resealing *resealing, const char *owner, const void *stored, size_t size,
                       uint8_t sealed[STORED_KEY_SEALED_SIZE], struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    if (!stored || size != (resealing->clear ? STORED_KEY_SIZE : STORED_KEY_SEALED_SIZE))
        return pp_fail(error, PP_E_INVALID, "the key of %s has %zu bytes", owner, size);
    if (resealing->clear)
        memcpy(key, stored, sizeof key);
    bool ok = (resealing->clear || signing_open_key(resealing->signing, owner, stored, key, error)) &&
              signing_seal_key(resealing->signing, resealing->to, owner, key, sealed, error);
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
    {DB_STORED_KEY_FEED_AFTER, DB_STORED_KEY_FEED_SET, stored_key_of_feed, false},
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
    return id_write(db, resealing->to, error) && reseal_rows(db, resealing, error);
}

bool stored_key_migrate(struct db *db, struct pp_error *error) {
    struct resealing resealing = {.signing = db->signing, .clear = true};
    return signing_make_key(db->signing, resealing.to, error) && reseal_all(db, &resealing, error);
}

/* ---- Another file ---- */

bool stored_key_settle(struct db *db, struct pp_error *error) {
    uint8_t id[ID_SIZE];
    db_lock(db);
    bool known = id_read(db, id, error);
    db_unlock(db);
    return known && signing_settle_key(db->signing, id, error);
}

static bool rotate_rows(struct db *db, const struct resealing *resealing, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) && reseal_all(db, resealing, error) &&
           db_change_commit(&change, error);
}

bool stored_key_rotate(struct db *db, struct pp_error *error) {
    struct resealing resealing = {.signing = db->signing};
    return stored_key_settle(db, error) && signing_next_key(db->signing, resealing.to, error) &&
           rotate_rows(db, &resealing, error) && signing_settle_key(db->signing, resealing.to, error);
}

#include "headend/ops/mail_account.h"

#include <string.h>

#include "crypto/bulk.h"
#include "crypto/random.h"
#include "headend/db/stored_key.h"

#define OWNER      "mail-password"
#define SEALED_MAX (BULK_NONCE_SIZE + MAIL_SECRET_MAX + BULK_TAG_SIZE) /* bytes */

struct sealed {
    uint8_t bytes[SEALED_MAX];
    size_t size;
};

static bool password_seal(const uint8_t key[STORED_KEY_SIZE], const char *password, struct sealed *sealed,
                          struct pp_error *error) {
    size_t size = strlen(password);
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(key, STORED_KEY_SIZE, error);
    sealed->size = BULK_NONCE_SIZE + size + BULK_TAG_SIZE;
    return gcm && crypto_random(sealed->bytes, BULK_NONCE_SIZE, error) &&
           crypto_gcm_seal(gcm, sealed->bytes, OWNER, strlen(OWNER), password, size,
                           sealed->bytes + BULK_NONCE_SIZE, error);
}

static bool password_open(const uint8_t key[STORED_KEY_SIZE], const uint8_t *bytes, size_t size,
                          char password[MAIL_SECRET_MAX + 1], struct pp_error *error) {
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(key, STORED_KEY_SIZE, error);
    if (!gcm)
        return false;
    if (!bytes || size < BULK_NONCE_SIZE + BULK_TAG_SIZE || size > SEALED_MAX)
        return pp_fail(error, PP_E_INVALID, "database: the mail server's password has %zu bytes", size);
    if (!crypto_gcm_open(gcm, bytes, OWNER, strlen(OWNER), bytes + BULK_NONCE_SIZE, size - BULK_NONCE_SIZE,
                         password, error))
        return false;
    password[size - BULK_NONCE_SIZE - BULK_TAG_SIZE] = 0;
    return true;
}

bool mail_account_save(struct db *db, const struct mail_server *server, struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    uint8_t key_sealed[STORED_KEY_SEALED_SIZE];
    char owner[STORED_KEY_OWNER_SIZE];
    struct sealed password;
    stored_key_of_mail("mail", owner);
    bool ok = mail_server_check(server, error) && crypto_random(key, sizeof key, error) &&
              password_seal(key, server->password, &password, error) &&
              stored_key_seal(db, owner, key, key_sealed, error) &&
              db_run(db, error, DB_MAIL_SERVER_SET, DB_TEXT(server->host), DB_INT(server->port),
                     DB_INT(server->tls_first), DB_TEXT(server->user), DB_BLOB(password.bytes, password.size),
                     DB_TEXT(server->from), DB_BLOB(key_sealed, sizeof key_sealed));
    pp_wipe(key, sizeof key);
    return ok;
}

static void server_read(struct db_row *row, struct mail_server *server) {
    *server = (struct mail_server){.port = db_int(row, 1), .tls_first = db_int(row, 2) != 0};
    snprintf(server->host, sizeof server->host, "%s", db_text(row, 0));
    snprintf(server->user, sizeof server->user, "%s", db_text(row, 3));
    snprintf(server->from, sizeof server->from, "%s", db_text(row, 5));
}

bool mail_account_load(struct db *db, struct mail_server *server, struct pp_error *error) {
    uint8_t key[STORED_KEY_SIZE];
    char owner[STORED_KEY_OWNER_SIZE];
    size_t size = 0;
    db_autorow struct db_row *row = db_query(db, error, DB_MAIL_SERVER_FIND);
    if (!row || !db_next(row, "mail server", error))
        return false;
    server_read(row, server);
    stored_key_of_mail("mail", owner);
    if (!stored_key_open(db, owner, row, 6, key, error))
        return false;
    const uint8_t *password = db_blob(row, 4, &size);
    bool ok = password_open(key, password, size, server->password, error);
    pp_wipe(key, sizeof key);
    return ok;
}

bool mail_account_find(struct db *db, struct mail_server *server, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_MAIL_SERVER_FIND);
    if (!row || !db_next(row, "mail server", error))
        return false;
    server_read(row, server);
    return true;
}

bool mail_account_remove(struct db *db, struct pp_error *error) {
    if (!db_run(db, error, DB_MAIL_SERVER_REMOVE))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_NOTFOUND, "no mail server is named");
}

#include "headend/ops/passkeys.h"

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "headend/db/db.h"
#include "headend/ops/passkey_challenge.h"

bool passkey_user_handle(struct db *db, int64_t admin, uint8_t handle[USER_HANDLE_SIZE],
                         struct pp_error *error) {
    uint8_t made[USER_HANDLE_SIZE];
    if (!crypto_random(made, sizeof made, error) ||
        !db_run(db, error, DB_ADMIN_HANDLE_SET, DB_BLOB(made, sizeof made), DB_INT(admin)))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_HANDLE, DB_INT(admin));
    return row && db_next(row, "administrator", error) && db_bytes(row, 0, handle, USER_HANDLE_SIZE, error);
}

/* The challenge that the answer says it is to: ours, for this ceremony, and taken now. */
static bool challenge_take(struct db *db, enum client_ceremony ceremony, const char *binding,
                           const struct webauthn_answer *answer, char challenge[CHALLENGE_TEXT_MAX + 1],
                           struct pp_error *error) {
    struct client_data said;
    if (!client_data_read(answer->client_data, answer->client_size, ceremony, &said, error) ||
        !passkey_challenge_take(db, ceremony, binding, said.challenge, error))
        return false;
    memcpy(challenge, said.challenge, CHALLENGE_TEXT_MAX + 1);
    return true;
}

bool passkey_check_new(struct db *db, const struct webauthn_party *party, const char *binding,
                       const struct webauthn_answer *answer, struct webauthn_credential *credential,
                       struct pp_error *error) {
    char challenge[CHALLENGE_TEXT_MAX + 1];
    if (!challenge_take(db, CLIENT_CREATES, binding, answer, challenge, error) ||
        !webauthn_register(party, challenge, webauthn_answer_client(answer),
                           webauthn_answer_attestation(answer), credential, error))
        return false;
    return credential->id_size == answer->id_size && memcmp(credential->id, answer->id, answer->id_size) == 0
               ? true
               : pp_fail(error, PP_E_INVALID, "id: not the credential's");
}

static bool has_room(struct db *db, int64_t admin, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PASSKEY_COUNT, DB_INT(admin));
    if (!row || !db_next(row, "passkeys", error))
        return false;
    return db_int(row, 0) < PASSKEYS_MAX
               ? true
               : pp_fail(error, PP_E_LIMIT, "there are %d passkeys already: remove one first", PASSKEYS_MAX);
}

bool passkey_add(struct db *db, const struct webauthn_party *party, int64_t admin, const char *name,
                 const struct webauthn_answer *answer, const struct webauthn_credential *credential,
                 char id[UUID_TEXT_SIZE], struct pp_error *error) {
    if (!text_check("name", name, 1, TEXT_NAME_MAX, error) || !has_room(db, admin, error) ||
        !uuid_make(id, error) ||
        !db_run(db, error, DB_PASSKEY_ADD, DB_TEXT(id), DB_INT(admin),
                DB_BLOB(credential->id, credential->id_size), DB_BLOB(credential->key, credential->key_size),
                DB_TEXT(party->id), DB_TEXT(name), DB_TEXT(answer->transports),
                DB_INT(credential->sign_count), DB_INT(credential->backup_eligible),
                DB_INT(credential->backed_up), DB_INT(pp_clock_realtime_s())))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_STATE, "that passkey is known already");
}

/* ---- Signing in ---- */

struct known {
    int64_t admin;
    char name[TEXT_NAME_MAX + 1];
    char id[UUID_TEXT_SIZE];
    struct webauthn_credential credential;
};

/* The passkey, of the account that the answer names, for this host. */
static bool known_find(struct db *db, const struct webauthn_party *party,
                       const struct webauthn_answer *answer, struct known *known, struct pp_error *error) {
    struct webauthn_credential *credential = &known->credential;
    db_autorow struct db_row *row =
        db_query(db, error, DB_PASSKEY_FIND, DB_BLOB(answer->id, answer->id_size),
                 DB_BLOB(answer->user_handle, USER_HANDLE_SIZE), DB_TEXT(party->id));
    if (!row || !db_next(row, "passkey", error))
        return error->code == PP_E_NOTFOUND ? pp_fail(error, PP_E_AUTH, "a passkey that is not known here")
                                            : false;
    known->admin = db_int(row, 0);
    snprintf(known->name, sizeof known->name, "%s", db_text(row, 1));
    snprintf(known->id, sizeof known->id, "%s", db_text(row, 2));
    const void *key = db_blob(row, 3, &credential->key_size);
    if (credential->key_size > sizeof credential->key)
        return pp_fail(error, PP_E_INVALID, "database: a passkey's key is too long");
    memcpy(credential->key, key, credential->key_size);
    memcpy(credential->id, answer->id, answer->id_size);
    credential->id_size = answer->id_size;
    credential->sign_count = (uint32_t)db_int(row, 4);
    credential->backup_eligible = db_int(row, 5);
    return true;
}

bool passkey_sign_in(struct db *db, const struct webauthn_party *party, const char *binding,
                     const struct webauthn_answer *answer, int64_t *admin, char name[TEXT_NAME_MAX + 1],
                     struct pp_error *error) {
    char challenge[CHALLENGE_TEXT_MAX + 1];
    struct known known = {0};
    struct webauthn_assertion assertion = webauthn_answer_assertion(answer);
    if (!challenge_take(db, CLIENT_GETS, binding, answer, challenge, error) ||
        !known_find(db, party, answer, &known, error))
        return false;
    if (!webauthn_verify(party, challenge, &assertion, &known.credential, error)) {
        if (error->code == PP_E_ROLLBACK)
            pp_log_warning("passkey %s of %s: %s", known.id, known.name, error->message);
        return false;
    }
    if (!db_run(db, error, DB_PASSKEY_USED, DB_INT(known.credential.sign_count),
                DB_INT(known.credential.backed_up), DB_INT(pp_clock_realtime_s()), DB_TEXT(known.id)))
        return false;
    *admin = known.admin;
    memcpy(name, known.name, sizeof known.name);
    return true;
}

/* ---- One's own ---- */

static bool passkey_read(struct db_row *row, struct passkey *passkey) {
    size_t size = 0;
    const void *credential = db_blob(row, 4, &size);
    *passkey =
        (struct passkey){.backed_up = db_int(row, 5), .created = db_int(row, 6), .used = db_int(row, 7)};
    snprintf(passkey->id, sizeof passkey->id, "%s", db_text(row, 0));
    snprintf(passkey->name, sizeof passkey->name, "%s", db_text(row, 1));
    snprintf(passkey->host, sizeof passkey->host, "%s", db_text(row, 2));
    snprintf(passkey->transports, sizeof passkey->transports, "%s", db_text(row, 3));
    if (size > sizeof passkey->credential)
        return false;
    memcpy(passkey->credential, credential, size);
    passkey->credential_size = size;
    return true;
}

bool passkey_each(struct db *db, int64_t admin, bool (*each)(void *arg, const struct passkey *passkey),
                  void *arg, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PASSKEY_EACH, DB_INT(admin));
    struct pp_error end = {0};
    struct passkey passkey;
    if (!row)
        return false;
    while (db_next(row, "passkey", &end)) {
        if (!passkey_read(row, &passkey) || !each(arg, &passkey))
            return pp_fail(error, PP_E_NOMEM, "passkeys: cannot be listed");
    }
    return end.code == PP_E_NOTFOUND ? true : pp_fail(error, end.code, "%s", end.message);
}

static bool passkey_changed(struct db *db, struct pp_error *error) {
    return db_changes(db) ? true : pp_fail(error, PP_E_NOTFOUND, "there is no such passkey");
}

bool passkey_rename(struct db *db, int64_t admin, const char *id, const char *name, struct pp_error *error) {
    return text_check("name", name, 1, TEXT_NAME_MAX, error) &&
           db_run(db, error, DB_PASSKEY_RENAME, DB_TEXT(name), DB_TEXT(id), DB_INT(admin)) &&
           passkey_changed(db, error);
}

/* Whether the account has a password, or another passkey. */
static bool other_way_in(struct db *db, int64_t admin, bool *other, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ADMIN_WAYS_IN, DB_INT(admin));
    if (!row || !db_next(row, "administrator", error))
        return false;
    *other = db_int(row, 0) > 1;
    return true;
}

bool passkey_remove(struct db *db, int64_t admin, const char *id, struct pp_error *error) {
    bool other = false;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !other_way_in(db, admin, &other, error) ||
        !db_run(db, error, DB_PASSKEY_REMOVE, DB_TEXT(id), DB_INT(admin)) || !passkey_changed(db, error))
        return false;
    return other ? db_change_commit(&change, error)
                 : pp_fail(error, PP_E_STATE,
                           "it is the only way into this account: make another passkey first");
}

#include "headend/ops/passkey_challenge.h"

#include "base/clock.h"
#include "headend/db/db.h"

#define HASHED_MAX 256 /* bytes with the NUL */

static bool challenge_hash(enum client_ceremony ceremony, const char *binding, const char *challenge,
                           uint8_t hash[SECRET_HASH_SIZE], struct pp_error *error) {
    char text[HASHED_MAX];
    int size = snprintf(text, sizeof text, "%s.%s", challenge, binding);
    bool ok =
        (size > 0 && (size_t)size < sizeof text)
            ? secret_hash(ceremony == CLIENT_CREATES ? "passkey-create" : "passkey-get", text, hash, error)
            : pp_fail(error, PP_E_LIMIT, "challenge: too long");
    pp_wipe(text, sizeof text);
    return ok;
}

/* Makes room for one more. */
static bool make_room(struct db *db, int64_t now, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PASSKEY_CHALLENGE_COUNT, DB_INT(now));
    if (!row || !db_next(row, "challenges", error))
        return false;
    bool full = db_int(row, 0) >= PASSKEY_CHALLENGES_MAX;
    db_row_finish(row);
    return !full || db_run(db, error, DB_PASSKEY_CHALLENGE_REMOVE_OF_BUSIEST);
}

bool passkey_challenge_make(struct db *db, enum client_ceremony ceremony, const char *binding,
                            const char *network, char challenge[CHALLENGE_TEXT_MAX + 1],
                            struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    db_autochange struct db_change change = {0};
    return secret_make(challenge, error) && challenge_hash(ceremony, binding, challenge, hash, error) &&
           db_change_begin(&change, db, error) && make_room(db, now, error) &&
           db_run(db, error, DB_PASSKEY_CHALLENGE_ADD, DB_BLOB(hash, sizeof hash), DB_TEXT(network),
                  DB_INT(now), DB_INT(now + PASSKEY_CHALLENGE_S)) &&
           db_change_commit(&change, error);
}

bool passkey_challenge_take(struct db *db, enum client_ceremony ceremony, const char *binding,
                            const char *challenge, struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    int64_t now = pp_clock_realtime_s();
    if (!challenge_hash(ceremony, binding, challenge, hash, error) ||
        !db_run(db, error, DB_PASSKEY_CHALLENGE_TAKE, DB_BLOB(hash, sizeof hash), DB_INT(now),
                DB_INT(now + PASSKEY_CHALLENGE_S)))
        return false;
    return db_changes(db) == 1
               ? true
               : pp_fail(error, PP_E_EXPIRED, "that challenge was not given here, or not for this");
}

bool passkey_challenge_purge(struct db *db, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    return db_run(db, error, DB_PASSKEY_CHALLENGE_PURGE, DB_INT(now), DB_INT(now + PASSKEY_CHALLENGE_S));
}

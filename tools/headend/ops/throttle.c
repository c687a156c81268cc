#include "headend/ops/throttle.h"

#define THROTTLE_KEY_MAX 256 /* bytes with the NUL */

int64_t throttle_delay(int64_t failures, int64_t max_s) {
    if (failures <= THROTTLE_FREE)
        return 0;
    int64_t steps = failures - THROTTLE_FREE;
    if (steps > 20)
        return max_s;
    int64_t delay = (int64_t)1 << steps;
    return delay < max_s ? delay : max_s;
}

/* How long the key is still blocked. */
static bool key_wait(struct db *db, const char *key, int64_t now, int64_t *wait_s, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_THROTTLE_WAIT, DB_TEXT(key), DB_INT(now - THROTTLE_FORGET_S), DB_INT(now));
    struct pp_error missing = {0};
    if (!row)
        return false;
    if (!db_next(row, "throttle", &missing))
        return missing.code == PP_E_NOTFOUND ? true : pp_fail(error, missing.code, "%s", missing.message);
    int64_t left = db_int(row, 0) - now;
    if (left > *wait_s)
        *wait_s = left;
    return true;
}

static bool key_count(struct db *db, const char *key, int64_t max_s, int64_t now, struct pp_error *error) {
    if (!db_run(db, error, DB_THROTTLE_COUNT, DB_TEXT(key), DB_INT(now), DB_INT(now - THROTTLE_FORGET_S)))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_THROTTLE_FAILURES, DB_TEXT(key));
    if (!row || !db_next(row, "throttle", error))
        return false;
    int64_t until = now + throttle_delay(db_int(row, 0), max_s);
    return db_run(db, error, DB_THROTTLE_BLOCK, DB_INT(until), DB_TEXT(key));
}

bool throttle_known(struct db *db, const char *account, const char *address, int64_t now, bool *known,
                    struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_KNOWN_ADDRESS_COUNT, DB_TEXT(account),
                                             DB_TEXT(address), DB_INT(now - THROTTLE_KNOWN_S));
    if (!row || !db_next(row, "address", error))
        return false;
    *known = db_int(row, 0) > 0;
    return true;
}

bool throttle_attempt(struct db *db, const char *account, const char *address, int64_t now, int64_t *wait_s,
                      struct pp_error *error) {
    char account_key[THROTTLE_KEY_MAX];
    char address_key[THROTTLE_KEY_MAX];
    snprintf(account_key, sizeof account_key, "account:%s", account);
    snprintf(address_key, sizeof address_key, "address:%s", address);
    bool known = false;
    *wait_s = 0;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !throttle_known(db, account, address, now, &known, error) ||
        (!known && !key_wait(db, account_key, now, wait_s, error)) ||
        !key_wait(db, address_key, now, wait_s, error))
        return false;
    if (*wait_s > 0)
        return true;
    return (known || key_count(db, account_key, THROTTLE_ACCOUNT_MAX_S, now, error)) &&
           key_count(db, address_key, THROTTLE_ADDRESS_MAX_S, now, error) && db_change_commit(&change, error);
}

bool throttle_clear(struct db *db, const char *account, const char *address, int64_t now,
                    struct pp_error *error) {
    return db_run(db, error, DB_THROTTLE_CLEAR_ACCOUNT, DB_TEXT(account), DB_TEXT(address)) &&
           db_run(db, error, DB_KNOWN_ADDRESS_SET, DB_TEXT(account), DB_TEXT(address), DB_INT(now));
}

bool throttle_attempt_at(struct db *db, const char *key, int64_t now, int64_t *wait_s,
                         struct pp_error *error) {
    *wait_s = 0;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) || !key_wait(db, key, now, wait_s, error))
        return false;
    if (*wait_s > 0)
        return true;
    return key_count(db, key, THROTTLE_ADDRESS_MAX_S, now, error) && db_change_commit(&change, error);
}

bool throttle_clear_at(struct db *db, const char *key, struct pp_error *error) {
    return db_run(db, error, DB_THROTTLE_CLEAR, DB_TEXT(key));
}

bool throttle_purge(struct db *db, int64_t now, struct pp_error *error) {
    return db_run(db, error, DB_THROTTLE_PURGE, DB_INT(now - THROTTLE_FORGET_S), DB_INT(now)) &&
           db_run(db, error, DB_KNOWN_ADDRESS_PURGE, DB_INT(now - THROTTLE_KNOWN_S));
}

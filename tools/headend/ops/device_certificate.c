#include "headend/ops/device_certificate.h"

#include "base/clock.h"
#include "base/log.h"

bool device_certificate_add(struct db *db, const char *id, const struct certificate_facts *facts,
                            struct pp_error *error) {
    return db_run(db, error, DB_CERTIFICATE_ADD, DB_BLOB(facts->serial, facts->serial_size), DB_TEXT(id),
                  DB_BLOB(facts->thumbprint, sizeof facts->thumbprint), DB_INT(pp_clock_realtime_s()),
                  DB_INT(facts->not_after), DB_BLOB(facts->authority, sizeof facts->authority));
}

/* Certificates that are ours, since the authority signed them, but not in this database: of a headend that kept no
 * serials, the newest, which the screen's row describes; or one that was renewed after the copy was made which this
 * database came from, newer than all that are known. A renewal brings a new key: it must not be another screen's. By
 * the authority that issues now: whoever stole the key of one before could make one for each screen. */
static bool adopt(struct db *db, const struct device *device, const struct certificate_facts *facts,
                  struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CERTIFICATE_LAST_EXPIRY, DB_TEXT(device->id));
    bool taken = false;
    if (!row || !db_next(row, "certificate", error) ||
        !device_key_taken(db, device->id, facts->thumbprint, &taken, error))
        return false;
    int64_t newest = db_int(row, 0); /* 0: none is known */
    bool same_key = memcmp(facts->thumbprint, device->thumbprint, sizeof facts->thumbprint) == 0;
    bool expected = newest ? facts->not_after > newest && !taken
                           : facts->not_after == device->certificate_expires && same_key;
    if (!facts->authority_issues)
        return pp_fail(error, PP_E_DENIED, "this certificate was not issued here");
    if (!expected || strcmp(device->status, "active") != 0)
        return pp_fail(error, PP_E_AUTH, "this certificate is not one of the screen's");
    return device_certificate_add(db, device->id, facts, error) &&
           db_run(db, error, DB_DEVICE_CERTIFICATE_EXPIRES_SET, DB_INT(facts->not_after),
                  DB_TEXT(device->id));
}

/* The first use: what came before is over, and the key is the screen's from now on. */
static bool take_effect(struct db *db, const struct device *device, const struct certificate_facts *facts,
                        struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run(db, error, DB_CERTIFICATE_REVOKE_BEFORE, DB_TEXT(device->id),
                  DB_BLOB(facts->serial, facts->serial_size)) &&
           db_run(db, error, DB_CERTIFICATE_USED, DB_BLOB(facts->serial, facts->serial_size)) &&
           db_run(db, error, DB_DEVICE_THUMBPRINT_SET, DB_BLOB(facts->thumbprint, sizeof facts->thumbprint),
                  DB_TEXT(device->id)) &&
           db_change_commit(&change, error);
}

bool device_certificate_use(struct db *db, const struct device *device, const struct certificate_facts *facts,
                            struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_CERTIFICATE_FIND,
                                             DB_BLOB(facts->serial, facts->serial_size), DB_TEXT(device->id));
    struct pp_error missing = {0};
    uint8_t thumbprint[32];
    if (!row)
        return false;
    if (!db_next(row, "certificate", &missing)) {
        if (missing.code != PP_E_NOTFOUND)
            return pp_fail(error, missing.code, "%s", missing.message);
        return adopt(db, device, facts, error) && take_effect(db, device, facts, error);
    }
    if (!db_bytes(row, 0, thumbprint, sizeof thumbprint, error))
        return false;
    bool used = db_int(row, 1);
    /* Whoever has its key could make one for each screen, and have that told, signed, that it is over. */
    if (facts->authority_retired)
        return memcmp(thumbprint, facts->thumbprint, sizeof thumbprint) == 0
                   ? pp_fail(error, PP_E_AUTH, "this certificate's authority is retired")
                   : pp_fail(error, PP_E_DENIED, "this certificate was not issued here");
    if (db_int(row, 2) || memcmp(thumbprint, facts->thumbprint, sizeof thumbprint) != 0)
        return pp_fail(error, PP_E_AUTH, "this certificate was replaced by another");
    db_row_finish(row);
    return used || take_effect(db, device, facts, error);
}

/* Of a headend that kept no serials. */
static bool key_known(const struct device *device, const uint8_t thumbprint[32], int64_t now,
                      struct pp_error *error) {
    return (strcmp(device->status, "active") == 0 && device->certificate_expires > now &&
            memcmp(thumbprint, device->thumbprint, sizeof device->thumbprint) == 0) ||
           pp_fail(error, PP_E_AUTH, "no certificate of the screen's is for this key");
}

bool device_key_use(struct db *db, const struct device *device, const uint8_t thumbprint[32], int64_t now,
                    struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_CERTIFICATE_FIND_BY_KEY, DB_TEXT(device->id), DB_BLOB(thumbprint, 32));
    struct pp_error missing = {0};
    if (!row)
        return false;
    if (!db_next(row, "certificate", &missing))
        return missing.code == PP_E_NOTFOUND ? key_known(device, thumbprint, now, error)
                                             : pp_fail(error, missing.code, "%s", missing.message);
    if (db_int(row, 2))
        return pp_fail(error, PP_E_AUTH, "this key's certificate was replaced by another");
    if (db_int(row, 3) <= now)
        return pp_fail(error, PP_E_EXPIRED, "this key's certificate has expired");
    if (db_int(row, 1))
        return true;
    struct certificate_facts facts = {0};
    const void *serial = db_blob(row, 0, &facts.serial_size);
    if (facts.serial_size > sizeof facts.serial)
        return pp_fail(error, PP_E_INVALID, "database: a serial number of %zu bytes", facts.serial_size);
    memcpy(facts.serial, serial, facts.serial_size);
    memcpy(facts.thumbprint, thumbprint, sizeof facts.thumbprint);
    db_row_finish(row);
    return take_effect(db, device, &facts, error);
}

bool device_certificates_revoke(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_CERTIFICATE_REVOKE_OF_DEVICE, DB_TEXT(id)) &&
           db_run(db, error, DB_DEVICE_CERTIFICATE_NONE, DB_TEXT(id));
}

bool device_key_taken(struct db *db, const char *id, const uint8_t thumbprint[32], bool *taken,
                      struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_CERTIFICATE_COUNT_KEY_TAKEN, DB_BLOB(thumbprint, 32), DB_TEXT(id));
    if (!row || !db_next(row, "key", error))
        return false;
    *taken = db_int(row, 0) > 0;
    return true;
}

bool device_certificates_purge(struct db *db, int64_t now, struct pp_error *error) {
    return db_run(db, error, DB_CERTIFICATE_PURGE, DB_INT(now));
}

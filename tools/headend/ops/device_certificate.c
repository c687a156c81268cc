#include "headend/ops/device_certificate.h"

#include "base/clock.h"
#include "base/log.h"

bool device_certificate_add(struct db *db, const char *id, const struct certificate_facts *facts,
                            struct pp_error *error) {
    return db_run(db, error,
                  "INSERT INTO certificate(serial, device, thumbprint, issued, expires, authority) VALUES(?, "
                  "?, ?, ?, ?, ?)",
                  "bsbiib", (const void *)facts->serial, facts->serial_size, id,
                  (const void *)facts->thumbprint, sizeof facts->thumbprint, pp_clock_realtime_s(),
                  facts->not_after, (const void *)facts->authority, sizeof facts->authority);
}

/* Certificates that are ours, since the authority signed them, but not in this database: of a headend that kept no
 * serials, the newest, which the screen's row describes; or one that was renewed after the copy was made which this
 * database came from, newer than all that are known. A renewal brings a new key: it must not be another screen's. By
 * the authority that issues now: whoever stole the key of one before could make one for each screen. */
static bool adopt(struct db *db, const struct device *device, const struct certificate_facts *facts,
                  struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, "SELECT max(expires) FROM certificate WHERE device = ?", "s", device->id);
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
           db_run(db, error, "UPDATE device SET certificate_expires = ? WHERE id = ?", "is", facts->not_after,
                  device->id);
}

/* The first use: what came before is over, and the key is the screen's from now on. */
static bool take_effect(struct db *db, const struct device *device, const struct certificate_facts *facts,
                        struct pp_error *error) {
    db_autochange struct db_change change = {0};
    return db_change_begin(&change, db, error) &&
           db_run(db, error,
                  "UPDATE certificate SET revoked = 1 WHERE device = ?1 AND number < (SELECT number FROM "
                  "certificate WHERE serial = ?2)",
                  "sb", device->id, (const void *)facts->serial, facts->serial_size) &&
           db_run(db, error, "UPDATE certificate SET used = 1 WHERE serial = ?", "b",
                  (const void *)facts->serial, facts->serial_size) &&
           db_run(db, error, "UPDATE device SET thumbprint = ? WHERE id = ?", "bs",
                  (const void *)facts->thumbprint, sizeof facts->thumbprint, device->id) &&
           db_change_commit(&change, error);
}

bool device_certificate_use(struct db *db, const struct device *device, const struct certificate_facts *facts,
                            struct pp_error *error) {
    db_autorow struct db_row *row = db_query(
        db, error, "SELECT thumbprint, used, revoked FROM certificate WHERE serial = ? AND device = ?", "bs",
        (const void *)facts->serial, facts->serial_size, device->id);
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
        db_query(db, error,
                 "SELECT serial, used, revoked, expires FROM certificate WHERE device = ? AND thumbprint = ?"
                 " ORDER BY number DESC LIMIT 1",
                 "sb", device->id, (const void *)thumbprint, (size_t)32);
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
    return db_run(db, error, "UPDATE certificate SET revoked = 1 WHERE device = ?", "s", id) &&
           db_run(db, error, "UPDATE device SET certificate_expires = NULL WHERE id = ?", "s", id);
}

bool device_key_taken(struct db *db, const char *id, const uint8_t thumbprint[32], bool *taken,
                      struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error,
                 "SELECT (SELECT count(*) FROM device WHERE thumbprint = ?1 AND id <> ?2) + (SELECT count(*)"
                 " FROM certificate WHERE thumbprint = ?1 AND device <> ?2 AND NOT revoked)",
                 "bs", (const void *)thumbprint, (size_t)32, id);
    if (!row || !db_next(row, "key", error))
        return false;
    *taken = db_int(row, 0) > 0;
    return true;
}

bool device_certificates_purge(struct db *db, int64_t now, struct pp_error *error) {
    return db_run(db, error, "DELETE FROM certificate WHERE expires < ?", "i", now);
}

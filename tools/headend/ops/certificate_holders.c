#include "headend/ops/certificate_holders.h"

#include "base/clock.h"
#include "headend/ops/device.h"

static bool holders_name(void *arg, const uint8_t authority[CA_HASH_SIZE], struct pp_error *error) {
    struct home *home = arg;
    db_lock(home->db);
    bool ok = db_run(home->db, error, DB_CERTIFICATE_NAME_AUTHORITY, DB_BLOB(authority, CA_HASH_SIZE));
    db_unlock(home->db);
    return ok;
}

bool ca_screens(struct db *db, const struct ca *ca, const struct authority *authority, int64_t *count,
                struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_CERTIFICATE_COUNT_HOLDERS, DB_INT(pp_clock_realtime_s()),
                 DB_BLOB(ca->authorities[ca->count - 1].sha256, CA_HASH_SIZE),
                 DB_BLOB(authority->sha256, CA_HASH_SIZE));
    if (!row || !db_next(row, "certificate", error))
        return false;
    *count = db_int(row, 0);
    return true;
}

static bool holders_count(void *arg, const struct ca *ca, const struct authority *authority, int64_t *count,
                          struct pp_error *error) {
    struct home *home = arg;
    db_lock(home->db);
    bool counted = ca_screens(home->db, ca, authority, count, error);
    db_unlock(home->db);
    return counted;
}

/* A screen that has a certificate by it, whose id is then told; PP_E_NOTFOUND where there is none. */
static bool holder_find(struct db *db, const struct authority *authority, char id[UUID_TEXT_SIZE],
                        struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_CERTIFICATE_FIND_HOLDER, DB_BLOB(authority->sha256, CA_HASH_SIZE));
    if (!row || !db_next(row, "certificate", error))
        return false;
    snprintf(id, UUID_TEXT_SIZE, "%s", db_text(row, 0));
    return true;
}

/* Whether it has another certificate, which it may go on with. */
static bool holder_has_another(struct db *db, const char *id, const struct authority *authority, bool *has,
                               struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_CERTIFICATE_COUNT_OTHERS, DB_TEXT(id),
                 DB_BLOB(authority->sha256, CA_HASH_SIZE), DB_INT(pp_clock_realtime_s()));
    if (!row || !db_next(row, "certificate", error))
        return false;
    *has = db_int(row, 0) > 0;
    return true;
}

static bool certificates_end(struct db *db, const char *id, const struct authority *authority,
                             struct pp_error *error) {
    return db_run(db, error, DB_CERTIFICATE_REVOKE_OF_AUTHORITY, DB_TEXT(id),
                  DB_BLOB(authority->sha256, CA_HASH_SIZE));
}

/* A screen that has no other certificate is refused, as one whose key somebody else may have (device_revoke): so may
 * they who have the authority's. */
static bool holder_refuse(struct db *db, const char *id, const struct authority *authority,
                          struct pp_error *error) {
    struct device device;
    bool has = false;
    if (!device_find(db, id, &device, error) || !holder_has_another(db, id, authority, &has, error))
        return false;
    bool in_use = strcmp(device.status, "retired") != 0;
    return (has || !in_use || device_revoke(db, id, error)) && certificates_end(db, id, authority, error);
}

static bool holders_refuse(struct home *home, const struct authority *authority, struct pp_error *error) {
    char id[UUID_TEXT_SIZE];
    struct pp_error end = {0};
    bool ok = true;
    db_lock(home->db);
    while (ok && holder_find(home->db, authority, id, &end))
        ok = holder_refuse(home->db, id, authority, error);
    db_unlock(home->db);
    return ok && (end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message));
}

struct ca_holders ca_holders_of(struct home *home) {
    return (struct ca_holders){.arg = home, .name = holders_name, .count = holders_count};
}

bool ca_holders_refuse(struct home *home, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    for (size_t i = 0; ca && i < ca->count; i++) {
        if (ca->authorities[i].retired && !holders_refuse(home, &ca->authorities[i], error))
            return false;
    }
    return ca != NULL;
}

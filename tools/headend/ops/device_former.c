#include "headend/ops/device_former.h"

bool device_former_keep(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_DEVICE_FORMER_FORGET, DB_TEXT(id)) &&
           db_run(db, error, DB_DEVICE_FORMER_ADD, DB_TEXT(id)) &&
           db_run(db, error, DB_DEVICE_FORMER_TRIM, DB_INT(DEVICE_FORMER_MAX));
}

bool device_former_find(struct db *db, const uint8_t thumbprint[32], char id[UUID_TEXT_SIZE],
                        struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_FORMER_FIND, DB_BLOB(thumbprint, 32));
    if (!row || !db_next(row, "former screen", error))
        return false;
    snprintf(id, UUID_TEXT_SIZE, "%s", db_text(row, 0));
    return true;
}

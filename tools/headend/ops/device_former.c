#include "headend/ops/device_former.h"

bool device_former_keep(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error,
                  "INSERT OR REPLACE INTO device_former(thumbprint, device)"
                  " SELECT thumbprint, id FROM device WHERE id = ?1"
                  " UNION SELECT thumbprint, device FROM certificate WHERE device = ?1",
                  "s", id) &&
           db_run(db, error,
                  "DELETE FROM device_former WHERE number <= (SELECT max(number) FROM device_former) - ?",
                  "i", (int64_t)DEVICE_FORMER_MAX);
}

bool device_former_find(struct db *db, const uint8_t thumbprint[32], char id[UUID_TEXT_SIZE],
                        struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, "SELECT device FROM device_former WHERE thumbprint = ?", "b",
                 (const void *)thumbprint, (size_t)32);
    if (!row || !db_next(row, "former screen", error))
        return false;
    snprintf(id, UUID_TEXT_SIZE, "%s", db_text(row, 0));
    return true;
}

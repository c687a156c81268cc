#include "headend/ops/screen_counts.h"

#include "headend/ops/device.h"

bool screen_counts(struct db *db, enum screen_counts_of of, const struct screen_counts_page *page,
                   bool (*each)(void *arg, const struct screen_counts *counts), void *arg,
                   struct pp_error *error) {
    static const enum db_statement statements[][2] = {[SCREENS_OF_SITES] = {DB_SITES_AFTER, DB_SITES_BEFORE},
                                                      [SCREENS_OF_TAGS] = {DB_TAGS_AFTER, DB_TAGS_BEFORE}};
    const char *first = page->descending ? "\xf4\x8f\xbf\xbf" : ""; /* no character is behind that one */
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, statements[of][page->descending], DB_TEXT(page->after ? page->after : first),
                 DB_INT(page->count), DB_INT(page->now - DEVICE_ONLINE_S), DB_INT(page->viewer));
    if (!row)
        return false;
    while (db_next(row, "name", &end)) {
        const struct screen_counts counts = {.name = db_text(row, 0),
                                             .screens = db_int(row, 1),
                                             .offline = db_int(row, 2),
                                             .trouble = db_int(row, 3)};
        if (!each(arg, &counts))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

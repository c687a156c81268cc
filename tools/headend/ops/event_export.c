#include "headend/ops/event_export.h"

bool event_export_each(struct db *db, const char *device, int64_t since,
                       bool (*each)(void *arg, const struct event_export *row, struct pp_error *error),
                       void *arg, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_EVENT_EXPORT, DB_INT(since), DB_TEXT(device));
    struct pp_error end = {0};
    if (!row)
        return false;
    while (db_next(row, "event", &end)) {
        pp_autojson cJSON *event = cJSON_Parse(db_text(row, 8));
        const struct event_export found = {.received = db_int(row, 0),
                                           .device = db_text(row, 1),
                                           .name = db_text(row, 2),
                                           .finding = db_text(row, 3),
                                           .chain = db_text(row, 4),
                                           .first = db_int(row, 5),
                                           .last = db_int(row, 6),
                                           .missing = db_int(row, 7),
                                           .head = db_text(row, 9),
                                           .event = event};
        if (!each(arg, &found, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

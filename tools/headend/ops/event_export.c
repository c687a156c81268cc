#include "headend/ops/event_export.h"

/* Where the next page begins: behind this one. */
struct place {
    int64_t at, kind, number;
};

/* A page; how many it had. */
static bool page_each(struct db *db, const char *device, int64_t since, struct place *place, int64_t *count,
                      bool (*each)(void *arg, const struct event_export *row, struct pp_error *error),
                      void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_EVENT_EXPORT, DB_INT(since), DB_TEXT(device), DB_INT(place->at),
                 DB_INT(place->kind), DB_INT(place->number), DB_INT(EVENT_EXPORT_PAGE));
    if (!row)
        return false;
    for (*count = 0; db_next(row, "event", &end); ++*count) {
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
        *place = (struct place){.at = db_int(row, 0), .kind = db_int(row, 10), .number = db_int(row, 11)};
        if (!each(arg, &found, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool event_export_each(struct db *db, const char *device, int64_t since,
                       bool (*each)(void *arg, const struct event_export *row, struct pp_error *error),
                       void *arg, struct pp_error *error) {
    struct place place = {.at = INT64_MIN};
    int64_t count = EVENT_EXPORT_PAGE;
    while (count == EVENT_EXPORT_PAGE) {
        if (!page_each(db, device, since, &place, &count, each, arg, error))
            return false;
    }
    return true;
}

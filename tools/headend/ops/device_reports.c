#include "headend/ops/device_reports.h"

bool device_reports_load(struct db *db, const char *id, struct device_reports *reports,
                         struct pp_error *error) {
    *reports = (struct device_reports){0};
    db_autorow struct db_row *row = db_query(db, error, DB_REPORT_SUMMARY, DB_TEXT(id));
    if (!row || !db_next(row, "screen", error))
        return false;
    reports->events = db_int(row, 1);
    reports->plays = db_int(row, 2);
    reports->events_lost = db_int(row, 3);
    reports->plays_lost = db_int(row, 4);
    reports->status = cJSON_Parse(db_text(row, 0));
    return reports->status ? true : pp_fail(error, PP_E_NOMEM, "out of memory");
}

void device_reports_finish(struct device_reports *reports) {
    cJSON_Delete(reports->status);
    reports->status = NULL;
}

cJSON *device_events(struct db *db, const char *id, int64_t limit, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_REPORT_NEWEST_EVENTS, DB_TEXT(id), DB_INT(limit));
    pp_autojson cJSON *events = cJSON_CreateArray();
    struct pp_error end = {0};
    if (!row)
        return NULL;
    while (db_next(row, "event", &end))
        cJSON_AddItemToArray(events, cJSON_Parse(db_text(row, 0)));
    if (end.code == PP_E_NOTFOUND)
        return pp_steal(&events);
    pp_fail(error, end.code, "%s", end.message);
    return NULL;
}

const char *device_event_text(const cJSON *event, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(event, name));
    return text ? text : "";
}

bool device_root_reported(struct db *db, int64_t *version, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_DEVICE_ROOT_REPORTED);
    bool ok = row && db_next(row, "device", error);
    *version = ok ? db_int(row, 0) : 0;
    return ok;
}

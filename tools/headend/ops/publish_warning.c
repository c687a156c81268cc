#include "headend/ops/publish_warning.h"

static const char *text_of(const cJSON *entry, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(entry, name)->valuestring;
}

void publish_warning_add(cJSON *warnings, const char *file, const char *warning) {
    cJSON *entry = cJSON_CreateObject();
    cJSON_AddStringToObject(entry, "file", file);
    cJSON_AddStringToObject(entry, "warning", warning);
    cJSON_AddItemToArray(warnings, entry);
}

bool publish_warnings_store(struct db *db, int64_t publish, const cJSON *warnings, struct pp_error *error) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, warnings) {
        if (!db_run(db, error, DB_PUBLISH_WARNING_ADD, DB_INT(publish), DB_TEXT(text_of(entry, "file")),
                    DB_TEXT(text_of(entry, "warning"))))
            return false;
    }
    return true;
}

cJSON *publish_warnings_load(struct db *db, const char *channel, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_PUBLISH_WARNINGS, DB_TEXT(channel));
    pp_autojson cJSON *warnings = cJSON_CreateArray();
    struct pp_error end = {0};
    while (row && db_next(row, "warning", &end))
        publish_warning_add(warnings, db_text(row, 0), db_text(row, 1));
    if (!row || end.code != PP_E_NOTFOUND) {
        if (row)
            pp_fail(error, end.code, "%s", end.message);
        return NULL;
    }
    return pp_steal(&warnings);
}

void publish_warnings_each(const cJSON *warnings,
                           void (*each)(void *arg, const char *file, const char *warning), void *arg) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, warnings) {
        each(arg, text_of(entry, "file"), text_of(entry, "warning"));
    }
}

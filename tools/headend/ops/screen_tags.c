#include "headend/ops/screen_tags.h"

#include "headend/base/text.h"

bool screen_tag_check(const char *tag, struct pp_error *error) {
    return text_check("tags", tag, 1, SCREEN_TAG_MAX, error);
}

cJSON *screen_tags_json(struct db *db, const char *device, struct pp_error *error) {
    struct pp_error end = {0};
    pp_autojson cJSON *tags = cJSON_CreateArray();
    db_autorow struct db_row *row = db_query(db, error, DB_SCREEN_TAGS, DB_TEXT(device));
    if (!row)
        return NULL;
    while (db_next(row, "tag", &end))
        cJSON_AddItemToArray(tags, cJSON_CreateString(db_text(row, 0)));
    if (end.code != PP_E_NOTFOUND) {
        pp_fail(error, end.code, "%s", end.message);
        return NULL;
    }
    return pp_steal(&tags);
}

static bool tags_run(struct db *db, enum db_statement statement, const char *device, const cJSON *tags,
                     struct pp_error *error) {
    const cJSON *tag;
    cJSON_ArrayForEach(tag, tags) {
        const char *text = cJSON_IsString(tag) ? tag->valuestring : "";
        if (!screen_tag_check(text, error) || !db_run(db, error, statement, DB_TEXT(device), DB_TEXT(text)))
            return false;
    }
    return true;
}

bool screen_tags_change(struct db *db, const char *device, const cJSON *tags, const cJSON *more,
                        const cJSON *less, struct pp_error *error) {
    if ((tags && !db_run(db, error, DB_SCREEN_TAGS_REMOVE, DB_TEXT(device))) ||
        !tags_run(db, DB_SCREEN_TAG_ADD, device, tags, error) ||
        !tags_run(db, DB_SCREEN_TAG_REMOVE, device, less, error) ||
        !tags_run(db, DB_SCREEN_TAG_ADD, device, more, error))
        return false;
    pp_autojson cJSON *now = screen_tags_json(db, device, error);
    return now && (cJSON_GetArraySize(now) <= SCREEN_TAGS_MAX ||
                   pp_fail(error, PP_E_LIMIT, "tags: at most %d of a screen", SCREEN_TAGS_MAX));
}

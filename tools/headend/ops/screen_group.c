#include "headend/ops/screen_group.h"

#include <string.h>

#include "base/clock.h"
#include "headend/ops/screen_tags.h"

static void group_read(struct db_row *row, struct screen_group *group) {
    *group = (struct screen_group){.priority = db_int(row, 3), .screens = db_int(row, 4)};
    snprintf(group->id, sizeof group->id, "%s", db_text(row, 0));
    snprintf(group->name, sizeof group->name, "%s", db_text(row, 1));
    snprintf(group->sorted, sizeof group->sorted, "%s", db_text(row, 2));
}

bool screen_group_find(struct db *db, const char *id, int64_t viewer, struct screen_group *group,
                       struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_GROUP_FIND, DB_TEXT(id), DB_INT(viewer));
    if (!row || !db_next(row, "group", error))
        return false;
    group_read(row, group);
    return true;
}

bool screen_group_list(struct db *db, const struct screen_group_page *page,
                       bool (*each)(void *arg, const struct screen_group *group), void *arg,
                       struct pp_error *error) {
    const char *first = page->descending ? "\xf4\x8f\xbf\xbf" : ""; /* no character is behind that one */
    char words[TEXT_FOLDED_SIZE];
    struct pp_error end = {0};
    struct screen_group group;
    text_fold(page->words, words, sizeof words);
    db_autorow struct db_row *row =
        db_query(db, error, page->descending ? DB_GROUP_PAGE_BEFORE : DB_GROUP_PAGE_AFTER,
                 DB_TEXT(page->after_id ? page->after_sorted : first),
                 DB_TEXT(page->after_id ? page->after_id : first), DB_TEXT(words), DB_INT(page->count),
                 DB_INT(page->viewer));
    if (!row)
        return false;
    while (db_next(row, "group", &end)) {
        group_read(row, &group);
        if (!each(arg, &group))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool screen_group_add_rules(struct db *db, const char *id, int64_t viewer, cJSON *object,
                            struct pp_error *error) {
    struct pp_error end = {0};
    cJSON *tags = cJSON_AddArrayToObject(object, "tags");
    cJSON *sites = cJSON_AddArrayToObject(object, "sites");
    db_autorow struct db_row *row = db_query(db, error, DB_GROUP_RULES, DB_TEXT(id), DB_INT(viewer));
    if (!row)
        return false;
    while (db_next(row, "rule", &end))
        cJSON_AddItemToArray(strcmp(db_text(row, 0), "tag") == 0 ? tags : sites,
                             cJSON_CreateString(db_text(row, 1)));
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

cJSON *screen_group_by_hand(struct db *db, const char *id, int64_t viewer, struct pp_error *error) {
    struct pp_error end = {0};
    pp_autojson cJSON *screens = cJSON_CreateArray();
    db_autorow struct db_row *row = db_query(db, error, DB_GROUP_SCREENS, DB_TEXT(id), DB_INT(viewer));
    if (!row)
        return NULL;
    while (db_next(row, "screen", &end))
        cJSON_AddItemToArray(screens, cJSON_CreateString(db_text(row, 0)));
    if (end.code != PP_E_NOTFOUND) {
        pp_fail(error, end.code, "%s", end.message);
        return NULL;
    }
    return pp_steal(&screens);
}

/* ---- Changing ---- */

static bool count_check(struct db_row *row, int64_t max, const char *what, struct pp_error *error) {
    return row && db_next(row, "count", error) &&
           (db_int(row, 0) <= max || pp_fail(error, PP_E_LIMIT, "%s: at most %lld", what, (long long)max));
}

static bool group_check(const char *name, int64_t priority, struct pp_error *error) {
    return text_check("name", name, 1, TEXT_NAME_MAX, error) &&
           ((priority >= 0 && priority <= GROUP_PRIORITY_MAX) ||
            pp_fail(error, PP_E_INVALID, "priority: 0 to %d", GROUP_PRIORITY_MAX));
}

/* PP_E_STATE where another group has it. */
static bool name_free(struct db *db, const char *name, const char *id, struct pp_error *error) {
    struct pp_error missing = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_GROUP_ID_OF_NAME, DB_TEXT(name));
    if (!row)
        return false;
    if (!db_next(row, "group", &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    return strcmp(db_text(row, 0), id) == 0 ||
           pp_fail(error, PP_E_STATE, "there is a group \"%s\" already", name);
}

bool screen_group_make(struct db *db, const char *name, int64_t priority, char id[UUID_TEXT_SIZE],
                       struct pp_error *error) {
    char folded[TEXT_FOLDED_SIZE];
    if (!group_check(name, priority, error) || !name_free(db, name, "", error) || !uuid_make(id, error) ||
        !db_run(db, error, DB_GROUP_ADD, DB_TEXT(id), DB_TEXT(name), DB_TEXT(text_folded(name, folded)),
                DB_INT(priority), DB_INT(pp_clock_realtime_s())))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_GROUP_COUNT);
    return count_check(row, GROUPS_MAX, "groups", error);
}

bool screen_group_change(struct db *db, const char *id, const char *name, int64_t priority,
                         struct pp_error *error) {
    char folded[TEXT_FOLDED_SIZE];
    return group_check(name, priority, error) && name_free(db, name, id, error) &&
           db_run(db, error, DB_GROUP_CHANGE, DB_TEXT(name), DB_TEXT(text_folded(name, folded)),
                  DB_INT(priority), DB_TEXT(id));
}

bool screen_group_touch(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_GROUP_NEW_VERSION, DB_TEXT(id));
}

bool screen_group_remove(struct db *db, const char *id, struct pp_error *error) {
    return db_run(db, error, DB_GROUP_REMOVE, DB_TEXT(id));
}

bool screen_group_set_rules(struct db *db, const char *id, const char *kind, const cJSON *values,
                            struct pp_error *error) {
    bool tags = strcmp(kind, "tag") == 0;
    const cJSON *value;
    if (cJSON_GetArraySize(values) > GROUP_RULES_MAX)
        return pp_fail(error, PP_E_LIMIT, "%ss: at most %d of a group", kind, GROUP_RULES_MAX);
    if (!db_run(db, error, DB_GROUP_RULES_REMOVE, DB_TEXT(id), DB_TEXT(kind)))
        return false;
    cJSON_ArrayForEach(value, values) {
        const char *text = cJSON_IsString(value) ? value->valuestring : "";
        if (!(tags ? screen_tag_check(text, error) : text_check("sites", text, 1, TEXT_NAME_MAX, error)) ||
            !db_run(db, error, DB_GROUP_RULE_ADD, DB_TEXT(id), DB_TEXT(kind), DB_TEXT(text)))
            return false;
    }
    return true;
}

static bool screens_run(struct db *db, enum db_statement statement, const char *id, const cJSON *screens,
                        struct pp_error *error) {
    const cJSON *screen;
    cJSON_ArrayForEach(screen, screens) {
        if (!db_run(db, error, statement, DB_TEXT(id),
                    DB_TEXT(cJSON_IsString(screen) ? screen->valuestring : "")))
            return false;
    }
    return true;
}

bool screen_group_set_screens(struct db *db, const char *id, const cJSON *screens, const cJSON *more,
                              const cJSON *less, struct pp_error *error) {
    if ((screens && !db_run(db, error, DB_GROUP_SCREENS_REMOVE, DB_TEXT(id))) ||
        !screens_run(db, DB_GROUP_SCREEN_ADD, id, screens, error) ||
        !screens_run(db, DB_GROUP_SCREEN_REMOVE, id, less, error) ||
        !screens_run(db, DB_GROUP_SCREEN_ADD, id, more, error))
        return false;
    db_autorow struct db_row *row = db_query(db, error, DB_GROUP_SCREENS_COUNT, DB_TEXT(id));
    return count_check(row, GROUP_SCREENS_MAX, "screens by hand", error);
}

#include "headend/ops/screen_settings.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "headend/base/silence.h"
#include "headend/ops/device.h"
#include "headend/ops/enrolment.h"

#define NUMBER_SIZE 24 /* bytes of one in digits */

static const char *const level_names[LEVELS] = {[LEVEL_ORGANISATION] = "organisation",
                                                [LEVEL_SITE] = "site",
                                                [LEVEL_GROUP] = "group",
                                                [LEVEL_SCREEN] = "screen",
                                                [LEVEL_DEFAULT] = "default"};

const char *settings_level_name(enum settings_level level) {
    return level_names[level];
}

/* ---- Rows ---- */

/* SETTINGS_COLUMNS, which begin as the settings do; those that are NULL say nothing. */
static void settings_read(struct db_row *row, struct settings *settings) {
    *settings = (struct settings){.rotation = (int)db_int(row, 2),
                                  .offline_mark = db_int(row, 3) != 0,
                                  .lock_after_s = db_int(row, 4),
                                  .erase_after_s = db_int(row, 5)};
    snprintf(settings->time_zone, sizeof settings->time_zone, "%s", db_text(row, 0));
    snprintf(settings->locale, sizeof settings->locale, "%s", db_text(row, 1));
    for (int i = 0; i < SETTINGS; i++)
        settings->set |= db_is_null(row, i) ? 0 : SETTING_BIT(i);
}

bool settings_load(struct db *db, const struct settings_scope *scope, struct settings *settings,
                   struct pp_error *error) {
    struct pp_error missing = {0};
    *settings = (struct settings){0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_SETTINGS_FIND, DB_TEXT(level_names[scope->level]), DB_TEXT(scope->scope));
    if (!row)
        return false;
    if (!db_next(row, "settings", &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    settings_read(row, settings);
    return true;
}

static bool room_check(struct db *db, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_SETTINGS_COUNT);
    return row && db_next(row, "count", error) &&
           (db_int(row, 0) <= SCREEN_SETTINGS_LEVELS_MAX ||
            pp_fail(error, PP_E_LIMIT, "settings: at most %d sites and groups have some",
                    SCREEN_SETTINGS_LEVELS_MAX));
}

/* NULL where it says nothing. */
static const char *number_of(const struct settings *settings, enum setting setting, int64_t number,
                             char text[NUMBER_SIZE]) {
    snprintf(text, NUMBER_SIZE, "%" PRId64, number);
    return settings->set & SETTING_BIT(setting) ? text : NULL;
}

bool settings_save(struct db *db, const struct settings_scope *scope, const struct settings *settings,
                   struct pp_error *error) {
    const char *level = level_names[scope->level];
    char rotation[NUMBER_SIZE], mark[NUMBER_SIZE], lock[NUMBER_SIZE], erase[NUMBER_SIZE];
    if (!settings->set)
        return db_run(db, error, DB_SETTINGS_REMOVE, DB_TEXT(level), DB_TEXT(scope->scope));
    return db_run(db, error, DB_SETTINGS_SAVE, DB_TEXT(level), DB_TEXT(scope->scope),
                  DB_TEXT(settings->set & SETTING_BIT(SETTING_TIME_ZONE) ? settings->time_zone : NULL),
                  DB_TEXT(settings->set & SETTING_BIT(SETTING_LOCALE) ? settings->locale : NULL),
                  DB_TEXT(number_of(settings, SETTING_ROTATION, settings->rotation, rotation)),
                  DB_TEXT(number_of(settings, SETTING_OFFLINE_MARK, settings->offline_mark, mark)),
                  DB_TEXT(number_of(settings, SETTING_SILENCE, settings->lock_after_s, lock)),
                  DB_TEXT(number_of(settings, SETTING_SILENCE, settings->erase_after_s, erase))) &&
           room_check(db, error);
}

/* ---- Requests and answers ---- */

static const struct {
    const char *name;
    enum setting setting;
} members[] = {{"time_zone", SETTING_TIME_ZONE},  {"locale", SETTING_LOCALE},
               {"rotation", SETTING_ROTATION},    {"offline_mark", SETTING_OFFLINE_MARK},
               {"lock_after_s", SETTING_SILENCE}, {"erase_after_s", SETTING_SILENCE}};

static bool text_take(char *text, size_t size, const cJSON *value,
                      bool (*check)(const char *text, struct pp_error *error), struct pp_error *error) {
    if (!check(cJSON_IsString(value) ? value->valuestring : "", error))
        return false;
    snprintf(text, size, "%s", value->valuestring);
    return true;
}

static bool rotation_take(int *rotation, const cJSON *request, struct pp_error *error) {
    int64_t degrees = -1;
    if (!pp_json_integer(request, "rotation", 0, 270, &degrees, NULL) || degrees % 90)
        return pp_fail(error, PP_E_INVALID, "rotation: must be 0, 90, 180 or 270");
    *rotation = (int)degrees;
    return true;
}

/* 0 is never. */
static bool silence_take(int64_t *seconds, const cJSON *request, const char *name, struct pp_error *error) {
    char text[NUMBER_SIZE + 1];
    int64_t number = 0;
    if (!pp_json_integer(request, name, 0, PP_JSON_INTEGER_MAX, &number, NULL))
        return pp_fail(error, PP_E_INVALID, "%s: must be a whole number of seconds", name);
    snprintf(text, sizeof text, "%" PRId64 "s", number);
    return silence_read(number ? text : "never", seconds, error) || pp_wrap(error, "%s", name);
}

static bool value_take(struct settings *settings, const cJSON *request, const cJSON *value,
                       struct pp_error *error) {
    if (strcmp(value->string, "time_zone") == 0)
        return text_take(settings->time_zone, sizeof settings->time_zone, value, time_zone_check, error);
    if (strcmp(value->string, "locale") == 0)
        return text_take(settings->locale, sizeof settings->locale, value, locale_check, error);
    if (strcmp(value->string, "rotation") == 0)
        return rotation_take(&settings->rotation, request, error);
    if (strcmp(value->string, "lock_after_s") == 0)
        return silence_take(&settings->lock_after_s, request, value->string, error);
    if (strcmp(value->string, "erase_after_s") == 0)
        return silence_take(&settings->erase_after_s, request, value->string, error);
    settings->offline_mark = cJSON_IsTrue(value);
    return cJSON_IsBool(value) || pp_fail(error, PP_E_INVALID, "offline_mark: must be true or false");
}

static bool silence_fits(const struct settings *settings, struct pp_error *error) {
    return !settings->erase_after_s ||
           (settings->lock_after_s && settings->lock_after_s <= settings->erase_after_s) ||
           pp_fail(error, PP_E_INVALID, "erase_after_s: a screen is locked before it is erased");
}

bool settings_take(struct settings *settings, const cJSON *request, const char **field,
                   struct pp_error *error) {
    bool silence = settings->set & SETTING_BIT(SETTING_SILENCE);
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(request, members[i].name);
        *field = members[i].name;
        if (!value)
            continue;
        if (cJSON_IsNull(value)) {
            settings->set &= ~SETTING_BIT(members[i].setting);
            continue;
        }
        if (members[i].setting == SETTING_SILENCE && !silence) /* of another level's nothing is kept */
            settings->lock_after_s = settings->erase_after_s = 0;
        silence = silence || members[i].setting == SETTING_SILENCE;
        if (!value_take(settings, request, value, error))
            return false;
        settings->set |= SETTING_BIT(members[i].setting);
    }
    *field = "erase_after_s";
    return !(settings->set & SETTING_BIT(SETTING_SILENCE)) || silence_fits(settings, error);
}

static cJSON *value_json(const struct settings *settings, const char *name) {
    if (strcmp(name, "time_zone") == 0)
        return cJSON_CreateString(settings->time_zone);
    if (strcmp(name, "locale") == 0)
        return cJSON_CreateString(settings->locale);
    if (strcmp(name, "rotation") == 0)
        return cJSON_CreateNumber(settings->rotation);
    if (strcmp(name, "offline_mark") == 0)
        return cJSON_CreateBool(settings->offline_mark);
    return cJSON_CreateNumber(
        (double)(strcmp(name, "lock_after_s") == 0 ? settings->lock_after_s : settings->erase_after_s));
}

cJSON *settings_json(const struct settings *settings) {
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        bool says = settings->set & SETTING_BIT(members[i].setting);
        cJSON_AddItemToObject(object, members[i].name,
                              says ? value_json(settings, members[i].name) : cJSON_CreateNull());
    }
    return object;
}

/* ---- What is in effect ---- */

struct source {
    enum settings_level level;
    char scope[TEXT_NAME_MAX + 1];
    char name[TEXT_NAME_MAX + 1]; /* of a group */
};

/* Of one screen. */
struct effective {
    struct settings values;
    struct source sources[SETTINGS];
    char site[TEXT_NAME_MAX + 1];
};

static void setting_copy(struct settings *into, const struct settings *from, enum setting setting) {
    switch (setting) {
    case SETTING_TIME_ZONE:
        memcpy(into->time_zone, from->time_zone, sizeof into->time_zone);
        break;
    case SETTING_LOCALE:
        memcpy(into->locale, from->locale, sizeof into->locale);
        break;
    case SETTING_ROTATION:
        into->rotation = from->rotation;
        break;
    case SETTING_OFFLINE_MARK:
        into->offline_mark = from->offline_mark;
        break;
    case SETTING_SILENCE:
        into->lock_after_s = from->lock_after_s;
        into->erase_after_s = from->erase_after_s;
        break;
    case SETTINGS:
        break;
    }
}

/* Those that no nearer level has said. */
static void effective_add(struct effective *effective, const struct settings *level,
                          const struct source *source) {
    unsigned missing = level->set & ~effective->values.set;
    for (unsigned i = 0; i < SETTINGS; i++) {
        if (!(missing & SETTING_BIT(i)))
            continue;
        setting_copy(&effective->values, level, (enum setting)i);
        effective->sources[i] = *source;
    }
    effective->values.set |= missing;
}

static bool defaults_add(struct db *db, struct effective *effective, struct pp_error *error) {
    static const struct source source = {.level = LEVEL_DEFAULT};
    struct settings defaults = {.set = SETTING_BIT(SETTINGS) - 1, .locale = "en"};
    if (!(effective->values.set & SETTING_BIT(SETTING_TIME_ZONE))) {
        pp_autofree char *zone = enrolment_time_zone(db, error);
        if (!zone)
            return false;
        snprintf(defaults.time_zone, sizeof defaults.time_zone, "%.*s", TIME_ZONE_MAX, *zone ? zone : "UTC");
    }
    effective_add(effective, &defaults, &source);
    return true;
}

static enum settings_level level_find(const char *name) {
    unsigned level = 0;
    while (level < LEVEL_DEFAULT && strcmp(level_names[level], name) != 0)
        level++;
    return (enum settings_level)level;
}

static bool levels_add(struct db *db, const char *device, struct effective *effective,
                       struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_SETTINGS_ABOVE, DB_TEXT(device), DB_TEXT(effective->site));
    if (!row)
        return false;
    while (db_next(row, "level", &end)) {
        struct settings level;
        struct source source = {.level = level_find(db_text(row, 6))};
        settings_read(row, &level);
        snprintf(source.scope, sizeof source.scope, "%s", db_text(row, 7));
        snprintf(source.name, sizeof source.name, "%s", db_text(row, 8));
        effective_add(effective, &level, &source);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* And what it has now. */
static bool effective_load(struct db *db, const char *device, struct effective *effective,
                           struct settings *present, struct pp_error *error) {
    static const struct source own = {.level = LEVEL_SCREEN};
    *effective = (struct effective){0};
    db_autorow struct db_row *row = db_query(db, error, DB_SETTINGS_OF_SCREEN, DB_TEXT(device));
    if (!row || !db_next(row, "screen", error))
        return false;
    settings_read(row, present);
    present->set = (unsigned)db_int(row, 7);
    snprintf(effective->site, sizeof effective->site, "%s", db_text(row, 6));
    db_row_finish(row);
    effective_add(effective, present, &own);
    return levels_add(db, device, effective, error) && defaults_add(db, effective, error);
}

static cJSON *sourced_json(const struct settings *values, const char *name, const struct source *source) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "value", value_json(values, name));
    cJSON_AddStringToObject(object, "source", level_names[source->level]);
    if (source->level == LEVEL_SITE)
        cJSON_AddStringToObject(object, "site", source->scope);
    cJSON *group = source->level == LEVEL_GROUP ? cJSON_AddObjectToObject(object, "group") : NULL;
    if (group) {
        cJSON_AddStringToObject(group, "id", source->scope);
        cJSON_AddStringToObject(group, "name", source->name);
    }
    return object;
}

cJSON *screen_settings_json(struct db *db, const char *device, struct pp_error *error) {
    struct effective effective;
    struct settings present;
    if (!effective_load(db, device, &effective, &present, error))
        return NULL;
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; i < PP_COUNT(members); i++)
        cJSON_AddItemToObject(
            object, members[i].name,
            sourced_json(&effective.values, members[i].name, &effective.sources[members[i].setting]));
    return object;
}

bool screen_settings_own(struct db *db, const char *device, unsigned set, unsigned cleared,
                         struct pp_error *error) {
    return (!set && !cleared) ||
           db_run(db, error, DB_SETTINGS_OWN, DB_INT(set), DB_INT(cleared), DB_TEXT(device));
}

static bool settings_equal(const struct settings *a, const struct settings *b) {
    return strcmp(a->time_zone, b->time_zone) == 0 && strcmp(a->locale, b->locale) == 0 &&
           a->rotation == b->rotation && a->offline_mark == b->offline_mark &&
           a->lock_after_s == b->lock_after_s && a->erase_after_s == b->erase_after_s;
}

bool screen_settings_apply(struct db *db, const char *device, struct pp_error *error) {
    struct effective effective;
    struct settings present;
    if (!effective_load(db, device, &effective, &present, error))
        return false;
    const struct settings *values = &effective.values;
    return settings_equal(values, &present) ||
           db_run(db, error, DB_SETTINGS_INHERIT, DB_TEXT(values->time_zone), DB_TEXT(values->locale),
                  DB_INT(values->rotation), DB_INT(values->offline_mark), DB_INT(values->lock_after_s),
                  DB_INT(values->erase_after_s), DB_TEXT(device));
}

/* ---- The screens below ---- */

/* At most `max` of them, behind `after`. */
static bool below_read(struct db *db, const struct settings_scope *scope, const char *after, size_t max,
                       char (*ids)[UUID_TEXT_SIZE], size_t *count, struct pp_error *error) {
    static const enum db_statement statements[] = {[LEVEL_ORGANISATION] = DB_SETTINGS_BELOW_ALL,
                                                   [LEVEL_SITE] = DB_SETTINGS_BELOW_SITE,
                                                   [LEVEL_GROUP] = DB_SETTINGS_BELOW_GROUP};
    struct pp_error end = {0};
    *count = 0;
    db_autorow struct db_row *row = db_query(db, error, statements[scope->level], DB_TEXT(scope->scope),
                                             DB_TEXT(after), DB_INT((int64_t)max));
    if (!row)
        return false;
    while (*count < max && db_next(row, "screen", &end))
        snprintf(ids[(*count)++], UUID_TEXT_SIZE, "%s", db_text(row, 0));
    return !end.code || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool screen_settings_below(struct db *db, const struct settings_scope *scope, struct settings_below *below,
                           struct pp_error *error) {
    size_t room = SCREEN_SETTINGS_AT_ONCE - below->count;
    size_t count = 0;
    if (below->many || !room) {
        below->many = true;
        return true;
    }
    if (!below_read(db, scope, "", room, &below->ids[below->count], &count, error))
        return false;
    below->count += count;
    below->many = count == room;
    return true;
}

static bool apply_all(struct db *db, char (*ids)[UUID_TEXT_SIZE], size_t count, struct pp_error *error) {
    for (size_t i = 0; i < count; i++) {
        if (!screen_settings_apply(db, ids[i], error))
            return false;
    }
    return true;
}

bool screen_settings_settle(struct db *db, const struct settings_below *below, struct pp_error *error) {
    if (below->many)
        return db_run(db, error, DB_SETTINGS_CHANGE_ADD, DB_INT(pp_clock_realtime_s()));
    for (size_t i = 0; i < below->count; i++) {
        if (!screen_settings_apply(db, below->ids[i], error))
            return false;
    }
    return true;
}

static bool spread_begin(struct db *db, struct settings_spread *spread, struct pp_error *error) {
    if (spread->until)
        return true;
    db_autorow struct db_row *row = db_query(db, error, DB_SETTINGS_CHANGE_NEWEST);
    if (!row || !db_next(row, "change", error))
        return false;
    *spread = (struct settings_spread){.until = db_int(row, 0)};
    return true;
}

bool screen_settings_spread(struct db *db, struct settings_spread *spread, bool *more,
                            struct pp_error *error) {
    static const struct settings_scope all = {.level = LEVEL_ORGANISATION, .scope = ""};
    char ids[SCREEN_SETTINGS_BATCH][UUID_TEXT_SIZE];
    size_t count = 0;
    *more = false;
    if (!spread_begin(db, spread, error))
        return false;
    if (!spread->until)
        return true;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, db, error) ||
        !below_read(db, &all, spread->after, SCREEN_SETTINGS_BATCH, ids, &count, error) ||
        !apply_all(db, ids, count, error))
        return false;
    bool last = count < SCREEN_SETTINGS_BATCH;
    if ((last && !db_run(db, error, DB_SETTINGS_CHANGES_REMOVE, DB_INT(spread->until))) ||
        !db_change_commit(&change, error))
        return false;
    /* What was changed meanwhile begins with the first screen again. */
    snprintf(spread->after, sizeof spread->after, "%s", last ? "" : ids[count - 1]);
    if (last)
        spread->until = 0;
    *more = true;
    return true;
}

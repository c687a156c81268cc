#include "headend/ops/publish_version.h"

#include "base/clock.h"
#include "headend/db/db.h"

/* What of a manifest is the same in each publish of it. */
static char *manifest_text(const cJSON *manifest) {
    static const char *const own[] = {"objects", "channel", "version"};
    pp_autojson cJSON *copy = cJSON_Duplicate(manifest, true);
    for (size_t i = 0; copy && i < PP_COUNT(own); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(copy, own[i]);
    return copy ? cJSON_PrintUnformatted(copy) : NULL;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool object_add(struct db *db, const struct publish_version *version, size_t place,
                       struct pp_error *error) {
    const struct published_object *object = &version->objects[place];
    const struct publish_original *original = version->originals ? &version->originals[place] : NULL;
    return db_run(db, error, DB_VERSION_OBJECT_ADD, DB_TEXT(version->channel), DB_INT(version->number),
                  DB_INT((int64_t)place), DB_BLOB(object->clear, sizeof object->clear),
                  DB_BLOB(object->sha256, sizeof object->sha256), DB_INT((int64_t)object->length),
                  DB_TEXT(version->playlist->types[place].name), DB_TEXT(original ? original->content : ""),
                  DB_INT(original ? original->version : 0),
                  DB_TEXT(original ? original->name : base_name(version->playlist->files[place])));
}

bool publish_version_add(struct db *db, const struct publish_version *version, struct pp_error *error) {
    const struct publish_record *record = version->record;
    pp_autojsontext char *manifest = manifest_text(version->playlist->manifest);
    if (!manifest)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!db_run(db, error, DB_VERSION_TRIM, DB_TEXT(version->channel), DB_INT(PUBLISH_VERSIONS_MAX)) ||
        !db_run(db, error, DB_VERSION_ADD, DB_TEXT(version->channel), DB_INT(version->number),
                DB_INT(pp_clock_realtime_s()), DB_TEXT(record->author), DB_TEXT(record->note),
                DB_INT(record->restored), DB_TEXT(record->document), DB_TEXT(manifest)))
        return false;
    for (size_t i = 0; i < version->playlist->count; i++) {
        if (!object_add(db, version, i, error))
            return false;
    }
    return true;
}

bool publish_version_settle(struct db *db, int64_t snapshot, struct pp_error *error) {
    return db_run(db, error, DB_VERSION_SUPERSEDE, DB_INT(pp_clock_realtime_s()), DB_INT(snapshot)) &&
           db_run(db, error, DB_VERSION_DONE, DB_INT(snapshot)) &&
           db_run(db, error, DB_VERSION_REMOVE_UNDONE);
}

bool publish_version_withdraw(struct db *db, const char *channel, struct pp_error *error) {
    return db_run(db, error, DB_VERSION_WITHDRAW, DB_INT(pp_clock_realtime_s()), DB_TEXT(channel));
}

bool publish_versions_forget(struct db *db, int64_t now, struct pp_error *error) {
    return db_run(db, error, DB_VERSION_FORGET, DB_INT(now - PUBLISH_VERSION_S));
}

/* ---- Those that are there ---- */

void version_finish(struct version *version) {
    cJSON_Delete(version->document);
    cJSON_Delete(version->manifest);
    *version = (struct version){0};
}

bool version_find(struct db *db, const char *channel, int64_t number, struct version *version,
                  struct pp_error *error) {
    *version = (struct version){0};
    db_autorow struct db_row *row = db_query(db, error, DB_VERSION_FIND, DB_TEXT(channel), DB_INT(number));
    if (!row || !db_next(row, "version", error))
        return false;
    version->number = db_int(row, 1);
    version->created = db_int(row, 2);
    snprintf(version->author, sizeof version->author, "%s", db_text(row, 3));
    snprintf(version->note, sizeof version->note, "%s", db_text(row, 4));
    snprintf(version->name, sizeof version->name, "%s", db_text(row, 5));
    version->restored = db_int(row, 6);
    version->document = *db_text(row, 7) ? cJSON_Parse(db_text(row, 7)) : NULL;
    version->manifest = cJSON_Parse(db_text(row, 8));
    return version->manifest || pp_fail(error, PP_E_INVALID, "database: a version that cannot be read");
}

bool version_objects(struct db *db, const char *channel, int64_t number,
                     bool (*each)(void *arg, const struct version_object *object, struct pp_error *error),
                     void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_VERSION_OBJECTS, DB_TEXT(channel), DB_INT(number));
    if (!row)
        return false;
    while (db_next(row, "object", &end)) {
        struct version_object object = {.length = (uint64_t)db_int(row, 2),
                                        .media_type = db_text(row, 3),
                                        .content = db_text(row, 4),
                                        .content_version = db_int(row, 5),
                                        .name = db_text(row, 6)};
        if (!db_bytes(row, 0, object.clear, sizeof object.clear, error) ||
            !db_bytes(row, 1, object.sha256, sizeof object.sha256, error) || !each(arg, &object, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool version_each(struct db *db, const char *channel,
                  bool (*each)(void *arg, const struct version_summary *version), void *arg,
                  struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row = db_query(db, error, DB_VERSION_LIST, DB_TEXT(channel));
    if (!row)
        return false;
    while (db_next(row, "version", &end)) {
        const struct version_summary summary = {.number = db_int(row, 0),
                                                .created = db_int(row, 1),
                                                .author = db_text(row, 2),
                                                .note = db_text(row, 3),
                                                .name = db_text(row, 4),
                                                .restored = db_int(row, 5),
                                                .objects = db_int(row, 6)};
        if (!each(arg, &summary))
            return true;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

bool version_name_set(struct db *db, const char *channel, int64_t number, const char *name,
                      struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_VERSION_COUNT_NAMED, DB_TEXT(channel), DB_INT(number));
    if (!text_check("name", name, 0, TEXT_NAME_MAX, error) || !row || !db_next(row, "version", error))
        return false;
    if (*name && db_int(row, 0) >= PUBLISH_NAMES_MAX)
        return pp_fail(error, PP_E_LIMIT, "name: %d versions of the channel have one", PUBLISH_NAMES_MAX);
    db_row_finish(row);
    return db_run(db, error, DB_VERSION_NAME_SET, DB_TEXT(name), DB_TEXT(channel), DB_INT(number)) &&
           (db_changes(db) || pp_fail(error, PP_E_NOTFOUND, "no such version"));
}

#include "headend/ops/schedule_source.h"

#include <stdlib.h>

#include "base/clock.h"
#include "headend/ops/draft.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_version.h"

void schedule_source_finish(struct schedule_source *source) {
    channel_manifest_destroy(source->manifest);
    cJSON_Delete(source->schedule);
    free(source->objects);
    *source = (struct schedule_source){0};
}

static bool source_begin(struct schedule_source *source, const cJSON *manifest, size_t objects,
                         struct pp_error *error) {
    const cJSON *schedule = cJSON_GetObjectItemCaseSensitive(manifest, "schedule");
    source->manifest = publication_parse(manifest, objects, error);
    source->schedule = cJSON_IsArray(schedule) ? cJSON_Duplicate(schedule, true) : cJSON_CreateArray();
    source->objects = calloc(objects + 1, sizeof *source->objects);
    return source->manifest &&
           ((source->schedule && source->objects) || pp_fail(error, PP_E_NOMEM, "out of memory"));
}

/* How many events stand in what the manifest was made of; of files, and of versions without it, all. */
static int events_described(const cJSON *document, const cJSON *all) {
    if (!document)
        return cJSON_GetArraySize(all);
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(document, "schedule"));
}

/* ---- Published ---- */

static bool object_count(void *arg, const struct version_object *object, struct pp_error *error) {
    (void)object, (void)error;
    ++*(size_t *)arg;
    return true;
}

static bool object_take(void *arg, const struct version_object *object, struct pp_error *error) {
    struct schedule_source *source = arg;
    struct schedule_object *into = &source->objects[source->object_count++];
    (void)error;
    snprintf(into->content, sizeof into->content, "%s", object->content);
    snprintf(into->name, sizeof into->name, "%s", object->name);
    return true;
}

bool schedule_source_published(struct db *db, const char *channel, int64_t number,
                               struct schedule_source *source, struct pp_error *error) {
    version_auto struct version version = {0};
    size_t objects = 0;
    *source = (struct schedule_source){.version = number};
    if (!version_find(db, channel, number, &version, error) ||
        !version_objects(db, channel, number, object_count, &objects, error) ||
        !source_begin(source, version.manifest, objects, error))
        return false;
    source->changed = version.created;
    source->own = events_described(version.document, source->schedule);
    source->plain = version.document && pp_json_has(version.document, "items");
    return version_objects(db, channel, number, object_take, source, error);
}

/* ---- The draft ---- */

bool schedule_source_draft(struct db *db, const struct channel *channel, struct schedule_source *source,
                           struct pp_error *error) {
    draft_auto struct draft draft = {0};
    publication_auto struct publication publication = {0};
    struct pp_error wrong = {0};
    *source = (struct schedule_source){.draft = true};
    if (!draft_load(db, channel->id, channel->publish, &draft, error))
        return false;
    if (!publication_make(db, draft.document, NULL, pp_clock_realtime_s(), &publication, &wrong))
        return pp_fail(error,
                       wrong.code == PP_E_INVALID || wrong.code == PP_E_LIMIT ||
                               wrong.code == PP_E_UNSUPPORTED
                           ? PP_E_STATE
                           : wrong.code,
                       "%s", wrong.message);
    source->version = draft.version;
    source->changed = draft.changed;
    source->plain = pp_json_has(draft.document, "items");
    if (!source_begin(source, publication.playlist.manifest, publication.playlist.count, error))
        return false;
    source->own = events_described(draft.document, source->schedule);
    for (; source->object_count < publication.playlist.count; source->object_count++) {
        const struct publish_original *original = &publication.originals[source->object_count];
        struct schedule_object *into = &source->objects[source->object_count];
        snprintf(into->content, sizeof into->content, "%s", original->content);
        snprintf(into->name, sizeof into->name, "%s", original->name);
    }
    return true;
}

/* ---- Parts of answers ---- */

const struct schedule_object *schedule_source_object(const struct schedule_source *source,
                                                     const struct channel_item *item) {
    if (!item->object)
        return NULL;
    size_t number = strtoul(item->object->name + 1, NULL, 10);
    return *item->object->name == 'o' && number >= 1 && number <= source->object_count
               ? &source->objects[number - 1]
               : NULL;
}

cJSON *schedule_zones(struct db *db, const char *channel, struct pp_error *error) {
    struct pp_error end = {0};
    pp_autojson cJSON *zones = cJSON_CreateArray();
    db_autorow struct db_row *row =
        db_query(db, error, DB_CHANNEL_ZONES, DB_TEXT(channel), DB_INT(SCHEDULE_ZONES_MAX));
    if (!row)
        return NULL;
    while (db_next(row, "device", &end)) {
        cJSON *zone = cJSON_CreateObject();
        cJSON_AddStringToObject(zone, "time_zone", db_text(row, 0));
        cJSON_AddNumberToObject(zone, "screens", (double)db_int(row, 1));
        cJSON_AddItemToArray(zones, zone);
    }
    if (end.code == PP_E_NOTFOUND)
        return pp_steal(&zones);
    pp_fail(error, end.code, "%s", end.message);
    return NULL;
}

void schedule_add_wall(cJSON *object, const char *name, const char *time_zone, int64_t utc) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(channel_utc_to_wall(time_zone, utc), text);
    text[strcspn(text, "Z")] = 0;
    cJSON_AddStringToObject(object, name, text);
}

void schedule_add_time(cJSON *object, const char *name, int64_t utc) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(utc, text);
    cJSON_AddStringToObject(object, name, text);
}

#include "headend/ops/publication.h"

#include <stdlib.h>

#include "base/clock.h"
#include "headend/ingest/playlist_shape.h"
#include "headend/ingest/playlist_times.h"
#include "headend/ops/draft.h"
#include "headend/ops/publish_pin.h"
#include "headend/ops/publish_version.h"

void publication_finish(struct publication *publication) {
    playlist_finish(&publication->playlist);
    if (publication->originals)
        pp_wipe(publication->originals, PLAYLIST_FILES_MAX * sizeof *publication->originals);
    free(publication->originals);
    cJSON_Delete(publication->pins);
    *publication = (struct publication){0};
}

/* ---- The library ---- */

/* All content that a draft names, each once. */
struct shelf {
    struct db *db;
    const cJSON *pins; /* NULL: the newest */
    struct content *contents;
    size_t count;
};

static void shelf_finish(struct shelf *shelf) {
    free(shelf->contents);
}

static const struct content *shelf_find(const struct shelf *shelf, const char *id) {
    for (size_t i = 0; i < shelf->count; i++) {
        if (strcmp(shelf->contents[i].id, id) == 0)
            return &shelf->contents[i];
    }
    return NULL;
}

/* With the file that it had when it was pinned. */
static bool content_go_back(const struct shelf *shelf, const char *id, int64_t version,
                            struct content *content, struct pp_error *error) {
    struct pp_error missing = {0};
    char name[TEXT_NAME_MAX + 1];
    if (version == content->version)
        return true;
    snprintf(name, sizeof name, "%s", content->labels.name);
    if (content_find_version(shelf->db, id, version, content, &missing))
        return true;
    return missing.code == PP_E_NOTFOUND
               ? pp_fail(error, PP_E_STATE, "\"%s\" has been replaced since, and is not kept as it was", name)
               : pp_fail(error, missing.code, "%s", missing.message);
}

static bool content_load(const struct shelf *shelf, const char *id, struct content *content,
                         struct pp_error *error) {
    struct publish_pin pin;
    struct pp_error missing = {0};
    if (!content_find(shelf->db, id, content, &missing))
        return missing.code == PP_E_NOTFOUND
                   ? pp_fail(error, PP_E_INVALID, "there is no such content: %.40s", id)
                   : pp_fail(error, missing.code, "%s", missing.message);
    if (content->deleted)
        return pp_fail(error, PP_E_STATE, "\"%s\" is in the bin", content->labels.name);
    if (!publish_pin_find(shelf->pins, id, &pin))
        return true;
    if (!content_go_back(shelf, id, pin.version, content, error))
        return false;
    if (pin.has_validity) {
        content->labels.valid_from = pin.valid_from;
        content->labels.valid_to = pin.valid_to;
    }
    return true;
}

/* NULL on failure. */
static const struct content *shelf_take(struct shelf *shelf, const char *id, struct pp_error *error) {
    const struct content *known = shelf_find(shelf, id);
    if (known)
        return known;
    if (shelf->count == PLAYLIST_FILES_MAX) {
        pp_fail(error, PP_E_LIMIT, "more than %d contents", PLAYLIST_FILES_MAX);
        return NULL;
    }
    struct content *content = &shelf->contents[shelf->count];
    if (!content_load(shelf, id, content, error))
        return NULL;
    shelf->count++;
    return content;
}

/* An item is shown while both it and its content may be. */
static void moment_narrow(cJSON *item, const char *name, int64_t of_content, bool later) {
    char text[PP_RFC3339_SIZE];
    int64_t own = 0;
    bool has = pp_json_has(item, name) && pp_json_time(item, name, &own, NULL);
    if (!of_content || (has && (later ? own >= of_content : own <= of_content)))
        return;
    pp_time_format(of_content, text);
    cJSON_DeleteItemFromObjectCaseSensitive(item, name);
    cJSON_AddStringToObject(item, name, text);
}

static bool item_look_up(void *arg, const char *list, int place, cJSON *item, struct pp_error *error) {
    struct shelf *shelf = arg;
    if (playlist_shape_is_metric(item))
        return true;
    const char *id = cJSON_GetObjectItemCaseSensitive(item, "content")->valuestring;
    const struct content *content = shelf_take(shelf, id, error);
    if (!content)
        return strcmp(list, "items") == 0 ? pp_wrap(error, "items[%d]", place)
                                          : pp_wrap(error, "playlists.%s.items[%d]", list, place);
    moment_narrow(item, "valid_from", content->labels.valid_from, true);
    moment_narrow(item, "valid_to", content->labels.valid_to, false);
    return true;
}

static bool type_of(void *arg, const char *id, struct media_type *type, struct pp_error *error) {
    const struct content *content = shelf_find(arg, id);
    return content ? media_type_of(content->file.media_type, content->file.kind, type, error)
                   : pp_fail(error, PP_E_NOTFOUND, "there is no such content");
}

/* ---- As screens see it ---- */

struct channel_manifest *publication_parse(const cJSON *without, size_t count, struct pp_error *error) {
    pp_autojson cJSON *manifest = cJSON_Duplicate(without, true);
    static const char *const made[] = {"objects", "channel"};
    for (size_t i = 0; i < PP_COUNT(made); i++)
        cJSON_DeleteItemFromObjectCaseSensitive(manifest, made[i]);
    cJSON *objects = cJSON_AddObjectToObject(manifest, "objects");
    cJSON_AddStringToObject(manifest, "channel", "draft");
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "o%zu", i + 1);
        cJSON *object = cJSON_AddObjectToObject(objects, name);
        cJSON_AddStringToObject(object, "sha256",
                                "0000000000000000000000000000000000000000000000000000000000000000");
        cJSON_AddNumberToObject(object, "length", 1);
        cJSON_AddStringToObject(object, "key", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    }
    pp_autojsontext char *text = cJSON_PrintUnformatted(manifest);
    if (text)
        return channel_manifest_parse(text, strlen(text), error);
    pp_fail(error, PP_E_NOMEM, "out of memory");
    return NULL;
}

static bool screens_take(const struct playlist *playlist, struct pp_error *error) {
    PP_AUTO(channel_manifest)
    struct channel_manifest *parsed = publication_parse(playlist->manifest, playlist->count, error);
    return parsed || pp_wrap(error, "screens would refuse this");
}

/* ---- Made ---- */

static bool originals_fill(const struct shelf *shelf, struct publication *publication,
                           struct pp_error *error) {
    const struct playlist *playlist = &publication->playlist;
    publication->pins = cJSON_CreateObject();
    publication->originals = calloc(PLAYLIST_FILES_MAX, sizeof *publication->originals);
    if (!publication->originals || !publication->pins)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    for (size_t i = 0; i < playlist->count; i++) {
        struct publish_original *original = &publication->originals[i];
        const struct content *content = shelf_find(shelf, playlist->files[i]);
        if (!content)
            return pp_fail(error, PP_E_NOTFOUND, "there is no such content");
        memcpy(original->clear, content->file.sha256, sizeof original->clear);
        memcpy(original->content, content->id, sizeof original->content);
        original->version = content->version;
        original->file = content->file;
        snprintf(original->name, sizeof original->name, "%s", content->labels.name);
        publication->bytes += content->file.sealed_bytes;
    }
    for (size_t i = 0; i < shelf->count; i++)
        publish_pin_add(publication->pins, &shelf->contents[i]);
    return true;
}

bool publication_make(struct db *db, const cJSON *document, const cJSON *pins, int64_t now,
                      struct publication *publication, struct pp_error *error) {
    static const struct playlist_options options = {.duration_s = PLAYLIST_NOT_GIVEN};
    PP_CLEANUP(shelf_finish)
    struct shelf shelf = {
        .db = db, .pins = pins, .contents = calloc(PLAYLIST_FILES_MAX, sizeof *shelf.contents)};
    const struct playlist_library library = {.find = type_of, .arg = &shelf};
    *publication = (struct publication){0};
    if (!shelf.contents)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!playlist_shape_check(document, PLAYLIST_NAMES_CONTENT, error))
        return false;
    pp_autojson cJSON *looked_up = cJSON_Duplicate(document, true);
    if (!draft_each(looked_up, item_look_up, &shelf, error))
        return false;
    pp_autojson cJSON *description = playlist_times_expand(looked_up, now, error);
    return description &&
           playlist_of_content(description, &options, &library, &publication->playlist, error) &&
           screens_take(&publication->playlist, error) && originals_fill(&shelf, publication, error);
}

bool publication_open_keys(struct db *db, struct publication *publication, struct pp_error *error) {
    for (size_t i = 0; i < publication->playlist.count; i++) {
        struct publish_original *original = &publication->originals[i];
        struct content content = {.version = original->version};
        memcpy(content.id, original->content, sizeof content.id);
        content.file = original->file;
        bool ok = content_open_key(db, &content, error);
        memcpy(original->file.key, content.file.key, sizeof original->file.key);
        pp_wipe(&content.file.key, sizeof content.file.key);
        if (!ok)
            return pp_wrap(error, "%s", original->name);
    }
    return true;
}

/* ---- Again ---- */

struct rebuilding {
    struct db *db;
    struct publication *publication;
};

/* The file of the library that has these bytes, where there is one. */
static bool library_find(struct db *db, struct publish_original *original, struct pp_error *error) {
    struct content content;
    struct pp_error missing = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_CONTENT_FILE_OF_HASH, DB_BLOB(original->clear, sizeof original->clear));
    if (!row)
        return false;
    if (!db_next(row, "content", &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    if (!content_find_version(db, db_text(row, 0), db_int(row, 1), &content, error) ||
        !content_open_key(db, &content, error))
        return false;
    original->file = content.file;
    pp_wipe(&content.file.key, sizeof content.file.key);
    return true;
}

static bool object_take(void *arg, const struct version_object *object, struct pp_error *error) {
    struct rebuilding *rebuilding = arg;
    struct publication *publication = rebuilding->publication;
    struct playlist *playlist = &publication->playlist;
    if (playlist->count == PLAYLIST_FILES_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d files", PLAYLIST_FILES_MAX);
    struct publish_original *original = &publication->originals[playlist->count];
    const char *kind = strncmp(object->media_type, "video/", 6) == 0 ? "video" : "image";
    memcpy(original->clear, object->clear, sizeof original->clear);
    snprintf(original->content, sizeof original->content, "%s", object->content);
    snprintf(original->name, sizeof original->name, "%s", object->name);
    original->version = object->content_version;
    publication->bytes += object->length;
    return pp_path_format(playlist->files[playlist->count], error, "%s", object->name) &&
           media_type_of(object->media_type, kind, &playlist->types[playlist->count++], error) &&
           library_find(rebuilding->db, original, error);
}

bool publication_of_version(struct db *db, const char *channel, int64_t number,
                            struct publication *publication, struct pp_error *error) {
    version_auto struct version version = {0};
    struct rebuilding rebuilding = {db, publication};
    struct playlist *playlist = &publication->playlist;
    *publication = (struct publication){0};
    if (!version_find(db, channel, number, &version, error))
        return false;
    playlist->manifest = version.manifest;
    version.manifest = NULL;
    playlist->files = calloc(PLAYLIST_FILES_MAX, sizeof *playlist->files);
    playlist->types = calloc(PLAYLIST_FILES_MAX, sizeof *playlist->types);
    publication->originals = calloc(PLAYLIST_FILES_MAX, sizeof *publication->originals);
    if (!playlist->files || !playlist->types || !publication->originals)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return version_objects(db, channel, number, object_take, &rebuilding, error);
}

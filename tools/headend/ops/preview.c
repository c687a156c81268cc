#include "headend/ops/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "headend/ops/channel.h"
#include "headend/ops/draft.h"
#include "headend/ops/publication.h"
#include "headend/ops/publish_manifest.h"

/* Where each object's file is, below the folder of the library. */
static bool file_enter(cJSON *files, const struct content_file *file, struct pp_error *error) {
    char path[PP_PATH_MAX];
    char hex[PP_HEX_SIZE(32)];
    pp_hex_encode(file->sealed_sha256, sizeof file->sealed_sha256, hex);
    if (!content_store_path(file->file, false, path, error))
        return false;
    return cJSON_AddStringToObject(files, hex, path + sizeof CONTENT_STORE) ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool objects_enter(const struct publication *publication, cJSON *files, struct pp_error *error) {
    cJSON *objects = cJSON_AddObjectToObject(publication->playlist.manifest, "objects");
    for (size_t i = 0; i < publication->playlist.count; i++) {
        const struct content_file *file = &publication->originals[i].file;
        struct published_object object = {.length = file->sealed_bytes};
        memcpy(object.sha256, file->sealed_sha256, sizeof object.sha256);
        memcpy(object.key, file->key, sizeof object.key);
        publish_manifest_object(objects, i, &object, publication->playlist.types[i].name);
        if (!file_enter(files, file, error))
            return false;
    }
    return true;
}

static bool publication_load(struct db *db, const char *id, int64_t at, struct publication *publication,
                             struct pp_error *error) {
    struct channel channel;
    draft_auto struct draft draft = {0};
    return channel_known(db, id, &channel, error) &&
           draft_load(db, channel.id, channel.publish, &draft, error) &&
           publication_make(db, draft.document, NULL, at, publication, error) &&
           publication_open_keys(db, publication, error);
}

/* It has keys in it, which are wiped where they stand. */
static void job_wipe(cJSON *job) {
    const cJSON *object;
    const cJSON *manifest = cJSON_GetObjectItemCaseSensitive(job, "manifest");
    cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(manifest, "objects")) {
        char *key = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, "key"));
        if (key)
            pp_wipe(key, strlen(key));
    }
    cJSON_Delete(job);
}

static char *job_text(const cJSON *job, struct pp_error *error) {
    char *text = cJSON_PrintUnformatted(job);
    if (!text)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return text;
}

char *preview_compose(struct db *db, const char *channel, const struct preview_wanted *wanted,
                      const char *programs, struct pp_error *error) {
    publication_auto struct publication publication = {0};
    int64_t now = pp_clock_realtime_s();
    int64_t at = wanted->at ? wanted->at : now;
    if (!publication_load(db, channel, at, &publication, error))
        return NULL;
    cJSON *job = cJSON_CreateObject();
    cJSON_AddNumberToObject(job, "width", (double)wanted->width);
    cJSON_AddNumberToObject(job, "height", (double)wanted->height);
    cJSON_AddBoolToObject(job, "still", wanted->still);
    cJSON_AddNumberToObject(job, "ahead_ms", (double)(at - now) * 1000);
    cJSON_AddStringToObject(job, "time_zone", wanted->time_zone);
    cJSON_AddStringToObject(job, "programs", programs);
    cJSON_AddStringToObject(publication.playlist.manifest, "channel", channel);
    bool ok = objects_enter(&publication, cJSON_AddObjectToObject(job, "files"), error);
    cJSON_AddItemToObject(job, "manifest", publication.playlist.manifest);
    publication.playlist.manifest = NULL;
    char *text = ok ? job_text(job, error) : NULL;
    job_wipe(job);
    return text;
}

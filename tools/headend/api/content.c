/* The library: what was uploaded, as it is listed, described, shown small, fetched, changed and thrown away. */
#include "headend/ops/content.h"
#include "headend/api/answer.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/conditions.h"
#include "headend/http/problems.h"
#include "headend/ops/content_ingest.h"
#include "headend/ops/publish_worker.h"
#include "headend/server/file_reply.h"
#include "headend/server/operate.h"

#include "base/encode.h"

enum { FILTER_KIND, FILTER_FOLDER, FILTER_TAG, FILTER_BIN, FILTER_UNUSED };

static const char *const sorts[] = {"name", "created", NULL};
static const char *const kinds[] = {"image", "video", NULL};
static const char *const truths[] = {"false", "true", NULL};

const struct list_form api_content_form = {
    .sorts = sorts,
    .keys = 2, /* name or time, id */
    .searched = true,
    .filters = {[FILTER_KIND] = {"kind", kinds},
                [FILTER_FOLDER] = {"folder", NULL},
                [FILTER_TAG] = {"tag", NULL},
                [FILTER_BIN] = {"bin", truths},
                [FILTER_UNUSED] = {"unused", truths}},
};

static void content_failure(struct reply *reply, const struct pp_error *error) {
    if (error->code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "no such content");
    else
        reply_failure(reply, error);
}

/* ---- Described ---- */

static void add_labels(cJSON *object, const struct content_labels *labels) {
    cJSON_AddStringToObject(object, "name", labels->name);
    cJSON_AddStringToObject(object, "folder", labels->folder);
    cJSON *tags = cJSON_AddArrayToObject(object, "tags");
    for (size_t i = 0; i < labels->tag_count; i++)
        cJSON_AddItemToArray(tags, cJSON_CreateString(labels->tags[i]));
    api_add_time(object, "valid_from", labels->valid_from);
    api_add_time(object, "valid_to", labels->valid_to);
}

static void add_file(cJSON *object, const struct content_file *file) {
    char sha256[PP_HEX_SIZE(32)];
    pp_hex_encode(file->sha256, sizeof file->sha256, sha256);
    cJSON_AddStringToObject(object, "kind", file->kind);
    cJSON_AddStringToObject(object, "media_type", file->media_type);
    cJSON_AddNumberToObject(object, "width", (double)file->width);
    cJSON_AddNumberToObject(object, "height", (double)file->height);
    cJSON_AddNumberToObject(object, "length_ms", (double)file->length_ms);
    cJSON_AddNumberToObject(object, "bytes", (double)file->bytes);
    cJSON_AddStringToObject(object, "sha256", sha256);
    cJSON_AddBoolToObject(object, "thumbnail", file->thumbnail > 0);
    api_add_text(object, "warning", file->warning);
    api_add_time(object, "uploaded", file->created);
    cJSON_AddStringToObject(object, "uploaded_by", file->created_by);
}

static cJSON *content_json(const struct content *content) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", content->id);
    add_labels(object, &content->labels);
    add_file(object, &content->file);
    cJSON_AddNumberToObject(object, "version", (double)content->version);
    api_add_time(object, "created", content->created);
    api_add_time(object, "changed", content->changed);
    api_add_time(object, "deleted", content->deleted);
    return object;
}

/* The one that the address names. False: it is answered. */
static bool content_asked(const struct request *request, struct reply *reply, struct content *content) {
    struct pp_error error = {0};
    if (content_find(request->db, request_parameter(request, "id"), content, &error))
        return true;
    content_failure(reply, &error);
    return false;
}

/* The same, with the version of its file that the address names, where it names one. */
static bool content_file_asked(const struct request *request, struct reply *reply, struct content *content) {
    struct pp_error error = {0};
    if (!*request_parameter(request, "number"))
        return content_asked(request, reply, content);
    if (content_find_version(request->db, request_parameter(request, "id"),
                             (int64_t)request_parameter_number(request, "number"), content, &error))
        return true;
    content_failure(reply, &error);
    return false;
}

/* GET /api/v1/content/ID */
void api_content_one(struct request *request, struct reply *reply) {
    struct content content;
    if (!api_operation_allowed(request, reply) || !content_asked(request, reply, &content))
        return;
    pp_autojson cJSON *answer = content_json(&content);
    api_reply_tagged(request, reply, answer);
}

/* ---- Listed ---- */

struct listing {
    cJSON *items;
    const struct content_list *wanted;
    uint64_t limit, count;
    char key[CONTENT_KEY_SIZE], id[UUID_TEXT_SIZE]; /* of the last that is shown */
    bool more;
};

static bool listing_add(void *arg, const struct content *content) {
    struct listing *listing = arg;
    listing->more = listing->count == listing->limit;
    if (listing->more)
        return false;
    listing->count++;
    content_list_key(listing->wanted, content, listing->key);
    memcpy(listing->id, content->id, sizeof listing->id);
    cJSON_AddItemToArray(listing->items, content_json(content));
    return true;
}

/* GET /api/v1/content */
void api_content(struct request *request, struct reply *reply) {
    const struct list *list = &request->list;
    struct pp_error error = {0};
    const char *bin = list->filters[FILTER_BIN];
    const char *unused = list->filters[FILTER_UNUSED];
    const struct content_list wanted = {.words = list->q,
                                        .kind = list->filters[FILTER_KIND],
                                        .folder = list->filters[FILTER_FOLDER],
                                        .tag = list->filters[FILTER_TAG],
                                        .bin = bin && strcmp(bin, "true") == 0,
                                        .unused = unused && strcmp(unused, "true") == 0,
                                        .by_time = strcmp(list->sort, "created") == 0,
                                        .descending = list->descending,
                                        .after_key = list->begun ? list->keys[0] : NULL,
                                        .after_id = list->begun ? list->keys[1] : NULL,
                                        .count = (int64_t)list->limit + 1};
    if (!api_operation_allowed(request, reply))
        return;
    struct listing listing = {.items = cJSON_CreateArray(), .wanted = &wanted, .limit = list->limit};
    if (!content_list(request->db, &wanted, listing_add, &listing, &error)) {
        cJSON_Delete(listing.items);
        reply_failure(reply, &error);
        return;
    }
    const char *const keys[] = {listing.key, listing.id};
    list_reply(reply, request_path(request), list, &api_content_form, listing.items,
               listing.more ? keys : NULL);
}

static bool folder_add(void *arg, const char *folder, int64_t count) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "folder", folder);
    cJSON_AddNumberToObject(object, "count", (double)count);
    cJSON_AddItemToArray(arg, object);
    return true;
}

/* GET /api/v1/content/folders */
void api_content_folders(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    if (!api_operation_allowed(request, reply))
        return;
    if (content_folders(request->db, folder_add, cJSON_AddArrayToObject(answer, "items"), &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

/* ---- Changed ---- */

/* Says what it is now. */
static void reply_changed(struct request *request, struct reply *reply) {
    struct content content;
    if (!content_asked(request, reply, &content))
        return;
    pp_autojson cJSON *answer = content_json(&content);
    api_reply_tagged(request, reply, answer);
}

/* In the API null stands for always, which is "" to the operation. */
static void time_rename(cJSON *body, const char *name) {
    if (cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(body, name)))
        cJSON_ReplaceItemInObjectCaseSensitive(body, name, cJSON_CreateString(""));
}

/* PATCH /api/v1/content/ID */
void api_content_change(struct request *request, struct reply *reply) {
    struct content content;
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    struct pp_error error = {0};
    if (!value)
        return;
    time_rename(value, "valid_from");
    time_rename(value, "valid_to");
    /* Where there is none the operation says so, to those who may know. */
    bool found = content_find(request->db, request_parameter(request, "id"), &content, &error);
    pp_autojson cJSON *present = found ? content_json(&content) : NULL;
    if (present && !api_allows_change(request, reply, present))
        return;
    if (api_operation_run(request, reply, value, &result))
        reply_changed(request, reply);
}

/* DELETE /api/v1/content/ID: into the bin; from there, for good */
void api_content_delete(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    content_ingest_tidy(request->app->ingest);
    reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

/* POST /api/v1/content/ID/restore */
void api_content_restore(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (value && api_operation_run(request, reply, value, &result))
        reply_changed(request, reply);
}

/* DELETE /api/v1/content/bin: some at a time, so that nobody waits long */
void api_content_empty(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    content_ingest_tidy(request->app->ingest);
    reply_json(reply, MHD_HTTP_OK, result.value);
}

/* ---- Where it is ---- */

struct using {
    struct actor actor;
    int64_t version; /* of its file, that counts */
    cJSON *items;
    int others; /* channels that are not for them to see */
};

static bool use_add(void *arg, const struct content_use *use) {
    struct using *using = arg;
    const struct place place = {"", use->channel};
    if (!use->draft && !use->published)
        return true; /* it was there once */
    if (!actor_may_at(&using->actor, RIGHT_VIEW, &place)) {
        using->others++;
        return true;
    }
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "channel", use->channel);
    cJSON_AddStringToObject(object, "title", use->title);
    cJSON_AddBoolToObject(object, "draft", use->draft);
    cJSON_AddItemToObject(object, "published",
                          use->published ? cJSON_CreateNumber((double)use->published) : cJSON_CreateNull());
    cJSON_AddBoolToObject(object, "outdated", use->published && use->published != using->version);
    cJSON_AddItemToArray(using->items, object);
    return true;
}

/* GET /api/v1/content/ID/uses */
void api_content_uses(struct request *request, struct reply *reply) {
    struct content content;
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    struct using using = {.items = cJSON_AddArrayToObject(answer, "items")};
    if (!api_operation_allowed(request, reply) || !content_asked(request, reply, &content))
        return;
    using.version = content.version;
    if (!request_actor(request, &using.actor, &error) ||
        !content_uses(request->db, content.id, use_add, &using, &error)) {
        reply_failure(reply, &error);
        return;
    }
    cJSON_AddNumberToObject(answer, "others", using.others);
    reply_json(reply, MHD_HTTP_OK, answer);
}

/* POST /api/v1/content/ID/publish */
void api_content_publish(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    publish_worker_wake(request->app->publisher);
    reply_json(reply, MHD_HTTP_ACCEPTED, result.value);
}

/* ---- Versions ---- */

static bool version_add(void *arg, const struct content *content) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "number", (double)content->version);
    add_file(object, &content->file);
    cJSON_AddItemToArray(arg, object);
    return true;
}

/* GET /api/v1/content/ID/versions */
void api_content_versions(struct request *request, struct reply *reply) {
    struct content content;
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    if (!api_operation_allowed(request, reply) || !content_asked(request, reply, &content))
        return;
    if (content_versions(request->db, content.id, version_add, items, &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

/* ---- Fetched ---- */

/* A file of the library that is sent, opened when the first of it is. */
struct sending {
    const struct home *home;
    char file[UUID_TEXT_SIZE];
    bool thumbnail;
    uint8_t key[SEAL_KEY_SIZE];
    int fd;
    struct seal_reader *reader;
};

static bool sending_open(struct sending *sending, struct pp_error *error) {
    char owner[CONTENT_STORE_OWNER_SIZE];
    uint64_t size;
    sending->fd = content_store_open(sending->home, sending->file, sending->thumbnail, &size, error);
    if (sending->fd < 0)
        return false;
    content_store_owner(sending->file, sending->thumbnail, owner);
    sending->reader = seal_reader_create(sending->fd, 0, size, sending->key, owner, NULL, error);
    return sending->reader != NULL;
}

static bool sending_read(void *arg, void *data, size_t size, uint64_t at, struct pp_error *error) {
    struct sending *sending = arg;
    size_t got = 0;
    return (sending->reader || sending_open(sending, error)) &&
           seal_reader_read(sending->reader, at, data, size, &got, error) &&
           (got == size || pp_fail(error, PP_E_IO, "the file ends too early"));
}

static void sending_destroy(void *arg) {
    struct sending *sending = arg;
    seal_reader_destroy(sending->reader);
    pp_close(&sending->fd);
    pp_wipe(sending, sizeof *sending);
    free(sending);
}

static void reply_sealed(struct request *request, struct reply *reply, const struct content *content,
                         bool thumbnail) {
    struct pp_error error = {0};
    char etag[UUID_TEXT_SIZE + 3];
    struct sending *sending = calloc(1, sizeof *sending);
    struct content opened = *content;
    if (!sending || !content_open_key(request->db, &opened, &error)) {
        free(sending);
        reply_failure(reply, &error);
        return;
    }
    memcpy(sending->key, opened.file.key, sizeof sending->key);
    pp_wipe(&opened.file.key, sizeof opened.file.key);
    sending->home = request->app->home;
    sending->thumbnail = thumbnail;
    sending->fd = -1;
    memcpy(sending->file, content->file.file, sizeof sending->file);
    snprintf(etag, sizeof etag, "\"%s\"", content->file.file);
    const struct reply_bytes bytes = {.read = sending_read, .destroy = sending_destroy, .arg = sending};
    reply_from(request, reply, &bytes, thumbnail ? content->file.thumbnail : content->file.bytes, etag,
               thumbnail ? "image/png" : content->file.media_type);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
    reply_header(reply, "Content-Security-Policy", "sandbox; default-src 'none'");
}

/* GET /api/v1/content/ID/thumbnail, and of a version */
void api_content_thumbnail(struct request *request, struct reply *reply) {
    struct content content;
    if (!api_operation_allowed(request, reply) || !content_file_asked(request, reply, &content))
        return;
    if (content.file.thumbnail)
        reply_sealed(request, reply, &content, true);
    else
        reply_with(reply, PROBLEM_NOT_FOUND, "it has no thumbnail");
}

/* GET /api/v1/content/ID/file, and of a version: to be kept, never shown in our name (RFC 6266, RFC 8187) */
void api_content_file(struct request *request, struct reply *reply) {
    struct content content;
    char disposition[sizeof "attachment; filename*=UTF-8''" + 3 * TEXT_NAME_MAX];
    if (!api_operation_allowed(request, reply) || !content_file_asked(request, reply, &content))
        return;
    reply_sealed(request, reply, &content, false);
    pp_autofree char *name = pp_percent_encode(content.labels.name);
    snprintf(disposition, sizeof disposition, "attachment; filename*=UTF-8''%s", name ? name : "file");
    reply_header(reply, "Content-Disposition", disposition);
}

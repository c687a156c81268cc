/* Drafts of channels, what they would change, and publishing them. */
#include <stdlib.h>
#include <string.h>

#include "headend/api/answer.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ops/channel.h"
#include "headend/ops/content.h"
#include "headend/ops/draft.h"
#include "headend/ops/draft_changes.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_pin.h"
#include "headend/ops/publish_version.h"
#include "headend/ops/publish_worker.h"
#include "headend/server/operate.h"

static void add_number(cJSON *object, const char *name, int64_t number) {
    cJSON_AddItemToObject(object, name, number ? cJSON_CreateNumber((double)number) : cJSON_CreateNull());
}

/* ---- Drafts ---- */

static cJSON *draft_json(const struct draft *draft) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "document", cJSON_Duplicate(draft->document, true));
    add_number(object, "version", draft->version);
    api_add_time(object, "changed", draft->changed);
    api_add_text(object, "changed_by", draft->changed_by);
    return object;
}

/* False: it is answered. */
static bool draft_asked(const struct request *request, struct reply *reply, struct channel *channel,
                        struct draft *draft) {
    struct pp_error error = {0};
    if (channel_known(request->db, request_parameter(request, "id"), channel, &error) &&
        draft_load(request->db, channel->id, channel->publish, draft, &error))
        return true;
    if (error.code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "%s", error.message);
    else
        reply_failure(reply, &error);
    return false;
}

static void draft_reply(const struct request *request, struct reply *reply) {
    struct channel channel;
    draft_auto struct draft draft = {0};
    if (!draft_asked(request, reply, &channel, &draft))
        return;
    pp_autojson cJSON *answer = draft_json(&draft);
    api_reply_tagged(request, reply, answer);
}

/* GET /api/v1/channels/ID/draft */
void api_draft(struct request *request, struct reply *reply) {
    if (api_operation_allowed(request, reply))
        draft_reply(request, reply);
}

/* Whether it is still as the client knows it; who may not see it hears nothing of it. */
static bool draft_allows_change(struct request *request, struct reply *reply) {
    struct channel channel;
    draft_auto struct draft draft = {0};
    if (!draft_asked(request, reply, &channel, &draft))
        return false;
    pp_autojson cJSON *present = draft_json(&draft);
    return api_allows_change(request, reply, present);
}

/* Where there is no such channel, or none for them, the operation says so. */
static bool channel_is_visible(struct request *request) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "channel", request_parameter(request, "id"));
    return request_operate(request, "channel.show", value, &result, NULL);
}

/* PUT /api/v1/channels/ID/draft */
void api_draft_change(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    if (!api_open_body(request, reply))
        return;
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "channel", request_parameter(request, "id"));
    cJSON_AddItemToObject(value, "document", cJSON_Duplicate(request->document, true));
    if (channel_is_visible(request) && !draft_allows_change(request, reply))
        return;
    if (api_operation_run(request, reply, value, &result))
        draft_reply(request, reply);
}

/* GET /api/v1/channels/ID/draft/changes */
void api_draft_changes(struct request *request, struct reply *reply) {
    struct channel channel;
    struct pp_error error = {0};
    draft_auto struct draft draft = {0};
    if (!api_operation_allowed(request, reply) || !draft_asked(request, reply, &channel, &draft))
        return;
    pp_autojson cJSON *changes = draft_changes(request->db, &channel, &draft, &error);
    if (changes)
        reply_json(reply, MHD_HTTP_OK, changes);
    else
        reply_failure(reply, &error);
}

/* ---- Publishing ---- */

static cJSON *job_json(const struct publish_job *job) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", job->id);
    cJSON_AddStringToObject(object, "channel", job->channel);
    cJSON_AddStringToObject(object, "kind", job->kind);
    cJSON_AddStringToObject(object, "state", job->state);
    cJSON_AddStringToObject(object, "author", job->author);
    api_add_text(object, "note", job->note);
    api_add_time(object, "created", job->created);
    api_add_time(object, "started", job->started);
    api_add_time(object, "ended", job->ended);
    cJSON_AddNumberToObject(object, "bytes", (double)job->bytes);
    cJSON_AddNumberToObject(object, "total", (double)job->total);
    add_number(object, "publish", job->publish);
    api_add_text(object, "refusal", job->error);
    api_add_text(object, "decided_by", job->decided_by);
    add_number(object, "restores", strcmp(job->kind, "restore") == 0 ? strtoll(job->argument, NULL, 10) : 0);
    cJSON_AddItemToObject(object, "rollout",
                          job->plan ? cJSON_Duplicate(job->plan, true) : cJSON_CreateNull());
    return object;
}

/* What it is called by now; null where it has gone. */
static bool content_pinned_add(struct db *db, const char *id, const struct publish_pin *pin, cJSON *contents,
                               struct pp_error *error) {
    struct content content;
    struct pp_error missing = {0};
    bool known = content_find(db, id, &content, &missing);
    if (!known && missing.code != PP_E_NOTFOUND)
        return pp_fail(error, missing.code, "%s", missing.message);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "content", id);
    cJSON_AddNumberToObject(object, "version", (double)pin->version);
    api_add_text(object, "name", known ? content.labels.name : "");
    api_add_time(object, "valid_from", pin->valid_from);
    api_add_time(object, "valid_to", pin->valid_to);
    cJSON_AddItemToArray(contents, object);
    return true;
}

/* With what it publishes, which is what somebody agrees to. NULL on failure. */
static cJSON *job_shown_json(struct db *db, const struct publish_job *job, struct pp_error *error) {
    pp_autojson cJSON *object = job_json(job);
    cJSON_AddItemToObject(object, "document",
                          job->document ? cJSON_Duplicate(job->document, true) : cJSON_CreateNull());
    cJSON *contents = cJSON_AddArrayToObject(object, "contents");
    const cJSON *given;
    cJSON_ArrayForEach(given, job->pins) {
        struct publish_pin pin;
        if (publish_pin_find(job->pins, given->string, &pin) &&
            !content_pinned_add(db, given->string, &pin, contents, error))
            return NULL;
    }
    return pp_steal(&object);
}

static void job_reply(struct request *request, struct reply *reply, unsigned status, const char *id) {
    publish_job_auto struct publish_job job = {0};
    struct pp_error error = {0};
    if (!publish_job_find(request->db, id, &job, &error)) {
        if (error.code == PP_E_NOTFOUND)
            reply_with(reply, PROBLEM_NOT_FOUND, "no such job");
        else
            reply_failure(reply, &error);
        return;
    }
    pp_autojson cJSON *answer = job_shown_json(request->db, &job, &error);
    if (answer)
        reply_json(reply, status, answer);
    else
        reply_failure(reply, &error);
}

/* POST …/publish and …/unpublish, DELETE of a channel: 202 with the job's address. */
void api_job_ask(struct request *request, struct reply *reply) {
    char place[sizeof "/api/v1/channels//jobs/" + CHANNEL_ID_MAX + UUID_TEXT_SIZE];
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value)
        return;
    if (request_header(request, MHD_HTTP_HEADER_IF_MATCH) && channel_is_visible(request) &&
        !draft_allows_change(request, reply))
        return;
    if (!api_operation_run(request, reply, value, &result))
        return;
    const char *id = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "job"));
    publish_worker_wake(request->app->publisher);
    job_reply(request, reply, MHD_HTTP_ACCEPTED, id ? id : "");
    snprintf(place, sizeof place, "/api/v1/channels/%s/jobs/%s", request_parameter(request, "id"), id);
    reply_header(reply, MHD_HTTP_HEADER_LOCATION, place);
}

static bool job_list(void *arg, const struct publish_job *job) {
    cJSON_AddItemToArray(arg, job_json(job));
    return true;
}

/* GET /api/v1/channels/ID/jobs */
void api_jobs(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    if (!api_operation_allowed(request, reply))
        return;
    if (publish_job_each(request->db, request_parameter(request, "id"), job_list, items, &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

/* GET /api/v1/channels/ID/jobs/JOB */
void api_job(struct request *request, struct reply *reply) {
    if (api_operation_allowed(request, reply))
        job_reply(request, reply, MHD_HTTP_OK, request_parameter(request, "job"));
}

/* POST /api/v1/channels/ID/jobs/JOB/approve and …/decline */
void api_job_decide(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (!value || !api_operation_run(request, reply, value, &result))
        return;
    publish_worker_wake(request->app->publisher);
    job_reply(request, reply, MHD_HTTP_OK, request_parameter(request, "job"));
}

/* ---- Versions ---- */

static bool version_list(void *arg, const struct version_summary *version) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddNumberToObject(object, "number", (double)version->number);
    api_add_time(object, "published", version->created);
    cJSON_AddStringToObject(object, "author", version->author);
    api_add_text(object, "note", version->note);
    api_add_text(object, "name", version->name);
    add_number(object, "restored", version->restored);
    cJSON_AddNumberToObject(object, "contents", (double)version->objects);
    cJSON_AddItemToArray(arg, object);
    return true;
}

/* GET /api/v1/channels/ID/versions */
void api_versions(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    if (!api_operation_allowed(request, reply))
        return;
    if (version_each(request->db, request_parameter(request, "id"), version_list, items, &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

static bool content_list_add(void *arg, const struct version_object *object, struct pp_error *error) {
    cJSON *content = cJSON_CreateObject();
    (void)error;
    api_add_text(content, "content", object->content);
    add_number(content, "version", object->content_version);
    cJSON_AddStringToObject(content, "name", object->name);
    cJSON_AddStringToObject(content, "media_type", object->media_type);
    cJSON_AddItemToArray(arg, content);
    return true;
}

static cJSON *version_json(struct db *db, const char *channel, int64_t number, struct pp_error *error) {
    version_auto struct version version = {0};
    pp_autojson cJSON *object = cJSON_CreateObject();
    if (!version_find(db, channel, number, &version, error))
        return NULL;
    cJSON_AddNumberToObject(object, "number", (double)version.number);
    api_add_time(object, "published", version.created);
    cJSON_AddStringToObject(object, "author", version.author);
    api_add_text(object, "note", version.note);
    api_add_text(object, "name", version.name);
    add_number(object, "restored", version.restored);
    cJSON_AddItemToObject(object, "document",
                          version.document ? cJSON_Duplicate(version.document, true) : cJSON_CreateNull());
    return version_objects(db, channel, number, content_list_add, cJSON_AddArrayToObject(object, "contents"),
                           error)
               ? pp_steal(&object)
               : NULL;
}

static void version_reply(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = version_json(request->db, request_parameter(request, "id"),
                                             (int64_t)request_parameter_number(request, "number"), &error);
    if (answer)
        reply_json(reply, MHD_HTTP_OK, answer);
    else if (error.code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "no such version of the channel is kept");
    else
        reply_failure(reply, &error);
}

/* GET /api/v1/channels/ID/versions/NUMBER */
void api_version(struct request *request, struct reply *reply) {
    if (api_operation_allowed(request, reply))
        version_reply(request, reply);
}

/* PATCH /api/v1/channels/ID/versions/NUMBER */
void api_version_name(struct request *request, struct reply *reply) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = api_operation_request(request, reply);
    if (value && cJSON_IsNull(cJSON_GetObjectItemCaseSensitive(value, "name")))
        cJSON_ReplaceItemInObjectCaseSensitive(value, "name", cJSON_CreateString(""));
    if (value && api_operation_run(request, reply, value, &result))
        version_reply(request, reply);
}

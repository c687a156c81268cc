/* What screens report: their present status, events, proof of play. Batches are idempotent: each item has an
 * id of the client's making, and one that is there already is passed over. */
#include "base/log.h"
#include "headend/device/handlers.h"
#include "headend/ops/event_heads.h"
#include "headend/ops/report.h"
#include "headend/public/tuf_files.h"
#include "headend/server/waiters.h"

static cJSON *report_body(struct request *request, struct reply *reply) {
    struct pp_error error;
    cJSON *body = pp_json_parse(request->body.data ? (const char *)request->body.data : "",
                                request->body.size, HTTP_BODY_MAX, &error);
    if (body && !cJSON_IsObject(body)) {
        cJSON_Delete(body);
        body = NULL;
        pp_fail(&error, PP_E_INVALID, "not a JSON object");
    }
    if (!body)
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "body-invalid", "%s", error.message);
    return body;
}

/* {"state_floor": {"epoch": 0, "version": 12, "time": "2026-01-05T08:00:00Z"}}; older screens have none. */
static bool report_floor(const cJSON *body, struct device_report *floor, struct pp_error *error) {
    const cJSON *object;
    return pp_json_object(body, "state_floor", &object, error) &&
           pp_json_integer(object, "epoch", 0, PP_JSON_INTEGER_MAX, &floor->epoch, error) &&
           pp_json_integer(object, "version", 0, PP_JSON_INTEGER_MAX, &floor->version, error) &&
           pp_json_time(object, "time", &floor->time, error);
}

/* Screens take no root but the one after their own. */
static void tell_lost_root(const struct request *request, const cJSON *body) {
    int64_t version;
    if (pp_json_has(body, "root_version") &&
        pp_json_integer(body, "root_version", 1, PP_JSON_INTEGER_MAX, &version, NULL) &&
        !tuf_repo_has_root(request->app->home, version))
        pp_log_warning("screen %s has seen version %lld of the root, which is not here: then run \"restored "
                       "--root-version %lld\"",
                       request->device.id, (long long)version, (long long)version);
}

static bool follow_report(struct request *request, const cJSON *body, struct pp_error *error) {
    struct device_report floor;
    bool changed = false;
    if (!pp_json_has(body, "state_floor") || !report_floor(body, &floor, NULL))
        return true;
    if (!device_follow_report(request->app->db, &request->device, &floor, &changed, error))
        return false;
    if (changed) {
        pp_log_warning(
            "screen %s has seen newer states or a later time than ours: it gets a newer state. Was this "
            "headend restored from a backup (then run \"restored\"), or its clock wrong?",
            request->device.id);
        tell_lost_root(request, body);
        waiters_wake_device(request->app->waiters, request->device.id);
    }
    return true;
}

/* Of a screen whose vault is older than before. */
static bool compare_head(struct request *request, const cJSON *body, struct pp_error *error) {
    const char *token = NULL;
    const struct event_sender sender = {.device = request->device.id, .point = request->device_key};
    return !request->device_key || !pp_json_string(body, "event_head", EVENT_HEAD_TOKEN_MAX, &token, NULL) ||
           event_head_compare(request->app->db, &sender, token, error);
}

void report_status(struct request *request, struct reply *reply) {
    pp_autojson cJSON *body = report_body(request, reply);
    if (!body)
        return;
    struct pp_error error;
    if (!report_status_keep(request->app->db, request->device.id, body, &error) ||
        !compare_head(request, body, &error) || !follow_report(request, body, &error))
        reply_failure(reply, &error);
    else
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

static void report_batch(struct request *request, struct reply *reply, const char *list) {
    pp_autojson cJSON *body = report_body(request, reply);
    if (!body)
        return;
    struct pp_error error;
    const struct report_batch batch = {.device = request->device.id,
                                       .list = list,
                                       .body = body,
                                       .head = request_header(request, EVENT_HEAD_HEADER),
                                       .point = request->device_key};
    if (report_batch_keep(request->app->db, &batch, &error))
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
    else if (error.code == PP_E_INVALID || error.code == PP_E_LIMIT || error.code == PP_E_NOTFOUND)
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "body-invalid", "%s", error.message);
    else
        reply_failure(reply, &error);
}

void report_events(struct request *request, struct reply *reply) {
    report_batch(request, reply, "events");
}

void report_playlog(struct request *request, struct reply *reply) {
    report_batch(request, reply, "playlog");
}

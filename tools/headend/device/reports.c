/* What screens report: their present status, events, proof of play. Batches are idempotent: each item has an
 * id of the client's making, and one that is there already is passed over. */
#include "base/clock.h"
#include "base/log.h"
#include "headend/device/handlers.h"
#include "headend/ops/event_chain.h"
#include "headend/ops/event_heads.h"
#include "headend/server/waiters.h"
#include "headend/signer/tuf_repo.h"

#define REPORT_ITEMS_MAX      500   /* of a batch */
#define REPORT_KIND_MAX       64    /* bytes */
#define REPORT_ITEM_MAX       4096  /* bytes, as it is kept */
#define REPORT_PER_DEVICE_MAX 20000 /* of each list; the oldest go */
#define REPORT_SPOOLS_MAX     16    /* of a screen and list, whose losses are counted */

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
        waiters_wake(request->app->waiters);
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
    pp_autojsontext char *text = cJSON_PrintUnformatted(body);
    struct pp_error error;
    if (!db_run(request->app->db, &error, DB_REPORT_STATUS_SET, DB_TEXT(text), DB_INT(pp_clock_realtime_s()),
                DB_TEXT(request->device.id)) ||
        !compare_head(request, body, &error) || !follow_report(request, body, &error))
        reply_failure(reply, &error);
    else
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
}

static bool item_id(const cJSON *item, const char *name, const char **id, struct pp_error *error) {
    if (!pp_json_string(item, name, UUID_TEXT_SIZE, id, error))
        return false;
    return uuid_valid(*id) ? true : pp_fail(error, PP_E_INVALID, "%s: not a lower-case UUID", name);
}

static bool item_check(const cJSON *item, const char **id, const char **kind, struct pp_error *error) {
    if (!cJSON_IsObject(item))
        return pp_fail(error, PP_E_INVALID, "items: not an object");
    return item_id(item, "id", id, error) && pp_json_string(item, "kind", REPORT_KIND_MAX, kind, error);
}

static bool item_store(struct request *request, const char *list, const cJSON *item, struct pp_error *error) {
    const char *id;
    const char *kind;
    bool keep = true;
    if (!item_check(item, &id, &kind, error))
        return false;
    pp_autojsontext char *text = cJSON_PrintUnformatted(item);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(text) > REPORT_ITEM_MAX)
        return pp_fail(error, PP_E_LIMIT, "items: one is longer than %d bytes", REPORT_ITEM_MAX);
    if (strcmp(list, "events") == 0 &&
        !event_chain_take(request->app->db, request->device.id, item, &keep, error))
        return false;
    return !keep || db_run(request->app->db, error, DB_REPORT_ADD, DB_TEXT(id), DB_TEXT(request->device.id),
                           DB_TEXT(list), DB_TEXT(kind), DB_TEXT(text), DB_INT(pp_clock_realtime_s()));
}

static bool report_trim(struct request *request, const char *list, struct pp_error *error) {
    return db_run(request->app->db, error, DB_REPORT_TRIM, DB_TEXT(request->device.id), DB_TEXT(list),
                  DB_INT(REPORT_PER_DEVICE_MAX));
}

/* What the screen has lost of this list so far. The count only grows for as long as its spool keeps its name, so
 * one that comes twice, or late, counts once. */
static bool loss_store(struct request *request, const char *list, const cJSON *body, struct pp_error *error) {
    const char *spool;
    int64_t lost;
    if (!cJSON_GetObjectItemCaseSensitive(body, "lost"))
        return true;
    if (!item_id(body, "spool", &spool, error) ||
        !pp_json_integer(body, "lost", 0, PP_JSON_INTEGER_MAX, &lost, error))
        return false;
    return lost == 0 || db_run(request->app->db, error, DB_REPORT_LOSS_SET, DB_TEXT(request->device.id),
                               DB_TEXT(list), DB_TEXT(spool), DB_INT(lost), DB_INT(REPORT_SPOOLS_MAX));
}

static bool head_store(struct request *request, const char *list, struct pp_error *error) {
    const char *token = request_header(request, EVENT_HEAD_HEADER);
    const struct event_sender sender = {.device = request->device.id, .point = request->device_key};
    return strcmp(list, "events") != 0 || !token || !request->device_key ||
           event_head_take(request->app->db, &sender, token, error);
}

static bool batch_store(struct request *request, const char *list, const cJSON *body,
                        struct pp_error *error) {
    const char *batch;
    const cJSON *items;
    if (!item_id(body, "batch", &batch, error) ||
        !pp_json_array(body, "items", REPORT_ITEMS_MAX, &items, error))
        return false;
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, request->app->db, error))
        return false;
    const cJSON *item;
    cJSON_ArrayForEach(item, items) {
        if (!item_store(request, list, item, error))
            return false;
    }
    return head_store(request, list, error) && report_trim(request, list, error) &&
           event_chain_trim(request->app->db, request->device.id, error) &&
           loss_store(request, list, body, error) && db_change_commit(&change, error);
}

static void report_batch(struct request *request, struct reply *reply, const char *list) {
    pp_autojson cJSON *body = report_body(request, reply);
    if (!body)
        return;
    struct pp_error error;
    if (batch_store(request, list, body, &error))
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

/*
 * What a channel's draft looks like on a screen: the firmware's own player and renderers show it, on a display that
 * nobody sees (tools/preview).
 *
 *   GET /api/v1/channels/ID/preview?at=2026-12-01T08:00:00Z&time_zone=Europe/Paris&width=960&height=540
 */
#include "headend/ops/preview.h"
#include "channel/schedule.h"
#include "headend/api/handlers.h"
#include "headend/api/operate.h"
#include "headend/http/problems.h"
#include "headend/ingest/content_check.h"
#include "headend/server/previews.h"

#include "base/clock.h"

#define WIDTH_USUAL  960 /* pixels */
#define HEIGHT_USUAL 540
#define DIGITS_MAX   3
#define AHEAD_MAX_S  (INT64_C(10) * 366 * 24 * 60 * 60) /* either way from now */

enum { FILTER_AT, FILTER_ZONE, FILTER_WIDTH, FILTER_HEIGHT };

const struct list_form api_preview_form = {.filters = {[FILTER_AT] = {"at", NULL},
                                                       [FILTER_ZONE] = {"time_zone", NULL},
                                                       [FILTER_WIDTH] = {"width", NULL},
                                                       [FILTER_HEIGHT] = {"height", NULL}}};

static bool refuse(struct reply *reply, const char *name, const char *why) {
    reply_with_parameter(reply, PROBLEM_QUERY_INVALID, name, why);
    return false;
}

static bool side_read(struct reply *reply, const char *name, const char *text, int64_t *side) {
    if (!text)
        return true;
    size_t digits = strspn(text, "0123456789");
    *side = digits && digits <= DIGITS_MAX && !text[digits] ? strtol(text, NULL, 10) : 0;
    return (*side >= PREVIEW_SIDE_MIN && *side <= PREVIEW_SIDE_MAX) ||
           refuse(reply, name, "must be 16 to 960 pixels");
}

static bool time_read(struct reply *reply, const char *text, int64_t *at) {
    struct pp_error error = {0};
    int64_t now = pp_clock_realtime_s();
    if (!text)
        return true;
    if (!pp_time_parse(text, at, &error))
        return refuse(reply, "at", error.message);
    return (*at > now - AHEAD_MAX_S && *at < now + AHEAD_MAX_S) ||
           refuse(reply, "at", "must be within ten years");
}

/* False: it is answered. */
static bool wanted_read(const struct request *request, struct reply *reply, struct preview_wanted *wanted) {
    const char *const *filters = request->list.filters;
    if (filters[FILTER_ZONE])
        wanted->time_zone = filters[FILTER_ZONE];
    if (!channel_time_zone_valid(wanted->time_zone))
        return refuse(reply, "time_zone", "there is no such time zone");
    return side_read(reply, "width", filters[FILTER_WIDTH], &wanted->width) &&
           side_read(reply, "height", filters[FILTER_HEIGHT], &wanted->height) &&
           time_read(reply, filters[FILTER_AT], &wanted->at);
}

/* A draft that cannot be published cannot be looked at. */
static void failure(struct reply *reply, const struct pp_error *error) {
    if (error->code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "%s", error->message);
    else if (error->code == PP_E_STATE || error->code == PP_E_INVALID || error->code == PP_E_UNSUPPORTED ||
             error->code == PP_E_LIMIT)
        reply_with(reply, PROBLEM_STATE_CONFLICT, "%s", error->message);
    else
        reply_failure(reply, error);
}

static void reply_pictures(struct request *request, struct reply *reply, bool still) {
    struct pp_error error = {0};
    char programs[PP_PATH_MAX];
    struct preview_wanted wanted = {
        .width = WIDTH_USUAL, .height = HEIGHT_USUAL, .still = still, .time_zone = "UTC"};
    if (!api_operation_allowed(request, reply) || !wanted_read(request, reply, &wanted))
        return;
    if (!content_renderers_find(programs, &error)) {
        reply_failure(reply, &error);
        return;
    }
    char *job = preview_compose(request->db, request_parameter(request, "id"), &wanted, programs, &error);
    if (job)
        reply_preview(request->app->previews, request, reply, programs, job, still);
    else
        failure(reply, &error);
    if (job)
        pp_wipe(job, strlen(job));
    free(job);
}

/* GET /api/v1/channels/ID/preview */
void api_preview(struct request *request, struct reply *reply) {
    reply_pictures(request, reply, false);
}

/* GET /api/v1/channels/ID/preview.jpg */
void api_preview_still(struct request *request, struct reply *reply) {
    reply_pictures(request, reply, true);
}

/* The page of one screen: what is known of it, and what can be changed. */
#include "base/clock.h"
#include "headend/base/silence.h"
#include "headend/ops/channel.h"
#include "headend/ops/device_reports.h"
#include "headend/ops/event_chain.h"
#include "headend/ops/person_session.h"
#include "headend/ops/screen_request.h"
#include "headend/pages/device.h"
#include "headend/pages/fields.h"
#include "headend/pages/handlers.h"
#include "headend/pages/screen_access.h"
#include "headend/server/operate.h"

#define DETAIL_MAX 400 /* bytes shown of what a screen says */

/* The screen of the address; or answers that there is none. */
static bool screen_find(struct request *request, struct reply *reply, struct device *device) {
    struct pp_error error = {.code = PP_E_NOTFOUND};
    const char *id = request_parameter(request, "id");
    if (uuid_valid(id) && device_find(request->db, id, device, &error))
        return true;
    if (error.code == PP_E_NOTFOUND)
        page_message(request, reply, MHD_HTTP_NOT_FOUND, "no_screen");
    else
        reply_failure(reply, &error);
    return false;
}

/* ---- What is known of it ---- */

/* A time as NAME for people and NAME_at for programs; "" for none. */
static void time_set(struct page *page, const char *name, const char *name_at, int64_t seconds) {
    char text[PAGE_TIME_SIZE] = "";
    char stamp[PP_RFC3339_SIZE] = "";
    if (seconds) {
        page_time(seconds, text);
        pp_time_format(seconds, stamp);
    }
    page_set(page, name, text);
    page_set(page, name_at, stamp);
}

/* What a screen has sent: of anybody's making, and as long as it likes. */
static void foreign_set(struct page *page, const char *name, const char *text) {
    char tidy[DETAIL_MAX + 1];
    snprintf(tidy, sizeof tidy, "%s", text);
    pp_json_tidy(tidy);
    page_set(page, name, tidy);
}

static bool event_add(struct page *page, const cJSON *event, struct pp_buf *rows, struct pp_error *error) {
    const char *kind = device_event_text(event, "kind");
    const char *words = page_text_of(page, "event.", kind);
    int64_t when = 0;
    time_set(page, "event_time", "event_time_at",
             pp_time_parse(device_event_text(event, "time"), &when, NULL) ? when : 0);
    foreign_set(page, "event_text", words ? words : kind);
    foreign_set(page, "event_detail", device_event_text(event, "detail"));
    return page_render(page, "event-row.html", rows, error);
}

/* The last of its events, the newest first. */
static bool events_set(struct page *page, const cJSON *events, struct pp_error *error) {
    pp_autobuf struct pp_buf rows = PP_BUF_INIT(PAGE_MAX / 4);
    for (int i = cJSON_GetArraySize(events) - 1; i >= 0; i--) {
        if (!event_add(page, cJSON_GetArrayItem(events, i), &rows, error))
            return false;
    }
    page_set(page, "events", rows.size ? pp_buf_text(&rows) : "");
    return true;
}

/* "1920 × 1080, KMSDRM"; "" where it has not said so. */
static void display_set(struct page *page, const cJSON *status) {
    const cJSON *display = cJSON_GetObjectItemCaseSensitive(status, "display");
    int64_t width;
    int64_t height;
    char text[DETAIL_MAX + 1] = "";
    const char *driver = device_event_text(display, "driver");
    if (pp_json_integer(display, "width", 1, INT32_MAX, &width, NULL) &&
        pp_json_integer(display, "height", 1, INT32_MAX, &height, NULL))
        snprintf(text, sizeof text, "%lld × %lld%s%s", (long long)width, (long long)height,
                 *driver ? ", " : "", driver);
    foreign_set(page, "display", text);
}

/* Somebody has put an older copy of its storage back. */
static bool rollback_set(struct request *request, struct page *page, const struct device *device,
                         struct pp_error *error) {
    int64_t last = 0;
    pp_autojson cJSON *found = event_chain_findings(request->db, device->id, error);
    const cJSON *rollback = cJSON_GetObjectItemCaseSensitive(found, "rollback");
    (void)!pp_json_time(rollback, "last", &last, NULL);
    time_set(page, "rollback", "rollback_at", last);
    return found != NULL;
}

static bool reports_set(struct request *request, struct page *page, const struct device *device,
                        struct pp_error *error) {
    device_reports_auto struct device_reports reports = {0};
    if (!device_reports_load(request->db, device->id, &reports, error))
        return false;
    pp_autojson cJSON *events = device_events(request->db, device->id, DEVICE_EVENTS_SHOWN, error);
    int64_t version = 0;
    if (!events)
        return false;
    foreign_set(page, "software", device_event_text(reports.status, "software"));
    display_set(page, reports.status);
    /* whether what was set last is in effect there */
    bool known = pp_json_integer(reports.status, "state_version", 0, PP_JSON_INTEGER_MAX, &version, NULL);
    page_set(page, "behind", known && version != device->version ? "1" : "");
    if (reports.events_lost > 0)
        page_set_number(page, "events_lost", reports.events_lost);
    return rollback_set(request, page, device, error) && events_set(page, events, error);
}

/* What it does without word of us. */
static void offline_set(struct page *page, const struct device *device) {
    char text[SILENCE_TEXT_SIZE];
    silence_text(device->lock_after_s, text);
    page_set(page, "locks_after", device->lock_after_s ? text : "");
    silence_text(device->erase_after_s, text);
    page_set(page, "erases_after", device->erase_after_s ? text : "");
}

static void facts_set(struct page *page, const struct device *device, int64_t now) {
    char rotation[24];
    snprintf(rotation, sizeof rotation, "rotation.%d", device->rotation);
    offline_set(page, device);
    page_set(page, "zone_now", device->time_zone);
    page_set(page, "rotation_text", page_text(page, rotation));
    page_set(page, "locale_text", strcmp(device->locale, "fr") == 0 ? "Français" : "English");
    page_set(page, "retired", strcmp(device->status, "retired") == 0 ? "1" : "");
    page_set_number(page, "version_number", device->version);
    time_set(page, "seen", "seen_at", device->seen);
    time_set(page, "certificate", "certificate_at", device->certificate_expires);
    page_set(page, "certificate_expired",
             device->certificate_expires && device->certificate_expires <= now ? "1" : "");
}

/* ---- The page ---- */

struct screen_texts {
    char rotation[8], lock_after[SILENCE_TEXT_SIZE], erase_after[SILENCE_TEXT_SIZE];
};

/* What stands in the fields while nothing was typed. */
static struct screen_values values_of(const struct device *device, struct screen_texts *texts) {
    snprintf(texts->rotation, sizeof texts->rotation, "%d", device->rotation);
    silence_text(device->lock_after_s, texts->lock_after);
    silence_text(device->erase_after_s, texts->erase_after);
    return (struct screen_values){.name = device->name,
                                  .site = device->site,
                                  .channel = device->channel,
                                  .new_channel = "",
                                  .time_zone = device->time_zone,
                                  .locale = device->locale,
                                  .rotation = texts->rotation,
                                  .offline_mark = device->offline_mark ? "yes" : "no",
                                  .lock_after = texts->lock_after,
                                  .erase_after = texts->erase_after,
                                  .channel_chosen = true};
}

/* What was done just now, as the address says after a form; nothing where that is no action of ours. */
static const char *done_text(const struct request *request, const struct page *page) {
    const char *done = request_query(request, "done");
    const char *text = done ? page_text_of(page, "screen.done.", done) : NULL;
    return text ? text : "";
}

/* Which of the page's forms it is about, and the key of the text about a mistake there; what was typed stands in it
 * again. */
struct screen_problem {
    const char *settings, *access;
    unsigned status; /* 0: what was typed is no good */
};

static bool forms_show(struct request *request, struct page *page, const struct device *device,
                       const struct screen_problem *problem, struct pp_error *error) {
    struct screen_texts texts = {0};
    const struct screen_values values =
        problem->settings ? screen_values_typed(&request->form) : values_of(device, &texts);
    page_set(page, "problem", problem->settings ? page_text(page, problem->settings) : "");
    page_set(page, "access_problem", problem->access ? page_text(page, problem->access) : "");
    return screen_fields_show(request, page, &values, error) &&
           screen_access_show(request, page, device, problem->access != NULL, error);
}

static void screen_reply(struct request *request, struct reply *reply, const struct device *device,
                         const struct screen_problem *problem) {
    page_auto struct page page;
    int64_t now = pp_clock_realtime_s();
    bool wrong = problem->settings || problem->access;
    struct pp_error error;
    page_start(&page, request);
    /* The fields first: the name that was typed is not the screen's yet. */
    if (!forms_show(request, &page, device, problem, &error) ||
        !page_set_device(&page, request->db, device, now, &error) ||
        !reports_set(request, &page, device, &error)) {
        reply_failure(reply, &error);
        return;
    }
    facts_set(&page, device, now);
    page_set(&page, "title", device->name);
    page_set(&page, "on_screens", "true");
    page_set(&page, "done", wrong ? "" : done_text(request, &page));
    unsigned status = problem->status ? problem->status
                      : wrong         ? MHD_HTTP_UNPROCESSABLE_CONTENT
                                      : MHD_HTTP_OK;
    page_reply(&page, request, reply, status, "screen.html");
}

void page_screen(struct request *request, struct reply *reply) {
    struct device device;
    if (screen_find(request, reply, &device))
        screen_reply(request, reply, &device, &(struct screen_problem){0});
}

/* ---- What is changed ---- */

/* Back to the page, which says what was done; "" for nothing. */
static void screen_done(struct reply *reply, const struct device *device, const char *done) {
    char location[128];
    snprintf(location, sizeof location, "/admin/screens/%s%s%s", device->id, *done ? "?done=" : "", done);
    reply_redirect(reply, location);
}

/* The text about what is no good; NULL for a failure. */
static const char *save_problem(const struct op_result *result, const struct pp_error *error) {
    if (error->code == PP_E_NOTFOUND)
        return "enrol.wrong.channel";
    if (error->code == PP_E_STATE)
        return "screen.wrong.retired";
    if (error->code == PP_E_DENIED)
        return "screen.wrong.denied";
    /* all else was looked at before */
    return strcmp(result->field, "erase_after_s") == 0 ? "screen.wrong.silence" : NULL;
}

static void screen_save(struct request *request, struct reply *reply, const struct device *device) {
    struct screen_fields fields;
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *change = screen_request(device->id);
    const char *problem = screen_fields_read(request, &fields);
    if (!problem && screen_request_settings(change, &fields.settings, &error) &&
        request_operate(request, "screen.change", change, &result, &error)) {
        screen_done(reply, device, "saved");
        return;
    }
    if (!problem)
        problem = save_problem(&result, &error);
    if (problem)
        screen_reply(request, reply, device,
                     &(struct screen_problem){.settings = problem,
                                              .status = error.code == PP_E_DENIED ? MHD_HTTP_FORBIDDEN : 0});
    else
        reply_failure(reply, &error);
}

static void screen_access(struct request *request, struct reply *reply, const struct device *device) {
    const char *problem = NULL;
    struct pp_error error = {0};
    enum screen_access_step step = screen_access_begin(request, reply);
    if (step == SCREEN_ACCESS_WAITS)
        return;
    if (step == SCREEN_ACCESS_BUSY)
        screen_reply(
            request, reply, device,
            &(struct screen_problem){.access = "sign_in.busy", .status = MHD_HTTP_SERVICE_UNAVAILABLE});
    else if (screen_access_save(request, device, &problem, &error))
        screen_done(reply, device, "access");
    else if (problem || error.code == PP_E_STATE)
        screen_reply(request, reply, device,
                     &(struct screen_problem){.access = problem ? problem : "screen.wrong.retired"});
    else if (error.code == PP_E_DENIED)
        screen_reply(request, reply, device,
                     &(struct screen_problem){.access = "screen.wrong.denied", .status = MHD_HTTP_FORBIDDEN});
    else
        reply_failure(reply, &error);
}

/* Where it is retired already, or is not: somebody was quicker, and the page shows it. */
static void screen_switch(struct request *request, struct reply *reply, const struct device *device,
                          const char *operation, const char *done) {
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *change = screen_request(device->id);
    if (request_operate(request, operation, change, &result, &error))
        screen_done(reply, device, done);
    else if (error.code == PP_E_NOTFOUND || error.code == PP_E_STATE)
        screen_done(reply, device, "");
    else if (error.code == PP_E_DENIED)
        page_message(request, reply, MHD_HTTP_FORBIDDEN, "denied");
    else
        reply_failure(reply, &error);
}

static void screen_sign_out(struct request *request, struct reply *reply, const struct device *device) {
    screen_switch(request, reply, device, "screen.sign-out", "signed-out");
}

static void screen_retire(struct request *request, struct reply *reply, const struct device *device) {
    screen_switch(request, reply, device, "screen.retire", "retired");
}

static void screen_restore(struct request *request, struct reply *reply, const struct device *device) {
    screen_switch(request, reply, device, "screen.restore", "restored");
}

/* Forgets it: there is no page to go back to. */
static void screen_remove(struct request *request, struct reply *reply, const struct device *device) {
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *change = screen_request(device->id);
    if (request_operate(request, "screen.remove", change, &result, &error))
        reply_redirect(reply, "/admin/screens");
    else if (error.code == PP_E_NOTFOUND || error.code == PP_E_STATE)
        screen_done(reply, device, "");
    else if (error.code == PP_E_DENIED)
        page_message(request, reply, MHD_HTTP_FORBIDDEN, "denied");
    else
        reply_failure(reply, &error);
}

void page_screen_submit(struct request *request, struct reply *reply) {
    static const struct {
        const char *name;
        void (*run)(struct request *request, struct reply *reply, const struct device *device);
    } actions[] = {{"save", screen_save},     {"access", screen_access},   {"sign-out", screen_sign_out},
                   {"retire", screen_retire}, {"restore", screen_restore}, {"remove", screen_remove}};
    const char *action = form_get(&request->form, "action");
    struct device device;
    if (!screen_find(request, reply, &device))
        return;
    for (size_t i = 0; i < PP_COUNT(actions); i++) {
        if (strcmp(actions[i].name, action) == 0) {
            actions[i].run(request, reply, &device);
            return;
        }
    }
    page_message(request, reply, MHD_HTTP_BAD_REQUEST, "failed");
}

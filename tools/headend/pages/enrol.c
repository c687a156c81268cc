#include "base/clock.h"
#include "base/log.h"
#include "headend/ops/channel.h"
#include "headend/ops/enrolment.h"
#include "headend/ops/screen_request.h"
#include "headend/pages/fields.h"
#include "headend/pages/handlers.h"
#include "headend/pages/page.h"
#include "headend/server/operate.h"

#define TYPED_MAX      16 /* bytes of a wrong code that stand in the form again */
#define PROBLEM_ANSWER "enrol.wrong.fingerprint"
#define PROBLEM_WAIT   "enrol.wrong.wait"

/* The form for a code, where none was given or it is no good (any more). */
static void code_reply(const struct request *request, struct reply *reply, unsigned status, const char *typed,
                       const char *problem) {
    page_auto struct page page;
    page_start(&page, request);
    page_set(&page, "title", page_text(&page, "code.title"));
    page_set(&page, "on_enrol", "page");
    page_set(&page, "typed", strlen(typed) <= TYPED_MAX ? typed : "");
    page_set(&page, "problem", problem ? page_text(&page, problem) : "");
    page_reply(&page, request, reply, status, "enrol-code.html");
}

/* The groups of the fingerprint but the one that is asked for: in its place is a field. It must not be here
 * to be copied, nor in the address. */
static bool approval_fingerprint(struct page *page, const struct enrolment *enrolment,
                                 struct pp_error *error) {
    static const char *const names[FINGERPRINT_GROUPS] = {"group1", "group2", "group3", "group4"};
    pp_autobuf struct pp_buf field = PP_BUF_INIT(PAGE_MAX);
    char text[FINGERPRINT_SIZE];
    char label[sizeof "enrol.group.1"];
    fingerprint_text(enrolment->thumbprint, text);
    for (unsigned i = 0; i < FINGERPRINT_GROUPS; i++) {
        char group[FINGERPRINT_GROUP + 1] = "";
        if (i != enrolment->asked)
            memcpy(group, text + (size_t)i * (FINGERPRINT_GROUP + 1), FINGERPRINT_GROUP);
        page_set(page, names[i], group);
    }
    snprintf(label, sizeof label, "enrol.group.%u", enrolment->asked % FINGERPRINT_GROUPS + 1);
    page_set(page, "group_label", page_text(page, label));
    if (!page_render(page, "enrol-group.html", &field, error))
        return false;
    page_set(page, "group_field", pp_buf_text(&field));
    return true;
}

/* Whether a problem is the answer's: it is not kept in its field, and the field says so. */
static bool problem_is_answer(const char *problem) {
    return problem && (strcmp(problem, PROBLEM_ANSWER) == 0 || strcmp(problem, PROBLEM_WAIT) == 0);
}

/* What stands in the fields: what was typed, or else what most screens will want. */
static struct screen_values approval_values(const struct request *request, const struct page *page,
                                            const char *zone) {
    struct screen_values values = screen_values_typed(&request->form);
    if (!request->form.count) {
        values.time_zone = zone;
        values.channel_chosen = false;
    }
    if (!*values.locale)
        values.locale = page->language;
    return values;
}

/* The approval page; what was typed stands in the form again after a mistake, whose
 * text is `problem`. */
static void approval_reply(struct request *request, struct reply *reply, const char *code,
                           const struct enrolment *enrolment, const char *problem) {
    page_auto struct page page;
    bool wrong_answer = problem_is_answer(problem);
    struct pp_error error;
    pp_autofree char *zone = enrolment_time_zone(request->app->db, &error);
    page_start(&page, request);
    page_set(&page, "answer", wrong_answer ? "" : form_get(&request->form, "fingerprint"));
    page_set(&page, "wrong_answer", wrong_answer ? "1" : "");
    page_set(&page, "fresh", request->form.count ? "" : "1");
    const struct screen_values values = approval_values(request, &page, zone ? zone : "");
    if (!zone || !screen_fields_show(request, &page, &values, &error) ||
        !approval_fingerprint(&page, enrolment, &error)) {
        reply_failure(reply, &error);
        return;
    }
    page_set(&page, "title", page_text(&page, "enrol.title"));
    page_set(&page, "on_enrol", "page");
    page_set(&page, "code", code);
    page_set(&page, "problem", problem ? page_text(&page, problem) : "");
    /* its fields are folded away at first */
    page_set(&page, "more_open", problem && strcmp(problem, FIELD_TIME_ZONE_UNKNOWN) == 0 ? "1" : "");
    page_reply(&page, request, reply, problem ? MHD_HTTP_UNPROCESSABLE_CONTENT : MHD_HTTP_OK, "enrol.html");
}

/* Says what is wrong with a code. One that is unknown stands in the form again, to be compared. */
static void code_refuse(const struct request *request, struct reply *reply, const char *typed,
                        const struct pp_error *error) {
    if (error->code == PP_E_DENIED) {
        page_message(request, reply, MHD_HTTP_FORBIDDEN, "denied");
        return;
    }
    if (error->code == PP_E_NOTFOUND)
        code_reply(request, reply, MHD_HTTP_NOT_FOUND, typed, "code.unknown");
    else if (error->code == PP_E_EXPIRED)
        code_reply(request, reply, MHD_HTTP_GONE, "", "code.expired");
    else if (error->code == PP_E_STATE)
        code_reply(request, reply, MHD_HTTP_CONFLICT, "", "code.used");
    else
        reply_failure(reply, error);
}

/* Finds the pending enrolment of a typed code, or answers. */
static bool enrolment_lookup(struct request *request, struct reply *reply, const char *typed,
                             char code[USER_CODE_SIZE], struct enrolment *enrolment) {
    struct pp_error error = {.code = PP_E_NOTFOUND};
    if (user_code_read(typed, code) && enrolment_find(request->app->db, code, enrolment, &error)) {
        if (strcmp(enrolment->status, "pending") == 0)
            return true;
        error.code = PP_E_STATE;
    }
    code_refuse(request, reply, typed, &error);
    return false;
}

/* GET /admin/enrol */
void page_enrol(struct request *request, struct reply *reply) {
    const char *typed = request_query(request, "user_code");
    char code[USER_CODE_SIZE];
    struct enrolment enrolment;
    if (!typed || !*typed)
        code_reply(request, reply, MHD_HTTP_OK, "", NULL);
    else if (enrolment_lookup(request, reply, typed, code, &enrolment))
        approval_reply(request, reply, code, &enrolment, NULL);
}

static void refuse(struct request *request, struct reply *reply, const char *code) {
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *refusal = cJSON_CreateObject();
    cJSON_AddStringToObject(refusal, "code", code);
    if (request_operate(request, "enrolment.refuse", refusal, &result, &error))
        page_message(request, reply, MHD_HTTP_OK, "refused");
    else
        code_refuse(request, reply, code, &error);
}

/* It was the wrong group, or somebody was quicker, or it failed. */
static void approve_failed(struct request *request, struct reply *reply, const char *code, int64_t wait_s,
                           const struct pp_error *error) {
    struct enrolment enrolment;
    if (wait_s > 0 && enrolment_find(request->db, code, &enrolment, NULL)) {
        approval_reply(request, reply, code, &enrolment, PROBLEM_WAIT);
        reply->status = MHD_HTTP_TOO_MANY_REQUESTS;
        reply_retry_after(reply, wait_s);
        return;
    }
    if (error->code != PP_E_AUTH) {
        code_refuse(request, reply, code, error);
        return;
    }
    pp_log_warning("%s gave a wrong fingerprint for a screen", request->admin.name);
    if (enrolment_find(request->app->db, code, &enrolment, NULL))
        approval_reply(request, reply, code, &enrolment, PROBLEM_ANSWER);
    else
        code_reply(request, reply, MHD_HTTP_GONE, "", "code.wrong_answers");
}

static void approve(struct request *request, struct reply *reply, const char *code,
                    const struct enrolment *enrolment) {
    struct screen_fields fields;
    const char *problem = screen_fields_read(request, &fields);
    char location[64];
    struct pp_error error = {0};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *approval = cJSON_CreateObject();
    if (problem) {
        approval_reply(request, reply, code, enrolment, problem);
        return;
    }
    cJSON_AddStringToObject(approval, "code", code);
    cJSON_AddStringToObject(approval, "fingerprint", form_get(&request->form, "fingerprint"));
    if (!screen_request_settings(approval, &fields.settings, &error) ||
        !request_operate(request, "enrolment.approve", approval, &result, &error)) {
        approve_failed(request, reply, code, result.wait_s, &error);
        return;
    }
    snprintf(location, sizeof location, "/admin/enrol/done?screen=%s",
             cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id")));
    reply_redirect(reply, location);
}

void page_enrol_submit(struct request *request, struct reply *reply) {
    char code[USER_CODE_SIZE];
    struct enrolment enrolment;
    if (!enrolment_lookup(request, reply, form_get(&request->form, "user_code"), code, &enrolment))
        return;
    if (strcmp(form_get(&request->form, "action"), "refuse") == 0)
        refuse(request, reply, code);
    else
        approve(request, reply, code, &enrolment);
}

void page_enrol_done(struct request *request, struct reply *reply) {
    const char *id = request_query(request, "screen");
    struct device device;
    struct channel channel = {0};
    struct pp_error error = {.code = PP_E_NOTFOUND};
    if (!id || !device_find(request->app->db, id, &device, &error) ||
        (*device.channel && !channel_find(request->app->db, device.channel, &channel, &error))) {
        if (error.code == PP_E_NOTFOUND)
            page_message(request, reply, MHD_HTTP_NOT_FOUND, "not_found");
        else
            reply_failure(reply, &error);
        return;
    }
    page_auto struct page page;
    page_start(&page, request);
    const char *state = device_state_name(&device, pp_clock_realtime_s());
    page_set(&page, "title", page_text(&page, "done.title"));
    page_set(&page, "id", device.id);
    page_set(&page, "on_enrol", "page");
    page_set(&page, "name", device.name);
    page_set(&page, "site", device.site);
    page_set(&page, "state", state);
    page_set(&page, "online", strcmp(state, "online") == 0 ? "1" : "");
    page_set(&page, "no_channel", *device.channel ? "" : "1");
    page_set(&page, "empty_channel", *device.channel && !channel.publish ? "1" : "");
    pp_wipe(&channel, sizeof channel);
    page_reply(&page, request, reply, MHD_HTTP_OK, "enrol-done.html");
}

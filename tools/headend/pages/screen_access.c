#include "headend/pages/screen_access.h"

#include "base/clock.h"
#include "base/json.h"
#include "headend/base/silence.h"
#include "headend/ops/screen_access.h"
#include "headend/ops/screen_request.h"
#include "headend/ops/users.h"
#include "headend/pages/device.h"
#include "headend/server/hasher.h"
#include "headend/server/operate.h"
#include "headend/signing/signing.h"

#define SCOPE_FIRST "openid email profile offline_access"
#define CLAIM_FIRST "groups"

/* ---- What is known ---- */

static void session_show(struct page *page, const struct state_access *access) {
    char name[PERSON_NAME_MAX + 1];
    char text[PAGE_TIME_SIZE];
    char stamp[PP_RFC3339_SIZE];
    if (!access->open) {
        const char *words = page_text_of(page, "screen.reason.", access->policy.reason);
        page_set(page, "nobody", access->temporary ? "1" : "");
        page_set(page, "nobody_why", words && *access->policy.reason ? words : "");
        return;
    }
    snprintf(name, sizeof name, "%s", access->session.name);
    pp_json_tidy(name); /* of the provider's making */
    page_time(access->session.expires, text);
    pp_time_format(access->session.expires, stamp);
    page_set(page, "session", "1");
    page_set(page, "session_name", *name ? name : page_text(page, "screen.somebody"));
    page_set(page, "session_ends", text);
    page_set(page, "session_ends_at", stamp);
}

/* ---- What stands in the form ---- */

/* As in the form, so that a mistake finds there what was typed. */
static void value_show(struct page *page, const struct form *typed, const char *field, const char *value) {
    page_set(page, field, typed ? form_get(typed, field) : value);
}

static void times_show(struct page *page, const struct form *typed, const struct state_access *access) {
    char session[SILENCE_TEXT_SIZE];
    char most[SILENCE_TEXT_SIZE];
    silence_text(access->has_policy ? access->policy.session_s : PERSON_SESSION_S, session);
    silence_text(access->has_policy ? access->policy.most_s : PERSON_MOST_S, most);
    value_show(page, typed, "session_length", session);
    value_show(page, typed, "session_most", most);
}

static bool provider_show(struct request *request, struct page *page, const struct form *typed,
                          const struct state_access *access, struct pp_error *error) {
    const struct person_policy *policy = &access->policy;
    pp_autobuf struct pp_buf allowed = PP_BUF_INIT(PERSON_ALLOWED_LIST_MAX);
    bool known = *policy->issuer;
    if (access->has_policy &&
        !person_allowed_list(request->db, request_parameter(request, "id"), &allowed, error))
        return false;
    value_show(page, typed, "issuer", policy->issuer);
    value_show(page, typed, "client_id", policy->client_id);
    value_show(page, typed, "scope", known ? policy->scope : SCOPE_FIRST);
    value_show(page, typed, "groups_claim", known ? policy->groups_claim : CLAIM_FIRST);
    value_show(page, typed, "allow", pp_buf_text(&allowed));
    const char *auth = typed ? form_get(typed, "client_auth") : policy->client_auth;
    page_set(page, "auth_basic", strcmp(auth, "client_secret_basic") == 0 ? "1" : "");
    page_set(page, "auth_post", strcmp(auth, "client_secret_post") == 0 ? "1" : "");
    page_set(page, "secret_set", *policy->client_secret ? "1" : "");
    page_set(page, "password_set", *policy->password ? "1" : "");
    return true;
}

static void mode_show(struct page *page, const struct form *typed, const struct device *device) {
    static const char *const names[DEVICE_ACCESS_MODES] = {[DEVICE_CERTIFICATE] = "mode_certificate",
                                                           [DEVICE_COOKIE] = "mode_cookie",
                                                           [DEVICE_SSO] = "mode_sso",
                                                           [DEVICE_PASSWORD] = "mode_password"};
    enum device_access mode = device->access;
    page_set(page, "mode_text", page_text_of(page, "screen.mode.", device_access_name(mode)));
    if (typed)
        (void)!device_access_read(form_get(typed, "mode"), &mode);
    for (size_t i = 0; i < PP_COUNT(names); i++)
        page_set(page, names[i], mode == i ? "1" : "");
}

bool screen_access_show(struct request *request, struct page *page, const struct device *device, bool problem,
                        struct pp_error *error) {
    const struct form *typed = problem ? &request->form : NULL;
    struct state_access access;
    if (!state_access_load(request->db, device, &access, error))
        return false;
    if (!access.temporary) /* what was set for the other modes before */
        access.has_policy = person_policy_find(request->db, device->id, &access.policy, NULL);
    mode_show(page, typed, device);
    session_show(page, &access);
    times_show(page, typed, &access);
    bool ok = provider_show(request, page, typed, &access, error);
    pp_wipe(&access, sizeof access);
    return ok;
}

/* ---- What is taken ---- */

/* What a form says; `allowed` and `settings` point into it. */
struct access_form {
    struct person_settings settings;
    char *allowed;
    struct pp_buf secret;
};

static void access_form_finish(struct access_form *form) {
    free(form->allowed);
    pp_buf_finish(&form->secret);
}

static bool times_read(const struct form *form, struct person_settings *settings) {
    int64_t session = 0;
    int64_t most = 0;
    bool ok = silence_read(form_get(form, "session_length"), &session, NULL) &&
              silence_read(form_get(form, "session_most"), &most, NULL);
    settings->session_s = (uint64_t)session;
    settings->most_s = (uint64_t)most;
    return ok;
}

/* One a line. */
static bool allowed_read(const struct form *form, struct access_form *read) {
    struct pp_option_list *list = &read->settings.allowed;
    char *rest = NULL;
    if (!pp_text_copy(&read->allowed, form_get(form, "allow"), NULL))
        return false;
    for (char *who = strtok_r(read->allowed, "\r\n", &rest); who; who = strtok_r(NULL, "\r\n", &rest)) {
        if (list->count == PERSON_ALLOWED_MAX)
            return false;
        list->items[list->count++] = who;
    }
    return true;
}

/* A secret that was typed, as it is kept; none leaves the one there is. */
static bool secret_read(const struct request *request, struct access_form *read) {
    const char *secret = form_get(&request->form, "client_secret");
    if (!*secret)
        return true;
    bool ok = client_secret_check(secret, NULL) &&
              signing_keep_secret(request->app->home->signing, request_parameter(request, "id"), secret,
                                  &read->secret, NULL);
    read->settings.client_secret = pp_buf_text(&read->secret);
    return ok;
}

/* What was made of one that was typed; none leaves the one there is. */
static bool password_read(const struct request *request, struct access_form *read) {
    const struct attempt *attempt = &request->attempt;
    if (!*form_get(&request->form, "screen_password"))
        return true;
    read->settings.password = attempt->encoded;
    return attempt->stage == ATTEMPT_CHECKED && attempt->makes && attempt->right;
}

static bool password_wanted(const struct form *form) {
    enum device_access mode;
    return device_access_read(form_get(form, "mode"), &mode) && mode == DEVICE_PASSWORD &&
           user_check("screen", form_get(form, "screen_password"), NULL);
}

enum screen_access_step screen_access_begin(struct request *request, struct reply *reply) {
    struct attempt *attempt = &request->attempt;
    if (attempt->stage == ATTEMPT_CHECKED || !password_wanted(&request->form))
        return SCREEN_ACCESS_READY;
    if (attempt->stage == ATTEMPT_CANCELLED)
        return SCREEN_ACCESS_BUSY;
    attempt->makes = attempt->known = true;
    attempt->password = form_get(&request->form, "screen_password");
    request_address(request, attempt->address);
    reply->wait_hash = hasher_reserve(request->app->hasher, request);
    return reply->wait_hash ? SCREEN_ACCESS_WAITS : SCREEN_ACCESS_BUSY;
}

/* The field that cannot be read; NULL: none. */
static const char *form_read(const struct request *request, struct access_form *read) {
    const struct form *form = &request->form;
    struct person_settings *settings = &read->settings;
    *settings = (struct person_settings){.issuer = form_get(form, "issuer"),
                                         .client_id = form_get(form, "client_id"),
                                         .scope = form_get(form, "scope"),
                                         .groups_claim = form_get(form, "groups_claim"),
                                         .client_auth = form_get(form, "client_auth")};
    if (!device_access_read(form_get(form, "mode"), &settings->mode))
        return "mode";
    if (settings->mode != DEVICE_SSO && settings->mode != DEVICE_PASSWORD)
        return NULL;
    if (!times_read(form, settings))
        return "times";
    if (settings->mode == DEVICE_PASSWORD)
        return password_read(request, read) ? NULL : "password";
    if (!allowed_read(form, read))
        return "allow";
    return secret_read(request, read) ? NULL : "client_auth";
}

bool screen_access_save(struct request *request, const struct device *device, const char **problem,
                        struct pp_error *error) {
    static const char *const problems[][2] = {{"mode", "screen.wrong.mode"},
                                              {"times", "screen.wrong.times"},
                                              {"password", "screen.wrong.password"},
                                              {"issuer", "screen.wrong.issuer"},
                                              {"client_id", "screen.wrong.client_id"},
                                              {"scope", "screen.wrong.scope"},
                                              {"allow", "screen.wrong.allow"},
                                              {"groups_claim", "screen.wrong.groups_claim"},
                                              {"client_auth", "screen.wrong.client_auth"}};
    struct access_form read = {.secret = PP_BUF_INIT(CLIENT_SECRET_TOKEN_MAX)};
    const char *field = form_read(request, &read);
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *change = screen_request_access(device->id, &read.settings);
    bool saved = !field && request_operate(request, "screen.access", change, &result, error);
    if (!field && *result.field)
        field = result.field;
    access_form_finish(&read);
    *problem = NULL;
    for (size_t i = 0; field && i < PP_COUNT(problems); i++) {
        if (strcmp(problems[i][0], field) == 0)
            *problem = problems[i][1];
    }
    return saved;
}

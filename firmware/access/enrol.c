#include "access/enrol.h"

#include <string.h>

#include "access/oauth.h"
#include "base/clock.h"
#include "base/encode.h"
#include "net/problem.h"
#include "net/retry.h"

#define CLIENT_ID         "pingplay-display"
#define GRANT_TYPE        "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
#define CALL_TIMEOUT_MS   30000
#define THUMBPRINT_SIZE   44 /* 43 characters and the NUL */
#define FORM_MAX          4096
#define BACKOFF_SHIFT_MAX 6 /* a poll's wait is at most doubled so often */

struct access_enrol {
    struct access_enrol_config config;
    char thumbprint[THUMBPRINT_SIZE];
    struct oauth_device_answer code; /* device_code "": there is no code */
    int64_t expires_ms;              /* of the code, CLOCK_MONOTONIC */
    int64_t interval_s;              /* grows with each slow_down */
    unsigned failures;               /* polls without an answer, one after the other */
    struct net_retry retry;          /* of device_authorization */
    struct net_call *call;
    struct net_timer timer;
    bool unanswered; /* the last request, and the timer waits for the next */
    bool inside;     /* one of the callbacks is running */
    bool destroyed;  /* from within it */
    bool restarted;  /* likewise */
};

static void ask_code(void *arg);
static void poll_token(void *arg);

static void forget_code(struct access_enrol *enrol) {
    pp_wipe(&enrol->code, sizeof enrol->code);
    enrol->failures = 0;
}

static void free_enrol(struct access_enrol *enrol) {
    forget_code(enrol);
    free(enrol);
}

static void stop_waiting(struct access_enrol *enrol) {
    net_call_cancel(enrol->call);
    net_timer_stop(&enrol->timer);
    enrol->call = NULL;
}

static void schedule_in(struct access_enrol *enrol, int64_t wait_ms, net_loop_callback *callback) {
    net_timer_start_in(&enrol->timer, enrol->config.loop, wait_ms, callback, enrol);
}

/* Callbacks may destroy or restart; what they asked for is done when they have returned. */
static bool leave(struct access_enrol *enrol) {
    enrol->inside = false;
    if (enrol->destroyed) {
        free_enrol(enrol);
        return false;
    }
    if (enrol->restarted) {
        enrol->restarted = false;
        access_enrol_restart(enrol);
        return false;
    }
    return true;
}

/* False where the state machine was destroyed or restarted meanwhile: the caller returns at once. */
static bool report_trouble(struct access_enrol *enrol, enum access_trouble trouble, struct pp_error *error) {
    if (!enrol->config.on_trouble)
        return true;
    enrol->inside = true;
    enrol->config.on_trouble(enrol->config.arg, trouble, error);
    return leave(enrol);
}

static bool report_code(struct access_enrol *enrol) {
    struct access_code code = {.user_code = enrol->code.user_code,
                               .verification_uri = enrol->code.verification_uri,
                               .verification_uri_complete = enrol->code.verification_uri_complete,
                               .expires_ms = enrol->expires_ms};
    enrol->inside = true;
    enrol->config.on_code(enrol->config.arg, &code);
    return leave(enrol);
}

static bool post_form(struct access_enrol *enrol, const char *path, const char *form,
                      void (*on_done)(void *, const struct net_response *), struct pp_error *error) {
    static const char *const headers[] = {"Accept: application/json", NULL};
    struct net_request request = {.path = path,
                                  .headers = headers,
                                  .content_type = "application/x-www-form-urlencoded",
                                  .body = form,
                                  .body_size = strlen(form),
                                  .response_max = ACCESS_RESPONSE_MAX,
                                  .timeout_ms = CALL_TIMEOUT_MS,
                                  .on_done = on_done,
                                  .arg = enrol};
    enrol->unanswered = false;
    enrol->call = net_client_start(enrol->config.client, &request, error);
    return enrol->call;
}

/* ---- The code ---- */

static void code_failed(struct access_enrol *enrol, enum access_trouble trouble, int64_t retry_after_s,
                        struct pp_error *error) {
    pp_wrap(error, "enrolment");
    enrol->unanswered = trouble == ACCESS_TROUBLE_NETWORK;
    if (report_trouble(enrol, trouble, error))
        schedule_in(enrol, net_retry_next_ms(&enrol->retry, retry_after_s), ask_code);
}

/* The next poll, or the end of the code where that comes first. */
static void schedule_poll(struct access_enrol *enrol, int64_t wait_ms) {
    int64_t due = pp_clock_monotonic_ms() + wait_ms;
    net_timer_start(&enrol->timer, enrol->config.loop, due < enrol->expires_ms ? due : enrol->expires_ms,
                    poll_token, enrol);
}

static void on_code_answer(void *arg, const struct net_response *response) {
    struct access_enrol *enrol = arg;
    struct pp_error error = {0};
    enrol->call = NULL;
    if (!net_response_check(response, &error)) {
        code_failed(enrol, response->ok ? ACCESS_TROUBLE_SERVER : ACCESS_TROUBLE_NETWORK,
                    response->retry_after_s, &error);
        return;
    }
    if (!oauth_parse_device(response->body.data, response->body.size, &enrol->code, &error)) {
        code_failed(enrol, ACCESS_TROUBLE_SERVER, -1, &error);
        return;
    }
    net_retry_reset(&enrol->retry);
    enrol->interval_s = enrol->code.interval_s;
    enrol->expires_ms = pp_clock_monotonic_ms() + enrol->code.expires_in_s * 1000;
    if (report_code(enrol))
        schedule_poll(enrol, enrol->interval_s * 1000);
}

static void ask_code(void *arg) {
    struct access_enrol *enrol = arg;
    char form[128];
    struct pp_error error = {0};
    forget_code(enrol);
    snprintf(form, sizeof form, "client_id=%s&jwk_thumbprint=%s", CLIENT_ID, enrol->thumbprint);
    if (!post_form(enrol, "/oauth/device_authorization", form, on_code_answer, &error))
        code_failed(enrol, ACCESS_TROUBLE_SERVER, -1, &error);
}

/* ---- The token ---- */

static void code_ended(struct access_enrol *enrol, enum access_trouble trouble, int64_t pause_ms,
                       const char *why) {
    struct pp_error error = {0};
    pp_fail(&error, trouble == ACCESS_TROUBLE_EXPIRED ? PP_E_EXPIRED : PP_E_DENIED, "enrolment: %s", why);
    forget_code(enrol);
    if (report_trouble(enrol, trouble, &error))
        schedule_in(enrol, pause_ms, ask_code);
}

/* RFC 8628 §3.5: without an answer the wait is doubled each time. */
static void poll_failed(struct access_enrol *enrol, enum access_trouble trouble, int64_t retry_after_s,
                        struct pp_error *error) {
    if (enrol->failures < BACKOFF_SHIFT_MAX)
        enrol->failures++;
    int64_t wait_ms = (enrol->interval_s * 1000) << enrol->failures;
    if (wait_ms > ACCESS_INTERVAL_MAX_S * 1000)
        wait_ms = ACCESS_INTERVAL_MAX_S * 1000;
    if (retry_after_s > NET_RETRY_AFTER_MAX_S)
        retry_after_s = NET_RETRY_AFTER_MAX_S;
    if (retry_after_s * 1000 > wait_ms)
        wait_ms = retry_after_s * 1000;
    pp_wrap(error, "enrolment");
    enrol->unanswered = trouble == ACCESS_TROUBLE_NETWORK;
    if (report_trouble(enrol, trouble, error))
        schedule_poll(enrol, wait_ms);
}

static void slow_down(struct access_enrol *enrol) {
    enrol->interval_s += ACCESS_SLOW_DOWN_S;
    if (enrol->interval_s > ACCESS_INTERVAL_MAX_S)
        enrol->interval_s = ACCESS_INTERVAL_MAX_S;
}

static void reject_code(struct access_enrol *enrol, const char *code) {
    struct pp_error error = {0};
    pp_fail(&error, PP_E_DENIED, "the server answers \"%s\"", code);
    forget_code(enrol);
    code_failed(enrol, ACCESS_TROUBLE_SERVER, -1, &error);
}

static void handle_error(struct access_enrol *enrol, enum oauth_error kind, const char *code) {
    enrol->failures = 0;
    switch (kind) {
    case OAUTH_SLOW_DOWN:
        slow_down(enrol);
        schedule_poll(enrol, enrol->interval_s * 1000);
        break;
    case OAUTH_AUTHORIZATION_PENDING:
        schedule_poll(enrol, enrol->interval_s * 1000);
        break;
    case OAUTH_ACCESS_DENIED:
        code_ended(enrol, ACCESS_TROUBLE_DENIED, enrol->config.denied_pause_ms, "refused by a person");
        break;
    case OAUTH_EXPIRED_TOKEN:
        /* Not at once: a server whose codes are born expired would be asked without end. */
        code_ended(enrol, ACCESS_TROUBLE_EXPIRED, NET_RETRY_LEAST_MS, "the code has expired");
        break;
    case OAUTH_OTHER:
        reject_code(enrol, code);
        break;
    }
}

static void take_token(struct access_enrol *enrol, const struct net_response *response) {
    char token[ACCESS_TOKEN_MAX];
    struct pp_error error = {0};
    if (!oauth_parse_token(response->body.data, response->body.size, token, &error)) {
        /* The code is used up, whatever it was that came. */
        forget_code(enrol);
        code_failed(enrol, ACCESS_TROUBLE_SERVER, -1, &error);
        return;
    }
    forget_code(enrol);
    enrol->inside = true;
    enrol->config.on_token(enrol->config.arg, token);
    pp_wipe(token, sizeof token);
    leave(enrol);
}

static void on_token_answer(void *arg, const struct net_response *response) {
    struct access_enrol *enrol = arg;
    struct pp_error error = {0};
    enum oauth_error kind = OAUTH_OTHER;
    char code[64];
    enrol->call = NULL;
    bool refused =
        response->ok && (response->status == 400 || response->status == 401 || response->status == 403);
    if (response->ok && response->status == 200)
        take_token(enrol, response);
    else if (refused && oauth_parse_error(response->body.data, response->body.size, &kind, code, &error))
        handle_error(enrol, kind, code);
    else if (refused)
        poll_failed(enrol, ACCESS_TROUBLE_SERVER, response->retry_after_s, &error);
    else if (!net_response_check(response, &error) ||
             !pp_fail(&error, PP_E_HTTP, "unexpected HTTP %d", response->status))
        poll_failed(enrol, response->ok ? ACCESS_TROUBLE_SERVER : ACCESS_TROUBLE_NETWORK,
                    response->retry_after_s, &error);
}

static bool ask_token(struct access_enrol *enrol, struct pp_error *error) {
    char form[FORM_MAX];
    pp_autofree char *code = pp_percent_encode(enrol->code.device_code);
    if (!code)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    snprintf(form, sizeof form, "grant_type=%s&device_code=%s&client_id=%s", GRANT_TYPE, code, CLIENT_ID);
    bool started = post_form(enrol, "/oauth/token", form, on_token_answer, error);
    pp_wipe(form, sizeof form);
    pp_wipe(code, strlen(code));
    return started;
}

static void poll_token(void *arg) {
    struct access_enrol *enrol = arg;
    struct pp_error error = {0};
    if (pp_clock_monotonic_ms() >= enrol->expires_ms)
        code_ended(enrol, ACCESS_TROUBLE_EXPIRED, 0, "nobody approved in time");
    else if (!ask_token(enrol, &error))
        poll_failed(enrol, ACCESS_TROUBLE_SERVER, -1, &error);
}

/* ---- Life ---- */

struct access_enrol *access_enrol_start(const struct access_enrol_config *config, struct pp_error *error) {
    if (strlen(config->jwk_thumbprint) != THUMBPRINT_SIZE - 1) {
        pp_fail(error, PP_E_INVALID, "not a thumbprint of %d characters", THUMBPRINT_SIZE - 1);
        return NULL;
    }
    struct access_enrol *enrol = calloc(1, sizeof *enrol);
    if (!enrol) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    enrol->config = *config;
    enrol->config.jwk_thumbprint = enrol->thumbprint;
    if (!config->denied_pause_ms)
        enrol->config.denied_pause_ms = ACCESS_DENIED_PAUSE_S * 1000;
    strcpy(enrol->thumbprint, config->jwk_thumbprint);
    net_retry_init_random(&enrol->retry);
    if (!config->waits)
        schedule_in(enrol, 0, ask_code);
    return enrol;
}

bool access_enrol_has_code(const struct access_enrol *enrol) {
    return *enrol->code.device_code;
}

void access_enrol_restart(struct access_enrol *enrol) {
    if (enrol->inside) {
        enrol->restarted = true;
        return;
    }
    stop_waiting(enrol);
    forget_code(enrol);
    schedule_in(enrol, 0, ask_code);
}

void access_enrol_ask_now(struct access_enrol *enrol) {
    if (enrol->inside || (!enrol->unanswered && !enrol->call))
        return;
    net_retry_reset(&enrol->retry);
    enrol->failures = 0;
    if (!enrol->call)
        schedule_in(enrol, 0, access_enrol_has_code(enrol) ? poll_token : ask_code);
}

void access_enrol_destroy(struct access_enrol *enrol) {
    if (!enrol)
        return;
    stop_waiting(enrol);
    if (enrol->inside)
        enrol->destroyed = true;
    else
        free_enrol(enrol);
}

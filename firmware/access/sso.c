/*
 * Mode "sso": a person signs in at an OpenID Connect provider, by device authorization (RFC 8628), on a phone.
 *
 *   discovery --> code on the screen --> token, token, ... --ID token--> headend --> the next state has a session
 *       ^                                    | expired, denied              | refused
 *       +------------------------------------+------------------------------+
 *   session open:  ... 2/3 of what is left --> refresh token --> ID token --> headend
 *
 * The provider's refresh token is kept in the vault as long as the session is. All goes on by itself.
 */
#include <stdlib.h>
#include <string.h>

#include "access/person_internal.h"
#include "base/log.h"
#include "net/problem.h"

#define DEVICE_GRANT    "urn:ietf:params:oauth:grant-type:device_code"
#define FORM_MAX        (3 * (ACCESS_TOKEN_MAX + ACCESS_CLIENT_MAX + ACCESS_SECRET_MAX) + 1024)
#define REFRESH_LEAST_S 5
#define DENIED_PAUSE_MS 10000 /* after a refusal, while it is to be read */

enum step { STEP_IDLE, STEP_DISCOVER, STEP_CODE, STEP_POLL, STEP_SUBMIT, STEP_REFRESH };

struct sso {
    struct access_person person; /* first: the person is the sign-in */
    struct net_client *provider;
    struct discovery found;
    char found_issuer[DISCOVERY_ISSUER_MAX + 1]; /* of `found`; "" none yet */
    struct oauth_device_answer code;             /* device_code "": none */
    char nonce[ACCESS_SCOPE_MAX + 1];            /* of the policy that is followed */
    int64_t expires_ms;                          /* of the code, CLOCK_MONOTONIC */
    int64_t interval_s;
    char refresh[ACCESS_TOKEN_MAX]; /* "" none */
    char *id_token;                 /* on its way to the headend; wiped */
    enum step step;
    struct net_call *call; /* to the provider */
    struct net_timer timer;
    struct net_retry retry;
};

static void next_step(void *arg);

static void go(struct sso *sso, enum step step, int64_t wait_ms) {
    sso->step = step;
    net_timer_start_in(&sso->timer, sso->person.config.loop, wait_ms, next_step, sso);
}

static void forget_code(struct sso *sso) {
    pp_wipe(&sso->code, sizeof sso->code);
    access_person_show(&sso->person, NULL);
}

static void stop(struct sso *sso) {
    net_call_cancel(pp_steal(&sso->call));
    net_timer_stop(&sso->timer);
    sso->step = STEP_IDLE;
}

/* Again, from the code on. Where a session is open it is its renewal that did not work: again later. */
static void fail(struct sso *sso, int64_t wait_s, struct pp_error *error) {
    int64_t wait_ms = net_retry_next_ms(&sso->retry, wait_s);
    bool open = sso->person.policy.open;
    if (!open)
        forget_code(sso);
    access_person_trouble(&sso->person, "A-4", false, error);
    go(sso, open ? STEP_REFRESH : STEP_DISCOVER, wait_ms);
}

/* ---- Requests to the provider ---- */

/* The client's secret in the clear, for one request; nothing of a public client's. */
static bool read_secret(const struct sso *sso, struct pp_buf *clear, struct pp_error *error) {
    const struct access_person_config *config = &sso->person.config;
    const struct access_policy *policy = &sso->person.policy;
    return policy->client_auth == ACCESS_CLIENT_PUBLIC ||
           config->decrypt(config->arg, ACCESS_SECRET_TYPE, policy->client_secret, clear, error) ||
           pp_wrap(error, "client secret");
}

/* NULL `form`: the document at that address is asked for. `authorization` is a header, "" none. */
static struct net_call *ask(struct sso *sso, const char *address, const char *authorization,
                            const struct pp_buf *form, void (*on_done)(void *, const struct net_response *),
                            struct pp_error *error) {
    const char *const headers[] = {"Accept: application/json", *authorization ? authorization : NULL, NULL};
    struct net_request request = {
        .path = address, .headers = headers, .timeout_ms = ACCESS_CALL_MS, .on_done = on_done, .arg = sso};
    if (form) {
        request.content_type = "application/x-www-form-urlencoded";
        request.body = form->data;
        request.body_size = form->size;
    }
    return net_client_start(sso->provider, &request, error);
}

/* A form to one of the provider's addresses, with the client that asks. */
static struct net_call *post(struct sso *sso, const char *address, struct pp_buf *form,
                             void (*on_done)(void *, const struct net_response *), struct pp_error *error) {
    const struct access_policy *policy = &sso->person.policy;
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(ACCESS_SECRET_MAX);
    char line[ACCESS_AUTHORIZATION_MAX] = "";
    struct net_call *call =
        read_secret(sso, &secret, error) && access_client_show(policy->client_auth, policy->client_id,
                                                               pp_buf_text(&secret), form, line, error)
            ? ask(sso, address, line, form, on_done, error)
            : NULL;
    pp_wipe(line, sizeof line);
    return call;
}

static bool open_client(struct sso *sso, struct pp_error *error) {
    const struct access_person_config *config = &sso->person.config;
    const struct net_client_config client = {
        .ca_file = config->provider_ca, .proxy = config->proxy, .clocks = config->clocks};
    if (!sso->provider)
        sso->provider = net_client_create(config->loop, &client, error);
    return sso->provider;
}

/* ---- Discovery ---- */

static void on_discovery(void *arg, const struct net_response *response) {
    struct sso *sso = arg;
    struct pp_error error = {0};
    sso->call = NULL;
    if (!net_response_check(response, &error) ||
        !discovery_parse(response->body.data, response->body.size, sso->person.policy.issuer, &sso->found,
                         &error)) {
        fail(sso, response->retry_after_s, &error);
        return;
    }
    strcpy(sso->found_issuer, sso->person.policy.issuer);
    go(sso, sso->person.policy.open ? STEP_REFRESH : STEP_CODE, 0);
}

static bool discover(struct sso *sso, struct pp_error *error) {
    char address[DISCOVERY_ADDRESS_SIZE];
    if (!open_client(sso, error))
        return false;
    *sso->found_issuer = 0;
    discovery_address(sso->person.policy.issuer, address);
    sso->call = ask(sso, address, "", NULL, on_discovery, error);
    return sso->call;
}

/* ---- The code ---- */

static void on_code(void *arg, const struct net_response *response) {
    struct sso *sso = arg;
    struct pp_error error = {0};
    sso->call = NULL;
    if (!net_response_check(response, &error) ||
        !oauth_parse_device(response->body.data, response->body.size, &sso->code, &error)) {
        fail(sso, response->retry_after_s, &error);
        return;
    }
    const struct oauth_device_answer *code = &sso->code;
    const struct access_ask ask = {.address = code->verification_uri,
                                   .qr = *code->verification_uri_complete ? code->verification_uri_complete
                                                                          : code->verification_uri,
                                   .user_code = code->user_code};
    net_retry_reset(&sso->retry);
    sso->interval_s = code->interval_s;
    sso->expires_ms = pp_clock_monotonic_ms() + code->expires_in_s * 1000;
    access_person_trouble(&sso->person, NULL, false, NULL);
    access_person_show(&sso->person, &ask);
    go(sso, STEP_POLL, sso->interval_s * 1000);
}

static bool ask_code(struct sso *sso, struct pp_error *error) {
    const struct access_policy *policy = &sso->person.policy;
    pp_autobuf struct pp_buf form = PP_BUF_INIT(FORM_MAX);
    if (!access_form_add(&form, "scope", policy->scope, error) ||
        (*policy->nonce && !access_form_add(&form, "nonce", policy->nonce, error)))
        return false;
    sso->call = post(sso, sso->found.device, &form, on_code, error);
    return sso->call;
}

/* ---- Tokens ---- */

static void keep_refresh(struct sso *sso, const char *token) {
    struct pp_error error = {0};
    if (!*token)
        return;
    snprintf(sso->refresh, sizeof sso->refresh, "%s", token);
    if (!vault_put_later(sso->person.config.vault, ACCESS_REFRESH_RECORD, token, strlen(token), NULL, NULL,
                         &error))
        pp_log_warning("record \"%s\": %s", ACCESS_REFRESH_RECORD, error.message);
}

/* Its answer proves nothing of anybody, and would not do so the next time either. A session lasts to its end. */
static void go_on_without(struct sso *sso) {
    struct pp_error error = {0};
    bool open = sso->person.policy.open;
    pp_fail(&error, PP_E_UNSUPPORTED, "%s: the provider's answer has no ID token",
            open ? "the session is not renewed" : "nobody is signed in");
    if (open) {
        access_person_trouble(&sso->person, "A-4", false, &error);
        stop(sso);
    } else {
        fail(sso, -1, &error);
    }
}

static void take_tokens(struct sso *sso, const struct net_response *response) {
    struct oauth_id_answer *answer = calloc(1, sizeof *answer);
    struct pp_error error = {0};
    bool ok = answer ? oauth_parse_id(response->body.data, response->body.size, answer, &error)
                     : pp_fail(&error, PP_E_NOMEM, "out of memory");
    pp_secret_free(pp_steal(&sso->id_token));
    if (ok && (*answer->id_token || sso->person.policy.open)) /* of somebody */
        keep_refresh(sso, answer->refresh);
    ok = ok && pp_text_copy(&sso->id_token, answer->id_token, &error);
    if (answer)
        pp_wipe(answer, sizeof *answer);
    free(answer);
    if (!ok)
        fail(sso, -1, &error);
    else if (!*sso->id_token)
        go_on_without(sso);
    else
        go(sso, STEP_SUBMIT, 0);
}

/* Whether it is the provider's word that there is no token (RFC 6749 §5.2). */
static bool token_refused(const struct net_response *response, enum oauth_error *kind, char code[64]) {
    return response->ok && response->status >= 400 && response->status < 500 &&
           oauth_parse_error(response->body.data, response->body.size, kind, code, NULL);
}

/* RFC 8628 §3.5. */
static void poll_refused(struct sso *sso, enum oauth_error kind, const char *code) {
    struct pp_error error = {0};
    switch (kind) {
    case OAUTH_SLOW_DOWN:
        sso->interval_s += ACCESS_SLOW_DOWN_S;
        if (sso->interval_s > ACCESS_INTERVAL_MAX_S)
            sso->interval_s = ACCESS_INTERVAL_MAX_S;
        go(sso, STEP_POLL, sso->interval_s * 1000);
        return;
    case OAUTH_AUTHORIZATION_PENDING:
        go(sso, STEP_POLL, sso->interval_s * 1000);
        return;
    case OAUTH_EXPIRED_TOKEN:
        forget_code(sso);
        go(sso, STEP_DISCOVER, NET_RETRY_LEAST_MS);
        return;
    case OAUTH_ACCESS_DENIED:
        pp_fail(&error, PP_E_DENIED, "refused at the provider");
        forget_code(sso);
        access_person_trouble(&sso->person, "A-3", true, &error);
        go(sso, STEP_DISCOVER, DENIED_PAUSE_MS);
        return;
    case OAUTH_OTHER:
        pp_fail(&error, PP_E_DENIED, "the provider answers \"%s\"", code);
        fail(sso, -1, &error);
    }
}

static void on_poll(void *arg, const struct net_response *response) {
    struct sso *sso = arg;
    enum oauth_error kind = OAUTH_OTHER;
    char code[64];
    sso->call = NULL;
    if (response->ok && response->status == 200)
        take_tokens(sso, response);
    else if (token_refused(response, &kind, code))
        poll_refused(sso, kind, code);
    else /* no answer: the same code, later */
        go(sso, STEP_POLL, net_retry_next_ms(&sso->retry, response->retry_after_s) + sso->interval_s * 1000);
}

static bool poll_token(struct sso *sso, struct pp_error *error) {
    pp_autobuf struct pp_buf form = PP_BUF_INIT(FORM_MAX);
    if (!access_form_add(&form, "grant_type", DEVICE_GRANT, error) ||
        !access_form_add(&form, "device_code", sso->code.device_code, error))
        return false;
    sso->call = post(sso, sso->found.token, &form, on_poll, error);
    return sso->call;
}

/* What the session can be renewed with is gone: it lasts to its end. */
static void drop_refresh(struct sso *sso) {
    struct pp_error error = {0};
    pp_wipe(sso->refresh, sizeof sso->refresh);
    if (!vault_remove_later(sso->person.config.vault, ACCESS_REFRESH_RECORD, NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", ACCESS_REFRESH_RECORD, error.message);
}

static void on_refresh(void *arg, const struct net_response *response) {
    struct sso *sso = arg;
    enum oauth_error kind = OAUTH_OTHER;
    char code[64];
    struct pp_error error = {0};
    sso->call = NULL;
    if (response->ok && response->status == 200) {
        take_tokens(sso, response);
    } else if (token_refused(response, &kind, code)) {
        pp_fail(&error, PP_E_DENIED, "the session is not renewed: the provider answers \"%s\"", code);
        access_person_trouble(&sso->person, "A-4", false, &error);
        drop_refresh(sso);
        stop(sso);
    } else {
        (void)!net_response_check(response, &error);
        fail(sso, response->retry_after_s, &error);
    }
}

static bool refresh(struct sso *sso, struct pp_error *error) {
    pp_autobuf struct pp_buf form = PP_BUF_INIT(FORM_MAX);
    if (!access_form_add(&form, "grant_type", "refresh_token", error) ||
        !access_form_add(&form, "refresh_token", sso->refresh, error))
        return false;
    sso->call = post(sso, sso->found.token, &form, on_refresh, error);
    return sso->call;
}

/* ---- To the headend ---- */

static void on_submitted(struct access_person *person, enum access_submitted result, int64_t wait_s,
                         const struct pp_error *why) {
    struct sso *sso = (struct sso *)person;
    struct pp_error error = {0};
    if (sso->step != STEP_SUBMIT) { /* the state that it brought about was quicker */
        pp_secret_free(pp_steal(&sso->id_token));
        return;
    }
    if (result == ACCESS_LATER || result == ACCESS_THROTTLED) {
        go(sso, STEP_SUBMIT, wait_s * 1000);
        return;
    }
    pp_secret_free(pp_steal(&sso->id_token));
    if (result == ACCESS_TAKEN) {
        sso->step = STEP_IDLE;
        return;
    }
    error = *why;
    if (!person->policy.open) {
        forget_code(sso);
        drop_refresh(sso);
        access_person_trouble(person, "A-3", true, &error);
        go(sso, STEP_DISCOVER, DENIED_PAUSE_MS);
    } else { /* the renewal: it lasts to its end */
        access_person_trouble(person, "A-4", false, &error);
        sso->step = STEP_IDLE;
    }
}

static bool submit(struct sso *sso, struct pp_error *error) {
    return sso->id_token ? access_person_submit(&sso->person, "id_token", sso->id_token, error)
                         : pp_fail(error, PP_E_STATE, "there is no token");
}

/* ---- Steps ---- */

static bool take_step(struct sso *sso, struct pp_error *error) {
    bool known = strcmp(sso->found_issuer, sso->person.policy.issuer) == 0;
    switch (sso->step) {
    case STEP_DISCOVER:
        return discover(sso, error);
    case STEP_CODE:
        return ask_code(sso, error);
    case STEP_POLL:
        if (pp_clock_monotonic_ms() < sso->expires_ms)
            return poll_token(sso, error);
        forget_code(sso);
        go(sso, STEP_DISCOVER, 0);
        return true;
    case STEP_SUBMIT:
        return submit(sso, error);
    case STEP_REFRESH:
        return known ? refresh(sso, error) : discover(sso, error);
    case STEP_IDLE:
        break;
    }
    return true;
}

static void next_step(void *arg) {
    struct sso *sso = arg;
    struct pp_error error = {0};
    if (!take_step(sso, &error))
        fail(sso, -1, &error);
}

/* ---- The mode's functions ---- */

struct access_person *access_sso_create(void) {
    struct sso *sso = calloc(1, sizeof *sso);
    if (!sso)
        return NULL;
    sso->person.on_submitted = on_submitted;
    net_retry_init_random(&sso->retry);
    return &sso->person;
}

/* Of before the last stop. */
static void load_refresh(struct sso *sso) {
    pp_autobuf struct pp_buf token = PP_BUF_INIT(ACCESS_TOKEN_MAX - 1);
    if (!*sso->refresh && vault_get(sso->person.config.vault, ACCESS_REFRESH_RECORD, &token, NULL))
        snprintf(sso->refresh, sizeof sso->refresh, "%s", pp_buf_text(&token));
}

static void follow_open(struct sso *sso, int64_t now_s) {
    const struct access_policy *policy = &sso->person.policy;
    int64_t left_s = policy->expires_s - now_s;
    stop(sso);
    forget_code(sso);
    access_person_trouble(&sso->person, NULL, false, NULL);
    load_refresh(sso);
    if (!policy->renewable || !*sso->refresh)
        return;
    go(sso, STEP_REFRESH, (left_s / 3 * 2 > REFRESH_LEAST_S ? left_s / 3 * 2 : REFRESH_LEAST_S) * 1000);
}

void access_sso_follow(struct access_person *person, int64_t now_s) {
    struct sso *sso = (struct sso *)person;
    const struct access_policy *policy = &person->policy;
    bool other = strcmp(sso->nonce, policy->nonce) != 0; /* another sign-in, or other settings for it */
    strcpy(sso->nonce, policy->nonce);
    if (policy->open) {
        follow_open(sso, now_s);
    } else if (!*policy->issuer) {
        stop(sso);
    } else if (sso->step == STEP_IDLE || sso->step == STEP_REFRESH || other) {
        stop(sso);
        net_retry_reset(&sso->retry);
        go(sso, STEP_DISCOVER, 0);
    }
}

/* RFC 7009: nobody waits for the answer. */
static void revoke_refresh(struct sso *sso) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf form = PP_BUF_INIT(FORM_MAX);
    if (!*sso->refresh || !*sso->found.revoke || !sso->provider)
        return;
    if (!access_form_add(&form, "token", sso->refresh, &error) ||
        !access_form_add(&form, "token_type_hint", "refresh_token", &error) ||
        !post(sso, sso->found.revoke, &form, NULL, &error))
        pp_log_warning("sign-out at the provider: %s", error.message);
}

void access_sso_end(struct access_person *person) {
    struct sso *sso = (struct sso *)person;
    stop(sso);
    forget_code(sso);
    load_refresh(sso);
    revoke_refresh(sso);
    drop_refresh(sso);
    pp_secret_free(pp_steal(&sso->id_token));
}

void access_sso_destroy(struct access_person *person) {
    struct sso *sso = (struct sso *)person;
    stop(sso);
    net_client_destroy(sso->provider);
    pp_secret_free(sso->id_token);
    pp_wipe(sso, sizeof *sso);
    free(sso);
}

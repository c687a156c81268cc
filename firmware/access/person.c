#include <stdlib.h>
#include <string.h>

#include "access/person_internal.h"
#include "base/json.h"
#include "base/log.h"
#include "jose/jwe.h"
#include "net/problem.h"

#define SIGN_IN_TYPE  "pingplay-sign-in"
#define MESSAGE_MAX   (20 * 1024) /* bytes */
#define LATER_S       5
#define SESSION_OTHER 412 /* RFC 9110 §15.5.13: that session is over already */

struct access_person *access_person_create(const struct access_mode *mode,
                                           const struct access_person_config *config,
                                           struct pp_error *error) {
    struct access_person *person = mode->person_create();
    if (!person) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    person->mode = mode;
    person->config = *config;
    net_retry_init_random(&person->sign_out_retry);
    snprintf(person->device_id, sizeof person->device_id, "%s", config->device_id);
    return person;
}

void access_person_follow(struct access_person *person, const struct access_policy *policy, int64_t now_s) {
    net_timer_stop(&person->sign_out_timer);
    person->policy = *policy;
    person->mode->person_follow(person, now_s);
}

bool access_person_type_text(struct access_person *person, const char *text) {
    return person->mode->person_type && person->mode->person_type(person, text);
}

void access_person_end(struct access_person *person) {
    person->policy.open = false;
    person->mode->person_end(person);
}

void access_person_destroy(struct access_person *person) {
    if (!person)
        return;
    net_call_cancel(person->submit);
    net_call_cancel(person->sign_out);
    net_timer_stop(&person->sign_out_timer);
    person->mode->person_destroy(person);
}

void access_person_show(struct access_person *person, const struct access_ask *ask) {
    person->config.on_ask(person->config.arg, ask);
}

void access_person_trouble(struct access_person *person, const char *code, bool denied,
                           struct pp_error *error) {
    if (error)
        pp_wrap(error, "sign-in");
    person->config.on_trouble(person->config.arg, code, denied, error);
}

/* ---- To the headend ---- */

static void on_submitted(void *arg, const struct net_response *response) {
    struct access_person *person = arg;
    struct net_problem problem = {0};
    struct pp_error error = {0};
    person->submit = NULL;
    if (net_response_check(response, &error)) {
        person->on_submitted(person, ACCESS_TAKEN, 0, NULL);
        return;
    }
    /* A bare 403, of somebody between, is an outage and no refusal of the person's. */
    bool refused = (response->status == 403 || response->status == 400) &&
                   net_response_problem(response, &problem) && strncmp(problem.code, "sign-in-", 8) == 0;
    int64_t wait_s = response->retry_after_s > 0 ? response->retry_after_s : LATER_S;
    bool throttled = response->status == 429 && net_response_problem(response, &problem) &&
                     strcmp(problem.code, "sign-in-throttled") == 0;
    person->on_submitted(person,
                         refused     ? ACCESS_REFUSED
                         : throttled ? ACCESS_THROTTLED
                                     : ACCESS_LATER,
                         wait_s, &error);
}

static bool encrypt(const struct access_person *person, const char *name, const char *text,
                    struct pp_buf *token, struct pp_error *error) {
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    const struct jwe_context context = {
        .kid = kid, .typ = SIGN_IN_TYPE, .apu = person->device_id, .apu_size = strlen(person->device_id)};
    if (!person->policy.has_key)
        return pp_fail(error, PP_E_STATE, "the headend has named no key to encrypt to");
    cJSON *message = cJSON_CreateObject();
    char *json = cJSON_AddStringToObject(message, name, text) ? cJSON_PrintUnformatted(message) : NULL;
    pp_json_destroy(message);
    bool ok = json ? jwk_thumbprint_text(person->policy.key, kid, error) &&
                         jwe_encrypt(person->policy.key, &context, json, strlen(json), token, error)
                   : pp_fail(error, PP_E_NOMEM, "out of memory");
    if (json)
        pp_wipe(json, strlen(json));
    cJSON_free(json);
    return ok;
}

bool access_person_submit(struct access_person *person, const char *name, const char *text,
                          struct pp_error *error) {
    pp_autobuf struct pp_buf token = PP_BUF_INIT(2 * MESSAGE_MAX);
    if (person->submit)
        return pp_fail(error, PP_E_STATE, "one is under way");
    if (!encrypt(person, name, text, &token, error))
        return false;
    struct net_request request = {.method = "POST",
                                  .path = "/v1/access/session",
                                  .content_type = "application/jose",
                                  .body = token.data,
                                  .body_size = token.size,
                                  .timeout_ms = ACCESS_CALL_MS,
                                  .send_cookie = true,
                                  .use_identity = true,
                                  .on_done = on_submitted,
                                  .arg = person};
    person->submit = net_client_start(person->config.client, &request, error);
    return person->submit;
}

static void ask_sign_out(void *arg);

static void sign_out_later(struct access_person *person, int64_t wait_s, const struct pp_error *why) {
    pp_log_warning("the headend does not know yet that session %s has ended: %s", person->leaves,
                   why->message);
    net_timer_start_in(&person->sign_out_timer, person->config.loop,
                       net_retry_next_ms(&person->sign_out_retry, wait_s), ask_sign_out, person);
}

static void on_signed_out(void *arg, const struct net_response *response) {
    struct access_person *person = arg;
    struct pp_error error = {0};
    person->sign_out = NULL;
    if (net_response_check(response, &error) || (response->ok && response->status == SESSION_OTHER))
        net_retry_reset(&person->sign_out_retry);
    else
        sign_out_later(person, response->retry_after_s, &error);
}

/* If-Match (RFC 9110 §13.1.1): somebody else may have signed in before it gets there. */
static void ask_sign_out(void *arg) {
    struct access_person *person = arg;
    char match[sizeof "If-Match: \"\"" + ACCESS_SESSION_MAX];
    const char *const headers[] = {match, NULL};
    struct pp_error error = {0};
    snprintf(match, sizeof match, "If-Match: \"%s\"", person->leaves);
    struct net_request request = {.method = "DELETE",
                                  .path = "/v1/access/session",
                                  .headers = headers,
                                  .timeout_ms = ACCESS_CALL_MS,
                                  .send_cookie = true,
                                  .use_identity = true,
                                  .on_done = on_signed_out,
                                  .arg = person};
    person->sign_out = net_client_start(person->config.client, &request, &error);
    if (!person->sign_out)
        sign_out_later(person, -1, &error);
}

void access_person_sign_out(struct access_person *person, const char *session) {
    if (person->sign_out)
        return;
    net_timer_stop(&person->sign_out_timer);
    snprintf(person->leaves, sizeof person->leaves, "%s", session);
    ask_sign_out(person);
}

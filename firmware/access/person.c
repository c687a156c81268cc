#include <stdlib.h>
#include <string.h>

#include "access/person_internal.h"
#include "base/json.h"
#include "base/log.h"
#include "jose/jwe.h"
#include "net/problem.h"

#define SIGN_IN_TYPE "pingplay-sign-in"
#define MESSAGE_MAX  (20 * 1024) /* bytes */
#define LATER_S      5

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
    snprintf(person->device_id, sizeof person->device_id, "%s", config->device_id);
    return person;
}

void access_person_follow(struct access_person *person, const struct access_policy *policy, int64_t now_s) {
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
    person->on_submitted(person, refused ? ACCESS_REFUSED : ACCESS_LATER, wait_s, &error);
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

static void on_signed_out(void *arg, const struct net_response *response) {
    struct access_person *person = arg;
    struct pp_error error = {0};
    person->sign_out = NULL;
    if (!net_response_check(response, &error))
        access_person_trouble(person, "A-4", false, &error);
}

bool access_person_sign_out(struct access_person *person, struct pp_error *error) {
    if (person->sign_out)
        return true;
    struct net_request request = {.method = "DELETE",
                                  .path = "/v1/access/session",
                                  .timeout_ms = ACCESS_CALL_MS,
                                  .send_cookie = true,
                                  .use_identity = true,
                                  .on_done = on_signed_out,
                                  .arg = person};
    person->sign_out = net_client_start(person->config.client, &request, error);
    return person->sign_out;
}

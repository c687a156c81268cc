/* OAuth 2.0 device authorization (RFC 8628), bound to the device key by its thumbprint. */
#include "base/encode.h"
#include "base/log.h"
#include "headend/device/handlers.h"
#include "headend/device/network_check.h"
#include "headend/ops/enrolment.h"

#define CLIENT_ID  "pingplay-display"
#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"

/* RFC 6749 §5.2: error answers are not problem documents. */
static void oauth_error(struct reply *reply, unsigned status, const char *code, const char *description) {
    pp_autojson cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "error", code);
    if (description)
        cJSON_AddStringToObject(body, "error_description", description);
    reply_json(reply, status, body);
}

/* Parses the form and checks who the client says it is. */
static bool oauth_form(struct request *request, struct reply *reply, struct form *form) {
    struct pp_error error;
    if (!form_parse(form, request->body.data, request->body.size, &error)) {
        oauth_error(reply, MHD_HTTP_BAD_REQUEST, "invalid_request", error.message);
        return false;
    }
    if (strcmp(form_get(form, "client_id"), CLIENT_ID) != 0) {
        oauth_error(reply, MHD_HTTP_BAD_REQUEST, "invalid_client", NULL);
        return false;
    }
    return true;
}

static void reply_codes(struct request *request, struct reply *reply, const struct enrolment_codes *codes) {
    char origin[HOME_HOST_MAX + 32];
    char address[HOME_HOST_MAX + 64];
    request_people_origin(request, origin, sizeof origin);
    pp_autojson cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "device_code", codes->device_code);
    cJSON_AddStringToObject(body, "user_code", codes->user_code);
    snprintf(address, sizeof address, "%s/enrol", origin);
    cJSON_AddStringToObject(body, "verification_uri", address);
    snprintf(address, sizeof address, "%s/enrol?user_code=%s", origin, codes->user_code);
    cJSON_AddStringToObject(body, "verification_uri_complete", address);
    cJSON_AddNumberToObject(body, "expires_in", (double)request->app->options.code_lifetime_s);
    cJSON_AddNumberToObject(body, "interval", (double)request->app->options.poll_interval_s);
    reply_json(reply, MHD_HTTP_OK, body);
}

void oauth_device_authorization(struct request *request, struct reply *reply) {
    form_auto struct form form = {0};
    if (!network_allows_enrolment(request, "", reply) || !oauth_form(request, reply, &form))
        return;
    uint8_t thumbprint[32];
    struct pp_error error;
    if (!pp_base64url_decode_exact(form_get(&form, "jwk_thumbprint"), thumbprint, sizeof thumbprint,
                                   &error)) {
        oauth_error(reply, MHD_HTTP_BAD_REQUEST, "invalid_request",
                    "jwk_thumbprint: not 43 characters of base64url");
        return;
    }
    struct app *app = request->app;
    struct enrolment_origin origin;
    request_address(request, origin.address);
    request_network(request, origin.network);
    struct enrolment_codes codes;
    if (!enrolment_start(app->db, thumbprint, &origin, (int64_t)app->options.code_lifetime_s,
                         (int64_t)app->options.poll_interval_s, &codes, &error)) {
        if (error.code != PP_E_LIMIT) {
            reply_failure(reply, &error);
            return;
        }
        oauth_error(reply, MHD_HTTP_TOO_MANY_REQUESTS, "temporarily_unavailable", error.message);
        reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, "60");
        return;
    }
    reply_codes(request, reply, &codes);
    pp_wipe(&codes, sizeof codes);
}

static void reply_token(struct reply *reply, char token[SECRET_TEXT_SIZE]) {
    pp_autojson cJSON *body = cJSON_CreateObject();
    cJSON_AddStringToObject(body, "access_token", token);
    cJSON_AddStringToObject(body, "token_type", "Bearer");
    cJSON_AddNumberToObject(body, "expires_in", ENROLMENT_TOKEN_S);
    reply_json(reply, MHD_HTTP_OK, body);
    pp_wipe(token, SECRET_TEXT_SIZE);
}

void oauth_token(struct request *request, struct reply *reply) {
    static const char *const errors[] = {
        [ENROLMENT_PENDING] = "authorization_pending", [ENROLMENT_SLOW_DOWN] = "slow_down",
        [ENROLMENT_DENIED] = "access_denied",          [ENROLMENT_EXPIRED] = "expired_token",
        [ENROLMENT_UNKNOWN] = "invalid_grant",
    };
    form_auto struct form form = {0};
    if (!network_allows_enrolment(request, "", reply) || !oauth_form(request, reply, &form))
        return;
    const char *code = form_get(&form, "device_code");
    if (strcmp(form_get(&form, "grant_type"), GRANT_TYPE) != 0) {
        oauth_error(reply, MHD_HTTP_BAD_REQUEST, "unsupported_grant_type", NULL);
        return;
    }
    if (strlen(code) != SECRET_TEXT_SIZE - 1) {
        oauth_error(reply, MHD_HTTP_BAD_REQUEST, "invalid_grant", NULL);
        return;
    }
    enum enrolment_poll result;
    char token[SECRET_TEXT_SIZE];
    struct pp_error error;
    if (!enrolment_poll(request->app->db, code, &result, token, &error))
        reply_failure(reply, &error);
    else if (result == ENROLMENT_GRANTED)
        reply_token(reply, token);
    else
        oauth_error(reply, MHD_HTTP_BAD_REQUEST, errors[result], NULL);
}

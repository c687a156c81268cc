#include "headend/device/state_access.h"

#include "base/log.h"
#include "headend/device/told.h"
#include "headend/signing/signing.h"

static void add_session(cJSON *json, const struct state_access *access) {
    if (!access->open) {
        cJSON_AddNullToObject(json, "session");
        return;
    }
    cJSON *session = cJSON_AddObjectToObject(json, "session");
    cJSON_AddStringToObject(session, "id", access->session.id);
    cJSON_AddNumberToObject(session, "exp", (double)access->session.expires);
    cJSON_AddBoolToObject(session, "renew", access->session.expires < access->session.until);
}

/* Without "key", which the signer puts in. */
static void add_sign_in(const struct request *request, cJSON *json, const struct state_access *access) {
    char url[HOME_HOST_MAX + 96];
    char origin[HOME_HOST_MAX + 32];
    cJSON *sign_in = cJSON_AddObjectToObject(json, "sign_in");
    if (access->mode != DEVICE_PASSWORD)
        return;
    request_origin(request, origin, sizeof origin);
    snprintf(url, sizeof url, "%s/access", origin);
    cJSON_AddStringToObject(sign_in, "url", url);
    snprintf(url, sizeof url, "%s/access?code=%s", origin, access->policy.code);
    cJSON_AddStringToObject(sign_in, "url_complete", url);
    cJSON_AddStringToObject(sign_in, "code", access->policy.code);
}

/* Without its secret a confidential client is refused by the provider, and the screen says so. */
static void add_client_auth(const struct request *request, cJSON *provider,
                            const struct person_policy *policy) {
    const struct device *device = &request->device;
    pp_autobuf struct pp_buf token = PP_BUF_INIT(CLIENT_SECRET_TOKEN_MAX);
    struct pp_error error = {0};
    if (!*policy->client_secret)
        return;
    bool sent = signing_send_secret(request->app->home->signing, device->id, policy->client_secret,
                                    device->agreement, &token, &error);
    bool news = told_set(request->app->unsealed, device->id, !sent);
    if (!sent && news)
        pp_log_error("the client secret of screen %s cannot be read, set it again: %s", device->id,
                     error.message);
    if (sent && news)
        pp_log_info("the client secret of screen %s can be read again", device->id);
    if (!sent)
        return;
    cJSON *auth = cJSON_AddObjectToObject(provider, "auth");
    cJSON_AddStringToObject(auth, "method", policy->client_auth);
    cJSON_AddStringToObject(auth, "secret", pp_buf_text(&token));
}

static void add_provider(const struct request *request, cJSON *json, const struct person_policy *policy) {
    cJSON *provider = cJSON_AddObjectToObject(json, "provider");
    cJSON_AddStringToObject(provider, "issuer", policy->issuer);
    cJSON_AddStringToObject(provider, "client_id", policy->client_id);
    cJSON_AddStringToObject(provider, "scope", policy->scope);
    cJSON_AddStringToObject(provider, "nonce", policy->nonce);
    add_client_auth(request, provider, policy);
}

cJSON *state_access_json(const struct request *request, const struct state_access *access) {
    pp_autojson cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "mode", device_access_name(access->mode));
    if (!access->temporary)
        return pp_steal(&json);
    add_session(json, access);
    cJSON_AddStringToObject(json, "reason", access->has_policy ? access->policy.reason : "");
    if (access->has_policy)
        add_sign_in(request, json, access);
    if (access->has_policy && access->mode == DEVICE_SSO)
        add_provider(request, json, &access->policy);
    return pp_steal(&json);
}

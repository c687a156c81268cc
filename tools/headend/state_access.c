#include "headend/state_access.h"

#include "base/clock.h"
#include "headend/sign_in_key.h"

/* Not there is no failure. */
static bool found(bool is, const struct pp_error *why, bool *out, struct pp_error *error) {
    *out = is;
    return is || why->code == PP_E_NOTFOUND || pp_fail(error, why->code, "%s", why->message);
}

bool state_access_load(struct request *request, struct state_access *access, struct pp_error *error) {
    const struct device *device = &request->device;
    struct pp_error why = {0};
    *access = (struct state_access){.mode = device->access};
    access->temporary = device->access == DEVICE_SSO || device->access == DEVICE_PASSWORD;
    if (!access->temporary)
        return true;
    return found(person_policy_find(request->db, device->id, &access->policy, &why), &why,
                 &access->has_policy, error) &&
           found(person_session_find(request->db, device->id, pp_clock_realtime_s(), &access->session, &why),
                 &why, &access->open, error);
}

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

static bool add_sign_in(const struct request *request, cJSON *json, const struct state_access *access,
                        struct pp_error *error) {
    char url[HOME_HOST_MAX + 96];
    char origin[HOME_HOST_MAX + 32];
    cJSON *key = sign_in_key_jwk(request->app->sign_in_key, error);
    if (!key)
        return false;
    cJSON *sign_in = cJSON_AddObjectToObject(json, "sign_in");
    cJSON_AddItemToObject(sign_in, "key", key);
    if (access->mode != DEVICE_PASSWORD)
        return true;
    request_origin(request, origin, sizeof origin);
    snprintf(url, sizeof url, "%s/access", origin);
    cJSON_AddStringToObject(sign_in, "url", url);
    snprintf(url, sizeof url, "%s/access?code=%s", origin, access->policy.code);
    cJSON_AddStringToObject(sign_in, "url_complete", url);
    cJSON_AddStringToObject(sign_in, "code", access->policy.code);
    return true;
}

static void add_provider(cJSON *json, const struct person_policy *policy) {
    cJSON *provider = cJSON_AddObjectToObject(json, "provider");
    cJSON_AddStringToObject(provider, "issuer", policy->issuer);
    cJSON_AddStringToObject(provider, "client_id", policy->client_id);
    cJSON_AddStringToObject(provider, "scope", policy->scope);
    cJSON_AddStringToObject(provider, "nonce", policy->nonce);
}

cJSON *state_access_json(const struct request *request, const struct state_access *access,
                         struct pp_error *error) {
    pp_autojson cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "mode", device_access_name(access->mode));
    if (!access->temporary)
        return pp_steal(&json);
    add_session(json, access);
    cJSON_AddStringToObject(json, "reason", access->has_policy ? access->policy.reason : "");
    if (access->has_policy && !add_sign_in(request, json, access, error))
        return NULL;
    if (access->has_policy && access->mode == DEVICE_SSO)
        add_provider(json, &access->policy);
    return pp_steal(&json);
}

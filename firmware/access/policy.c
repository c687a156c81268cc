#include "access/policy.h"

#include <string.h>

#include "base/json.h"

#define METHOD_MAX 31 /* bytes */

static bool parse_mode(const cJSON *access, struct access_policy *out, struct pp_error *error) {
    const char *name = NULL;
    if (!pp_json_string(access, "mode", ACCESS_MODE_NAME_MAX, &name, error))
        return false;
    out->mode = access_mode_find(name);
    return out->mode || pp_fail(error, PP_E_UNSUPPORTED, "field \"mode\": \"%s\" is not known here", name);
}

static bool copy(const cJSON *object, const char *name, char *out, size_t size, struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, name, size - 1, &text, error))
        return false;
    strcpy(out, text);
    return true;
}

static bool parse_session(const cJSON *access, struct access_policy *out, struct pp_error *error) {
    const cJSON *session = NULL;
    out->open = pp_json_has(access, "session");
    if (!out->open)
        return true;
    return (pp_json_object(access, "session", &session, error) &&
            copy(session, "id", out->session, sizeof out->session, error) &&
            pp_json_integer(session, "exp", 1, PP_JSON_INTEGER_MAX, &out->expires_s, error) &&
            (!pp_json_has(session, "renew") || pp_json_boolean(session, "renew", &out->renewable, error))) ||
           pp_wrap(error, "session");
}

/* What a person follows or scans. */
static bool copy_address(const cJSON *object, const char *name, char *out, size_t size,
                         struct pp_error *error) {
    return copy(object, name, out, size, error) &&
           (strncmp(out, "https://", 8) == 0 ||
            pp_fail(error, PP_E_INVALID, "field \"%s\" is not an https address", name));
}

static bool parse_sign_in(const cJSON *access, struct access_policy *out, struct pp_error *error) {
    const cJSON *sign_in = NULL;
    const cJSON *key = NULL;
    if (!pp_json_has(access, "sign_in"))
        return true;
    if (!pp_json_object(access, "sign_in", &sign_in, error) || !pp_json_object(sign_in, "key", &key, error) ||
        !jwk_to_point(key, JWK_AGREE, out->key, error))
        return pp_wrap(error, "sign_in");
    out->has_key = true;
    return !pp_json_has(sign_in, "url") ||
           (copy_address(sign_in, "url", out->url, sizeof out->url, error) &&
            copy_address(sign_in, "url_complete", out->url_complete, sizeof out->url_complete, error) &&
            copy(sign_in, "code", out->code, sizeof out->code, error)) ||
           pp_wrap(error, "sign_in");
}

static bool parse_client_auth(const cJSON *provider, struct access_policy *out, struct pp_error *error) {
    const cJSON *auth = NULL;
    const char *method = NULL;
    if (!pp_json_has(provider, "auth"))
        return true;
    if (!pp_json_object(provider, "auth", &auth, error) ||
        !pp_json_string(auth, "method", METHOD_MAX, &method, error))
        return pp_wrap(error, "auth");
    if (!access_client_auth_read(method, &out->client_auth))
        return pp_fail(error, PP_E_UNSUPPORTED, "auth: field \"method\": \"%s\" is not known here", method);
    return out->client_auth == ACCESS_CLIENT_PUBLIC ||
           copy(auth, "secret", out->client_secret, sizeof out->client_secret, error) ||
           pp_wrap(error, "auth");
}

static bool parse_provider(const cJSON *access, struct access_policy *out, struct pp_error *error) {
    const cJSON *provider = NULL;
    if (!pp_json_has(access, "provider"))
        return true;
    return (pp_json_object(access, "provider", &provider, error) &&
            copy(provider, "issuer", out->issuer, sizeof out->issuer, error) &&
            discovery_issuer_check(out->issuer, error) &&
            copy(provider, "client_id", out->client_id, sizeof out->client_id, error) &&
            copy(provider, "scope", out->scope, sizeof out->scope, error) &&
            copy(provider, "nonce", out->nonce, sizeof out->nonce, error) &&
            parse_client_auth(provider, out, error)) ||
           pp_wrap(error, "provider");
}

static bool parse_access(const cJSON *access, struct access_policy *out, struct pp_error *error) {
    if (!parse_mode(access, out, error))
        return false;
    if (!out->mode->temporary)
        return true;
    return parse_session(access, out, error) &&
           (!pp_json_has(access, "reason") ||
            copy(access, "reason", out->reason, sizeof out->reason, error)) &&
           parse_sign_in(access, out, error) && parse_provider(access, out, error);
}

bool access_policy_parse(const cJSON *state, struct access_policy *out, struct pp_error *error) {
    const cJSON *access = NULL;
    struct access_policy parsed = {.mode = access_mode_find("certificate")};
    if (pp_json_has(state, "access") &&
        (!pp_json_object(state, "access", &access, error) || !parse_access(access, &parsed, error)))
        return pp_wrap(error, "access");
    *out = parsed;
    return true;
}

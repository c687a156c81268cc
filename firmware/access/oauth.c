#include "access/oauth.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"

/* RFC 6749 appendix A: codes and tokens are of visible ASCII characters. */
static bool visible(const char *text, const char *field, const char *refused, struct pp_error *error) {
    if (!*text)
        return pp_fail(error, PP_E_INVALID, "%s: empty", field);
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c >= 127 || strchr(refused, *c))
            return pp_fail(error, PP_E_INVALID, "%s: invalid character at offset %d", field, (int)(c - text));
    }
    return true;
}

static bool take_text(const cJSON *object, const char *field, char *out, size_t room, const char *refused,
                      struct pp_error *error) {
    const char *text;
    if (!pp_json_string(object, field, room - 1, &text, error) || !visible(text, field, refused, error))
        return false;
    strcpy(out, text);
    return true;
}

/* What a person will follow or type. */
static bool take_address(const cJSON *object, const char *field, char *out, size_t room,
                         struct pp_error *error) {
    if (!take_text(object, field, out, room, "\"<>\\^`{|}", error))
        return false;
    if (strncmp(out, "https://", 8) != 0 || !out[8] || out[8] == '/' || strchr(out, '@'))
        return pp_fail(error, PP_E_INVALID, "%s: must be an https address", field);
    return true;
}

static cJSON *parse_object(const void *text, size_t size, struct pp_error *error) {
    pp_autojson cJSON *object = pp_json_parse(text, size, ACCESS_RESPONSE_MAX, error);
    if (object && !cJSON_IsObject(object)) {
        pp_fail(error, PP_E_INVALID, "answer is not an object");
        return NULL;
    }
    return pp_steal(&object);
}

static bool take_times(const cJSON *object, struct oauth_device_answer *answer, struct pp_error *error) {
    answer->interval_s = ACCESS_INTERVAL_DEFAULT_S;
    if (!pp_json_integer(object, "expires_in", 1, PP_JSON_INTEGER_MAX, &answer->expires_in_s, error))
        return false;
    if (answer->expires_in_s > ACCESS_EXPIRES_MAX_S)
        answer->expires_in_s = ACCESS_EXPIRES_MAX_S;
    if (pp_json_has(object, "interval") &&
        !pp_json_integer(object, "interval", 0, ACCESS_INTERVAL_MAX_S, &answer->interval_s, error))
        return false;
    if (answer->interval_s < 1)
        answer->interval_s = 1;
    return true;
}

static bool take_device(const cJSON *object, struct oauth_device_answer *answer, struct pp_error *error) {
    return take_text(object, "device_code", answer->device_code, sizeof answer->device_code, "", error) &&
           take_text(object, "user_code", answer->user_code, sizeof answer->user_code, "", error) &&
           take_address(object, "verification_uri", answer->verification_uri, sizeof answer->verification_uri,
                        error) &&
           (!pp_json_has(object, "verification_uri_complete") ||
            take_address(object, "verification_uri_complete", answer->verification_uri_complete,
                         sizeof answer->verification_uri_complete, error)) &&
           take_times(object, answer, error);
}

bool oauth_parse_device(const void *text, size_t size, struct oauth_device_answer *answer,
                        struct pp_error *error) {
    struct oauth_device_answer parsed = {0};
    pp_autojson cJSON *object = parse_object(text, size, error);
    bool valid = object && take_device(object, &parsed, error);
    if (valid)
        *answer = parsed;
    pp_wipe(&parsed, sizeof parsed);
    return valid || pp_wrap(error, "device authorization");
}

/* b64token of RFC 6750 §2.1. */
static bool is_bearer_token(const char *text) {
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");
    return length && !text[length + strspn(text + length, "=")];
}

static bool take_token(const cJSON *object, char token[ACCESS_TOKEN_MAX], struct pp_error *error) {
    const char *type;
    const char *text;
    if (!pp_json_string(object, "token_type", 32, &type, error) ||
        !pp_json_string(object, "access_token", ACCESS_TOKEN_MAX - 1, &text, error))
        return false;
    if (strcasecmp(type, "Bearer") != 0)
        return pp_fail(error, PP_E_UNSUPPORTED, "token_type: not Bearer");
    if (!is_bearer_token(text))
        return pp_fail(error, PP_E_INVALID, "access_token: not a bearer token");
    strcpy(token, text);
    return true;
}

bool oauth_parse_token(const void *text, size_t size, char token[ACCESS_TOKEN_MAX], struct pp_error *error) {
    pp_autojson cJSON *object = parse_object(text, size, error);
    return (object && take_token(object, token, error)) || pp_wrap(error, "token");
}

/* A provider may give other tokens at a renewal than at first (OpenID Connect Core 1.0 §12.2). */
static bool is_without_id(const cJSON *object) {
    return !pp_json_has(object, "id_token") && pp_json_has(object, "access_token");
}

bool oauth_parse_id(const void *text, size_t size, struct oauth_id_answer *answer, struct pp_error *error) {
    struct oauth_id_answer parsed = {0};
    pp_autojson cJSON *object = pp_json_parse(text, size, NET_RESPONSE_BODY_MAX, error);
    bool valid = object &&
                 (cJSON_IsObject(object) || pp_fail(error, PP_E_INVALID, "answer is not an object")) &&
                 (take_text(object, "id_token", parsed.id_token, sizeof parsed.id_token, "", error) ||
                  is_without_id(object)) &&
                 (!pp_json_has(object, "refresh_token") ||
                  take_text(object, "refresh_token", parsed.refresh, sizeof parsed.refresh, "", error));
    if (valid)
        *answer = parsed;
    pp_wipe(&parsed, sizeof parsed);
    return valid || pp_wrap(error, "token");
}

bool oauth_parse_error(const void *text, size_t size, enum oauth_error *kind, char code[64],
                       struct pp_error *error) {
    static const char *const codes[] = {
        [OAUTH_AUTHORIZATION_PENDING] = "authorization_pending",
        [OAUTH_SLOW_DOWN] = "slow_down",
        [OAUTH_ACCESS_DENIED] = "access_denied",
        [OAUTH_EXPIRED_TOKEN] = "expired_token",
    };
    pp_autojson cJSON *object = parse_object(text, size, error);
    if (!object || !take_text(object, "error", code, 64, "\"\\", error))
        return pp_wrap(error, "OAuth error");
    *kind = OAUTH_OTHER;
    for (size_t i = 0; i < PP_COUNT(codes); i++) {
        if (!strcmp(code, codes[i]))
            *kind = (enum oauth_error)i;
    }
    return true;
}

#include "jose/claims.h"

#include <string.h>

#include "base/json.h"
#include "crypto/random.h"

static bool check_audience(const cJSON *document, const struct claims_demands *demands, struct claims *read,
                           struct pp_error *error) {
    if (!pp_json_string(document, "aud", CLAIMS_TEXT_MAX, &read->audience, error))
        return false;
    return strcmp(read->audience, demands->audience) == 0 ||
           pp_fail(error, PP_E_AUTH, "\"aud\": it is for somebody else");
}

static bool check_nonce(const cJSON *document, const struct claims_demands *demands, struct pp_error *error) {
    const char *nonce = NULL;
    if (!demands->nonce)
        return true;
    if (!pp_json_string(document, "nonce", CLAIMS_TEXT_MAX, &nonce, error))
        return false;
    size_t size = strlen(nonce);
    return (size == strlen(demands->nonce) && crypto_equal(nonce, demands->nonce, size)) ||
           pp_fail(error, PP_E_AUTH, "\"nonce\": it answers another request");
}

static bool check_issued(const cJSON *document, const struct claims_demands *demands, struct claims *read,
                         struct pp_error *error) {
    if (!pp_json_integer(document, "iat", 0, PP_JSON_INTEGER_MAX, &read->issued_at, error))
        return false;
    int64_t ahead = read->issued_at - demands->now_s;
    return demands->any_time || ahead <= demands->skew_s ||
           pp_fail(error, PP_E_INVALID, "\"iat\": signed %lld s from now", (long long)ahead);
}

static bool check_expiry(const cJSON *document, const struct claims_demands *demands, struct claims *read,
                         struct pp_error *error) {
    if (!demands->expires && !cJSON_GetObjectItemCaseSensitive(document, "exp"))
        return true;
    if (!pp_json_integer(document, "exp", 0, PP_JSON_INTEGER_MAX, &read->expires_at, error))
        return false;
    if (read->expires_at <= read->issued_at)
        return pp_fail(error, PP_E_INVALID, "\"exp\" is not after \"iat\"");
    /* RFC 7519 §4.1.4: on or after it, the document must not be taken. */
    int64_t since = demands->now_s - read->expires_at;
    return demands->any_time || since < demands->skew_s ||
           pp_fail(error, PP_E_EXPIRED, "\"exp\": expired %lld s ago", (long long)since);
}

static bool check_version(const cJSON *document, const struct claims_demands *demands, struct claims *read,
                          struct pp_error *error) {
    if (demands->version_min == CLAIMS_NO_VERSION)
        return true;
    if (!pp_json_integer(document, "version", 0, PP_JSON_INTEGER_MAX, &read->version, error))
        return false;
    return read->version >= demands->version_min ||
           pp_fail(error, PP_E_ROLLBACK, "\"version\" %lld is older than %lld", (long long)read->version,
                   (long long)demands->version_min);
}

bool claims_check(const cJSON *document, const struct claims_demands *demands, struct claims *claims,
                  struct pp_error *error) {
    struct claims read = {.version = CLAIMS_NO_VERSION};
    if (!cJSON_IsObject(document))
        return pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (!check_audience(document, demands, &read, error) || !check_nonce(document, demands, error) ||
        !check_issued(document, demands, &read, error) || !check_expiry(document, demands, &read, error) ||
        !check_version(document, demands, &read, error))
        return false;
    *claims = read;
    return true;
}

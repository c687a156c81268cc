#include "crypto/jwk.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"

#define COORDINATE_SIZE      32                              /* bytes */
#define KEY_OPS_MAX          8                               /* items */
#define COORDINATE_TEXT      PP_BASE64_SIZE(COORDINATE_SIZE) /* with the NUL */
#define THUMBPRINT_INPUT_MAX (sizeof "{'crv':'P-256','kty':'EC','x':'','y':''}" + 2 * COORDINATE_TEXT)

static bool point_text(const uint8_t point[CRYPTO_POINT_SIZE], char x[COORDINATE_TEXT],
                       char y[COORDINATE_TEXT], struct pp_error *error) {
    if (point[0] != 0x04)
        return pp_fail(error, PP_E_INVALID, "not an uncompressed point");
    pp_base64url_encode(point + 1, COORDINATE_SIZE, x);
    pp_base64url_encode(point + 1 + COORDINATE_SIZE, COORDINATE_SIZE, y);
    return true;
}

bool jwk_thumbprint(const uint8_t point[CRYPTO_POINT_SIZE], uint8_t thumbprint[JWK_THUMBPRINT_SIZE],
                    struct pp_error *error) {
    char x[COORDINATE_TEXT];
    char y[COORDINATE_TEXT];
    char input[THUMBPRINT_INPUT_MAX];
    if (!point_text(point, x, y, error))
        return false;
    /* RFC 7638 §3.2: the required members only, sorted, without white space. */
    int size =
        snprintf(input, sizeof input, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"%s\",\"y\":\"%s\"}", x, y);
    return crypto_sha256(input, (size_t)size, thumbprint, error);
}

bool jwk_thumbprint_text(const uint8_t point[CRYPTO_POINT_SIZE], char text[JWK_THUMBPRINT_TEXT_SIZE],
                         struct pp_error *error) {
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE];
    char padded[PP_BASE64_SIZE(JWK_THUMBPRINT_SIZE)];
    if (!jwk_thumbprint(point, thumbprint, error))
        return false;
    pp_base64url_encode(thumbprint, sizeof thumbprint, padded);
    memcpy(text, padded, JWK_THUMBPRINT_TEXT_SIZE);
    return true;
}

cJSON *jwk_from_point(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    char x[COORDINATE_TEXT];
    char y[COORDINATE_TEXT];
    if (!point_text(point, x, y, error))
        return NULL;
    pp_autojson cJSON *jwk = cJSON_CreateObject();
    if (!cJSON_AddStringToObject(jwk, "kty", "EC") || !cJSON_AddStringToObject(jwk, "crv", "P-256") ||
        !cJSON_AddStringToObject(jwk, "x", x) || !cJSON_AddStringToObject(jwk, "y", y)) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    return pp_steal(&jwk);
}

static bool member_is(const cJSON *jwk, const char *name, const char *wanted, struct pp_error *error) {
    const char *value = NULL;
    if (!pp_json_string(jwk, name, COORDINATE_TEXT, &value, error))
        return false;
    if (strcmp(value, wanted) != 0)
        return pp_fail(error, PP_E_INVALID, "JWK: \"%s\" is not \"%s\"", name, wanted);
    return true;
}

static bool coordinate(const cJSON *jwk, const char *name, uint8_t *out, struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(jwk, name, COORDINATE_TEXT, &text, error))
        return false;
    if (!pp_base64url_decode_exact(text, out, COORDINATE_SIZE, error))
        return pp_wrap(error, "JWK: \"%s\"", name);
    return true;
}

/* A member that may be left out. */
static bool member_allows(const cJSON *jwk, const char *name, const char *wanted, struct pp_error *error) {
    return !cJSON_GetObjectItemCaseSensitive(jwk, name) || member_is(jwk, name, wanted, error);
}

static bool operations_allow(const cJSON *jwk, const char *wanted, struct pp_error *error) {
    const cJSON *operations = NULL;
    if (!cJSON_GetObjectItemCaseSensitive(jwk, "key_ops"))
        return true;
    if (!pp_json_array(jwk, "key_ops", KEY_OPS_MAX, &operations, error))
        return false;
    bool found = !wanted && !operations->child;
    for (const cJSON *item = operations->child; item; item = item->next)
        found = found || (wanted && cJSON_IsString(item) && strcmp(item->valuestring, wanted) == 0);
    return found || pp_fail(error, PP_E_INVALID, "JWK: \"key_ops\" is for something else");
}

bool jwk_to_point(const cJSON *jwk, enum jwk_purpose purpose, uint8_t point[CRYPTO_POINT_SIZE],
                  struct pp_error *error) {
    static const struct {
        const char *use, *operation, *algorithm;
    } rows[] = {[JWK_VERIFY] = {"sig", "verify", "ES256"}, [JWK_AGREE] = {"enc", NULL, "ECDH-ES"}};
    uint8_t parsed[CRYPTO_POINT_SIZE] = {0x04};
    if (cJSON_GetObjectItemCaseSensitive(jwk, "d"))
        return pp_fail(error, PP_E_INVALID, "JWK: \"d\": a private key is not to be sent");
    if (!member_is(jwk, "kty", "EC", error) || !member_is(jwk, "crv", "P-256", error) ||
        !member_allows(jwk, "use", rows[purpose].use, error) ||
        !member_allows(jwk, "alg", rows[purpose].algorithm, error) ||
        !operations_allow(jwk, rows[purpose].operation, error) || !coordinate(jwk, "x", parsed + 1, error) ||
        !coordinate(jwk, "y", parsed + 1 + COORDINATE_SIZE, error))
        return false;
    if (!crypto_point_check(parsed, error))
        return pp_wrap(error, "JWK: \"x\" and \"y\"");
    memcpy(point, parsed, sizeof parsed);
    return true;
}

#include "headend/public/agreement.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "headend/public/device_jws.h"
#include "jose/claims.h"
#include "jose/jwe.h"

#define KEY_TYPE "pingplay-channel-key"
#define KEY_MAX  64   /* bytes */
#define JWK_MAX  1024 /* bytes of JSON */

static bool payload_read(const struct pp_buf *payload, uint8_t agreement[CRYPTO_POINT_SIZE],
                         struct pp_error *error) {
    const cJSON *jwk = NULL;
    struct claims claims;
    /* When it was made says a screen's clock, which may be wrong. */
    const struct claims_demands demands = {
        .audience = AGREEMENT_AUDIENCE, .any_time = true, .version_min = CLAIMS_NO_VERSION};
    pp_autojson cJSON *document = pp_json_parse(payload->data, payload->size, AGREEMENT_TOKEN_MAX, error);
    return document && claims_check(document, &demands, &claims, error) &&
           pp_json_object(document, "jwk", &jwk, error) && jwk_to_point(jwk, JWK_AGREE, agreement, error);
}

bool agreement_read(const char *token, size_t size, const uint8_t device_key[CRYPTO_POINT_SIZE],
                    uint8_t agreement[CRYPTO_POINT_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(AGREEMENT_TOKEN_MAX);
    return (device_jws_verify(device_key, AGREEMENT_TYPE, token, size, &payload, error) &&
            payload_read(&payload, agreement, error)) ||
           pp_wrap(error, "agreement key");
}

bool agreement_seal(const uint8_t agreement[CRYPTO_POINT_SIZE], const char *typ, const char *device,
                    const void *secret, size_t size, struct pp_buf *token, struct pp_error *error) {
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    const struct jwe_context context = {.kid = kid, .typ = typ, .apv = device, .apv_size = strlen(device)};
    return jwk_thumbprint_text(agreement, kid, error) &&
           jwe_encrypt(agreement, &context, secret, size, token, error);
}

bool agreement_seal_key(const uint8_t agreement[CRYPTO_POINT_SIZE], const char *device, const void *key,
                        size_t size, struct pp_buf *token, struct pp_error *error) {
    char text[PP_BASE64_SIZE(KEY_MAX)];
    char jwk[JWK_MAX];
    if (size > KEY_MAX)
        return pp_fail(error, PP_E_LIMIT, "a key of %zu bytes", size);
    pp_base64url_encode(key, size, text);
    int length = snprintf(jwk, sizeof jwk, "{\"kty\":\"oct\",\"k\":\"%s\"}", text);
    bool ok = agreement_seal(agreement, KEY_TYPE, device, jwk, (size_t)length, token, error);
    pp_wipe(text, sizeof text);
    pp_wipe(jwk, sizeof jwk);
    return ok;
}

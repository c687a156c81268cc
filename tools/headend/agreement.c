#include "headend/agreement.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "jose/claims.h"
#include "jose/jwe.h"
#include "jose/jws.h"

#define KEY_TYPE "pingplay-channel-key"
#define KEY_MAX  64   /* bytes */
#define JWK_MAX  1024 /* bytes of JSON */

struct device_key {
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    struct crypto_public *key;
};

static const struct crypto_public *find_device_key(void *arg, const char *kid) {
    const struct device_key *device = arg;
    return kid && strcmp(kid, device->kid) == 0 ? device->key : NULL;
}

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
    struct device_key device = {0};
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_point(device_key, error);
    if (!key || !jwk_thumbprint_text(device_key, device.kid, error))
        return false;
    device.key = key;
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(AGREEMENT_TOKEN_MAX);
    const struct jws_verifier verifier = {.typ = AGREEMENT_TYPE, .find = find_device_key, .arg = &device};
    return (jws_verify(&verifier, token, size, &payload, error) &&
            payload_read(&payload, agreement, error)) ||
           pp_wrap(error, "agreement key");
}

bool agreement_seal_key(const uint8_t agreement[CRYPTO_POINT_SIZE], const char *device, const void *key,
                        size_t size, struct pp_buf *token, struct pp_error *error) {
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    char text[PP_BASE64_SIZE(KEY_MAX)];
    char jwk[JWK_MAX];
    if (size > KEY_MAX)
        return pp_fail(error, PP_E_LIMIT, "a key of %zu bytes", size);
    pp_base64url_encode(key, size, text);
    int length = snprintf(jwk, sizeof jwk, "{\"kty\":\"oct\",\"k\":\"%s\"}", text);
    const struct jwe_context context = {
        .kid = kid, .typ = KEY_TYPE, .apv = device, .apv_size = strlen(device)};
    bool ok = jwk_thumbprint_text(agreement, kid, error) &&
              jwe_encrypt(agreement, &context, jwk, (size_t)length, token, error);
    pp_wipe(text, sizeof text);
    pp_wipe(jwk, sizeof jwk);
    return ok;
}

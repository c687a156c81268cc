#include "headend/signer/upload_key.h"

#include "crypto/jwk.h"
#include "headend/signer/tuf_sign.h"

cJSON *screen_upload_key(const struct home *home, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, UPLOAD_ROLE, true, error);
    if (!key || !crypto_key_public_point(key, point, error) || !jwk_thumbprint_text(point, kid, error))
        return NULL;
    cJSON *jwk = jwk_from_point(point, error);
    if (!jwk)
        return NULL;
    cJSON_AddStringToObject(jwk, "kid", kid);
    cJSON_AddStringToObject(jwk, "use", "enc");
    cJSON_AddStringToObject(jwk, "alg", "ECDH-ES");
    return jwk;
}

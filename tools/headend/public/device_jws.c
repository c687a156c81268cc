#include "headend/public/device_jws.h"

#include <string.h>

#include "crypto/jwk.h"
#include "crypto/verify.h"
#include "jose/jws.h"

struct signer {
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    struct crypto_public *key;
};

static const struct crypto_public *find_signer(void *arg, const char *kid) {
    const struct signer *signer = arg;
    return kid && strcmp(kid, signer->kid) == 0 ? signer->key : NULL;
}

bool device_jws_verify(const uint8_t point[CRYPTO_POINT_SIZE], const char *typ, const void *token,
                       size_t size, struct pp_buf *payload, struct pp_error *error) {
    struct signer signer = {0};
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_point(point, error);
    if (!key || !jwk_thumbprint_text(point, signer.kid, error))
        return false;
    signer.key = key;
    const struct jws_verifier verifier = {.typ = typ, .find = find_signer, .arg = &signer};
    if (jws_verify(&verifier, token, size, payload, error))
        return true;
    if (error && error->code == PP_E_NOTFOUND) /* it is signed, by somebody else */
        error->code = PP_E_AUTH;
    return false;
}

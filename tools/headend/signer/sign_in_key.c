#include "headend/signer/sign_in_key.h"

#include <pthread.h>

#include "crypto/jwk.h"
#include "headend/signer/tuf_sign.h"
#include "jose/jwe.h"

#define KEY_ROLE "sign-in" /* keys/sign-in.pem */

struct sign_in_key {
    pthread_mutex_t mutex; /* a key belongs to one thread at a time */
    struct crypto_key *key;
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
};

struct sign_in_key *sign_in_key_open(const struct home *home, struct pp_error *error) {
    struct sign_in_key *key = calloc(1, sizeof *key);
    if (!key) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&key->mutex, NULL);
    key->key = tuf_key(home, KEY_ROLE, true, error);
    if (key->key && crypto_key_public_point(key->key, key->point, error) &&
        jwk_thumbprint_text(key->point, key->kid, error))
        return key;
    sign_in_key_close(key);
    return NULL;
}

void sign_in_key_close(struct sign_in_key *key) {
    if (!key)
        return;
    crypto_key_destroy(key->key);
    pthread_mutex_destroy(&key->mutex);
    free(key);
}

cJSON *sign_in_key_jwk(const struct sign_in_key *key, struct pp_error *error) {
    cJSON *jwk = jwk_from_point(key->point, error);
    if (!jwk)
        return NULL;
    cJSON_AddStringToObject(jwk, "use", "enc");
    cJSON_AddStringToObject(jwk, "alg", "ECDH-ES");
    cJSON_AddStringToObject(jwk, "kid", key->kid);
    return jwk;
}

static bool decrypt(struct sign_in_key *key, const struct jwe_context *context, const void *token,
                    size_t size, struct pp_buf *clear, struct pp_error *error) {
    pthread_mutex_lock(&key->mutex);
    bool ok = jwe_decrypt(key->key, context, token, size, clear, error);
    pthread_mutex_unlock(&key->mutex);
    return ok;
}

bool sign_in_key_decrypt(struct sign_in_key *key, const char *device, const void *token, size_t size,
                         struct pp_buf *clear, struct pp_error *error) {
    const struct jwe_context context = {
        .kid = key->kid, .typ = SIGN_IN_TYPE, .apu = device, .apu_size = strlen(device)};
    return decrypt(key, &context, token, size, clear, error);
}

static struct jwe_context kept_context(const struct sign_in_key *key, const char *typ, const char *device) {
    return (struct jwe_context){.kid = key->kid, .typ = typ, .apv = device, .apv_size = strlen(device)};
}

bool sign_in_key_seal(const struct sign_in_key *key, const char *typ, const char *device, const void *clear,
                      size_t size, struct pp_buf *sealed, struct pp_error *error) {
    const struct jwe_context context = kept_context(key, typ, device);
    return jwe_encrypt(key->point, &context, clear, size, sealed, error);
}

bool sign_in_key_unseal(struct sign_in_key *key, const char *typ, const char *device, const char *sealed,
                        struct pp_buf *clear, struct pp_error *error) {
    const struct jwe_context context = kept_context(key, typ, device);
    return decrypt(key, &context, sealed, strlen(sealed), clear, error);
}

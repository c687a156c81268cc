#include "crypto/key_software.h"

#include <mbedtls/error.h>
#include <string.h>

#include "base/secret.h"
#include "crypto/bulk.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/key_mbedtls.h"
#include "crypto/random.h"

int crypto_mbedtls_random(void *context, unsigned char *out, size_t size) {
    (void)context;
    return crypto_random(out, size, NULL) ? 0 : MBEDTLS_ERR_ERROR_GENERIC_ERROR;
}

bool crypto_mbedtls_fail(struct pp_error *error, enum pp_code code, int status, const char *context) {
    return pp_fail(error, code, "%s (mbedTLS -0x%04X)", context, (unsigned)-status);
}

/* In memory for secrets. */
struct software_key {
    uint8_t number[CRYPTO_SECRET_SIZE];
    uint8_t point[CRYPTO_POINT_SIZE];
};

void *key_software_keep(mbedtls_pk_context *pk, const uint8_t point[CRYPTO_POINT_SIZE],
                        struct pp_error *error) {
    struct software_key *key = pp_secret_create(sizeof *key, NULL, error);
    if (!key)
        return NULL;
    memcpy(key->point, point, sizeof key->point);
    int status = compat_pk_private_number(pk, key->number, sizeof key->number);
    if (!status)
        return key;
    pp_secret_destroy(key, sizeof *key);
    crypto_mbedtls_fail(error, PP_E_INVALID, status, "private key");
    return NULL;
}

void *key_software_keep_number(const uint8_t number[CRYPTO_SECRET_SIZE],
                               const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    struct software_key *key = pp_secret_create(sizeof *key, NULL, error);
    if (!key)
        return NULL;
    memcpy(key->number, number, sizeof key->number);
    memcpy(key->point, point, sizeof key->point);
    return key;
}

bool key_software_to_pk(const void *context, mbedtls_pk_context *pk, struct pp_error *error) {
    const struct software_key *key = context;
    int status = compat_pk_from_numbers(pk, key->number, sizeof key->number, key->point);
    return !status || crypto_mbedtls_fail(error, PP_E_STATE, status, "private key");
}

static bool software_sign(void *context, const uint8_t digest[CRYPTO_DIGEST_SIZE],
                          uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    const struct software_key *key = context;
    return bulk_default()->p256_sign(key->number, key->point, digest, signature, error);
}

static bool software_agree(void *context, const uint8_t peer[CRYPTO_POINT_SIZE],
                           uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error) {
    const struct software_key *key = context;
    return crypto_agree_with_number(key->number, peer, secret, error);
}

static void software_destroy(void *context) {
    pp_secret_destroy(context, sizeof(struct software_key));
}

const struct crypto_keeper key_software = {
    .name = "software",
    .sign = software_sign,
    .agree = software_agree,
    .destroy = software_destroy,
};

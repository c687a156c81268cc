#include "crypto/public_numbers.h"

#include <mbedtls/asn1.h>
#include <mbedtls/rsa.h>
#include <string.h>

#include "crypto/bulk.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/key_mbedtls.h"

#define RSA_BYTES_MIN    256  /* 2048 bits */
#define SPKI_MAX         1024 /* bytes */
#define RSA_EXPONENT_MAX 4    /* bytes */

static bool read_rsa(mbedtls_pk_context *pk, struct public_numbers *numbers, struct pp_error *error) {
    uint8_t exponent[RSA_EXPONENT_MAX];
    mbedtls_rsa_context *rsa = mbedtls_pk_rsa(*pk);
    numbers->rsa = true;
    numbers->modulus_size = mbedtls_rsa_get_len(rsa);
    if (numbers->modulus_size < RSA_BYTES_MIN || numbers->modulus_size > sizeof numbers->modulus)
        return pp_fail(error, PP_E_INVALID, "RSA key of %zu bits, not 2048 to 4096",
                       numbers->modulus_size * 8);
    int status = mbedtls_rsa_export_raw(rsa, numbers->modulus, numbers->modulus_size, NULL, 0, NULL, 0, NULL,
                                        0, exponent, sizeof exponent);
    if (status)
        return crypto_mbedtls_fail(error, PP_E_INVALID, status, "RSA key");
    for (size_t i = 0; i < sizeof exponent; i++)
        numbers->exponent = numbers->exponent << 8 | exponent[i];
    return true;
}

bool public_numbers_read(const void *der, size_t size, struct public_numbers *numbers,
                         struct pp_error *error) {
    mbedtls_pk_context pk;
    *numbers = (struct public_numbers){0};
    mbedtls_pk_init(&pk);
    int status = mbedtls_pk_parse_public_key(&pk, der, size);
    bool ok = status ? crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a public key")
              : mbedtls_pk_get_type(&pk) == MBEDTLS_PK_RSA ? read_rsa(&pk, numbers, error)
                                                           : crypto_pk_point(&pk, numbers->point, error);
    mbedtls_pk_free(&pk);
    return ok;
}

bool public_numbers_fingerprint(const void *der, size_t size, uint8_t fingerprint[CRYPTO_DIGEST_SIZE],
                                struct pp_error *error) {
    static const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    uint8_t copy[SPKI_MAX]; /* mbedTLS takes a pointer to non-const where it only reads */
    uint8_t *at = copy;
    size_t length = 0;
    if (size > sizeof copy)
        return pp_fail(error, PP_E_LIMIT, "public key of more than %d bytes", SPKI_MAX);
    memcpy(copy, der, size);
    const uint8_t *end = copy + size;
    int status = mbedtls_asn1_get_tag(&at, end, &length, sequence);
    if (!status)
        status = mbedtls_asn1_get_tag(&at, end, &length, sequence);
    at += status ? 0 : length;
    if (!status)
        status = mbedtls_asn1_get_bitstring_null(&at, end, &length);
    if (status)
        return crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a public key");
    return crypto_sha256(at, length, fingerprint, error);
}

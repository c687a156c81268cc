/* P-256 by mbedTLS, through PSA, which reads no point that is not on the curve; and what keys ask of whichever
 * implementation is used. */
#include "crypto/p256.h"

#include <psa/crypto.h>

#include "crypto/compat_mbedtls.h"
#include "crypto/ecdsa_der.h"
#include "crypto/key.h"
#include "crypto/key_mbedtls.h"

#define P256_BITS         256
#define SEC1_UNCOMPRESSED 0x04 /* SEC 1 §2.3.3 */

static psa_status_t import(psa_key_type_t type, psa_algorithm_t algorithm, const uint8_t *data, size_t size,
                           psa_key_id_t *id) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, P256_BITS);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE | PSA_KEY_USAGE_VERIFY_HASH);
    psa_set_key_algorithm(&attributes, algorithm);
    return psa_import_key(&attributes, data, size, id);
}

static bool succeeded(psa_status_t status, struct pp_error *error) {
    if (status == PSA_ERROR_INVALID_ARGUMENT)
        return pp_fail(error, PP_E_INVALID, "not a point of P-256");
    return !status || pp_fail(error, PP_E_STATE, "P-256 (PSA %d)", (int)status);
}

static bool uncompressed(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    return point[0] == SEC1_UNCOMPRESSED || pp_fail(error, PP_E_INVALID, "not an uncompressed point");
}

bool p256_mbedtls_check(const uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error) {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    if (!compat_psa_init(error))
        return false;
    compat_psa_lock();
    psa_status_t status = import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_ALG_NONE, point,
                                 BULK_P256_POINT_SIZE, &id);
    psa_destroy_key(id);
    compat_psa_unlock();
    return succeeded(status, error);
}

bool p256_mbedtls_public(const uint8_t number[BULK_P256_NUMBER_SIZE], uint8_t point[BULK_P256_POINT_SIZE],
                         struct pp_error *error) {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    size_t size = 0;
    if (!compat_psa_init(error))
        return false;
    compat_psa_lock();
    psa_status_t status = import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), PSA_ALG_ECDH, number,
                                 BULK_P256_NUMBER_SIZE, &id);
    if (!status)
        status = psa_export_public_key(id, point, BULK_P256_POINT_SIZE, &size);
    psa_destroy_key(id);
    compat_psa_unlock();
    return succeeded(!status && size != BULK_P256_POINT_SIZE ? PSA_ERROR_GENERIC_ERROR : status, error);
}

static psa_status_t agree(const uint8_t *number, const uint8_t *peer, uint8_t *secret) {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    size_t size = 0;
    compat_psa_lock();
    psa_status_t status = import(PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1), PSA_ALG_ECDH, number,
                                 CRYPTO_SECRET_SIZE, &id);
    if (!status)
        status = psa_raw_key_agreement(PSA_ALG_ECDH, id, peer, CRYPTO_POINT_SIZE, secret, CRYPTO_SECRET_SIZE,
                                       &size);
    psa_destroy_key(id);
    compat_psa_unlock();
    return !status && size != CRYPTO_SECRET_SIZE ? PSA_ERROR_GENERIC_ERROR : status;
}

bool p256_mbedtls_agree(const uint8_t number[BULK_P256_NUMBER_SIZE], const uint8_t peer[BULK_P256_POINT_SIZE],
                        uint8_t secret[BULK_P256_NUMBER_SIZE], struct pp_error *error) {
    return compat_psa_init(error) && succeeded(agree(number, peer, secret), error);
}

bool p256_mbedtls_sign(const uint8_t number[BULK_P256_NUMBER_SIZE], const uint8_t point[BULK_P256_POINT_SIZE],
                       const uint8_t digest[BULK_SHA256_SIZE], uint8_t signature[2 * BULK_P256_NUMBER_SIZE],
                       struct pp_error *error) {
    uint8_t der[MBEDTLS_PK_SIGNATURE_MAX_SIZE];
    size_t size = 0;
    mbedtls_pk_context pk;
    mbedtls_pk_init(&pk);
    int status = compat_pk_from_numbers(&pk, number, BULK_P256_NUMBER_SIZE, point);
    if (!status)
        status = compat_pk_sign(&pk, MBEDTLS_MD_SHA256, digest, BULK_SHA256_SIZE, der, sizeof der, &size);
    mbedtls_pk_free(&pk); /* wipes */
    if (status)
        return crypto_mbedtls_fail(error, PP_E_STATE, status, "sign");
    return ecdsa_der_to_raw(der, size, signature) ||
           pp_fail(error, PP_E_STATE, "sign: not a signature of P-256");
}

bool p256_mbedtls_verify(const uint8_t point[BULK_P256_POINT_SIZE], const uint8_t digest[BULK_SHA256_SIZE],
                         const uint8_t *signature, size_t size, struct pp_error *error) {
    const psa_algorithm_t ecdsa = PSA_ALG_ECDSA(PSA_ALG_SHA_256);
    uint8_t raw[CRYPTO_SIGNATURE_RAW_SIZE];
    psa_key_id_t id = PSA_KEY_ID_NULL;
    if (!compat_psa_init(error))
        return false;
    if (!ecdsa_der_to_raw(signature, size, raw))
        return pp_fail(error, PP_E_AUTH, "the signature is not valid");
    compat_psa_lock();
    psa_status_t status =
        import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), ecdsa, point, BULK_P256_POINT_SIZE, &id);
    if (!status)
        status = psa_verify_hash(id, ecdsa, digest, BULK_SHA256_SIZE, raw, sizeof raw);
    psa_destroy_key(id);
    compat_psa_unlock();
    return !status || pp_fail(error, PP_E_AUTH, "the signature is not valid");
}

bool crypto_point_check(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    return uncompressed(point, error) && bulk_default()->p256_check(point, error);
}

bool crypto_agree_with_number(const uint8_t *number, const uint8_t peer[CRYPTO_POINT_SIZE],
                              uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error) {
    return uncompressed(peer, error) && bulk_default()->p256_agree(number, peer, secret, error);
}

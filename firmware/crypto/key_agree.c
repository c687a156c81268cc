/* ECDH and the check of points, through PSA: it reads no point that is not on the curve. */
#include <psa/crypto.h>

#include "crypto/compat_mbedtls.h"
#include "crypto/key.h"
#include "crypto/key_mbedtls.h"

#define P256_BITS         256
#define SEC1_UNCOMPRESSED 0x04 /* SEC 1 §2.3.3 */

static psa_status_t import(psa_key_type_t type, psa_algorithm_t algorithm, const uint8_t *data, size_t size,
                           psa_key_id_t *id) {
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, P256_BITS);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_DERIVE);
    psa_set_key_algorithm(&attributes, algorithm);
    return psa_import_key(&attributes, data, size, id);
}

static bool agreed(psa_status_t status, struct pp_error *error) {
    if (status == PSA_ERROR_INVALID_ARGUMENT)
        return pp_fail(error, PP_E_INVALID, "not a point of P-256");
    return !status || pp_fail(error, PP_E_STATE, "key agreement (PSA %d)", (int)status);
}

static bool uncompressed(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    return point[0] == SEC1_UNCOMPRESSED || pp_fail(error, PP_E_INVALID, "not an uncompressed point");
}

bool crypto_point_check(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    psa_key_id_t id = PSA_KEY_ID_NULL;
    if (!compat_psa_init(error) || !uncompressed(point, error))
        return false;
    compat_psa_lock();
    psa_status_t status = import(PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_ALG_NONE, point,
                                 CRYPTO_POINT_SIZE, &id);
    psa_destroy_key(id);
    compat_psa_unlock();
    return agreed(status, error);
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

bool crypto_agree_with_number(const uint8_t *number, const uint8_t peer[CRYPTO_POINT_SIZE],
                              uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error) {
    if (!compat_psa_init(error) || !uncompressed(peer, error))
        return false;
    return agreed(agree(number, peer, secret), error);
}

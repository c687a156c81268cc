#include "crypto/hkdf.h"

#include <psa/crypto.h>

#include "base/mem.h"
#include "crypto/compat_mbedtls.h"

static const psa_algorithm_t hkdf_algorithms[] = {
    [CRYPTO_SHA1] = PSA_ALG_HKDF(PSA_ALG_SHA_1),
    [CRYPTO_SHA256] = PSA_ALG_HKDF(PSA_ALG_SHA_256),
    [CRYPTO_SHA512] = PSA_ALG_HKDF(PSA_ALG_SHA_512),
};

static psa_status_t hkdf_derive(psa_key_derivation_operation_t *operation, enum crypto_hash hash,
                                const void *ikm, size_t ikm_size, const void *salt, size_t salt_size,
                                const void *info, size_t info_size, void *out, size_t out_size) {
    psa_status_t status = psa_key_derivation_setup(operation, hkdf_algorithms[hash]);
    if (!status)
        status = psa_key_derivation_input_bytes(operation, PSA_KEY_DERIVATION_INPUT_SALT, salt, salt_size);
    if (!status)
        status = psa_key_derivation_input_bytes(operation, PSA_KEY_DERIVATION_INPUT_SECRET, ikm, ikm_size);
    if (!status)
        status = psa_key_derivation_input_bytes(operation, PSA_KEY_DERIVATION_INPUT_INFO, info, info_size);
    if (!status)
        status = psa_key_derivation_output_bytes(operation, out, out_size);
    return status;
}

bool crypto_hkdf(enum crypto_hash hash, const void *ikm, size_t ikm_size, const void *salt, size_t salt_size,
                 const void *info, size_t info_size, void *out, size_t out_size, struct pp_error *error) {
    static const uint8_t empty[1]; /* PSA wants a pointer even to nothing */
    if (!compat_psa_init(error))
        return false;
    if ((unsigned)hash >= PP_COUNT(hkdf_algorithms))
        return pp_fail(error, PP_E_INVALID, "HKDF: no such hash");
    psa_key_derivation_operation_t operation = PSA_KEY_DERIVATION_OPERATION_INIT;
    psa_status_t status = hkdf_derive(&operation, hash, ikm_size ? ikm : empty, ikm_size, salt ? salt : empty,
                                      salt_size, info ? info : empty, info_size, out, out_size);
    psa_key_derivation_abort(&operation);
    if (status == PSA_ERROR_INSUFFICIENT_DATA)
        return pp_fail(error, PP_E_LIMIT, "HKDF: %zu bytes are more than the hash can derive", out_size);
    if (status)
        return pp_fail(error, PP_E_STATE, "HKDF (PSA %d)", (int)status);
    return true;
}

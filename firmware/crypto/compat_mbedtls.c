#include "crypto/compat_mbedtls.h"

#include <mbedtls/ecp.h>
#include <psa/crypto.h>
#include <pthread.h>

#include "crypto/key_mbedtls.h"

#define MBEDTLS_3_0 0x03000000
#define MBEDTLS_3_6 0x03060000 /* its PSA key store takes its own locks (with MBEDTLS_THREADING_C) */

/* PSA is one object per process, so what guards it is too. */
static pthread_once_t psa_once = PTHREAD_ONCE_INIT;
static psa_status_t psa_started;

static void psa_start(void) {
    psa_started = psa_crypto_init();
}

bool compat_psa_init(struct pp_error *error) {
    pthread_once(&psa_once, psa_start);
    if (psa_started != PSA_SUCCESS)
        return pp_fail(error, PP_E_STATE, "cannot start the crypto library (PSA %d)", (int)psa_started);
    return true;
}

#if MBEDTLS_VERSION_NUMBER >= MBEDTLS_3_6 && defined(MBEDTLS_THREADING_C)
void compat_psa_lock(void) {
}

void compat_psa_unlock(void) {
}
#else
static pthread_mutex_t psa_mutex = PTHREAD_MUTEX_INITIALIZER;

void compat_psa_lock(void) {
    pthread_mutex_lock(&psa_mutex);
}

void compat_psa_unlock(void) {
    pthread_mutex_unlock(&psa_mutex);
}
#endif

int compat_pk_parse_key(mbedtls_pk_context *pk, const uint8_t *der, size_t size) {
#if MBEDTLS_VERSION_NUMBER >= MBEDTLS_3_0
    return mbedtls_pk_parse_key(pk, der, size, NULL, 0, crypto_mbedtls_random, NULL);
#else
    return mbedtls_pk_parse_key(pk, der, size, NULL, 0);
#endif
}

int compat_pk_sign(mbedtls_pk_context *pk, mbedtls_md_type_t hash, const uint8_t *digest, size_t digest_size,
                   uint8_t *signature, size_t room, size_t *size) {
#if MBEDTLS_VERSION_NUMBER >= MBEDTLS_3_0
    return mbedtls_pk_sign(pk, hash, digest, digest_size, signature, room, size, crypto_mbedtls_random, NULL);
#else
    if (room < MBEDTLS_PK_SIGNATURE_MAX_SIZE)
        return MBEDTLS_ERR_PK_BAD_INPUT_DATA;
    return mbedtls_pk_sign(pk, hash, digest, digest_size, signature, size, crypto_mbedtls_random, NULL);
#endif
}

int compat_pk_private_number(mbedtls_pk_context *pk, uint8_t *number, size_t size) {
#if MBEDTLS_VERSION_NUMBER >= MBEDTLS_3_0
    return mbedtls_mpi_write_binary(&mbedtls_pk_ec(*pk)->MBEDTLS_PRIVATE(d), number, size);
#else
    return mbedtls_mpi_write_binary(&mbedtls_pk_ec(*pk)->d, number, size);
#endif
}

int compat_pk_from_numbers(mbedtls_pk_context *pk, const uint8_t *number, size_t size, const uint8_t *point) {
    int status = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (!status)
        status = mbedtls_ecp_read_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk), number, size);
    if (status)
        return status;
    mbedtls_ecp_keypair *pair = mbedtls_pk_ec(*pk);
#if MBEDTLS_VERSION_NUMBER >= MBEDTLS_3_0
    return mbedtls_ecp_point_read_binary(&pair->MBEDTLS_PRIVATE(grp), &pair->MBEDTLS_PRIVATE(Q), point,
                                         CRYPTO_POINT_SIZE);
#else
    return mbedtls_ecp_point_read_binary(&pair->grp, &pair->Q, point, CRYPTO_POINT_SIZE);
#endif
}

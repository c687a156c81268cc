/*
 * Internal: the differences between mbedTLS 2.28 (Debian 12) and 3.6 (Debian 13), all of them. Nothing else
 * in this project asks for mbedTLS's version.
 */
#ifndef PP_CRYPTO_COMPAT_MBEDTLS_H
#define PP_CRYPTO_COMPAT_MBEDTLS_H

#include <mbedtls/md.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* psa_crypto_init, once per process. */
PP_MUST_USE bool compat_psa_init(struct pp_error *error);

/* PSA's key store may be used by one thread at a time before 3.6: every use of a psa_key_id_t stands between
 * these. */
void compat_psa_lock(void);
void compat_psa_unlock(void);

/* The rest return mbedTLS's status: 0, or a negative error number. */
int compat_pk_parse_key(mbedtls_pk_context *pk, const uint8_t *der, size_t size);
int compat_pk_sign(mbedtls_pk_context *pk, mbedtls_md_type_t hash, const uint8_t *digest, size_t digest_size,
                   uint8_t *signature, size_t room, size_t *size);
/* The P-256 key of a private number and its point (65 bytes), which is not reckoned again. */
int compat_pk_from_numbers(mbedtls_pk_context *pk, const uint8_t *number, size_t size, const uint8_t *point);
/* The private number of an EC key, big-endian, for the caller to wipe. */
int compat_pk_private_number(mbedtls_pk_context *pk, uint8_t *number, size_t size);

/* Inline, because only users of mbedtls/x509_crt.h link libmbedx509. `serial` is big-endian. */
static inline int compat_crt_set_serial(mbedtls_x509write_cert *certificate, const uint8_t *serial,
                                        size_t size) {
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
    uint8_t copy[MBEDTLS_X509_RFC5280_MAX_SERIAL_LEN];
    if (size > sizeof copy)
        return MBEDTLS_ERR_X509_BAD_INPUT_DATA;
    for (size_t i = 0; i < size; i++)
        copy[i] = serial[i];
    return mbedtls_x509write_crt_set_serial_raw(certificate, copy, size);
#else
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    int status = mbedtls_mpi_read_binary(&number, serial, size);
    if (!status)
        status = mbedtls_x509write_crt_set_serial(certificate, &number);
    mbedtls_mpi_free(&number);
    return status;
#endif
}

/* Whether basicConstraints (RFC 5280 §4.2.1.9) make it an authority's. */
static inline bool compat_crt_is_ca(const mbedtls_x509_crt *crt) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return crt->MBEDTLS_PRIVATE(ca_istrue) != 0;
#else
    return crt->ca_istrue != 0;
#endif
}

/* The signature of a certificate as it stands there, and whether it is one of ECDSA. */
static inline const mbedtls_x509_buf *compat_crt_signature(const mbedtls_x509_crt *crt, bool *ecdsa) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    *ecdsa = crt->MBEDTLS_PRIVATE(sig_pk) == MBEDTLS_PK_ECDSA;
    return &crt->MBEDTLS_PRIVATE(sig);
#else
    *ecdsa = crt->sig_pk == MBEDTLS_PK_ECDSA;
    return &crt->sig;
#endif
}

#endif

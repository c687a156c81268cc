/* Internal: the rows of `struct bulk_backend` on P-256 (crypto/bulk.h). */
#ifndef PP_CRYPTO_P256_H
#define PP_CRYPTO_P256_H

#include "crypto/bulk.h"

PP_MUST_USE bool p256_mbedtls_public(const uint8_t number[BULK_P256_NUMBER_SIZE],
                                     uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_mbedtls_check(const uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_mbedtls_agree(const uint8_t number[BULK_P256_NUMBER_SIZE],
                                    const uint8_t peer[BULK_P256_POINT_SIZE],
                                    uint8_t secret[BULK_P256_NUMBER_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_mbedtls_sign(const uint8_t number[BULK_P256_NUMBER_SIZE],
                                   const uint8_t point[BULK_P256_POINT_SIZE],
                                   const uint8_t digest[BULK_SHA256_SIZE],
                                   uint8_t signature[2 * BULK_P256_NUMBER_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_mbedtls_verify(const uint8_t point[BULK_P256_POINT_SIZE],
                                     const uint8_t digest[BULK_SHA256_SIZE], const uint8_t *signature,
                                     size_t size, struct pp_error *error);

#ifdef PP_BULK_OPENSSL
PP_MUST_USE bool p256_openssl_public(const uint8_t number[BULK_P256_NUMBER_SIZE],
                                     uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_openssl_check(const uint8_t point[BULK_P256_POINT_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_openssl_agree(const uint8_t number[BULK_P256_NUMBER_SIZE],
                                    const uint8_t peer[BULK_P256_POINT_SIZE],
                                    uint8_t secret[BULK_P256_NUMBER_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_openssl_sign(const uint8_t number[BULK_P256_NUMBER_SIZE],
                                   const uint8_t point[BULK_P256_POINT_SIZE],
                                   const uint8_t digest[BULK_SHA256_SIZE],
                                   uint8_t signature[2 * BULK_P256_NUMBER_SIZE], struct pp_error *error);
PP_MUST_USE bool p256_openssl_verify(const uint8_t point[BULK_P256_POINT_SIZE],
                                     const uint8_t digest[BULK_SHA256_SIZE], const uint8_t *signature,
                                     size_t size, struct pp_error *error);
#endif

#endif

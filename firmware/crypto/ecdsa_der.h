/*
 * The strict form of an ECDSA signature: DER, as RFC 3279 §2.2.3 and X.690 §8.3 and §10.1 want it.
 *
 *     30 LENGTH  02 LENGTH r  02 LENGTH s        SEQUENCE { INTEGER r, INTEGER s }
 *
 * mbedTLS also reads lengths with leading zeroes, numbers with leading zeroes or a sign, and bytes behind the
 * end: many texts would be one signature. Internal.
 */
#ifndef PP_CRYPTO_ECDSA_DER_H
#define PP_CRYPTO_ECDSA_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ECDSA_NUMBER_MAX 66 /* bytes of a number for P-521, without a leading zero */
#define ECDSA_P256_SIZE  32 /* bytes of a number for P-256 */
#define ECDSA_P256_DER   72 /* bytes at most of a signature by it */

/* Whether it is exactly that, with positive numbers of at most `number_size` bytes. Says nothing of whether
 * it is valid. */
bool ecdsa_der_strict(const uint8_t *der, size_t size, size_t number_size);

/* A signature by P-256 between that form and r, s side by side (RFC 7518 §3.4). The first returns the bytes
 * written; the second takes the strict form only. */
size_t ecdsa_der_from_raw(const uint8_t raw[2 * ECDSA_P256_SIZE], uint8_t der[ECDSA_P256_DER]);
bool ecdsa_der_to_raw(const uint8_t *der, size_t size, uint8_t raw[2 * ECDSA_P256_SIZE]);

#endif

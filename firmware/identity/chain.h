/* X.509 work of identity (RFC 5280): an issued chain, read by mbedTLS and verified by OpenSSL against the configured
 * authority. */
#ifndef PP_IDENTITY_CHAIN_H
#define PP_IDENTITY_CHAIN_H

#include <mbedtls/x509_crt.h>
#include <openssl/x509.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/key.h"
#include "identity/identity.h"
#include "identity/pkcs7.h"

#define CHAIN_CA_FILE_MAX (256 * 1024) /* bytes */
#define CHAIN_AUTH_LEVEL  2            /* OpenSSL's: 112 bits, no SHA-1 */

#define chain_autocrt     PP_CLEANUP(mbedtls_x509_crt_free)

/* What identity keeps of a certificate. */
struct chain_facts {
    char device_id[IDENTITY_DEVICE_ID_MAX];
    int64_t not_before, not_after; /* s since 1970 */
};

/* `crt` is initialised; all certificates of a PEM text. */
PP_MUST_USE bool chain_parse_pem(mbedtls_x509_crt *crt, const char *pem, size_t size, struct pp_error *error);

/* The DER of the next certificate of a PEM text, which then begins behind it. False: there is none. */
PP_MUST_USE bool chain_next_certificate(const char **pem, struct pp_buf *der, bool *valid,
                                        struct pp_error *error);

/* All certificates of a PEM file that can be read. Another one is left out, and `left_out` then says which and why;
 * with none left the file is refused. */
PP_MUST_USE bool chain_load_authorities(mbedtls_x509_crt *crt, const char *ca_file, struct pp_error *left_out,
                                        struct pp_error *error);

/* The only certificate of the list for `point` first, then the others, in whatever order they came; one of those that
 * cannot be read is left out likewise. */
PP_MUST_USE bool chain_from_list(const struct pkcs7_certificates *list,
                                 const uint8_t point[CRYPTO_POINT_SIZE], mbedtls_x509_crt *crt,
                                 struct pp_error *left_out, struct pp_error *error);
bool chain_key_matches(mbedtls_x509_crt *crt, const uint8_t point[CRYPTO_POINT_SIZE]);

/* The same of a PEM text. */
PP_MUST_USE bool chain_parse_authorities(mbedtls_x509_crt *crt, const char *pem, struct pp_error *left_out,
                                         struct pp_error *error);

/* Everything identity_accept_certificate promises of a chain, at `now_s`; `trust` names the keys that are in no path.
 * Appends what is to be kept, as PEM:
 * from the device's certificate up to, without, the authority. */
PP_MUST_USE bool chain_verify(mbedtls_x509_crt *crt, mbedtls_x509_crt *authorities,
                              const struct net_trust *trust, int64_t now_s, struct pp_buf *pem,
                              struct pp_error *error);

/* No RSA key of it is too short: at that level OpenSSL takes somewhat less, too. */
bool chain_keys_strong(const STACK_OF(X509) * chain);

PP_MUST_USE bool chain_facts(const mbedtls_x509_crt *crt, struct chain_facts *facts, struct pp_error *error);

#endif

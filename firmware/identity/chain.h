/* X.509 work of identity (RFC 5280), over mbedTLS: an issued chain, checked against the configured authority.
 */
#ifndef PP_IDENTITY_CHAIN_H
#define PP_IDENTITY_CHAIN_H

#include <mbedtls/x509_crt.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/key.h"
#include "identity/identity.h"
#include "identity/pkcs7.h"

#define CHAIN_CA_FILE_MAX (256 * 1024) /* bytes */

#define chain_autocrt     PP_CLEANUP(mbedtls_x509_crt_free)

/* What identity keeps of a certificate. */
struct chain_facts {
    char device_id[IDENTITY_DEVICE_ID_MAX];
    int64_t not_before, not_after; /* s since 1970 */
};

/* `crt` is initialised; all certificates of a PEM text. */
bool chain_parse_pem(mbedtls_x509_crt *crt, const char *pem, size_t size, struct pp_error *error);

/* All certificates of a PEM file that can be judged: mbedTLS does not know every critical extension (name
 * constraints) and kind of key. Another one is left out, and `left_out` then says which and why; with none
 * left the file is refused. `unjudged`: only to compare with, those with unknown extensions are taken, too. */
bool chain_load_authorities(mbedtls_x509_crt *crt, const char *ca_file, bool unjudged,
                            struct pp_error *left_out, struct pp_error *error);

/* The only certificate of the list for `point` first, then the others; one that mbedTLS cannot judge is left
 * out likewise. */
bool chain_from_list(const struct pkcs7_certificates *list, const uint8_t point[CRYPTO_POINT_SIZE],
                     mbedtls_x509_crt *crt, struct pp_error *left_out, struct pp_error *error);
bool chain_key_matches(mbedtls_x509_crt *crt, const uint8_t point[CRYPTO_POINT_SIZE]);

/* Everything identity_accept_certificate promises of a chain, at `now_s`; appends what is to be kept, as PEM:
 * from the device's certificate up to, without, the authority. */
bool chain_verify(mbedtls_x509_crt *crt, mbedtls_x509_crt *authorities, int64_t now_s, struct pp_buf *pem,
                  struct pp_error *error);

/* Of a cacerts answer: each is a CA, and one of them is among `authorities`. */
bool chain_check_authorities(const struct pkcs7_certificates *list, const mbedtls_x509_crt *authorities,
                             struct pp_error *error);

bool chain_facts(const mbedtls_x509_crt *crt, struct chain_facts *facts, struct pp_error *error);

#endif

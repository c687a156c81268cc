/* What est.c uses of identity.c. */
#ifndef PP_IDENTITY_IDENTITY_INTERNAL_H
#define PP_IDENTITY_IDENTITY_INTERNAL_H

#include "identity/identity.h"

/* An EST cacerts answer (RFC 7030 §4.1.3): every certificate is an authority's, and one of them is in
 * `ca_file`. */
bool identity_check_authorities(const uint8_t *pkcs7, size_t size, const char *ca_file,
                                struct pp_error *error);

#endif

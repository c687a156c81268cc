/* Writing DER (ITU-T X.690): enough for certificate extensions and certs-only PKCS#7. */
#ifndef HEADEND_PUBLIC_DER_H
#define HEADEND_PUBLIC_DER_H

#include "base/buf.h"

#define DER_INTEGER     0x02
#define DER_OCTETS      0x04
#define DER_OID         0x06
#define DER_SEQUENCE    0x30
#define DER_SET         0x31
#define DER_CONTEXT(n)  (0x80 | (n)) /* [n] IMPLICIT, primitive */
#define DER_EXPLICIT(n) (0xa0 | (n)) /* [n], constructed */

#define DER_MAX         (64 * 1024) /* bytes, of every DER document made here */

/* Appends one tag, its length and the content. */
PP_MUST_USE bool der_add(struct pp_buf *out, uint8_t tag, const void *content, size_t size,
                         struct pp_error *error);
/* The same with what another buffer holds. */
PP_MUST_USE bool der_add_buf(struct pp_buf *out, uint8_t tag, const struct pp_buf *content,
                             struct pp_error *error);

#endif

/* PEM (RFC 7468): base64 of DER between lines that name it. */
#ifndef PP_CRYPTO_PEM_H
#define PP_CRYPTO_PEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"

enum { PEM_LABEL_MAX = 32 /* characters */ };

/* Appends the DER of the first block with the first of `labels` (NULL ends them) that there is one of.
 * PP_E_INVALID where there is none or its base64 is broken, PP_E_LIMIT over the buffer's cap. */
PP_MUST_USE bool pem_decode(const void *pem, size_t size, const char *const labels[], struct pp_buf *der,
                            struct pp_error *error);
/* Appends a block, each line ended by a line feed. */
PP_MUST_USE bool pem_encode(const char *label, const void *der, size_t size, struct pp_buf *pem,
                            struct pp_error *error);

#endif

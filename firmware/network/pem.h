/*
 * Documents in PEM (RFC 7468), as bytes: that a text is blocks of certain names and nothing else. What is in them is
 * not read here: this program is root, and whoever reads them verifies them.
 */
#ifndef PP_NETWORK_PEM_H
#define PP_NETWORK_PEM_H

#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"

#define PEM_LINE_MAX 76 /* characters of base64 in a line; 64 in RFC 7468 §2, more in what is in use */

/* Names of blocks, NULL at the end. */
extern const char *const pem_certificate[];
extern const char *const pem_private_key[]; /* not encrypted; or in a TPM, as its blob (tpm/key_pem.h) */

/* One such block at least, and nothing between them. PP_E_INVALID. */
bool pem_check(const char *text, size_t size, const char *const *names, struct pp_error *error);
/* Appends the certificates of a file that may have other lines between them, or lines that end with a carriage
 * return. PP_E_NOTFOUND where it has none. */
bool pem_collect_certificates(const char *text, struct pp_buf *out, struct pp_error *error);

#endif

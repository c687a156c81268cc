/*
 * The blob of a device key (tpm/blob.h) as a file for provider.c, in PEM (RFC 7468):
 *
 *      -----BEGIN PINGPLAY TPM KEY-----
 *      the blob, in base64
 *      -----END PINGPLAY TPM KEY-----
 *
 * It is good for that TPM alone; but whoever has it and may use the TPM can sign with it.
 */
#ifndef PP_TPM_KEY_PEM_H
#define PP_TPM_KEY_PEM_H

#include "tpm/tpm.h"

#define TPM_KEY_PEM_MAX (2 * TPM_BLOB_MAX) /* bytes */

/* Appends it. PP_E_INVALID where it is no blob of a key that signs. */
bool tpm_key_write_pem(const void *blob, size_t size, struct pp_buf *pem, struct pp_error *error);
bool tpm_key_is_pem(const char *text);
/* The key of such a file, in the TPM that is reached as tpm_open says: the caller destroys it. */
struct crypto_key *tpm_key_load_pem(const char *tcti, const char *pem, struct pp_error *error);

#endif

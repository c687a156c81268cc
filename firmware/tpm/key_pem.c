#include "tpm/key_pem.h"

#include <string.h>

#include "base/encode.h"
#include "tpm/blob.h"

#define BEGIN "-----BEGIN PINGPLAY TPM KEY-----\n"
#define END   "-----END PINGPLAY TPM KEY-----\n"

bool tpm_key_write_pem(const void *blob, size_t size, struct pp_buf *pem, struct pp_error *error) {
    struct tpm_blob parts;
    return tpm_blob_read(blob, size, TPM_BLOB_SIGN, &parts, error) && pp_buf_add_text(pem, BEGIN, error) &&
           pp_base64_encode_lines(blob, size, pem, error) && pp_buf_add_text(pem, END, error);
}

bool tpm_key_is_pem(const char *text) {
    return strncmp(text, BEGIN, sizeof BEGIN - 1) == 0;
}

struct crypto_key *tpm_key_load_pem(const char *tcti, const char *pem, struct pp_error *error) {
    uint8_t blob[TPM_BLOB_MAX];
    size_t size;
    const char *body = pem + sizeof BEGIN - 1;
    const char *end = tpm_key_is_pem(pem) ? strstr(body, END) : NULL;
    if (!end || end[sizeof END - 1]) {
        pp_fail(error, PP_E_INVALID, "not a key of a TPM in PEM");
        return NULL;
    }
    if (!pp_base64_decode(body, (size_t)(end - body), blob, sizeof blob, &size, error))
        return NULL;
    PP_AUTO(tpm) struct tpm *tpm = tpm_open(tcti, error);
    return tpm ? tpm_key_load(tpm, TPM_KEY_SIGN, blob, size, error) : NULL;
}

/*
 * An object of a TPM as it stands on flash: useless without that TPM.
 *
 *   byte 0     4      5
 *   +----------+------+---------------+-----------------+--------------+----------------+
 *   | "PPT1"   | kind | primary       | policy key      | public area  | private area   |
 *   |          | u8   | its name      | SPKI in DER     | TPM2B_PUBLIC | TPM2B_PRIVATE  |
 *   +----------+------+---------------+-----------------+--------------+----------------+
 *                      each: length (u16, big-endian), bytes
 *
 * TPM2B_… as TPM 2.0 part 2 §10.4.2 writes them. The policy key is empty where the object has no policy.
 */
#ifndef PP_TPM_BLOB_H
#define PP_TPM_BLOB_H

#include "tpm/tpm.h"

enum tpm_blob_kind { TPM_BLOB_SEALED = 1, TPM_BLOB_SIGN = 2, TPM_BLOB_AGREE = 3 };

struct tpm_bytes {
    const uint8_t *data;
    size_t size;
};

struct tpm_blob {
    enum tpm_blob_kind kind;
    struct tpm_bytes primary;
    struct tpm_bytes policy_key;
    struct tpm_bytes public_area;
    struct tpm_bytes private_area;
};

/* Borrows from `data`. PP_E_INVALID where it is not exactly that, or not of that kind. */
bool tpm_blob_read(const void *data, size_t size, enum tpm_blob_kind kind, struct tpm_blob *blob,
                   struct pp_error *error);
bool tpm_blob_write(const struct tpm_blob *blob, struct pp_buf *out, struct pp_error *error);
/* Whether it begins like one, for who has other documents in the same place. */
bool tpm_blob_is(const void *data, size_t size);

#endif

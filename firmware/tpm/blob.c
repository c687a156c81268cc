#include "tpm/blob.h"

#include <string.h>

#define BLOB_MAGIC_SIZE  4 /* bytes */
#define BLOB_HEADER_SIZE (BLOB_MAGIC_SIZE + 1)

static const uint8_t blob_magic[BLOB_MAGIC_SIZE] = {'P', 'P', 'T', '1'};

bool tpm_blob_is(const void *data, size_t size) {
    return size >= BLOB_MAGIC_SIZE && memcmp(data, blob_magic, BLOB_MAGIC_SIZE) == 0;
}

static bool take(struct tpm_bytes *rest, struct tpm_bytes *part) {
    if (rest->size < 2)
        return false;
    size_t size = (size_t)rest->data[0] << 8 | rest->data[1];
    if (rest->size - 2 < size)
        return false;
    *part = (struct tpm_bytes){rest->data + 2, size};
    *rest = (struct tpm_bytes){rest->data + 2 + size, rest->size - 2 - size};
    return true;
}

bool tpm_blob_read(const void *data, size_t size, enum tpm_blob_kind kind, struct tpm_blob *blob,
                   struct pp_error *error) {
    const uint8_t *bytes = data;
    *blob = (struct tpm_blob){.kind = kind};
    if (size > TPM_BLOB_MAX || size < BLOB_HEADER_SIZE || !tpm_blob_is(data, size))
        return pp_fail(error, PP_E_INVALID, "not an object of a TPM");
    if (bytes[BLOB_MAGIC_SIZE] != kind)
        return pp_fail(error, PP_E_INVALID, "an object of a TPM, but of kind %u, not %d",
                       bytes[BLOB_MAGIC_SIZE], (int)kind);
    struct tpm_bytes rest = {bytes + BLOB_HEADER_SIZE, size - BLOB_HEADER_SIZE};
    if (!take(&rest, &blob->primary) || !take(&rest, &blob->policy_key) || !take(&rest, &blob->public_area) ||
        !take(&rest, &blob->private_area) || rest.size)
        return pp_fail(error, PP_E_INVALID, "object of a TPM: cut off, or with bytes behind its end");
    if (!blob->primary.size || !blob->public_area.size || !blob->private_area.size ||
        blob->policy_key.size > TPM_POLICY_KEY_MAX)
        return pp_fail(error, PP_E_INVALID, "object of a TPM: a part is missing or too long");
    return true;
}

static bool put(struct pp_buf *out, const struct tpm_bytes *part, struct pp_error *error) {
    const uint8_t size[2] = {(uint8_t)(part->size >> 8), (uint8_t)part->size};
    if (part->size > UINT16_MAX)
        return pp_fail(error, PP_E_LIMIT, "object of a TPM: a part is too long");
    return pp_buf_add(out, size, sizeof size, error) && pp_buf_add(out, part->data, part->size, error);
}

bool tpm_blob_write(const struct tpm_blob *blob, struct pp_buf *out, struct pp_error *error) {
    uint8_t kind = (uint8_t)blob->kind;
    return pp_buf_add(out, blob_magic, sizeof blob_magic, error) && pp_buf_add(out, &kind, 1, error) &&
           put(out, &blob->primary, error) && put(out, &blob->policy_key, error) &&
           put(out, &blob->public_area, error) && put(out, &blob->private_area, error);
}

/* Any bytes as an object of a TPM on flash: what is read is written again as it was. The first byte is the kind. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tpm/blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct tpm_blob blob;
    pp_autobuf struct pp_buf again = PP_BUF_INIT(TPM_BLOB_MAX);
    if (!size || !tpm_blob_read(data + 1, size - 1, (enum tpm_blob_kind)data[0], &blob, NULL))
        return 0;
    if (!tpm_blob_write(&blob, &again, NULL) || again.size != size - 1 ||
        memcmp(again.data, data + 1, again.size) != 0)
        abort();
    return 0;
}

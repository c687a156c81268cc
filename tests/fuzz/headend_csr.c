/* Certification requests from anybody with a token. */
#include "headend/public/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct csr csr;
    (void)!csr_parse(data, size, &csr, NULL);
    return 0;
}

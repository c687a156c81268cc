/* What is taken of a server's wishes stays within its caps. */
#include <stdlib.h>
#include <string.h>

#include "identity/csrattrs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct csrattrs attributes;
    if (!csrattrs_parse(data, size, &attributes, NULL))
        return 0;
    if (attributes.count > CSRATTRS_EXTENSIONS_MAX || !memchr(attributes.left_out, 0, CSRATTRS_WORDS_MAX))
        abort();
    for (size_t i = 0; i < attributes.count; i++) {
        if (attributes.extensions[i].size > CSRATTRS_EXTENSION_MAX)
            abort();
    }
    return 0;
}

/* What is cut out lies within the message. */
#include <stdlib.h>

#include "identity/pkcs7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct pkcs7_certificates list;
    if (!pkcs7_parse(data, size, &list, NULL))
        return 0;
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].der < data || list.items[i].der + list.items[i].size > data + size)
            abort();
    }
    return 0;
}

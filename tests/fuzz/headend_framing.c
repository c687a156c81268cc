/* The bytes of a connection, read at once and one by one: both must find the same. */
#include <stdlib.h>

#include "headend/http/framing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct framing whole = {0};
    struct framing pieces = {0};
    framing_read(&whole, data, size);
    for (size_t i = 0; i < size; i++)
        framing_read(&pieces, data + i, 1);
    if (whole.heads != pieces.heads || whole.whole != pieces.whole || whole.whole > whole.heads ||
        whole.broken != pieces.broken)
        abort();
    return 0;
}

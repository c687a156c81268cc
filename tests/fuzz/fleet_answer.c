/* An answer of the headend's, as far as it came. */
#include "fleet/answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct answer answer;
    if (answer_parse((const char *)data, size, &answer) == ANSWER_WHOLE && answer.size > size)
        __builtin_trap();
    return 0;
}

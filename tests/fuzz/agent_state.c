/* The state document of the headend. */
#include "agent/state_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct state_document document;
    struct pp_error error = {0};
    const struct state_floor floor = {.epoch = 1, .version = 5};
    if (state_document_parse(data, size, &document, &error))
        state_document_check(&document, "d-1", &floor, 1767600000, &error);
    return 0;
}

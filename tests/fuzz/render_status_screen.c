/* The JSON of START_STATUS. */
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "ipc/wire.h"
#include "render/status/screen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[IPC_TEXT_MAX + 1];
    struct screen screen;
    struct pp_error error = {0};
    if (size > IPC_TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = 0;
    (void)!screen_parse(text, &screen, &error);
    return 0;
}

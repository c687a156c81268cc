/* An encoded text holds unreserved characters and %XX only, and says the same. */
#include <stdint.h>

#include "base/encode.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *encoded, const char *text) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++) {
        uint8_t byte = (uint8_t)*encoded++;
        if (byte == '%') {
            char hex[3] = {encoded[0], encoded[1], 0};
            if (!pp_hex_decode(hex, &byte, 1, NULL))
                abort();
            encoded += 2;
        } else if (!strchr(plain, byte)) {
            abort();
        }
        if (byte != (uint8_t)*text)
            abort();
    }
    if (*encoded)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    pp_autofree char *text = calloc(1, size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    pp_autofree char *encoded = pp_percent_encode(text);
    if (encoded)
        check(encoded, text);
    return 0;
}

#include "crypto_test_support.h"

#include <string.h>

#include "base/encode.h"

struct bytes from_hex(const char *hex) {
    struct bytes bytes = {.size = strlen(hex) / 2};
    struct pp_error error = {0};
    assert_true(bytes.size <= sizeof bytes.data);
    assert_true(pp_hex_decode(hex, bytes.data, bytes.size, &error));
    return bytes;
}

void assert_is_hex(const void *data, size_t size, const char *hex) {
    char text[PP_HEX_SIZE(TEST_BYTES_MAX)];
    assert_true(size <= TEST_BYTES_MAX);
    pp_hex_encode(data, size, text);
    assert_string_equal(text, hex);
}

void fill(uint8_t *data, size_t size, unsigned seed) {
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245U + 12345U;
        data[i] = (uint8_t)(seed >> 16);
    }
}

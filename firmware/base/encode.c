#include "base/encode.h"

#include <string.h>

#include "base/mem.h"

static const char hex_digits[] = "0123456789abcdef";
static const char base64_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void pp_hex_encode(const void *data, size_t size, char *text) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        *text++ = hex_digits[bytes[i] >> 4];
        *text++ = hex_digits[bytes[i] & 15];
    }
    *text = 0;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool pp_hex_decode(const char *text, void *data, size_t size, struct pp_error *error) {
    uint8_t *bytes = data;
    if (strlen(text) != size * 2)
        return pp_fail(error, PP_E_INVALID, "expected %zu hex digits, got %zu", size * 2, strlen(text));
    for (size_t i = 0; i < size; i++) {
        int high = hex_value(text[i * 2]);
        int low = hex_value(text[i * 2 + 1]);
        if (high < 0 || low < 0)
            return pp_fail(error, PP_E_INVALID, "not a hex digit at offset %zu", i * 2 + (high >= 0));
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static char *encode64(const char *alphabet, const uint8_t *bytes, size_t size, char *text) {
    for (; size >= 3; size -= 3, bytes += 3) {
        *text++ = alphabet[bytes[0] >> 2];
        *text++ = alphabet[(bytes[0] & 3) << 4 | bytes[1] >> 4];
        *text++ = alphabet[(bytes[1] & 15) << 2 | bytes[2] >> 6];
        *text++ = alphabet[bytes[2] & 63];
    }
    if (size) {
        unsigned second = size == 2 ? bytes[1] : 0;
        *text++ = alphabet[bytes[0] >> 2];
        *text++ = alphabet[(bytes[0] & 3) << 4 | second >> 4];
        if (size == 2)
            *text++ = alphabet[(second & 15) << 2];
    }
    *text = 0;
    return text;
}

void pp_base64_encode(const void *data, size_t size, char *text) {
    char *end = encode64(base64_alphabet, data, size, text);
    while ((end - text) % 4)
        *end++ = '=';
    *end = 0;
}

void pp_base64url_encode(const void *data, size_t size, char *text) {
    encode64(base64url_alphabet, data, size, text);
}

bool pp_base64_encode_lines(const void *data, size_t size, struct pp_buf *out, struct pp_error *error) {
    enum { LINE_BYTES = PP_BASE64_LINE / 4 * 3 };
    char line[PP_BASE64_SIZE(LINE_BYTES)];
    for (const uint8_t *at = data; size;) {
        size_t part = size < LINE_BYTES ? size : LINE_BYTES;
        pp_base64_encode(at, part, line);
        bool added = pp_buf_add_text(out, line, error) && pp_buf_add(out, "\n", 1, error);
        pp_wipe(line, sizeof line);
        if (!added)
            return false;
        at += part;
        size -= part;
    }
    return true;
}

struct decoder64 {
    const char *alphabet;
    uint8_t *out;
    size_t max;
    size_t size;
    unsigned bits;  /* not yet written */
    unsigned count; /* how many of them, below 8 */
};

static bool decoder64_push(struct decoder64 *decoder, char c, size_t offset, struct pp_error *error) {
    const char *place = c ? strchr(decoder->alphabet, c) : NULL;
    if (!place)
        return pp_fail(error, PP_E_INVALID, "not a base64 character at offset %zu", offset);
    decoder->bits = decoder->bits << 6 | (unsigned)(place - decoder->alphabet);
    decoder->count += 6;
    if (decoder->count < 8)
        return true;
    if (decoder->size == decoder->max)
        return pp_fail(error, PP_E_LIMIT, "more than %zu bytes of base64 data", decoder->max);
    decoder->count -= 8;
    decoder->out[decoder->size++] = (uint8_t)(decoder->bits >> decoder->count);
    decoder->bits &= (1U << decoder->count) - 1;
    return true;
}

static bool decoder64_end(const struct decoder64 *decoder, size_t digits, struct pp_error *error) {
    if (digits % 4 == 1)
        return pp_fail(error, PP_E_INVALID, "base64 is cut short");
    if (decoder->bits)
        return pp_fail(error, PP_E_INVALID, "base64 has trailing bits that are not zero");
    return true;
}

bool pp_base64_decode(const char *text, size_t length, void *data, size_t max, size_t *size,
                      struct pp_error *error) {
    struct decoder64 decoder = {.alphabet = base64_alphabet, .out = data, .max = max};
    size_t digits = 0;
    size_t padding = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' || text[i] == '\r')
            continue;
        if (text[i] == '=') {
            padding++;
            continue;
        }
        if (padding)
            return pp_fail(error, PP_E_INVALID, "base64 goes on after its padding at offset %zu", i);
        if (!decoder64_push(&decoder, text[i], i, error))
            return false;
        digits++;
    }
    if (!decoder64_end(&decoder, digits, error))
        return false;
    if (padding != (4 - digits % 4) % 4)
        return pp_fail(error, PP_E_INVALID, "base64 has wrong padding");
    *size = decoder.size;
    return true;
}

bool pp_base64url_decode(const char *text, size_t length, void *data, size_t max, size_t *size,
                         struct pp_error *error) {
    struct decoder64 decoder = {.alphabet = base64url_alphabet, .out = data, .max = max};
    for (size_t i = 0; i < length; i++) {
        if (!decoder64_push(&decoder, text[i], i, error))
            return false;
    }
    if (!decoder64_end(&decoder, length, error))
        return false;
    *size = decoder.size;
    return true;
}

bool pp_base64url_decode_exact(const char *text, void *data, size_t size, struct pp_error *error) {
    size_t decoded = 0;
    if (!pp_base64url_decode(text, strlen(text), data, size, &decoded, error))
        return false;
    if (decoded != size)
        return pp_fail(error, PP_E_INVALID, "expected %zu bytes of base64url, got %zu", size, decoded);
    return true;
}

char *pp_percent_encode(const char *text) {
    char *encoded = malloc(strlen(text) * 3 + 1);
    if (!encoded)
        return NULL;
    char *out = encoded;
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || strchr("-._~", c))
            *out++ = (char)c;
        else
            out += sprintf(out, "%%%02X", c);
    }
    *out = 0;
    return encoded;
}

#include "headend/public/der.h"

static bool der_add_length(struct pp_buf *out, size_t size, struct pp_error *error) {
    uint8_t bytes[1 + sizeof size];
    if (size < 0x80) {
        bytes[0] = (uint8_t)size;
        return pp_buf_add(out, bytes, 1, error);
    }
    size_t count = 0;
    for (size_t rest = size; rest; rest >>= 8)
        count++;
    bytes[0] = (uint8_t)(0x80 | count);
    for (size_t i = 0; i < count; i++)
        bytes[1 + i] = (uint8_t)(size >> 8 * (count - 1 - i));
    return pp_buf_add(out, bytes, 1 + count, error);
}

bool der_add(struct pp_buf *out, uint8_t tag, const void *content, size_t size, struct pp_error *error) {
    return pp_buf_add(out, &tag, 1, error) && der_add_length(out, size, error) &&
           pp_buf_add(out, content, size, error);
}

bool der_add_buf(struct pp_buf *out, uint8_t tag, const struct pp_buf *content, struct pp_error *error) {
    return der_add(out, tag, content->data, content->size, error);
}

#include "crypto/pem.h"

#include <string.h>

#include "base/encode.h"

#define PEM_BEGIN "-----BEGIN "
#define PEM_END   "-----END "
#define PEM_DASH  "-----"

/* The text between the block's two marker lines, or NULL. */
static const char *pem_body(const char *pem, size_t size, const char *label, size_t *length) {
    char begin[sizeof PEM_BEGIN + PEM_LABEL_MAX + sizeof PEM_DASH];
    char end[sizeof PEM_END + PEM_LABEL_MAX + sizeof PEM_DASH];
    snprintf(begin, sizeof begin, PEM_BEGIN "%.*s" PEM_DASH, PEM_LABEL_MAX, label);
    snprintf(end, sizeof end, PEM_END "%.*s" PEM_DASH, PEM_LABEL_MAX, label);
    const char *first = memmem(pem, size, begin, strlen(begin));
    if (!first)
        return NULL;
    first += strlen(begin);
    const char *last = memmem(first, size - (size_t)(first - pem), end, strlen(end));
    if (!last)
        return NULL;
    *length = (size_t)(last - first);
    return first;
}

static bool pem_decode_body(const char *body, size_t length, struct pp_buf *der, struct pp_error *error) {
    size_t room = length / 4 * 3 + 3;
    if (room > der->max - der->size)
        room = der->max - der->size;
    uint8_t *place = pp_buf_reserve(der, room, error);
    if (!place)
        return false;
    size_t decoded = 0;
    if (!pp_base64_decode(body, length, place, room, &decoded, error))
        return pp_wrap(error, "PEM");
    der->size += decoded;
    der->data[der->size] = 0;
    return true;
}

bool pem_decode(const void *pem, size_t size, const char *const labels[], struct pp_buf *der,
                struct pp_error *error) {
    for (size_t i = 0; labels[i]; i++) {
        size_t length = 0;
        const char *body = pem_body(pem, size, labels[i], &length);
        if (body)
            return pem_decode_body(body, length, der, error);
    }
    return pp_fail(error, PP_E_INVALID, "no PEM block of %s", labels[0]);
}

bool pem_encode(const char *label, const void *der, size_t size, struct pp_buf *pem, struct pp_error *error) {
    return pp_buf_addf(pem, error, PEM_BEGIN "%s" PEM_DASH "\n", label) &&
           pp_base64_encode_lines(der, size, pem, error) &&
           pp_buf_addf(pem, error, PEM_END "%s" PEM_DASH "\n", label);
}

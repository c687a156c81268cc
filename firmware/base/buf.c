#include "base/buf.h"

#include <stdarg.h>
#include <string.h>

void pp_buf_finish(struct pp_buf *buf) {
    if (buf->data)
        pp_wipe(buf->data, buf->room);
    free(buf->data);
    *buf = PP_BUF_INIT(buf->max);
}

uint8_t *pp_buf_reserve(struct pp_buf *buf, size_t size, struct pp_error *error) {
    if (size > buf->max || buf->size > buf->max - size) {
        pp_fail(error, PP_E_LIMIT, "more than %zu bytes", buf->max);
        return NULL;
    }
    size_t needed = buf->size + size + 1;
    if (needed > buf->room) {
        size_t room = buf->room ? buf->room * 2 : 256;
        if (room > buf->max + 1)
            room = buf->max + 1;
        if (room < needed)
            room = needed;
        /* Not realloc: the old bytes may be secret. */
        uint8_t *data = malloc(room);
        if (!data) {
            pp_fail(error, PP_E_NOMEM, "out of memory");
            return NULL;
        }
        if (buf->data) {
            memcpy(data, buf->data, buf->size + 1);
            pp_wipe(buf->data, buf->room);
            free(buf->data);
        } else {
            data[0] = 0;
        }
        buf->data = data;
        buf->room = room;
    }
    return buf->data + buf->size;
}

bool pp_buf_add(struct pp_buf *buf, const void *data, size_t size, struct pp_error *error) {
    uint8_t *place = pp_buf_reserve(buf, size, error);
    if (!place)
        return false;
    if (size)
        memcpy(place, data, size);
    buf->size += size;
    buf->data[buf->size] = 0;
    return true;
}

bool pp_buf_add_text(struct pp_buf *buf, const char *text, struct pp_error *error) {
    return pp_buf_add(buf, text, strlen(text), error);
}

bool pp_buf_addf(struct pp_buf *buf, struct pp_error *error, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        return pp_fail(error, PP_E_INVALID, "text that cannot be formatted");
    /* Written in place: the text may be secret. */
    uint8_t *place = pp_buf_reserve(buf, (size_t)length, error);
    if (!place)
        return false;
    va_start(args, format);
    vsnprintf((char *)place, (size_t)length + 1, format, args);
    va_end(args);
    buf->size += (size_t)length;
    return true;
}

const char *pp_buf_text(const struct pp_buf *buf) {
    return buf->data ? (const char *)buf->data : "";
}

bool pp_text_copy(char **out, const char *text, struct pp_error *error) {
    *out = text ? strdup(text) : NULL;
    return *out || !text || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* A byte buffer that grows up to a cap its owner names. */
#ifndef PP_BASE_BUF_H
#define PP_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct pp_buf {
    uint8_t *data; /* NULL while empty; else always followed by a NUL that `size` does not count */
    size_t size;   /* bytes used */
    size_t room;   /* bytes allocated */
    size_t max;    /* cap on `size` */
};

/* An empty buffer of at most `max` bytes; needs no pp_buf_finish while nothing was added. */
#define PP_BUF_INIT(cap) ((struct pp_buf){.max = (cap)})

/* Wipes and frees the content and empties the buffer; the cap stays. */
void pp_buf_finish(struct pp_buf *buf);
#define pp_autobuf PP_CLEANUP(pp_buf_finish)

/* Errors: PP_E_LIMIT over the cap, PP_E_NOMEM; the content is then as before. */
PP_MUST_USE bool pp_buf_add(struct pp_buf *buf, const void *data, size_t size, struct pp_error *error);
PP_MUST_USE bool pp_buf_add_text(struct pp_buf *buf, const char *text, struct pp_error *error);
PP_MUST_USE bool pp_buf_addf(struct pp_buf *buf, struct pp_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Room for `size` more bytes behind the content and a NUL; the caller then adds what it wrote there to
 * `buf->size` and, where it needs text, writes the NUL behind it. NULL on failure. */
uint8_t *pp_buf_reserve(struct pp_buf *buf, size_t size, struct pp_error *error);

/* The content as text, "" while empty. Borrowed until the next change. */
const char *pp_buf_text(const struct pp_buf *buf);

/* A copy of `text` for the caller to free (a secret with pp_secret_free); of NULL, NULL.
 * PP_E_NOMEM. */
PP_MUST_USE bool pp_text_copy(char **out, const char *text, struct pp_error *error);

#endif

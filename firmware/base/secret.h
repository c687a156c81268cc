/*
 * Memory for secrets that stay: keys and cookies, as long as they are in use. Each has pages of its own, which go
 * into no core file, no child and no swap, and are wiped when given back. Where the kernel has memfd_secret(2) not
 * even it maps them: /proc/PID/mem and a debugger read nothing there.
 */
#ifndef PP_BASE_SECRET_H
#define PP_BASE_SECRET_H

#include <stddef.h>

#include "base/error.h"

enum pp_secret_level {
    PP_SECRET_HIDDEN,   /* memfd_secret(2) */
    PP_SECRET_LOCKED,   /* mlock(2) */
    PP_SECRET_UNLOCKED, /* the limit of locked memory is reached (RLIMIT_MEMLOCK): it may be swapped out */
};

/* `size` bytes of zeroes; `level` (NULL is allowed) tells how they are kept. NULL: PP_E_NOMEM. */
void *pp_secret_create(size_t size, enum pp_secret_level *level, struct pp_error *error);
/* Wipes. NULL is allowed. */
void pp_secret_destroy(void *secret, size_t size);

/* A secret text that several hold, in such memory; it goes with the last of them. Any thread. */
struct pp_secret_text;
struct pp_secret_text *pp_secret_text_create(const char *text, struct pp_error *error);
struct pp_secret_text *pp_secret_text_ref(struct pp_secret_text *text); /* returns it; of NULL, NULL */
void pp_secret_text_destroy(struct pp_secret_text *text);               /* NULL is allowed */
const char *pp_secret_text(const struct pp_secret_text *text);          /* borrowed; of NULL, NULL */

/* "hidden from the kernel, too (memfd_secret)", …: for the log. */
const char *pp_secret_level_words(enum pp_secret_level level);

#endif

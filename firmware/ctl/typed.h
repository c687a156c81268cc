/* What is typed at the terminal, or comes on standard input: passphrases and passwords, which are never arguments. */
#ifndef PP_CTL_TYPED_H
#define PP_CTL_TYPED_H

#include "ctl/ctl.h"

/* A line, or up to the end, of at most `max` bytes; at a terminal the words named `prompt` are asked with, and there is
 * no echo. `text` has room for max + 1. PP_E_LIMIT: it is longer; PP_E_CANCELLED: ^C. */
PP_MUST_USE bool typed_read_secret(const struct ctl *ctl, const char *prompt, char *text, size_t max,
                                   size_t *size, struct pp_error *error);

#endif

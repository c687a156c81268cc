/*
 * nmcli(1), run by itself: no shell, fixed words but for UUIDs, paths of our own and interfaces of a fixed alphabet,
 * and an environment of ours. No secret is among its words, nor in what it says.
 */
#ifndef PP_NETWORK_NMCLI_H
#define PP_NETWORK_NMCLI_H

#include "base/buf.h"
#include "base/error.h"

#define NMCLI_PROGRAM    "/usr/bin/nmcli"
#define NMCLI_WORDS_MAX  16
#define NMCLI_OUTPUT_MAX (64 * 1024) /* bytes */
#define NMCLI_SHORT_MS   15000       /* for what waits for no network */

/* `words` behind the program's name, NULL at the end. `output` (NULL is allowed) gets what it said. One that ends with
 * another status than 0, or is killed since it has not ended in time, is PP_E_IO with its line of the error, or its
 * first; PP_E_NOTFOUND where it says that there is no such connection. */
PP_MUST_USE bool nmcli_run(const char *program, const char *const *words, int patience_ms,
                           struct pp_buf *output, struct pp_error *error);

#endif

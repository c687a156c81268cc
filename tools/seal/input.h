/* Where a command reads: a file that can be sought in, or a stream of bytes. */
#ifndef PP_SEAL_INPUT_H
#define PP_SEAL_INPUT_H

#include <stdint.h>

#include "base/error.h"
#include "crypto/seal.h"

#define INPUT_STEP 65536 /* bytes read at once */

struct input {
    int fd;
    bool owned;      /* fd is to be closed */
    bool seekable;   /* a regular file */
    uint64_t base;   /* where reading begins in it */
    uint64_t length; /* bytes from there, where seekable */
};

/* `path` NULL or "-" is standard input, read from where it stands. */
PP_MUST_USE bool input_open(struct input *input, const char *path, struct pp_error *error);
void input_finish(struct input *input);

/* Hands everything to `sink`, in pieces. */
PP_MUST_USE bool input_copy_to(const struct input *input, seal_sink sink, void *arg, struct pp_error *error);

#endif

/*
 * Where a command's result goes. A regular file is written beside its name and gets the name only once it is
 * whole and fsynced, so a result that is there is good; pipes, devices and standard output are written as the
 * bytes come.
 */
#ifndef PP_SEAL_OUTPUT_H
#define PP_SEAL_OUTPUT_H

#include <stddef.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#define OUTPUT_BUFFER 65536 /* bytes */

struct output {
    int fd;
    bool owned;                  /* fd is to be closed */
    char path[PP_PATH_MAX];      /* of the file in the end; "" where written directly */
    char temporary[PP_PATH_MAX]; /* its name until then */
    uint8_t *buffer;             /* OUTPUT_BUFFER bytes */
    size_t size;                 /* bytes waiting in it */
};

/* `path` NULL or "-" is standard output. */
PP_MUST_USE bool output_open(struct output *output, const char *path, struct pp_error *error);
/* In the shape of a seal_sink: `arg` is the output. */
PP_MUST_USE bool output_write(void *arg, const void *data, size_t size, struct pp_error *error);
/* The result is whole: flushes, fsyncs, gives the file its name. */
PP_MUST_USE bool output_commit(struct output *output, struct pp_error *error);
/* Removes what was not committed; for every output that was opened. */
void output_finish(struct output *output);

#endif

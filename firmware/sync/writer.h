/*
 * Hashes and writes what arrives on a thread of its own, beside the one that decrypts TLS. Internal.
 *
 * A stream leads to one partial object. Between its beginning and writer_drain the partial belongs to the
 * writer.
 */
#ifndef PP_SYNC_WRITER_H
#define PP_SYNC_WRITER_H

#include "store/store.h"

/* bytes hashed and written at once; larger ones cost more in the page cache */
#define WRITER_BLOCK_SIZE (64 * 1024)
#define WRITER_BLOCKS     64 /* in all: what may wait to be written */
/* bytes; a shorter rest is written at once by the caller's thread */
#define WRITER_DIRECT_MAX (1024 * 1024)

struct writer;
struct writer_block;

struct writer_stream {
    struct writer *writer; /* NULL: written by the caller's thread */
    struct store_partial *partial;
    struct writer_block *filling;
    size_t pending; /* blocks handed over and not yet written; under the writer's lock, as the rest */
    bool failed;
    struct pp_error error;
};

/* NULL on failure. */
struct writer *writer_create(struct pp_error *error);
/* Every stream must be drained. NULL is allowed. */
void writer_destroy(struct writer *writer);
PP_DEFINE_AUTO(writer, struct writer, writer_destroy)

void writer_begin(struct writer *writer, struct store_partial *partial, struct writer_stream *stream);
/* Waits while all blocks are taken. Fails with what went wrong with an earlier block. */
PP_MUST_USE bool writer_write(struct writer_stream *stream, const void *data, size_t size,
                              struct pp_error *error);
/* Waits until everything is written; the partial is the caller's again, also on failure. A stream that was
 * never begun, or is drained already, is fine. */
PP_MUST_USE bool writer_drain(struct writer_stream *stream, struct pp_error *error);

#endif

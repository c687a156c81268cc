/*
 * Requests that write. Their handlers run on one thread of their own, many of them before one fdatasync of the
 * write-ahead log, and only then are they answered: what a screen has reported is on the disk when it is told so, a
 * thousand reports cost a handful of syncs, and whatever the disk or another process's transaction takes, the threads
 * that serve connections wait for none of it. Those who only read have a database connection of their own.
 */
#ifndef HEADEND_SERVER_WRITER_H
#define HEADEND_SERVER_WRITER_H

#include "headend/server/request.h"

struct writer;

/* Defers the syncs of `db`, and does them, with the log's checkpoints. */
struct writer *writer_create(struct db *db, struct pp_error *error);
void writer_destroy(struct writer *writer);

/* Suspends the request's connection until its handler has run and the disk has what it wrote; libmicrohttpd then calls
 * again, with request->answered and the answer in request->held. Where the writer is stopped, that is a 503, and false
 * is returned. */
bool writer_suspend(struct writer *writer, struct request *request);

struct writer_figures {
    uint64_t waiting; /* requests */
    uint64_t syncs;   /* of the disk, so far … */
    int64_t sync_us;  /* … and what they took together */
};
void writer_look(struct writer *writer, struct writer_figures *figures);

/* All that wait are answered, and none waits any more. */
void writer_stop(struct writer *writer);

#endif

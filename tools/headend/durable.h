/*
 * Answers that wait for the disk. Handlers commit without waiting for it (db_defer_sync), so that the database's lock is
 * held for microseconds, whatever the disk does. An answer to something that was written goes out when the disk has it:
 * the request is suspended, and one fdatasync of the write-ahead log serves all that wait by then. A report is so safe
 * when its screen is told, and a thousand reports cost a handful of syncs and hold nobody up.
 */
#ifndef HEADEND_DURABLE_H
#define HEADEND_DURABLE_H

#include "headend/http.h"

struct durable;

/* Defers the syncs of `db`, and does them on a thread of its own, with the log's checkpoints. */
struct durable *durable_create(struct db *db, struct pp_error *error);
void durable_destroy(struct durable *durable);

/* Suspends the request's connection until what was committed so far is on the disk; its handler is then called again,
 * with request->durable DURABLE_DONE or DURABLE_FAILED. Where it is stopped, the disk is waited for here instead, and
 * false returned. */
bool durable_suspend(struct durable *durable, struct request *request);

/* Nobody waits any more, and nobody can, until durable_start. */
void durable_stop(struct durable *durable);
void durable_start(struct durable *durable);

#endif

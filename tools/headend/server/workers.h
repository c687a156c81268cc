/*
 * A few threads for work that may wait, for a disk or for the database: libmicrohttpd's threads, which serve all
 * connections, hand it over and go on. Work is done in the order of coming; each piece is small (a block of a file, the
 * news of a moment), so that a long transfer holds up no other.
 */
#ifndef HEADEND_SERVER_WORKERS_H
#define HEADEND_SERVER_WORKERS_H

#include "base/error.h"

#define WORKERS_THREADS 4

/* One piece of it; a member of what it is about, which stays until `run` is called. */
struct work {
    void (*run)(struct work *work);
    struct work *next;
};

struct workers;
struct workers *workers_create(struct pp_error *error);
/* Does what was handed over, and ends. */
void workers_destroy(struct workers *workers);

/* One that is not waiting already. */
void workers_add(struct workers *workers, struct work *work);
/* Returns when nothing is left to do. */
void workers_drain(struct workers *workers);

#endif

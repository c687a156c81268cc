/* Publishes what was asked for, in a server: on a thread with a database connection of its own (publish_run.h). */
#ifndef HEADEND_OPS_PUBLISH_WORKER_H
#define HEADEND_OPS_PUBLISH_WORKER_H

#include "headend/base/home.h"

struct publish_worker;
struct ingest_lane;
/* Begins, in the same folder and with the same signer as `home`; `lane` is borrowed (ingest/ask.h). */
struct publish_worker *publish_worker_create(const struct home *home, struct ingest_lane *lane,
                                             struct pp_error *error);
/* What it is at is left to whoever takes the lock next. NULL is allowed. */
void publish_worker_destroy(struct publish_worker *worker);
/* There may be something to do. */
void publish_worker_wake(struct publish_worker *worker);

#endif

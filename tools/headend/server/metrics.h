/*
 * What the server counts of the requests that it answers: how many of each route and status, and how long they took;
 * what came in bodies of files. In the Prometheus text format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats).
 */
#ifndef HEADEND_SERVER_METRICS_H
#define HEADEND_SERVER_METRICS_H

#include "base/buf.h"
#include "headend/server/route.h"

#define METRICS_STATUSES_MAX 16 /* different ones of a route that are counted apart; more count as "other" */

struct metrics;

/* Of the site's routes, once it has its map. Borrows the site. */
struct metrics *metrics_create(const struct site *site, struct pp_error *error);
/* NULL is allowed. */
void metrics_destroy(struct metrics *metrics);

/* A request has come to its end; of no route (NULL), or without an answer (status 0) where the connection went
 * before. Any thread. */
void metrics_note_request(struct metrics *metrics, const struct route *route, unsigned status,
                          int64_t took_us);
/* Bytes of a body that a sink has taken. */
void metrics_note_upload(struct metrics *metrics, size_t bytes);

/* Appends the series of requests and uploads. */
PP_MUST_USE bool metrics_write(struct metrics *metrics, struct pp_buf *out, struct pp_error *error);

#endif

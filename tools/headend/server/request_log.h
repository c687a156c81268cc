/*
 * Each request's number, which its answer has (X-Request-Id), and what is said of it at its end: counted (metrics.h)
 * and, where lines are JSON (base/log.h), logged. Of its address no more than the route's pattern: no id, and nothing
 * behind the '?'.
 */
#ifndef HEADEND_SERVER_REQUEST_LOG_H
#define HEADEND_SERVER_REQUEST_LOG_H

#include "headend/http/connections.h"
#include "headend/http/reply.h"
#include "headend/server/metrics.h"

/* Its head is there; its answer is about to be sent; its answer has been sent, or cannot be. All on the connection's
 * thread. */
void request_log_begin(struct connection *connection);
void request_log_answer(struct connection *connection, struct reply *reply);
void request_log_end(struct connection *connection, struct metrics *metrics, const struct route *route);

#endif

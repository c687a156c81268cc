/*
 * Looks whether what rules are about is so, and puts messages into the queue (alert_queue.h):
 *
 *   not so --> so since a while --> hold_s are over: TOLD --> repeat_s are over: told again --> ...
 *                                                        `--> not so for ALERT_WELL_S: told once that it is well
 * again
 *
 * A screen that comes and goes is told of once in repeat_s. All screens of a site stand in one message: what
 * becomes due waits ALERT_GATHER_S for others, and of one site there is nothing new within ALERT_APART_S. In quiet
 * hours nothing is told; what still holds when they end is, and what has happened meanwhile. A headend that has
 * just begun does not take screens for offline that could not reach it.
 *
 * Facts, which the queue keeps and a webhook gets: {"what": "trouble" | "well" | "happened" | "held" | "test",
 * "about": …, "rule": name, "site": …, "count": 3, "screens": [{"id", "name", "since", "detail"}, … at most
 * ALERT_NAMED_MAX]}
 */
#ifndef HEADEND_OPS_ALERT_WATCH_H
#define HEADEND_OPS_ALERT_WATCH_H

#include "headend/ops/alert_queue.h"

#define ALERT_GATHER_S      60   /* s */
#define ALERT_APART_S       900  /* s */
#define ALERT_WELL_S        60   /* s */
#define ALERT_AGAIN_EVENT_S 3600 /* s, of what comes and goes where a rule is not told again */
#define ALERT_NAMED_MAX     20   /* screens that a message names */

/* What the server knows of itself. */
struct alert_own {
    int64_t disk_free;    /* per cent; -1: not known */
    int64_t root_expires; /* s since 1970; 0: not known */
    int64_t begun;        /* s since 1970: since when screens could reach this headend */
};

/* Of all rules that are enabled, each in a transaction. Callers hold no lock; one fails, the others are looked at. */
PP_MUST_USE bool alert_watch(struct db *db, const struct alert_own *own, int64_t now, struct pp_error *error);

#endif

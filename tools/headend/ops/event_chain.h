/*
 * Whether the events that a screen sends are all of them, in the order in which they came about there, and as it
 * made them (firmware/events/chain.h). What is wrong is found, told by its name, and kept:
 *
 *   gap        numbers are missing; as many as it says, and fewer as they come late (a batch that was not to be read)
 *   fork       two events for one place, or one that follows another than the one that is here: an older vault was
 *              put back, or somebody speaks in the screen's name
 *   rewrite    an event is not what its hash is of
 *   anew       another chain began: the screen was erased, or its vault is lost
 *   unchained  an event without a place, of a screen that has a chain
 *
 *   rollback   the screen itself has signed for a place (firmware/events/head.h) that is behind the newest event
 *              here, or for another event at that place: an older vault, or all of its storage, was put back
 *
 * Forks and rewrites are set aside with what was found, and what is here stays.
 */
#ifndef HEADEND_OPS_EVENT_CHAIN_H
#define HEADEND_OPS_EVENT_CHAIN_H

#include "base/json.h"
#include "headend/db/db.h"

#define EVENT_LINKS_MAX    20000 /* of a screen; the oldest go */
#define EVENT_FINDINGS_MAX 1000  /* of a screen; the oldest go */

enum event_finding {
    EVENT_GAP,
    EVENT_FORK,
    EVENT_REWRITE,
    EVENT_ANEW,
    EVENT_UNCHAINED,
    EVENT_ROLLBACK,
    EVENT_FINDINGS, /* how many */
};

struct event_finding_row {
    const char *name;  /* "gap" */
    const char *class; /* "chain-gap": of exports */
    int severity;      /* CEF's, 0 to 10 */
    const char *words;
};
const struct event_finding_row *event_finding_row(enum event_finding finding);
/* Of a chain, from event `first` to `last`. */
struct event_span {
    const char *chain;
    int64_t first, last;
};
/* NULL where there is none of that name. */
const struct event_finding_row *event_finding_named(const char *name);

/* Looks at one event, in a transaction of the caller's. *keep: it belongs to the screen's events. PP_E_INVALID where
 * its place is malformed. */
PP_MUST_USE bool event_chain_take(struct db *db, const char *device, const cJSON *event, bool *keep,
                                  struct pp_error *error);
/* Keeps what was found at places of a chain, where the same was not found there already; `item` is JSON or "". */
PP_MUST_USE bool event_chain_find(struct db *db, const char *device, enum event_finding finding,
                                  const struct event_span *span, const char *item, struct pp_error *error);
/* What was found of a screen, the caller's; NULL on failure:
 *   {"rollback": {"count": 1, "missing": 0, "last": "2026-01-05T08:00:00Z"}, …} */
cJSON *event_chain_findings(struct db *db, const char *device, struct pp_error *error);
/* Removes what is over the caps. */
PP_MUST_USE bool event_chain_trim(struct db *db, const char *device, struct pp_error *error);

#endif

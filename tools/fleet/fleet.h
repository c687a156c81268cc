/* All screens, the headend that they talk to, and what is counted. */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include "fleet/headend.h"
#include "fleet/screen.h"

#define FLEET_SCREENS_MAX 20000

/* What happened, since it was last set to zero. */
struct fleet_tally {
    uint64_t trouble[LINK_TROUBLES];
    uint64_t states, unchanged, posts; /* answers as they should be */
    uint64_t unavailable;              /* 503 */
    uint64_t throttled;                /* 429 */
    uint64_t denied;                   /* 401, 403 */
    uint64_t sessions;
    uint64_t wrong;            /* answers that are not what they should be */
    char first_wrong[256];     /* the first of them, in words */
    struct samples post_times; /* ms, from each report to its answer */
};

struct fleet_options {
    uint64_t screens;
    uint64_t per_address; /* screens that share a source address */
    uint64_t rate;        /* screens that are started a second */
    uint64_t hold_s, report_s, rounds, shots, shot_bytes, limit_s;
    const char *channel, *content, *only, *json;
    bool keeps_posts; /* there are descriptors for two connections each */
};

struct fleet {
    struct fleet_options options;
    struct loop *loop;
    struct link_world world;
    struct headend headend;
    struct screen *screens;
    size_t count;
    int roll; /* descriptor, to add to */
    struct fleet_tally tally;
    int64_t report_ms; /* between two reports of a screen */
    int64_t end_ms;    /* CLOCK_MONOTONIC: by then it is over, whatever it is doing */
};

/* Runs the loop until `done`, at most so long, and never beyond the end. */
bool fleet_run(struct fleet *fleet, int64_t limit_ms, bool (*done)(void *arg), void *arg);
/* Starts the headend, and ends it with a signal; meanwhile the screens go on. */
PP_MUST_USE bool fleet_start_headend(struct fleet *fleet, struct pp_error *error);
PP_MUST_USE bool fleet_end_headend(struct fleet *fleet, int signal, struct pp_error *error);
/* Tells of an answer that is not what it should be. */
void fleet_wrong(struct fleet *fleet, const struct screen *screen, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void fleet_tally_reset(struct fleet *fleet);
/* An answer that is no success: counted by its kind. */
void fleet_count_refusal(struct fleet *fleet, const struct screen *screen, const struct answer *answer);

/* Enrols all that are not yet: enrol.c. */
PP_MUST_USE bool fleet_enrol(struct fleet *fleet, struct pp_error *error);

#endif

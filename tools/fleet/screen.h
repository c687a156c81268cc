/*
 * A simulated screen: it enrols, opens a session, waits for its state, reports, and does what it is asked, by the
 * protocol (tools/headend/device/openapi.yaml) and with pingplay-agent's waits (firmware/agent/poller.c, reporter.c,
 * net/retry.h). Two connections, as the agent has: one waits, the other one reports.
 */
#ifndef FLEET_SCREEN_H
#define FLEET_SCREEN_H

#include "fleet/documents.h"
#include "fleet/link.h"
#include "fleet/roll.h"
#include "fleet/samples.h"
#include "net/retry.h"

struct fleet;

/* What is sent beside the poll, in this order. */
enum screen_post {
    POST_ACCEPTED, /* the receipt that a command is begun */
    POST_UPLOAD,   /* a screenshot */
    POST_DONE,     /* the last receipt */
    POST_STATUS,
    POST_PLAYS,
    POST_EVENTS,
    SCREEN_POSTS
};

enum screen_stage {
    SCREEN_IDLE,    /* it was not started */
    SCREEN_ENROLS,  /* enrol.c does */
    SCREEN_SESSION, /* it asks for a cookie */
    SCREEN_POLLS,
};

struct screen {
    struct fleet *fleet;
    uint64_t number; /* from 1 */
    enum screen_stage stage;
    struct link_identity identity;
    char id[DOCUMENT_ID_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    char cookie[ANSWER_COOKIE_SIZE];
    /* The poll. */
    struct link poll;
    struct loop_timer poll_timer;
    struct net_retry poll_retry;
    char nonce[DOCUMENT_NONCE_SIZE];
    char etag[ANSWER_ETAG_SIZE];
    struct document_state state; /* `version` 0: none yet */
    int64_t news_ms;             /* CLOCK_MONOTONIC, when the last state came */
    int64_t
        held_ms; /* likewise, when the first poll began of those that were held since; 0: the last one was not */
    /* Reports and commands. */
    struct link post;
    struct loop_timer post_timer, report_timer;
    struct net_retry post_retry;
    unsigned due; /* a bit for each screen_post */
    enum screen_post posting;
    struct event_head chain;
    char head[DOCUMENT_TOKEN_MAX]; /* of the events, signed; "" none yet */
    struct command command;        /* that is being done; number 0: none yet */
    bool commanded;                /* it is not done yet */
    uint64_t shots;                /* that were taken */
    char shot_result[160];         /* JSON, of the last one */
};

/* `number` gives it its address. */
PP_MUST_USE bool screen_init(struct screen *screen, struct fleet *fleet, uint64_t number,
                             struct pp_error *error);
void screen_finish(struct screen *screen);

/* Begins, in `wait_ms`: with a session or, where it has a cookie, with its poll. It has to be enrolled. */
void screen_start(struct screen *screen, int64_t wait_ms);
/* Its poll's connection is its own (again), which enrolment uses before. */
void screen_own_poll(struct screen *screen);
/* Ends its connections. */
void screen_stop(struct screen *screen);
bool screen_is_enrolled(const struct screen *screen);
/* Whether its poll is with the headend, and has been for `ms`, or the one before it was held until its time was over:
 * of thousands some are always between two. */
bool screen_is_waiting(const struct screen *screen, int64_t ms);
/* Since when (CLOCK_MONOTONIC). */
int64_t screen_waits_since(const struct screen *screen);
/* Reports from now on, first in `wait_ms`, then each `fleet->report_ms`. */
void screen_report(struct screen *screen, int64_t wait_ms);
/* No more; what is due still goes. */
void screen_report_stop(struct screen *screen);

/* An entry of the roll: whose it is. */
PP_MUST_USE bool screen_take(struct screen *screen, const struct roll_entry *entry, struct pp_error *error);
/* The key, loaded for one signature; NULL on failure. The caller destroys it. */
struct crypto_key *screen_key(const struct screen *screen, struct pp_error *error);
/* Writes it down, with its cookie. */
void screen_keep(struct screen *screen);
/* Begins a request of a screen's: its first line and the headers that each has. `extra`: lines with CR LF. */
PP_MUST_USE bool screen_request(const struct screen *screen, const char *method, const char *path,
                                const char *extra, const char *type, const struct pp_buf *body,
                                struct pp_buf *request);

#endif

/*
 * The access mode in effect (access/mode.h): as the signed state names it, or, until then, as the headend's answer
 * to the last session does. In a temporary mode also the session of whoever is signed in: while there is one, the
 * state has the channel's key, and that is in memory alone, so that nothing of it outlives the session, a power cut
 * or this process.
 *
 * A session ends when the state says so; and at its time, by the agent's clock, which never goes back, or by what has
 * passed since the state came, whichever is first. After a restart the next state begins it anew where it still lasts.
 */
#ifndef PP_AGENT_ACCESS_STATE_H
#define PP_AGENT_ACCESS_STATE_H

#include <cjson/cJSON.h>

#include "access/person.h"
#include "agent/proxy.h"
#include "agent/state_document.h"
#include "base/jobs.h"

struct agent;

#define ACCESS_STATE_LEFT_RECORD "session-left" /* of the vault: the session that was ended on the spot */
#define ACCESS_STATE_LOOK_MS     5000           /* between two looks at the clock while a session is open */

struct access_state {
    struct access_prover *prover;
    const struct access_mode *mode;  /* NULL: not known yet */
    struct access_person *person;    /* who signs in; NULL in permanent modes */
    const struct access_mode *signs; /* how */
    /* What the screen shows for that; "" nothing. */
    char address[ACCESS_ADDRESS_MAX], qr[ACCESS_URI_MAX], user_code[ACCESS_USER_CODE_MAX];
    char code[8];            /* what is wrong with it, "A-4"; "" nothing */
    enum access_entry entry; /* of a password that is typed at the display */
    int64_t entry_wait_s;    /* s, of ACCESS_ENTRY_WAIT */
    bool denied;             /* somebody was refused */
    char left[ACCESS_SESSION_MAX +
              1]; /* the one that was ended on the spot, until a state knows it; "" none */
    char session[ACCESS_SESSION_MAX + 1]; /* the one that is open; "" none */
    int64_t ends_ms;                      /* CLOCK_MONOTONIC, of that, by what has passed */
    struct net_timer end_timer;
    bool in_memory;      /* what is current is kept in memory alone */
    bool keep_both;      /* the document that is kept is to replace both generations */
    struct pp_job shred; /* of what a permanent mode has left on flash */
    bool shredding;
    struct agent *agent;
    struct pp_error shred_error;
};

/* With the identity there, before the first request. */
PP_MUST_USE bool access_state_open(struct agent *agent, struct pp_error *error);
/* After the document of before the last stop was read, and before what is cached is. */
void access_state_restore(struct agent *agent);
/* Before the client goes. */
void access_state_stop(struct agent *agent);
void access_state_close(struct access_state *access);

/* Gives both clients what goes with their requests, in the mode that is in effect. */
PP_MUST_USE bool access_state_show(struct agent *agent, struct pp_error *error);
/* A state takes effect: agent->document, before its content is followed. */
void access_state_follow(struct agent *agent);
/* There is a session. */
void access_state_hear_session(struct agent *agent);
/* Appends what is kept on flash of a state: in a temporary mode nothing that could be shown with it. */
PP_MUST_USE bool access_state_add_kept(struct access_state *access, const struct access_policy *policy,
                                       const void *json, size_t size, struct pp_buf *out,
                                       struct pp_error *error);

/* Whether nothing may be shown since nobody is signed in. */
bool access_state_is_locked(const struct state_document *document);
/* Whether somebody can sign in now: there is a code for it; and what stands on the status screen then. */
bool access_state_offers_sign_in(const struct access_state *access);
bool access_state_write(const struct agent *agent, cJSON *screen);

/* Whoever is signed in is not any more: at once here, and at the headend as soon as it can be told, also after a
 * restart; a state that names that session still opens nothing. PP_E_STATE where nobody is. */
PP_MUST_USE bool access_state_sign_out(struct agent *agent, struct pp_error *error);

/* Whether a password may be typed at the display now; and that it was. False where none is wanted. */
bool access_state_wants_password(const struct access_state *access);
bool access_state_type_password(struct access_state *access, const char *text);

/* Its part of the status report. */
void access_state_report(const struct agent *agent, cJSON *status);

#endif

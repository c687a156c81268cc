/*
 * Whose word is taken, and what only this display point can read: the control keys, and what a state encrypts to the
 * agreement key (opened.h), which is opened beside the loop: a TPM takes its time.
 */
#ifndef PP_AGENT_CONTROL_H
#define PP_AGENT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "access/session.h"
#include "agent/control_keys.h"
#include "agent/opened.h"
#include "agent/state_document.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/jobs.h"
#include "net/loop.h"

#define CONTROL_KEYS_RECORD   "control-keys" /* of the vault: the last set that the repository vouched for */
#define CONTROL_KEYS_PATH     "keys/control.json" /* of the repository's target */
#define CONTROL_KEY_SILENT_MS 20000               /* so long the agreement key is waited for */

struct agent;

enum opening_state {
    OPENING_NONE,
    OPENING_WANTED,  /* it runs, and somebody waits for it */
    OPENING_DROPPED, /* it runs, and nobody does any more */
    OPENING_FOLLOWED, /* likewise; another state waits for its end, to be opened then: payload and nonce are of that */
    OPENING_SILENT, /* it runs for longer than it may: no other is taken before its end */
};

/* Opening what a state has encrypted to this display point, by a job. The rest of the state waits for it. */
struct state_opening {
    struct pp_job job; /* first: the job is the opening */
    struct agent *agent;
    enum opening_state state;
    struct opened_keys keys;
    struct opened opened;
    struct pp_buf payload; /* of the state; wiped */
    char nonce[ACCESS_NONCE_SIZE];
    struct net_timer overdue;
};

struct agent_control {
    struct control_keys keys; /* none at first */
    bool other_keys_wanted;   /* a state is signed by none of them */
    struct state_opening opening;
    struct opened opened; /* of the state in effect, or the last that was kept */
    struct opened former; /* while it is replaced: what ends by that is of the former state */
    bool old_key_used;    /* the last state was encrypted to the agreement key before the present one */
};

/* The control keys that were known before the last stop. */
void control_restore(struct agent_control *control, struct vault *vault);
void control_close(struct agent_control *control);
/* Those that the repository vouches for: followed from now on. */
PP_MUST_USE bool control_follow_keys(struct agent *agent, struct pp_error *error);
/* Verifies a state that one of the keys signed, and begins to open what it encrypts, once a former one that was dropped
 * has come to its end: connection_state_opened follows. Asks for other keys where none did. */
PP_MUST_USE bool control_open_state(struct agent *agent, const void *token, size_t size, const char *nonce,
                                    struct pp_error *error);
/* Nobody waits for it any more; false where nobody did. */
bool control_drop_state(struct agent_control *control);
/* What that of the state encrypts which was kept is opened at once: for a job. */
void control_open_kept(struct agent *agent);
/* A payload of which everything that it encrypts was opened. */
PP_MUST_USE bool control_read_payload(struct agent *agent, const struct pp_buf *payload,
                                      struct state_document *document, struct pp_error *error);
/* Once it is read: it is the document's from then on, and goes with that. */
void control_drop_channel_key(struct agent_control *control);
/* Whether a state was signed by none of the keys; there are others by now. */
bool control_end_want(struct agent_control *control);
/* The state that was opened takes effect: what the former one encrypted is kept until control_forget_former. */
void control_take_opened(struct agent_control *control);
void control_forget_former(struct agent_control *control);
/* Appends what the state encrypts to this display point. */
PP_MUST_USE bool control_decrypt(struct agent *agent, const char *typ, const char *token,
                                 struct pp_buf *clear, struct pp_error *error);
/* A proxy's password in that JWE, with its NUL. PP_E_LIMIT where it is longer. */
PP_MUST_USE bool control_read_password(struct agent *agent, const char *token, char *password, size_t size,
                                       struct pp_error *error);
/* The headend's signed word that we are not to show anything, in an answer to the request with that nonce. */
enum access_refusal control_refusal_of(void *arg, const struct net_response *response, const char *nonce);
/* The body of POST /v1/session: an access_announce. */
struct net_draft *control_announce(void *arg, struct pp_error *error);

#endif

/*
 * Temporary display points: a person signs in there. What is asked of whom is the mode's (sso.c, password.c); what is
 * shown goes to the headend, encrypted to a key of its own, and the headend alone decides: the next signed state has a
 * session and the channel's key, or not.
 */
#ifndef PP_ACCESS_PERSON_H
#define PP_ACCESS_PERSON_H

#include "access/policy.h"
#include "base/clock.h"
#include "net/client.h"
#include "net/loop.h"
#include "vault/vault.h"

#define ACCESS_REFRESH_RECORD "refresh-token" /* of the vault: the provider's, of who is signed in */

/* What the screen shows, for somebody to sign in. Borrowed; "" where there is none. */
struct access_ask {
    const char *address;   /* to be typed */
    const char *qr;        /* to be scanned */
    const char *user_code; /* to be typed there */
};

/* How it stands with a password that is typed at the display. */
enum access_entry {
    ACCESS_ENTRY_NONE,       /* none is wanted */
    ACCESS_ENTRY_OPEN,       /* type one */
    ACCESS_ENTRY_CHECKING,   /* the headend has it */
    ACCESS_ENTRY_WRONG,      /* type another one */
    ACCESS_ENTRY_UNANSWERED, /* the headend has not answered: type it again */
    ACCESS_ENTRY_WAIT,       /* too many were wrong: none is wanted yet */
};

struct access_person_config {
    struct net_loop *loop;
    struct net_client *client; /* the headend's */
    struct vault *vault;
    const char *provider_ca; /* PEM, of the providers' servers; borrowed */
    struct net_proxy *proxy; /* borrowed; NULL: none */
    struct net_clocks clocks;
    const char *device_id; /* copied */
    /* Appends what the headend has encrypted to this display point: a client secret (client_auth.h). */
    bool (*decrypt)(void *arg, const char *typ, const char *token, struct pp_buf *clear,
                    struct pp_error *error);
    /* What is shown has changed; NULL: nothing any more. */
    void (*on_ask)(void *arg, const struct access_ask *ask);
    /* It did not work, and is tried again by itself: `code` for the status screen, "A-3"; see pingplay-agent(8).
     * `denied`: a person was refused. Error NULL: it works again. */
    void (*on_trouble)(void *arg, const char *code, bool denied, const struct pp_error *error);
    /* `wait_s`: of ACCESS_ENTRY_WAIT, what is left, rounded up to what a screen is drawn anew for. */
    void (*on_entry)(void *arg, enum access_entry entry, int64_t wait_s);
    void *arg;
};

struct access_person;

/* For a mode that is temporary. Asks nothing yet. */
struct access_person *access_person_create(const struct access_mode *mode,
                                           const struct access_person_config *config, struct pp_error *error);
/* A state takes effect, of the same mode: asks where nobody is signed in, and sees to it that a session is renewed. */
void access_person_follow(struct access_person *person, const struct access_policy *policy, int64_t now_s);
/* Somebody has typed a password, UTF-8; false where none is wanted. on_entry follows. */
bool access_person_type_text(struct access_person *person, const char *text);
/* The session is over: what would begin another without a person is destroyed, here and at the provider. */
void access_person_end(struct access_person *person);
/* Tells the headend that whoever is signed in wants to be so no more, and again until it has heard, or another policy
 * is followed; the next state says so. Of that session alone: not of one that has begun meanwhile. */
void access_person_sign_out(struct access_person *person, const char *session);
void access_person_destroy(struct access_person *person); /* NULL is allowed */

#endif

/*
 * Whom this display point trusts (identity/authorities.h), as it changes: by the repository's target, which comes with
 * the other documents (sync/sync.h), or by the EST server's cacerts, which is asked once a day and before each renewal
 * as long as there is no such target. What changes is on flash before it counts.
 *
 * A certificate of another authority than the one that issues now is renewed early, within a while that the
 * configuration names (renewal-spread): not all screens at once.
 */
#ifndef PP_AGENT_AUTHORITY_H
#define PP_AGENT_AUTHORITY_H

#include <cjson/cJSON.h>

#include "base/error.h"
#include "identity/authorities.h"
#include "identity/est.h"
#include "net/loop.h"

#define AUTHORITY_LOOK_MS    (24 * 60 * 60 * 1000) /* between two looks, and up to the spread more */
#define AUTHORITY_STATUS_MAX 16                    /* that are told of */

struct agent;

enum authority_keep {
    AUTHORITY_KEPT,    /* there is nothing to be kept */
    AUTHORITY_UNKEPT,  /* `next` is, and the vault does not have it yet */
    AUTHORITY_WRITING, /* it has: what is kept next is that, and none before it */
};

struct agent_authority {
    struct authorities set;
    struct authority_record next; /* on its way to flash */
    enum authority_keep keep;
    bool keep_failure_reported;
    struct net_timer keep_timer; /* to try it again */
    struct net_timer look_timer;
    struct net_timer renew_timer;
    struct est *asking;      /* the server's cacerts; NULL: not asked, or for a renewal (connection.h) */
    bool asked;              /* for the renewal that is to come */
    bool renewal_due;        /* for the sake of the one that issues */
    bool renewal_waits;      /* for what is on its way to flash */
    struct pp_error refusal; /* of an answer as a whole, as it was told; PP_OK none */
};

/* Once the vault is open, before there are clients. */
PP_MUST_USE bool authority_open(struct agent *agent, struct pp_error *error);
void authority_close(struct agent *agent);

/* With the connection: looks begin, and whether the certificate is to be another. What was on its way to flash at the
 * stop does not take effect before the next start. */
void authority_start(struct agent *agent);
void authority_stop(struct agent *agent);

/* The repository's document: followed from now on, and taken. */
PP_MUST_USE bool authority_follow(struct agent *agent, struct pp_error *error);
void authority_take(void *agent, const char *text);
/* An EST server's (est_config's take_authorities): false where it is refused whole, or what is to be kept by it is too
 * long. Nothing of it counts while the repository's document is on its way to flash. */
PP_MUST_USE bool authority_take_answer(void *agent, const uint8_t *pkcs7, size_t size,
                                       struct pp_error *error);

/* A renewal is to begin: the question to the server that comes first, or NULL where there is none to ask or it was
 * asked; then it begins in connection_renew_asked. */
struct est *authority_ask_first(struct agent *agent);
/* It was renewed. */
void authority_hear_renewed(struct agent *agent);

/* Those in use, the newest first: in words, as many as there is room for; "" not open. */
void authority_describe(const struct agent_authority *authority, char *text, size_t size);
/* The same for pingplayctl(8). */
void authority_add_status(const struct agent_authority *authority, cJSON *document);

#endif

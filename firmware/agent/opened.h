/*
 * What a state has encrypted to this display point (jose/jwe.h), in the clear. Opening it takes the agreement key,
 * which a TPM may keep: it is done beside the loop, all of a document at once, and whoever needs one of them finds it
 * here.
 */
#ifndef PP_AGENT_OPENED_H
#define PP_AGENT_OPENED_H

#include "base/buf.h"
#include "crypto/bulk.h"
#include "identity/agreement.h"

#define OPENED_TOKENS_MAX 3    /* the channel's key, a proxy's password, a client's secret */
#define OPENED_CLEAR_MAX  1024 /* bytes of one of them */

/* A token, and what has become of it. */
struct opened_token {
    char *token;     /* until it is opened */
    const char *typ; /* static */
    uint8_t mark[BULK_SHA256_SIZE];
    char *clear; /* OPENED_CLEAR_MAX bytes of memory for secrets; NULL: see `error` */
    size_t size;
    char kid[64]; /* of the key that it was encrypted to */
    struct pp_error error;
};

struct opened {
    struct opened_token tokens[OPENED_TOKENS_MAX];
    size_t count;
};

/* By whose key: held. */
struct opened_keys {
    struct crypto_key *key, *before; /* `before` may be NULL */
    char kid[64], kid_before[64];
    char device_id[IDENTITY_DEVICE_ID_MAX];
};

void opened_keys_take(struct opened_keys *keys, const struct agreement *agreement,
                      const struct identity *identity);
void opened_keys_release(struct opened_keys *keys);

/* One more that is to be opened, copied; "" and one that is there already are passed over. PP_E_LIMIT. */
PP_MUST_USE bool opened_add(struct opened *opened, const char *typ, const char *token,
                            struct pp_error *error);
/* All of them. From any thread. */
void opened_open(struct opened *opened, const struct opened_keys *keys);
/* NULL where it is none of them. */
const struct opened_token *opened_find(const struct opened *opened, const char *typ, const char *token);
/* Wipes those of a kind, which nobody reads again. */
void opened_drop(struct opened *opened, const char *typ);
/* The first that could not be opened for now, for want of the key; NULL: there is none. */
const struct pp_error *opened_wants_key(const struct opened *opened);
void opened_finish(struct opened *opened); /* wipes */

#endif

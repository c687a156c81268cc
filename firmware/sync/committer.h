/*
 * Makes finished objects durable on threads of its own, so that the flash works on one object while the next
 * ones arrive. Internal.
 */
#ifndef PP_SYNC_COMMITTER_H
#define PP_SYNC_COMMITTER_H

#include "net/loop.h"
#include "store/store.h"

#define COMMITTER_QUEUE_MAX 16 /* objects handed over and not yet taken back */

struct committer;

struct commit {
    struct store_partial *partial; /* NULL once it is done */
    void *owner;                   /* the caller's */
    bool ok;
    struct pp_error error;
};

/* Each finished commit wakes `loop`. NULL on failure. */
struct committer *committer_create(struct net_loop *loop, struct pp_error *error);
/* Waits for the commits that run; those behind them are kept as partial files. NULL is allowed. */
void committer_destroy(struct committer *committer);
PP_DEFINE_AUTO(committer, struct committer, committer_destroy)

/* Objects handed over and not yet taken back; at COMMITTER_QUEUE_MAX none may be added. */
size_t committer_load(struct committer *committer);
/* Takes over the partial. */
void committer_add(struct committer *committer, struct store_partial *partial, void *owner);
/* Takes back one that is done; false where none is. */
bool committer_take(struct committer *committer, struct commit *out);

#endif

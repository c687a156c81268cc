/*
 * Internal: values of records whose writer does not wait for the flash. For each name there is at most one that
 * waits and one that is being written: a newer value takes the place of the one that waits.
 */
#ifndef PP_VAULT_LATER_H
#define PP_VAULT_LATER_H

#include <pthread.h>

#include "vault/vault.h"

struct later_write;

struct later {
    struct vault *vault;
    struct pp_jobs *jobs;
    pthread_mutex_t lock;   /* over what the writes hold */
    pthread_cond_t written; /* a write has ended */
    struct later_write *writes;
    bool dropped; /* all that waited, for good */
};

void later_init(struct later *later, struct vault *vault);
/* No job of it is left. Wipes. */
void later_finish(struct later *later);

/* Copies `data`, which is written `times` times; NULL: the record is removed. */
PP_MUST_USE bool later_add(struct later *later, const char *name, const void *data, size_t size,
                           unsigned times, vault_kept *kept, void *arg, struct pp_error *error);
void later_forget_kept(struct later *later, const char *name);

enum later_state {
    LATER_NONE,    /* what is on flash counts */
    LATER_VALUE,   /* `out` has it */
    LATER_REMOVED, /* there is none */
    LATER_FAILED,  /* `out` cannot take it */
};
/* The newest value that is not on flash yet. Any thread. */
enum later_state later_get(struct later *later, const char *name, struct pp_buf *out, struct pp_error *error);
/* What waits under that name is not written any more, and what is being written is by now: a newer value comes
 * after it, by somebody who waits. */
void later_supersede(struct later *later, const char *name);
/* Nothing that waits is written any more: whoever waits for it hears PP_E_STATE. */
void later_drop_all(struct later *later);

/* vault.c: as vault_put, or vault_remove where `data` is NULL, of what waited here. */
PP_MUST_USE bool vault_write_now(struct vault *vault, const char *name, const void *data, size_t size,
                                 struct pp_error *error);

#endif

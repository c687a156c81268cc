/*
 * What the vault says of records that fell back to their older generation, from whatever thread asked for them,
 * brought to the agent's loop. Each is told once, however often the record is read until it is written anew.
 */
#ifndef PP_AGENT_VAULT_NOTES_H
#define PP_AGENT_VAULT_NOTES_H

#include <pthread.h>

#include "base/error.h"
#include "vault/vault.h"

#define VAULT_NOTES_MAX                                                                                      \
    16 /* messages that wait, and as many that are remembered; more are dropped, and counted */

struct vault_notes {
    pthread_mutex_t lock;                                 /* guards all below */
    int fd;                                               /* eventfd, readable while messages wait */
    char messages[VAULT_NOTES_MAX][PP_ERROR_MESSAGE_MAX]; /* a ring */
    unsigned first, waiting, remembered;                  /* the ones remembered lie before `first` */
    unsigned dropped;
};

/* From now on the vault's reports come here; `fd` is for a loop to watch. */
PP_MUST_USE bool vault_notes_init(struct vault_notes *notes, struct vault *vault, struct pp_error *error);
/* The vault must be closed, or have another reporter. */
void vault_notes_finish(struct vault_notes *notes);

/* The oldest message that waits; false when there is none. On the loop's thread. */
bool vault_notes_take(struct vault_notes *notes, char message[PP_ERROR_MESSAGE_MAX]);

#endif

/* Failed sign-ins slow down further ones, for the account and for the address, exponentially. */
#ifndef HEADEND_OPS_THROTTLE_H
#define HEADEND_OPS_THROTTLE_H

#include "headend/db/db.h"

#define THROTTLE_FREE          3  /* failures without a delay */
#define THROTTLE_ACCOUNT_MAX_S 60 /* or a stranger could keep an administrator out for long */
#define THROTTLE_KNOWN_S                                                                                     \
    2592000 /* an address from which the account signed in so lately has only its own wait */
#define THROTTLE_ADDRESS_MAX_S 900
#define THROTTLE_FORGET_S                                                                                    \
    3600 /* after the last failure; one in the future, before the clock was put right, counts for nothing */

/* The wait after so many failures, s: 0, 0, 0, 2, 4, 8 … max_s. */
int64_t throttle_delay(int64_t failures, int64_t max_s);

/* Counts an attempt, which is a failure until throttle_clear says otherwise (so that attempts side by side
 * count too). *wait_s > 0: it is too early, and was not counted. Callers hold db_lock. */
PP_MUST_USE bool throttle_attempt(struct db *db, const char *account, const char *address, int64_t now,
                                  int64_t *wait_s, struct pp_error *error);
/* Whether the account has signed in from the address lately: else many strangers, each with a wait of its own, could
 * keep an administrator out for good. */
PP_MUST_USE bool throttle_known(struct db *db, const char *account, const char *address, int64_t now,
                                bool *known, struct pp_error *error);
/* The account has signed in from the address. */
PP_MUST_USE bool throttle_clear(struct db *db, const char *account, const char *address, int64_t now,
                                struct pp_error *error);
/* The same for whatever else must not be guessed, by a key of its own, "KIND:…". */
PP_MUST_USE bool throttle_attempt_at(struct db *db, const char *key, int64_t now, int64_t *wait_s,
                                     struct pp_error *error);
PP_MUST_USE bool throttle_clear_at(struct db *db, const char *key, struct pp_error *error);
PP_MUST_USE bool throttle_purge(struct db *db, int64_t now, struct pp_error *error);

#endif

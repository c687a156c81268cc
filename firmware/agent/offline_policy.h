/*
 * What a screen does that hears nothing of its headend: by default it plays on for ever. A signed state may say
 * otherwise (design §6), so that a stolen screen does not show, or keep, what it has:
 *
 *   "policy": {"offline": {"lock_after_s": 604800, "erase_after_s": 2592000}}
 *
 * Time without word is reckoned from the newest signed state that was taken, by the clock of floors.h. What is not
 * signed ("nothing new", any page of a proxy's) is no word: whoever stands between could say it for ever.
 */
#ifndef PP_AGENT_OFFLINE_POLICY_H
#define PP_AGENT_OFFLINE_POLICY_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define OFFLINE_AFTER_LEAST_S 10                          /* what is shorter is a mistake */
#define OFFLINE_AFTER_MAX_S   (10 * 366 * 24 * 60 * 60LL) /* longer than a screen hangs */

struct offline_policy {
    int64_t lock_after_s;  /* 0: never */
    int64_t erase_after_s; /* 0: never; not before the lock */
};

/* Of a state; without one: never, never. PP_E_INVALID names the field. */
PP_MUST_USE bool offline_policy_parse(const cJSON *state, struct offline_policy *out, struct pp_error *error);

enum offline_verdict { OFFLINE_PLAY, OFFLINE_LOCK, OFFLINE_ERASE };

/* What is to be done after so long. */
enum offline_verdict offline_policy_judge(const struct offline_policy *policy, int64_t silent_s);

/* How long until that may change, in s; 0 never. */
int64_t offline_policy_wait_s(const struct offline_policy *policy, int64_t silent_s);

/* How old the last word may get before a new one is asked for; 0: it does not matter. */
int64_t offline_policy_refresh_s(const struct offline_policy *policy);

#endif

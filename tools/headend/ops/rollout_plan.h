/*
 * What a rollout does step by step, as somebody has asked for it: how many of the channel's screens, or which group
 * of them, have the new version from when on, and with how many errors it halts (rollout.h).
 *
 *   {"steps": [{"percent": 10}, {"group": ID, "after": "PT1H"}, {"percent": 100, "after": "PT4H"}],
 *    "tolerance": {"errors": 3, "percent": 2}}
 *
 * "after" counts from the begin of the step before (of the first, from when it was published); without it the first
 * step begins at once, and another one when somebody says so. The last step is 100 per cent: then it is published as
 * always.
 */
#ifndef HEADEND_OPS_ROLLOUT_PLAN_H
#define HEADEND_OPS_ROLLOUT_PLAN_H

#include "base/json.h"
#include "headend/base/secret.h"

#define ROLLOUT_STEPS_MAX     10
#define ROLLOUT_AFTER_MAX_S   (30 * INT64_C(86400))
#define ROLLOUT_ERRORS        3 /* tolerated, unless it is said otherwise */
#define ROLLOUT_PERCENT       2 /* or of so many of the screens that have it, where that is more */
#define ROLLOUT_ERRORS_MAX    10000
#define ROLLOUT_PLAN_TEXT_MAX 2048 /* bytes as JSON */

struct rollout_step {
    int64_t percent;            /* of the channel's screens; 0: those of a group */
    char group[UUID_TEXT_SIZE]; /* "" none */
    bool by_hand;               /* it begins when somebody says so */
    int64_t after_s;
};
struct rollout_plan {
    struct rollout_step steps[ROLLOUT_STEPS_MAX];
    size_t count;
    int64_t errors, percent; /* tolerated: whichever of the two is more */
};

/* PP_E_INVALID or PP_E_LIMIT, naming the place ("rollout.steps[1].percent: …"). */
PP_MUST_USE bool rollout_plan_parse(const cJSON *given, struct rollout_plan *plan, struct pp_error *error);
/* As it is given. NULL without memory. */
cJSON *rollout_plan_json(const struct rollout_plan *plan);
/* A duration as plans have it: "PT1H30M". */
#define ROLLOUT_AFTER_SIZE 32
void rollout_after_text(int64_t after_s, char text[ROLLOUT_AFTER_SIZE]);

/* The words of a command: "10%,group:ID@PT1H,100%@PT4H". The caller deletes it. NULL: PP_E_INVALID. */
cJSON *rollout_plan_of_words(const char *words, struct pp_error *error);

#endif

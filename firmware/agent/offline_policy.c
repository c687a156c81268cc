#include "agent/offline_policy.h"

#include "base/json.h"

#define REFRESH_SHARE 8         /* of what is allowed */
#define REFRESH_MAX_S 21600     /* a state that is not asked for anew says nothing of who answers */
#define LOOK_MAX_S    (60 * 60) /* the clock may be set meanwhile */

static bool parse_after(const cJSON *offline, const char *name, int64_t *out, struct pp_error *error) {
    return !pp_json_has(offline, name) ||
           pp_json_integer(offline, name, OFFLINE_AFTER_LEAST_S, OFFLINE_AFTER_MAX_S, out, error);
}

static bool parse_offline(const cJSON *policy, struct offline_policy *out, struct pp_error *error) {
    const cJSON *offline = NULL;
    if (!pp_json_has(policy, "offline"))
        return true;
    if (!pp_json_object(policy, "offline", &offline, error) ||
        !parse_after(offline, "lock_after_s", &out->lock_after_s, error) ||
        !parse_after(offline, "erase_after_s", &out->erase_after_s, error))
        return pp_wrap(error, "offline");
    bool erased_open = out->erase_after_s && !out->lock_after_s;
    if (erased_open || (out->erase_after_s && out->erase_after_s < out->lock_after_s))
        return pp_fail(error, PP_E_INVALID, "offline: nothing is erased that was not locked before");
    return true;
}

bool offline_policy_parse(const cJSON *state, struct offline_policy *out, struct pp_error *error) {
    const cJSON *policy = NULL;
    *out = (struct offline_policy){0};
    return !pp_json_has(state, "policy") ||
           (pp_json_object(state, "policy", &policy, error) && parse_offline(policy, out, error)) ||
           pp_wrap(error, "policy");
}

enum offline_verdict offline_policy_judge(const struct offline_policy *policy, int64_t silent_s) {
    if (policy->erase_after_s && silent_s >= policy->erase_after_s)
        return OFFLINE_ERASE;
    return policy->lock_after_s && silent_s >= policy->lock_after_s ? OFFLINE_LOCK : OFFLINE_PLAY;
}

int64_t offline_policy_wait_s(const struct offline_policy *policy, int64_t silent_s) {
    int64_t end_s = silent_s < policy->lock_after_s ? policy->lock_after_s : policy->erase_after_s;
    if (end_s <= silent_s)
        return 0;
    return end_s - silent_s < LOOK_MAX_S ? end_s - silent_s : LOOK_MAX_S;
}

int64_t offline_policy_refresh_s(const struct offline_policy *policy) {
    int64_t share_s = policy->lock_after_s / REFRESH_SHARE;
    return share_s < REFRESH_MAX_S ? share_s : REFRESH_MAX_S;
}

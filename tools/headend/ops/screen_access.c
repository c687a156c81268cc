#include "headend/ops/screen_access.h"

#include "base/clock.h"

/* Not there is no failure. */
static bool found(bool is, const struct pp_error *why, bool *out, struct pp_error *error) {
    *out = is;
    return is || why->code == PP_E_NOTFOUND || pp_fail(error, why->code, "%s", why->message);
}

bool state_access_load(struct db *db, const struct device *device, struct state_access *access,
                       struct pp_error *error) {
    struct pp_error why = {0};
    *access = (struct state_access){.mode = device->access};
    access->temporary = device->access == DEVICE_SSO || device->access == DEVICE_PASSWORD;
    if (!access->temporary)
        return true;
    return found(person_policy_find(db, device->id, &access->policy, &why), &why, &access->has_policy,
                 error) &&
           found(person_session_find(db, device->id, pp_clock_realtime_s(), &access->session, &why), &why,
                 &access->open, error);
}

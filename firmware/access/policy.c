#include "access/policy.h"

#include "base/json.h"

static bool parse_mode(const cJSON *access, struct access_policy *out, struct pp_error *error) {
    const char *name = NULL;
    if (!pp_json_string(access, "mode", ACCESS_MODE_NAME_MAX, &name, error))
        return false;
    out->mode = access_mode_find(name);
    return out->mode || pp_fail(error, PP_E_UNSUPPORTED, "field \"mode\": \"%s\" is not known here", name);
}

bool access_policy_parse(const cJSON *state, struct access_policy *out, struct pp_error *error) {
    const cJSON *access = NULL;
    struct access_policy parsed = {.mode = access_mode_find("certificate")};
    if (pp_json_has(state, "access") &&
        (!pp_json_object(state, "access", &access, error) || !parse_mode(access, &parsed, error)))
        return pp_wrap(error, "access");
    *out = parsed;
    return true;
}

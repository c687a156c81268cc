#include "headend/signer/state_sign.h"

#include <string.h>

#include "base/clock.h"
#include "command/urgent.h"
#include "headend/base/secret.h"

#define STATE_TYPE   "pingplay-state"
#define STATE_FORMAT 2

/* Members of a state that the one who asks for it says. */
static const char *const members[] = {
    "format", "aud",    "epoch",   "version", "iat",     "exp",   "name",     "site",     "time_zone",
    "locale", "access", "channel", "policy",  "publish", "nonce", "settings", "commands", "messages",
};

static bool is_member(const char *name) {
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        if (strcmp(members[i], name) == 0)
            return true;
    }
    return false;
}

static bool members_check(const cJSON *state, struct pp_error *error) {
    const cJSON *member;
    if (!cJSON_IsObject(state))
        return pp_fail(error, PP_E_INVALID, "a state is an object");
    cJSON_ArrayForEach(member, state) {
        if (!is_member(member->string))
            return pp_fail(error, PP_E_INVALID, "no member of a state: %.32s", member->string);
    }
    return true;
}

static bool times_check(const cJSON *state, struct pp_error *error) {
    int64_t now = pp_clock_realtime_s();
    int64_t from, until;
    return pp_json_integer(state, "iat", now - STATE_CLOCK_S, now + STATE_CLOCK_S, &from, error) &&
           pp_json_integer(state, "exp", from, from + STATE_LIFETIME_MAX_S, &until, error);
}

static bool state_check(const cJSON *state, const char *device, struct pp_error *error) {
    int64_t number;
    const char *audience;
    const cJSON *commands;
    if (!members_check(state, error) || !times_check(state, error) ||
        !pp_json_integer(state, "format", STATE_FORMAT, STATE_FORMAT, &number, error) ||
        !pp_json_integer(state, "epoch", 0, PP_JSON_INTEGER_MAX, &number, error) ||
        !pp_json_integer(state, "version", 0, PP_JSON_INTEGER_MAX, &number, error) ||
        !pp_json_array(state, "commands", SIGNING_STATE_MAX, &commands, error) ||
        !urgent_list_check(state, pp_clock_realtime_s(), error) ||
        !pp_json_string(state, "aud", SIGNING_DEVICE_MAX, &audience, error))
        return false;
    return (uuid_valid(device) && strcmp(audience, device) == 0) ||
           pp_fail(error, PP_E_INVALID, "aud: is not the screen that it is for");
}

static bool put(cJSON *object, const char *name, cJSON *item, struct pp_error *error) {
    cJSON_DeleteItemFromObjectCaseSensitive(object, name);
    if (item && cJSON_AddItemToObject(object, name, item))
        return true;
    cJSON_Delete(item);
    return pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* What screens encrypt is for us, whoever asked for their state. */
static bool keys_put(struct control *control, const struct sign_in_key *sign_in, cJSON *state,
                     struct pp_error *error) {
    cJSON *access = cJSON_GetObjectItemCaseSensitive(state, "access");
    cJSON *shown = cJSON_GetObjectItemCaseSensitive(access, "sign_in");
    /* A copy: a document's texts are wiped with it. */
    if (!put(state, "upload_key", cJSON_Duplicate(control_upload_key(control), true), error))
        return false;
    return !cJSON_IsObject(shown) || put(shown, "key", sign_in_key_jwk(sign_in, error), error);
}

bool state_sign(struct control *control, const struct sign_in_key *sign_in, const char *device,
                const struct signing_bytes *json, struct pp_buf *token, struct pp_error *error) {
    pp_autojson cJSON *state = pp_json_parse(json->data, json->size, SIGNING_STATE_MAX, error);
    if (!state || !state_check(state, device, error) || !keys_put(control, sign_in, state, error))
        return pp_wrap(error, "state");
    pp_autojsontext char *text = cJSON_PrintUnformatted(state);
    return text ? control_sign(control, STATE_TYPE, text, strlen(text), token, error)
                : pp_fail(error, PP_E_NOMEM, "out of memory");
}

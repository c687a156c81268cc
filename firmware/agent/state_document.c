#include "agent/state_document.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "jose/jws.h"

#define STATE_TYPE "pingplay-state"

static bool copy_string(const cJSON *object, const char *name, size_t max, char *out,
                        struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, name, max, &text, error))
        return false;
    strcpy(out, text);
    return true;
}

static bool parse_take(const cJSON *channel, struct state_document *out, struct pp_error *error) {
    const cJSON *take = NULL;
    const char *hash = NULL;
    out->has_take = pp_json_has(channel, "take");
    return !out->has_take || (pp_json_object(channel, "take", &take, error) &&
                              pp_json_string(take, "sha256", (size_t)2 * CHANNEL_HASH_SIZE, &hash, error) &&
                              pp_hex_decode(hash, out->take, sizeof out->take, error));
}

static bool parse_channel(const cJSON *document, const struct state_key_reader *reader,
                          struct state_document *out, struct pp_error *error) {
    out->has_channel = pp_json_has(document, "channel");
    if (!out->has_channel)
        return true;
    const cJSON *channel = NULL;
    const char *key = NULL;
    if (!pp_json_object(document, "channel", &channel, error) ||
        !copy_string(channel, "id", CHANNEL_NAME_MAX, out->channel, error) ||
        (pp_json_has(channel, "title") &&
         !copy_string(channel, "title", STATE_NAME_MAX, out->channel_title, error)) ||
        !parse_take(channel, out, error) || !pp_json_string(channel, "key", STATE_KEY_TOKEN_MAX, &key, error))
        return pp_wrap(error, "channel");
    if (!channel_name_valid(out->channel))
        return pp_fail(error, PP_E_INVALID, "channel: field \"id\" is not a channel id");
    return reader->read(reader->arg, key, out->audience, out->channel_key, error) ||
           pp_wrap(error, "channel: field \"key\"");
}

static bool parse_settings(const cJSON *document, struct state_document *out, struct pp_error *error) {
    const cJSON *settings = NULL;
    int64_t rotation = 0;
    if (!pp_json_has(document, "settings"))
        return true;
    if (!pp_json_object(document, "settings", &settings, error) ||
        (pp_json_has(settings, "rotation") &&
         !pp_json_integer(settings, "rotation", 0, 270, &rotation, error)) ||
        (pp_json_has(settings, "offline_mark") &&
         !pp_json_boolean(settings, "offline_mark", &out->offline_mark, error)) ||
        !state_proxy_parse(settings, &out->proxy, error))
        return pp_wrap(error, "settings");
    if (rotation % 90)
        return pp_fail(error, PP_E_INVALID, "settings: field \"rotation\" is not 0, 90, 180 or 270");
    out->rotation = (unsigned)rotation;
    return true;
}

static bool parse_floor(const cJSON *document, struct state_floor *out, struct pp_error *error) {
    out->epoch = 0;
    return (!pp_json_has(document, "epoch") ||
            pp_json_integer(document, "epoch", 0, PP_JSON_INTEGER_MAX, &out->epoch, error)) &&
           pp_json_integer(document, "version", 1, PP_JSON_INTEGER_MAX, &out->version, error);
}

/* When it was signed, and from when on it is worth nothing. What the time is now is state_document_check's. */
static bool parse_times(const cJSON *document, struct state_document *out, struct pp_error *error) {
    return pp_json_integer(document, "iat", 0, PP_JSON_INTEGER_MAX, &out->issued_s, error) &&
           pp_json_integer(document, "exp", 0, PP_JSON_INTEGER_MAX, &out->expires_s, error) &&
           (out->expires_s > out->issued_s ||
            pp_fail(error, PP_E_INVALID, "field \"exp\" is not after \"iat\""));
}

static bool parse_fields(const cJSON *document, const struct state_key_reader *reader,
                         struct state_document *out, struct pp_error *error) {
    int64_t format = 0;
    return pp_json_integer(document, "format", 2, 2, &format, error) &&
           copy_string(document, "aud", STATE_DEVICE_ID_MAX, out->audience, error) &&
           parse_floor(document, &out->floor, error) && parse_times(document, out, error) &&
           (!pp_json_has(document, "nonce") ||
            copy_string(document, "nonce", ACCESS_NONCE_SIZE - 1, out->nonce, error)) &&
           copy_string(document, "name", STATE_NAME_MAX, out->name, error) &&
           copy_string(document, "site", STATE_NAME_MAX, out->site, error) &&
           copy_string(document, "time_zone", STATE_TIME_ZONE_MAX, out->time_zone, error) &&
           copy_string(document, "locale", STATE_LOCALE_MAX, out->locale, error) &&
           access_policy_parse(document, &out->access, error) && parse_settings(document, out, error) &&
           offline_policy_parse(document, &out->policy, error) &&
           command_list_parse(document, &out->commands, error) &&
           urgent_list_parse(document, &out->messages, error) &&
           command_upload_key_parse(document, &out->upload_key, error) &&
           parse_channel(document, reader, out, error);
}

bool state_document_verify(const void *token, size_t size, struct control_keys *keys, struct pp_buf *payload,
                           struct pp_error *error) {
    const struct jws_verifier verifier = {.typ = STATE_TYPE, .find = control_keys_find, .arg = keys};
    if (jws_verify(&verifier, token, size, payload, error))
        return true;
    if (error && error->code == PP_E_NOTFOUND) /* signed, by a key that nobody vouches for */
        error->code = PP_E_AUTH;
    return pp_wrap(error, "state");
}

bool state_document_parse(const void *json, size_t size, const struct state_key_reader *reader,
                          struct state_document *out, struct pp_error *error) {
    pp_autojson cJSON *document = pp_json_parse(json, size, STATE_DOCUMENT_MAX, error);
    if (!document)
        return pp_wrap(error, "state");
    struct state_document parsed = {0};
    bool ok = cJSON_IsObject(document) ? parse_fields(document, reader, &parsed, error)
                                       : pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (ok)
        *out = parsed;
    pp_wipe(&parsed, sizeof parsed);
    return ok || pp_wrap(error, "state");
}

int state_floor_compare(const struct state_floor *a, const struct state_floor *b) {
    int64_t first = a->epoch != b->epoch ? a->epoch : a->version;
    int64_t second = a->epoch != b->epoch ? b->epoch : b->version;
    return first < second ? -1 : first > second;
}

static bool check_floor(const struct state_floor *fresh, const struct state_floor *floor,
                        struct pp_error *error) {
    bool older = state_floor_compare(fresh, floor) < 0;
    bool too_far = fresh->epoch - floor->epoch > STATE_EPOCH_STEP_MAX ||
                   fresh->version - floor->version > STATE_VERSION_STEP_MAX;
    if (!older && !too_far)
        return true;
    return pp_fail(error, older ? PP_E_ROLLBACK : PP_E_LIMIT,
                   "state: version %lld of epoch %lld is %s version %lld of epoch %lld, which was in effect",
                   (long long)fresh->version, (long long)fresh->epoch,
                   older ? "older than" : "too far ahead of", (long long)floor->version,
                   (long long)floor->epoch);
}

static bool check_range(const struct state_document *state, int64_t latest_s, struct pp_error *error) {
    long long version = state->floor.version;
    if (state->issued_s > latest_s)
        return pp_fail(error, PP_E_LIMIT, "state: field \"iat\" of version %lld lies too far in the future",
                       version);
    if (state->expires_s - state->issued_s > STATE_LIFE_MAX_S)
        return pp_fail(error, PP_E_LIMIT,
                       "state: field \"exp\" of version %lld is more than %lld days after \"iat\"", version,
                       STATE_LIFE_MAX_S / 86400);
    return true;
}

bool state_document_check(const struct state_document *state, const char *device_id,
                          const struct state_floor *floor, int64_t now_s, int64_t latest_s,
                          struct pp_error *error) {
    if (strcmp(state->audience, device_id) != 0)
        return pp_fail(error, PP_E_AUTH, "state: it is for another device");
    if (!check_floor(&state->floor, floor, error) || !check_range(state, latest_s, error))
        return false;
    if (state->expires_s <= now_s)
        return pp_fail(error, PP_E_EXPIRED, "state: version %lld has expired",
                       (long long)state->floor.version);
    return true;
}

bool state_document_answers(const struct state_document *state, const char *nonce, struct pp_error *error) {
    return !*state->nonce || strcmp(state->nonce, nonce) == 0 ||
           pp_fail(error, PP_E_ROLLBACK, "state: version %lld is the answer to another request",
                   (long long)state->floor.version);
}

#include "agent/state_document.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"

static bool copy_string(const cJSON *object, const char *name, size_t max, char *out,
                        struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, name, max, &text, error))
        return false;
    strcpy(out, text);
    return true;
}

static bool parse_channel(const cJSON *document, struct state_document *out, struct pp_error *error) {
    out->has_channel = pp_json_has(document, "channel");
    if (!out->has_channel)
        return true;
    const cJSON *channel = NULL;
    const char *key = NULL;
    if (!pp_json_object(document, "channel", &channel, error) ||
        !copy_string(channel, "id", CHANNEL_NAME_MAX, out->channel, error) ||
        (pp_json_has(channel, "title") &&
         !copy_string(channel, "title", STATE_NAME_MAX, out->channel_title, error)) ||
        !pp_json_string(channel, "key", PP_BASE64_SIZE(CHANNEL_KEY_SIZE), &key, error))
        return pp_wrap(error, "channel");
    if (!channel_name_valid(out->channel))
        return pp_fail(error, PP_E_INVALID, "channel: field \"id\" is not a channel id");
    if (!pp_base64url_decode_exact(key, out->channel_key, CHANNEL_KEY_SIZE, error))
        return pp_wrap(error, "channel: field \"key\"");
    return true;
}

static bool parse_settings(const cJSON *document, struct state_document *out, struct pp_error *error) {
    const cJSON *settings = NULL;
    int64_t rotation = 0;
    if (!pp_json_has(document, "settings"))
        return true;
    if (!pp_json_object(document, "settings", &settings, error) ||
        (pp_json_has(settings, "rotation") &&
         !pp_json_integer(settings, "rotation", 0, 270, &rotation, error)))
        return pp_wrap(error, "settings");
    if (rotation % 90)
        return pp_fail(error, PP_E_INVALID, "settings: field \"rotation\" is not 0, 90, 180 or 270");
    out->rotation = (unsigned)rotation;
    return true;
}

static bool parse_fields(const cJSON *document, struct state_document *out, struct pp_error *error) {
    int64_t format = 0;
    return pp_json_integer(document, "format", 1, 1, &format, error) &&
           copy_string(document, "aud", STATE_DEVICE_ID_MAX, out->audience, error) &&
           pp_json_integer(document, "version", 1, PP_JSON_INTEGER_MAX, &out->version, error) &&
           pp_json_time(document, "iat", &out->issued_s, error) &&
           pp_json_time(document, "exp", &out->expires_s, error) &&
           copy_string(document, "name", STATE_NAME_MAX, out->name, error) &&
           copy_string(document, "site", STATE_NAME_MAX, out->site, error) &&
           copy_string(document, "time_zone", STATE_TIME_ZONE_MAX, out->time_zone, error) &&
           copy_string(document, "locale", STATE_LOCALE_MAX, out->locale, error) &&
           parse_settings(document, out, error) && parse_channel(document, out, error);
}

bool state_document_parse(const void *json, size_t size, struct state_document *out, struct pp_error *error) {
    pp_autojson cJSON *document = pp_json_parse(json, size, STATE_DOCUMENT_MAX, error);
    if (!document)
        return pp_wrap(error, "state");
    struct state_document parsed = {0};
    bool ok = cJSON_IsObject(document) ? parse_fields(document, &parsed, error)
                                       : pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (ok)
        *out = parsed;
    pp_wipe(&parsed, sizeof parsed);
    return ok || pp_wrap(error, "state");
}

bool state_document_check(const struct state_document *state, const char *device_id, int64_t version_floor,
                          int64_t now_s, struct pp_error *error) {
    if (strcmp(state->audience, device_id) != 0)
        return pp_fail(error, PP_E_AUTH, "state: it is for another device");
    if (state->version < version_floor)
        return pp_fail(error, PP_E_ROLLBACK, "state: version %lld is older than %lld, which was in effect",
                       (long long)state->version, (long long)version_floor);
    if (state->expires_s <= now_s)
        return pp_fail(error, PP_E_EXPIRED, "state: version %lld has expired", (long long)state->version);
    return true;
}

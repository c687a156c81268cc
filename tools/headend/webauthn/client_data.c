#include "headend/webauthn/client_data.h"

#include "base/json.h"

#define TYPE_MAX 32 /* bytes */

static bool not_in_a_frame(const cJSON *document, struct pp_error *error) {
    bool crossed = false;
    if (pp_json_has(document, "crossOrigin") && !pp_json_boolean(document, "crossOrigin", &crossed, error))
        return false;
    if (crossed || pp_json_has(document, "topOrigin"))
        return pp_fail(error, PP_E_AUTH, "client data: of a page in another site's frame");
    return true;
}

bool client_data_read(const void *json, size_t size, enum client_ceremony ceremony, struct client_data *out,
                      struct pp_error *error) {
    static const char *const types[] = {"webauthn.create", "webauthn.get"};
    const char *type;
    pp_autojson cJSON *document = pp_json_parse(json, size, CLIENT_DATA_MAX, error);
    if (!document)
        return false;
    if (!cJSON_IsObject(document))
        return pp_fail(error, PP_E_INVALID, "client data: not a JSON object");
    if (!pp_json_string(document, "type", TYPE_MAX, &type, error))
        return false;
    if (strcmp(type, types[ceremony]) != 0)
        return pp_fail(error, PP_E_AUTH, "client data: not of type %s", types[ceremony]);
    return pp_json_copy(document, "challenge", CHALLENGE_TEXT_MAX, out->challenge, error) &&
           pp_json_copy(document, "origin", CLIENT_ORIGIN_MAX, out->origin, error) &&
           not_in_a_frame(document, error);
}

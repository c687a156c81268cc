#include "headend/ops/publish_pin.h"

static int64_t moment_of(const cJSON *pin, const char *name) {
    int64_t moment = 0;
    return pp_json_integer(pin, name, 0, PP_JSON_INTEGER_MAX, &moment, NULL) ? moment : 0;
}

bool publish_pin_find(const cJSON *pins, const char *content, struct publish_pin *pin) {
    const cJSON *given = pins ? cJSON_GetObjectItemCaseSensitive(pins, content) : NULL;
    *pin = (struct publish_pin){0};
    if (!cJSON_IsObject(given))
        return given && pp_json_integer(pins, content, 1, PP_JSON_INTEGER_MAX, &pin->version, NULL);
    pin->has_validity = true;
    pin->valid_from = moment_of(given, "valid_from");
    pin->valid_to = moment_of(given, "valid_to");
    return pp_json_integer(given, "version", 1, PP_JSON_INTEGER_MAX, &pin->version, NULL);
}

void publish_pin_add(cJSON *pins, const struct content *content) {
    cJSON *pin = cJSON_AddObjectToObject(pins, content->id);
    cJSON_AddNumberToObject(pin, "version", (double)content->version);
    cJSON_AddNumberToObject(pin, "valid_from", (double)content->labels.valid_from);
    cJSON_AddNumberToObject(pin, "valid_to", (double)content->labels.valid_to);
}

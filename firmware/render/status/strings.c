#include "render/status/strings.h"

#include "render/status/strings_data.h"

#define STRINGS_MAX (64 * 1024) /* bytes of one file */

bool strings_load(struct strings *strings, struct pp_error *error) {
    strings->english = pp_json_parse(strings_data_en, strlen(strings_data_en), STRINGS_MAX, error);
    strings->french =
        strings->english ? pp_json_parse(strings_data_fr, strlen(strings_data_fr), STRINGS_MAX, error) : NULL;
    if (strings->french)
        return true;
    strings_finish(strings);
    return pp_wrap(error, "assets/strings");
}

void strings_finish(struct strings *strings) {
    cJSON_Delete(strings->english);
    cJSON_Delete(strings->french);
    *strings = (struct strings){0};
}

const char *strings_get(const struct strings *strings, enum screen_language language, const char *name) {
    const cJSON *file = language == SCREEN_FRENCH ? strings->french : strings->english;
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(file, name));
    return text ? text : "";
}

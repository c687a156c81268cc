#include "page/strings.h"

#include <string.h>

#include "base/json.h"

#define STRINGS_MAX (64 * 1024) /* bytes of one language's file */

struct strings {
    cJSON *english, *french;
};

static cJSON *strings_load(const struct embedded_file *files, const char *name, struct pp_error *error) {
    const struct embedded_file *file = embedded_find(files, name);
    if (!file) {
        pp_fail(error, PP_E_NOTFOUND, "%s was not compiled in", name);
        return NULL;
    }
    cJSON *texts = pp_json_parse(file->data, file->size, STRINGS_MAX, error);
    if (!texts)
        pp_wrap(error, "%s", name);
    return texts;
}

struct strings *strings_create(const struct embedded_file *files, struct pp_error *error) {
    PP_AUTO(strings) struct strings *strings = calloc(1, sizeof *strings);
    if (!strings) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    strings->english = strings_load(files, "strings.en.json", error);
    strings->french = strings->english ? strings_load(files, "strings.fr.json", error) : NULL;
    return strings->french ? pp_steal(&strings) : NULL;
}

void strings_destroy(struct strings *strings) {
    if (!strings)
        return;
    cJSON_Delete(strings->english);
    cJSON_Delete(strings->french);
    free(strings);
}

const char *strings_find(const struct strings *strings, const char *language, const char *key) {
    const cJSON *texts = strcmp(language, "fr") == 0 ? strings->french : strings->english;
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(texts, key));
}

const char *strings_get(const struct strings *strings, const char *language, const char *key) {
    const char *text = strings_find(strings, language, key);
    return text ? text : key;
}

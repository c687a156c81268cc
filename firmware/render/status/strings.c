#include "render/status/strings.h"

#include <string.h>

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

#define REASON "reason."

/* `pattern` has one star, or none; *from and *size: what it stands for. */
static bool matches(const char *pattern, const char *text, const char **from, size_t *size) {
    const char *star = strchr(pattern, '*');
    size_t before = star ? (size_t)(star - pattern) : strlen(pattern), length = strlen(text);
    size_t after = star ? strlen(star + 1) : 0;
    if (length < before + after || (!star && length > before) || strncmp(text, pattern, before) != 0 ||
        strcmp(text + length - after, star ? star + 1 : "") != 0)
        return false;
    *from = text + before;
    *size = length - before - after;
    return true;
}

static void fill_in(const char *words, const char *from, size_t size, char shown[STRINGS_REASON_MAX]) {
    size_t before = strcspn(words, "*");
    const char *rest = words[before] ? words + before + 1 : "";
    snprintf(shown, STRINGS_REASON_MAX, "%.*s%.*s%s", (int)before, words, words[before] ? (int)size : 0, from,
             rest);
}

static bool find_reason(const struct strings *strings, enum screen_language language, const char *reason,
                        char shown[STRINGS_REASON_MAX]) {
    const cJSON *one;
    cJSON_ArrayForEach(one, strings->english) {
        const char *from;
        size_t size;
        if (strncmp(one->string, REASON, strlen(REASON)) != 0 ||
            !matches(one->string + strlen(REASON), reason, &from, &size))
            continue;
        fill_in(strings_get(strings, language, one->string), from, size, shown);
        return true;
    }
    return false;
}

/* "(7) …": nmcli puts NetworkManager's number before some. */
static const char *behind_number(const char *part) {
    size_t digits = *part == '(' ? strspn(part + 1, "0123456789") : 0;
    return digits && strncmp(part + 1 + digits, ") ", 2) == 0 ? part + digits + 3 : part;
}

bool strings_reason(const struct strings *strings, enum screen_language language, const char *reason,
                    char shown[STRINGS_REASON_MAX]) {
    for (const char *part = reason; *part; part += strcspn(part, ":"), part += strspn(part, ": ")) {
        if (find_reason(strings, language, behind_number(part), shown))
            return true;
    }
    *shown = 0;
    return false;
}

void strings_explain(const struct strings *strings, enum screen_language language, const char *screen,
                     const char *reason, char shown[STRINGS_REASON_MAX]) {
    char name[64];
    if (strings_reason(strings, language, reason, shown) || !*reason)
        return;
    snprintf(name, sizeof name, "%s.other", screen);
    snprintf(shown, STRINGS_REASON_MAX, "%s", strings_get(strings, language, name));
}

#include "channel/place.h"

#include <math.h>
#include <stdarg.h>

#define PLACE_DEPTH_MAX 16

bool channel_name_valid(const char *text) {
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return length > 0 && length <= CHANNEL_NAME_MAX && text[length] == 0 && text[0] != '.';
}

void place_text(const struct place *place, char text[CHANNEL_PATH_MAX]) {
    const struct place *chain[PLACE_DEPTH_MAX];
    size_t depth = 0;
    for (; place && place->up && depth < PLACE_DEPTH_MAX; place = place->up)
        chain[depth++] = place;
    snprintf(text, CHANNEL_PATH_MAX, "%s", depth ? "" : "document");
    size_t used = 0;
    while (depth-- && used < CHANNEL_PATH_MAX) {
        const struct place *part = chain[depth];
        int length = part->name ? snprintf(text + used, CHANNEL_PATH_MAX - used, "%s%.*s", used ? "." : "",
                                           CHANNEL_NAME_MAX, part->name)
                                : snprintf(text + used, CHANNEL_PATH_MAX - used, "[%zu]", part->index);
        used += length > 0 ? (size_t)length : 0;
    }
}

bool place_wrap(const struct place *place, struct pp_error *error) {
    char text[CHANNEL_PATH_MAX];
    place_text(place, text);
    return pp_wrap(error, "%s", text);
}

bool place_fail(const struct place *place, enum pp_code code, struct pp_error *error, const char *format,
                ...) {
    char message[PP_ERROR_MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    pp_fail(error, code, "%s", message);
    return place_wrap(place, error);
}

struct place place_member(const struct place *object, const char *name) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object->value, name);
    return (struct place){.up = object, .name = name, .value = cJSON_IsNull(value) ? NULL : value};
}

struct place place_item(const struct place *array, size_t index, const cJSON *value) {
    return (struct place){.up = array, .index = index, .value = value};
}

bool place_need(const struct place *object, const char *name, struct place *out, struct pp_error *error) {
    *out = place_member(object, name);
    return out->value || place_fail(out, PP_E_INVALID, error, "is missing");
}

bool place_object(const struct place *place, size_t max_members, struct pp_error *error) {
    if (!cJSON_IsObject(place->value))
        return place_fail(place, PP_E_INVALID, error, "is not an object");
    if ((size_t)cJSON_GetArraySize(place->value) > max_members)
        return place_fail(place, PP_E_LIMIT, error, "has more than %zu members", max_members);
    return true;
}

bool place_array(const struct place *place, size_t max_items, struct pp_error *error) {
    if (!cJSON_IsArray(place->value))
        return place_fail(place, PP_E_INVALID, error, "is not an array");
    if ((size_t)cJSON_GetArraySize(place->value) > max_items)
        return place_fail(place, PP_E_LIMIT, error, "has more than %zu items", max_items);
    return true;
}

bool place_string(const struct place *place, size_t max, const char **out, struct pp_error *error) {
    if (!cJSON_IsString(place->value))
        return place_fail(place, PP_E_INVALID, error, "is not a string");
    if (strlen(place->value->valuestring) > max)
        return place_fail(place, PP_E_LIMIT, error, "is longer than %zu bytes", max);
    *out = place->value->valuestring;
    return true;
}

bool place_number(const struct place *place, double min, double max, double *out, struct pp_error *error) {
    if (!cJSON_IsNumber(place->value))
        return place_fail(place, PP_E_INVALID, error, "is not a number");
    double value = place->value->valuedouble;
    if (!(value >= min && value <= max))
        return place_fail(place, PP_E_INVALID, error, "is not between %g and %g", min, max);
    *out = value;
    return true;
}

bool place_integer(const struct place *place, int64_t min, int64_t max, int64_t *out,
                   struct pp_error *error) {
    double value = 0;
    if (!place_number(place, (double)min, (double)max, &value, error))
        return false;
    if (value != trunc(value))
        return place_fail(place, PP_E_INVALID, error, "is not an integer");
    *out = (int64_t)value;
    return true;
}

bool place_integer_or(const struct place *object, const char *name, int64_t min, int64_t max,
                      int64_t otherwise, int64_t *out, struct pp_error *error) {
    struct place member = place_member(object, name);
    *out = otherwise;
    return !member.value || place_integer(&member, min, max, out, error);
}

bool place_name(const struct place *place, char out[CHANNEL_NAME_MAX + 1], struct pp_error *error) {
    const char *text = "";
    if (!place_string(place, CHANNEL_NAME_MAX, &text, error))
        return false;
    if (!channel_name_valid(text))
        return place_fail(place, PP_E_INVALID, error, "is not a name of letters, digits, '.', '_' and '-'");
    snprintf(out, CHANNEL_NAME_MAX + 1, "%s", text);
    return true;
}

bool place_word(const struct place *place, const char *const *words, size_t count, size_t *out,
                struct pp_error *error) {
    const char *text = "";
    if (!place_string(place, CHANNEL_NAME_MAX, &text, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return true;
        }
    }
    return place_fail(place, PP_E_INVALID, error, "\"%s\" is none of the words allowed here", text);
}

bool place_duration(const struct place *place, int64_t min_ms, int64_t max_ms, struct channel_duration *out,
                    struct pp_error *error) {
    const char *text = "";
    if (!place_string(place, CHANNEL_NAME_MAX, &text, error))
        return false;
    if (!channel_duration_parse(text, out, error))
        return place_wrap(place, error);
    int64_t ms = channel_duration_ms(out);
    if (ms < min_ms || ms > max_ms)
        return place_fail(place, PP_E_INVALID, error, "is not between %lld and %lld ms", (long long)min_ms,
                          (long long)max_ms);
    return true;
}

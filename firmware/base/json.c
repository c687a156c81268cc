#include "base/json.h"

#include <math.h>

#include "base/clock.h"
#include "base/utf8.h"

static size_t digits_length(const char *text, size_t size) {
    size_t length = 0;
    while (length < size && text[length] >= '0' && text[length] <= '9')
        length++;
    return length;
}

/* The length of the number that begins at `text` (RFC 8259 §6), 0 where it is none. cJSON would let "01",
 * "1." and "-.5" pass. */
static size_t number_length(const char *text, size_t size) {
    size_t length = text[0] == '-';
    size_t digits = digits_length(text + length, size - length);
    if (!digits || (digits > 1 && text[length] == '0'))
        return 0;
    length += digits;
    if (length < size && text[length] == '.') {
        digits = digits_length(text + length + 1, size - length - 1);
        length += digits + 1;
    }
    if (digits && length < size && (text[length] == 'e' || text[length] == 'E')) {
        length++;
        length += length < size && (text[length] == '+' || text[length] == '-');
        digits = digits_length(text + length, size - length);
        length += digits;
    }
    return digits ? length : 0;
}

void pp_json_tidy(char *text) {
    for (size_t left = strlen(text), length; left; left -= length, text += length) {
        length = pp_utf8_read(text, left, NULL);
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
        if (!length)
            *text = '?';
        length += !length;
    }
}

static bool scan_utf8(const char *text, size_t size, struct pp_error *error) {
    for (size_t i = 0, length; i < size; i += length) {
        length = pp_utf8_read(text + i, size - i, NULL);
        if (!length)
            return pp_fail(error, PP_E_INVALID, "not UTF-8 at offset %zu", i);
    }
    return true;
}

/* What has been seen outside of strings. */
struct scan {
    size_t depth;
    size_t values; /* or a few more: an empty array counts as one in it */
};

/* What may stand outside of strings: `*skip` gets the bytes that need no further look, at least 1. */
static bool scan_outside(const char *text, size_t size, size_t i, struct scan *scan, size_t *skip,
                         struct pp_error *error) {
    char c = text[i];
    *skip = 1;
    if ((unsigned char)c < ' ' && !strchr("\t\n\r", c))
        return pp_fail(error, PP_E_INVALID, "control character at offset %zu", i);
    if (c == '-' || (c >= '0' && c <= '9')) {
        *skip = number_length(text + i, size - i);
        return *skip || pp_fail(error, PP_E_INVALID, "malformed number at offset %zu", i);
    }
    if ((c == '{' || c == '[') && ++scan->depth > PP_JSON_DEPTH_MAX)
        return pp_fail(error, PP_E_LIMIT, "nested deeper than %d at offset %zu", PP_JSON_DEPTH_MAX, i);
    if ((c == '}' || c == ']') && scan->depth)
        scan->depth--;
    if ((c == '{' || c == '[' || c == ',') && ++scan->values >= PP_JSON_VALUES_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d values at offset %zu", PP_JSON_VALUES_MAX, i);
    return true;
}

/* The same inside of strings, where cJSON would take an escaped NUL for the end. */
static bool scan_inside(const char *text, size_t size, size_t i, size_t *skip, struct pp_error *error) {
    *skip = text[i] == '\\' ? 2 : 1;
    if ((unsigned char)text[i] < ' ')
        return pp_fail(error, PP_E_INVALID, "control character in a string at offset %zu", i);
    if (*skip == 2 && size - i > 5 && memcmp(text + i + 1, "u0000", 5) == 0)
        return pp_fail(error, PP_E_INVALID, "U+0000 in a string at offset %zu", i);
    return true;
}

/* Refuses in the raw text what cJSON would let pass. */
static bool scan_text(const char *text, size_t size, struct pp_error *error) {
    const char *nul = size ? memchr(text, 0, size) : NULL;
    if (nul)
        return pp_fail(error, PP_E_INVALID, "NUL byte at offset %zu", (size_t)(nul - text));
    struct scan scan = {0};
    bool in_string = false;
    for (size_t i = 0, skip; i < size; i += skip) {
        if (text[i] == '"') {
            in_string = !in_string;
            skip = 1;
        } else if (in_string ? !scan_inside(text, size, i, &skip, error)
                             : !scan_outside(text, size, i, &scan, &skip, error)) {
            return false;
        }
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    const cJSON *const *left = a;
    const cJSON *const *right = b;
    return strcmp((*left)->string, (*right)->string);
}

/* The members of an object in byte order of their names; the caller frees the array. `*count` may be 0. */
static const cJSON **members_sorted(const cJSON *object, size_t *count, struct pp_error *error) {
    size_t size = (size_t)cJSON_GetArraySize(object);
    const cJSON **members = calloc(size + 1, sizeof(const cJSON *));
    if (!members) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    size_t i = 0;
    for (const cJSON *member = object->child; member; member = member->next)
        members[i++] = member;
    qsort(members, size, sizeof *members, compare_names);
    *count = size;
    return members;
}

static bool refuse_duplicates(const cJSON *value, struct pp_error *error) {
    if (cJSON_IsObject(value)) {
        size_t count = 0;
        pp_autofree const cJSON **members = members_sorted(value, &count, error);
        if (!members)
            return false;
        for (size_t i = 1; i < count; i++) {
            if (strcmp(members[i - 1]->string, members[i]->string) == 0)
                return pp_fail(error, PP_E_INVALID, "field \"%s\" stands twice", members[i]->string);
        }
    }
    for (const cJSON *child = value->child; child; child = child->next) {
        if ((cJSON_IsObject(child) || cJSON_IsArray(child)) && !refuse_duplicates(child, error))
            return false;
    }
    return true;
}

static void wipe_texts(cJSON *value) {
    for (; value; value = value->next) {
        if (value->valuestring && !(value->type & cJSON_IsReference))
            pp_wipe(value->valuestring, strlen(value->valuestring));
        if (!(value->type & cJSON_IsReference))
            wipe_texts(value->child);
    }
}

void pp_json_destroy(cJSON *value) {
    wipe_texts(value);
    cJSON_Delete(value);
}

cJSON *pp_json_parse(const void *text, size_t size, size_t max, struct pp_error *error) {
    if (size > max) {
        pp_fail(error, PP_E_LIMIT, "JSON larger than %zu bytes", max);
        return NULL;
    }
    if (!scan_utf8(text, size, error) || !scan_text(text, size, error))
        return NULL;
    /* cJSON wants a NUL behind the text to tell rubbish after the value from its end. */
    pp_autofree char *copy = malloc(size + 1);
    if (!copy) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    if (size)
        memcpy(copy, text, size);
    copy[size] = 0;
    const char *end = copy;
    cJSON *value = cJSON_ParseWithLengthOpts(copy, size + 1, &end, 1);
    pp_wipe(copy, size);
    if (!value) {
        pp_fail(error, PP_E_INVALID, "not JSON at offset %zu", (size_t)(end - copy));
        return NULL;
    }
    if (!refuse_duplicates(value, error)) {
        pp_json_destroy(value);
        return NULL;
    }
    return value;
}

static bool canonical_string(const char *text, struct pp_buf *out, struct pp_error *error) {
    if (!pp_buf_add(out, "\"", 1, error))
        return false;
    while (*text) {
        size_t plain = strcspn(text, "\"\\");
        if (!pp_buf_add(out, text, plain, error))
            return false;
        text += plain;
        if (*text && (!pp_buf_add(out, "\\", 1, error) || !pp_buf_add(out, text++, 1, error)))
            return false;
    }
    return pp_buf_add(out, "\"", 1, error);
}

static bool canonical_number(double number, struct pp_buf *out, struct pp_error *error) {
    if (!(fabs(number) <= (double)PP_JSON_INTEGER_MAX) || number != trunc(number))
        return pp_fail(error, PP_E_INVALID, "canonical JSON has no number that is not an integer");
    return pp_buf_addf(out, error, "%lld", (long long)number);
}

static bool canonical_object(const cJSON *object, struct pp_buf *out, struct pp_error *error) {
    size_t count = 0;
    pp_autofree const cJSON **members = members_sorted(object, &count, error);
    if (!members || !pp_buf_add(out, "{", 1, error))
        return false;
    for (size_t i = 0; i < count; i++) {
        if ((i && !pp_buf_add(out, ",", 1, error)) || !canonical_string(members[i]->string, out, error) ||
            !pp_buf_add(out, ":", 1, error) || !pp_json_canonical(members[i], out, error))
            return false;
    }
    return pp_buf_add(out, "}", 1, error);
}

static bool canonical_array(const cJSON *array, struct pp_buf *out, struct pp_error *error) {
    if (!pp_buf_add(out, "[", 1, error))
        return false;
    for (const cJSON *item = array->child; item; item = item->next) {
        if ((item != array->child && !pp_buf_add(out, ",", 1, error)) || !pp_json_canonical(item, out, error))
            return false;
    }
    return pp_buf_add(out, "]", 1, error);
}

bool pp_json_canonical(const cJSON *value, struct pp_buf *out, struct pp_error *error) {
    if (cJSON_IsObject(value))
        return canonical_object(value, out, error);
    if (cJSON_IsArray(value))
        return canonical_array(value, out, error);
    if (cJSON_IsString(value))
        return canonical_string(value->valuestring, out, error);
    if (cJSON_IsNumber(value))
        return canonical_number(value->valuedouble, out, error);
    if (cJSON_IsBool(value))
        return pp_buf_add_text(out, cJSON_IsTrue(value) ? "true" : "false", error);
    if (cJSON_IsNull(value))
        return pp_buf_add_text(out, "null", error);
    return pp_fail(error, PP_E_INVALID, "not a JSON value");
}

static const cJSON *member_of(const cJSON *object, const char *name, struct pp_error *error) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!member)
        pp_fail(error, PP_E_INVALID, "field \"%s\" is missing", name);
    return member;
}

bool pp_json_has(const cJSON *object, const char *name) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
    return member && !cJSON_IsNull(member);
}

bool pp_json_string(const cJSON *object, const char *name, size_t max, const char **out,
                    struct pp_error *error) {
    const cJSON *member = member_of(object, name, error);
    if (!member)
        return false;
    if (!cJSON_IsString(member))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not a string", name);
    if (strlen(member->valuestring) > max)
        return pp_fail(error, PP_E_LIMIT, "field \"%s\" is longer than %zu bytes", name, max);
    *out = member->valuestring;
    return true;
}

bool pp_json_copy(const cJSON *object, const char *name, size_t max, char *out, struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, name, max, &text, error))
        return false;
    strcpy(out, text);
    return true;
}

bool pp_json_copy_optional(const cJSON *object, const char *name, char *out, size_t size,
                           struct pp_error *error) {
    *out = 0;
    return !pp_json_has(object, name) || pp_json_copy(object, name, size - 1, out, error);
}

bool pp_json_number(const cJSON *object, const char *name, double min, double max, double *out,
                    struct pp_error *error) {
    const cJSON *member = member_of(object, name, error);
    if (!member)
        return false;
    if (!cJSON_IsNumber(member))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not a number", name);
    double value = member->valuedouble;
    if (!(value >= min && value <= max))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not between %g and %g", name, min, max);
    *out = value;
    return true;
}

bool pp_json_integer(const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out,
                     struct pp_error *error) {
    const cJSON *member = member_of(object, name, error);
    if (!member)
        return false;
    double value = cJSON_IsNumber(member) ? member->valuedouble : NAN;
    if (!(fabs(value) <= (double)PP_JSON_INTEGER_MAX) || value != trunc(value))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not an integer", name);
    if ((int64_t)value < min || (int64_t)value > max)
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not between %lld and %lld", name, (long long)min,
                       (long long)max);
    *out = (int64_t)value;
    return true;
}

bool pp_json_boolean(const cJSON *object, const char *name, bool *out, struct pp_error *error) {
    const cJSON *member = member_of(object, name, error);
    if (!member)
        return false;
    if (!cJSON_IsBool(member))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not true or false", name);
    *out = cJSON_IsTrue(member);
    return true;
}

bool pp_json_object(const cJSON *object, const char *name, const cJSON **out, struct pp_error *error) {
    const cJSON *member = member_of(object, name, error);
    if (!member)
        return false;
    if (!cJSON_IsObject(member))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not an object", name);
    *out = member;
    return true;
}

bool pp_json_array(const cJSON *object, const char *name, size_t max_items, const cJSON **out,
                   struct pp_error *error) {
    const cJSON *member = member_of(object, name, error);
    if (!member)
        return false;
    if (!cJSON_IsArray(member))
        return pp_fail(error, PP_E_INVALID, "field \"%s\" is not an array", name);
    if ((size_t)cJSON_GetArraySize(member) > max_items)
        return pp_fail(error, PP_E_LIMIT, "field \"%s\" has more than %zu items", name, max_items);
    *out = member;
    return true;
}

bool pp_json_time(const cJSON *object, const char *name, int64_t *seconds, struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, name, PP_RFC3339_SIZE, &text, error))
        return false;
    if (!pp_time_parse(text, seconds, error))
        return pp_wrap(error, "field \"%s\"", name);
    return true;
}

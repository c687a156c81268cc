#include "headend/values/json_schema.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#define DRAFT "https://json-schema.org/draft/2020-12/schema"

/* ---- Places ---- */

/* Where somebody is; the way there stands on the stack. */
struct place {
    const struct place *up;
    const char *name; /* NULL: `index` */
    size_t index;
};

static void place_add(char out[SCHEMA_PLACE_SIZE], size_t *size, const char *text) {
    for (; *text && *size < SCHEMA_PLACE_SIZE - 5; text++) {
        if (*text == '~' || *text == '/') {
            out[(*size)++] = '~';
            out[(*size)++] = *text == '~' ? '0' : '1';
        } else {
            out[(*size)++] = *text;
        }
    }
    if (*text) {
        strcpy(out + *size, "...");
        *size = SCHEMA_PLACE_SIZE - 1;
    }
}

static void place_write(const struct place *place, char out[SCHEMA_PLACE_SIZE], size_t *size) {
    char number[24];
    if (!place->up || *size >= SCHEMA_PLACE_SIZE - 5)
        return;
    place_write(place->up, out, size);
    if (*size >= SCHEMA_PLACE_SIZE - 5)
        return;
    out[(*size)++] = '/';
    snprintf(number, sizeof number, "%zu", place->index);
    place_add(out, size, place->name ? place->name : number);
}

static void place_tell(const struct place *place, struct schema_fault *fault) {
    size_t size = 0;
    memset(fault->place, 0, sizeof fault->place);
    place_write(place, fault->place, &size);
    pp_json_tidy(fault->place);
}

/* ---- Whether a schema is one ---- */

struct keyword {
    const char *name;
    /* Whether its value is one; NULL: whatever it is. */
    const char *(*fits)(const cJSON *value);
    enum { SCHEMAS_NONE, SCHEMAS_ONE, SCHEMAS_LIST, SCHEMAS_NAMED } schemas; /* that stand in it */
};

static const char *const type_names[] = {"null", "boolean", "object", "array", "number", "string", "integer"};

static bool is_type(const cJSON *value) {
    for (size_t i = 0; i < PP_COUNT(type_names); i++) {
        if (cJSON_IsString(value) && strcmp(type_names[i], value->valuestring) == 0)
            return true;
    }
    return false;
}

static const char *type_fits(const cJSON *value) {
    const cJSON *item;
    if (!cJSON_IsArray(value))
        return is_type(value) ? NULL : "must be a type, or a list of types";
    cJSON_ArrayForEach(item, value) {
        if (!is_type(item))
            return "must be a type, or a list of types";
    }
    return cJSON_GetArraySize(value) ? NULL : "must name a type";
}

static const char *number_fits(const cJSON *value) {
    return cJSON_IsNumber(value) && isfinite(value->valuedouble) ? NULL : "must be a number";
}

static const char *count_fits(const cJSON *value) {
    return cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= PP_JSON_INTEGER_MAX &&
                   floor(value->valuedouble) == value->valuedouble
               ? NULL
               : "must be a whole number that is not negative";
}

static const char *names_fit(const cJSON *value) {
    const cJSON *item;
    if (!cJSON_IsArray(value))
        return "must be a list of names";
    cJSON_ArrayForEach(item, value) {
        if (!cJSON_IsString(item))
            return "must be a list of names";
    }
    return NULL;
}

static const char *list_fits(const cJSON *value) {
    return cJSON_IsArray(value) ? NULL : "must be a list";
}

static const char *schemas_fit(const cJSON *value) {
    return cJSON_IsArray(value) && cJSON_GetArraySize(value) ? NULL : "must be a list of schemas";
}

static const char *object_fits(const cJSON *value) {
    return cJSON_IsObject(value) ? NULL : "must be an object";
}

static const char *text_fits(const cJSON *value) {
    return cJSON_IsString(value) ? NULL : "must be a text";
}

static const char *truth_fits(const cJSON *value) {
    return cJSON_IsBool(value) ? NULL : "must be true or false";
}

static const char *draft_fits(const cJSON *value) {
    const char *text = cJSON_GetStringValue(value);
    return text && (strcmp(text, DRAFT) == 0 || strcmp(text, DRAFT "#") == 0) ? NULL : "must be " DRAFT;
}

static const struct keyword keywords[] = {
    {"type", type_fits, SCHEMAS_NONE},
    {"enum", list_fits, SCHEMAS_NONE},
    {"const", NULL, SCHEMAS_NONE},
    {"minimum", number_fits, SCHEMAS_NONE},
    {"maximum", number_fits, SCHEMAS_NONE},
    {"exclusiveMinimum", number_fits, SCHEMAS_NONE},
    {"exclusiveMaximum", number_fits, SCHEMAS_NONE},
    {"minLength", count_fits, SCHEMAS_NONE},
    {"maxLength", count_fits, SCHEMAS_NONE},
    {"minItems", count_fits, SCHEMAS_NONE},
    {"maxItems", count_fits, SCHEMAS_NONE},
    {"minProperties", count_fits, SCHEMAS_NONE},
    {"maxProperties", count_fits, SCHEMAS_NONE},
    {"required", names_fit, SCHEMAS_NONE},
    {"properties", object_fits, SCHEMAS_NAMED},
    {"additionalProperties", NULL, SCHEMAS_ONE},
    {"items", NULL, SCHEMAS_ONE},
    {"prefixItems", schemas_fit, SCHEMAS_LIST},
    {"allOf", schemas_fit, SCHEMAS_LIST},
    {"anyOf", schemas_fit, SCHEMAS_LIST},
    {"oneOf", schemas_fit, SCHEMAS_LIST},
    {"not", NULL, SCHEMAS_ONE},
    {"$schema", draft_fits, SCHEMAS_NONE},
    {"$comment", text_fits, SCHEMAS_NONE},
    {"title", text_fits, SCHEMAS_NONE},
    {"description", text_fits, SCHEMAS_NONE},
    {"default", NULL, SCHEMAS_NONE},
    {"examples", list_fits, SCHEMAS_NONE},
    {"deprecated", truth_fits, SCHEMAS_NONE},
};

static const struct keyword *keyword_find(const char *name) {
    for (size_t i = 0; i < PP_COUNT(keywords); i++) {
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    }
    return NULL;
}

static bool check_at(const cJSON *schema, const struct place *place, struct schema_fault *fault,
                     struct pp_error *error);

static bool check_each(const cJSON *schemas, const struct place *place, struct schema_fault *fault,
                       struct pp_error *error) {
    const cJSON *schema;
    size_t index = 0;
    cJSON_ArrayForEach(schema, schemas) {
        const struct place at = {place, schema->string, index++};
        if (!check_at(schema, &at, fault, error))
            return false;
    }
    return true;
}

/* Nested no deeper than pp_json_parse takes. */
static bool check_at(const cJSON *schema, const struct place *place, struct schema_fault *fault,
                     struct pp_error *error) {
    const cJSON *member;
    if (cJSON_IsBool(schema))
        return true;
    if (!cJSON_IsObject(schema)) {
        place_tell(place, fault);
        return pp_fail(error, PP_E_INVALID, "a schema is an object, true or false");
    }
    cJSON_ArrayForEach(member, schema) {
        const struct place at = {place, member->string, 0};
        const struct keyword *keyword = keyword_find(member->string);
        const char *wrong = keyword && keyword->fits ? keyword->fits(member) : NULL;
        if (!keyword || wrong) {
            place_tell(&at, fault);
            return pp_fail(error, PP_E_INVALID, "%.60s: %s", member->string,
                           wrong ? wrong : "a keyword that is not known here");
        }
        if (keyword->schemas == SCHEMAS_ONE
                ? !check_at(member, &at, fault, error)
                : keyword->schemas != SCHEMAS_NONE && !check_each(member, &at, fault, error))
            return false;
    }
    return true;
}

bool schema_check(const cJSON *schema, struct schema_fault *fault, struct pp_error *error) {
    const struct place whole = {0};
    *fault = (struct schema_fault){0};
    return check_at(schema, &whole, fault, error);
}

/* ---- Whether a value is as it says ---- */

struct validation {
    size_t steps;
    struct schema_fault *fault;
    struct pp_error *error;
    unsigned quiet; /* within anyOf, oneOf and not a fault is none yet */
};

static bool step(struct validation *validation) {
    validation->steps++;
    return validation->steps <= SCHEMA_STEPS_MAX;
}

static bool wrong(struct validation *validation, const struct place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool wrong(struct validation *validation, const struct place *place, const char *format, ...) {
    char message[PP_ERROR_MESSAGE_MAX];
    if (validation->quiet)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    pp_json_tidy(message);
    place_tell(place, validation->fault);
    return pp_fail(validation->error, PP_E_INVALID, "%s", message);
}

static bool equal(struct validation *validation, const cJSON *a, const cJSON *b);

static bool objects_equal(struct validation *validation, const cJSON *a, const cJSON *b) {
    const cJSON *member;
    if (cJSON_GetArraySize(a) != cJSON_GetArraySize(b))
        return false;
    cJSON_ArrayForEach(member, a) {
        const cJSON *other = b->child;
        while (other && step(validation) && strcmp(other->string, member->string) != 0)
            other = other->next;
        if (!other || !equal(validation, member, other))
            return false;
    }
    return true;
}

static bool arrays_equal(struct validation *validation, const cJSON *a, const cJSON *b) {
    const cJSON *x = a->child;
    const cJSON *y = b->child;
    for (; x && y; x = x->next, y = y->next) {
        if (!equal(validation, x, y))
            return false;
    }
    return !x && !y;
}

/* 1 and 1.0 are the same, 1 and true are not. */
static bool equal(struct validation *validation, const cJSON *a, const cJSON *b) {
    if (!step(validation) || (a->type & 0xff) != (b->type & 0xff))
        return false;
    switch (a->type & 0xff) {
    case cJSON_Number:
        return !(a->valuedouble < b->valuedouble) && !(a->valuedouble > b->valuedouble);
    case cJSON_String:
        return strcmp(a->valuestring, b->valuestring) == 0;
    case cJSON_Array:
        return arrays_equal(validation, a, b);
    case cJSON_Object:
        return objects_equal(validation, a, b);
    default:
        return true;
    }
}

static bool is_whole(const cJSON *value) {
    return cJSON_IsNumber(value) && isfinite(value->valuedouble) &&
           floor(value->valuedouble) == value->valuedouble;
}

static bool type_is(const cJSON *value, const char *type) {
    switch (value->type & 0xff) {
    case cJSON_NULL:
        return strcmp(type, "null") == 0;
    case cJSON_True:
    case cJSON_False:
        return strcmp(type, "boolean") == 0;
    case cJSON_Object:
        return strcmp(type, "object") == 0;
    case cJSON_Array:
        return strcmp(type, "array") == 0;
    case cJSON_String:
        return strcmp(type, "string") == 0;
    default:
        return strcmp(type, "number") == 0 || (is_whole(value) && strcmp(type, "integer") == 0);
    }
}

static bool validate_type(struct validation *validation, const cJSON *types, const cJSON *value,
                          const struct place *place) {
    const cJSON *type;
    char names[80] = "";
    if (cJSON_IsString(types))
        return type_is(value, types->valuestring) ||
               wrong(validation, place, "must be of type %s", types->valuestring);
    cJSON_ArrayForEach(type, types) {
        size_t size = strlen(names);
        if (type_is(value, type->valuestring))
            return true;
        snprintf(names + size, sizeof names - size, "%s%s", size ? ", " : "", type->valuestring);
    }
    return wrong(validation, place, "must be of type %s", names);
}

static bool validate_enum(struct validation *validation, const cJSON *values, const cJSON *value,
                          const struct place *place) {
    const cJSON *one;
    cJSON_ArrayForEach(one, values) {
        if (equal(validation, one, value))
            return true;
    }
    return wrong(validation, place, "is none of the values that it may be");
}

/* Bounds: of a number, or of how much there is of something. */
struct bound {
    const char *name, *words, *of;
    int kind; /* of cJSON */
    bool least, open;
};

static const struct bound bounds[] = {
    {"minimum", "must be at least", "", cJSON_Number, true, false},
    {"maximum", "must be at most", "", cJSON_Number, false, false},
    {"exclusiveMinimum", "must be more than", "", cJSON_Number, true, true},
    {"exclusiveMaximum", "must be less than", "", cJSON_Number, false, true},
    {"minLength", "must have at least", " characters", cJSON_String, true, false},
    {"maxLength", "must have at most", " characters", cJSON_String, false, false},
    {"minItems", "must have at least", " items", cJSON_Array, true, false},
    {"maxItems", "must have at most", " items", cJSON_Array, false, false},
    {"minProperties", "must have at least", " members", cJSON_Object, true, false},
    {"maxProperties", "must have at most", " members", cJSON_Object, false, false},
};

static double amount_of(const cJSON *value) {
    if (cJSON_IsNumber(value))
        return value->valuedouble;
    if (!cJSON_IsString(value))
        return cJSON_GetArraySize(value);
    double characters = 0;
    for (const char *at = value->valuestring; *at; at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    return characters;
}

static bool validate_bounds(struct validation *validation, const cJSON *schema, const cJSON *value,
                            const struct place *place) {
    double amount = amount_of(value);
    for (size_t i = 0; i < PP_COUNT(bounds); i++) {
        const struct bound *bound = &bounds[i];
        const cJSON *limit = cJSON_GetObjectItemCaseSensitive(schema, bound->name);
        if (!limit || (value->type & 0xff) != bound->kind)
            continue;
        double over = bound->least ? amount - limit->valuedouble : limit->valuedouble - amount;
        if (bound->open ? over > 0 : over >= 0)
            continue;
        return wrong(validation, place, "%s %.15g%s", bound->words, limit->valuedouble, bound->of);
    }
    return true;
}

static bool validate_at(struct validation *validation, const cJSON *schema, const cJSON *value,
                        const struct place *place);

static const cJSON *member_find(struct validation *validation, const cJSON *object, const char *name) {
    const cJSON *member = object ? object->child : NULL;
    while (member && step(validation) && strcmp(member->string, name) != 0)
        member = member->next;
    return member;
}

static bool validate_object(struct validation *validation, const cJSON *schema, const cJSON *value,
                            const struct place *place) {
    const cJSON *properties = cJSON_GetObjectItemCaseSensitive(schema, "properties");
    const cJSON *others = cJSON_GetObjectItemCaseSensitive(schema, "additionalProperties");
    const cJSON *member;
    cJSON_ArrayForEach(member, cJSON_GetObjectItemCaseSensitive(schema, "required")) {
        if (!member_find(validation, value, member->valuestring))
            return wrong(validation, place, "%.80s: is missing", member->valuestring);
    }
    if (!properties && !others)
        return true;
    cJSON_ArrayForEach(member, value) {
        const struct place at = {place, member->string, 0};
        const cJSON *property = member_find(validation, properties, member->string);
        if (!property && cJSON_IsFalse(others))
            return wrong(validation, &at, "no member of this name may be here");
        if (!property)
            property = others;
        if (property && !validate_at(validation, property, member, &at))
            return false;
    }
    return true;
}

static bool validate_array(struct validation *validation, const cJSON *schema, const cJSON *value,
                           const struct place *place) {
    const cJSON *items = cJSON_GetObjectItemCaseSensitive(schema, "items");
    const cJSON *prefix = cJSON_GetObjectItemCaseSensitive(schema, "prefixItems");
    const cJSON *own = prefix ? prefix->child : NULL;
    const cJSON *item;
    size_t index = 0;
    if (!items && !prefix)
        return true;
    cJSON_ArrayForEach(item, value) {
        const struct place at = {place, NULL, index++};
        const cJSON *one = own ? own : items;
        if (one && !validate_at(validation, one, item, &at))
            return false;
        own = own ? own->next : NULL;
    }
    return true;
}

/* How many of the schemas it is as. */
static size_t matching(struct validation *validation, const cJSON *schemas, const cJSON *value,
                       const struct place *place, size_t enough) {
    const cJSON *schema;
    size_t count = 0;
    validation->quiet++;
    cJSON_ArrayForEach(schema, schemas) {
        count += validate_at(validation, schema, value, place);
        if (count >= enough)
            break;
    }
    validation->quiet--;
    return count;
}

static bool validate_several(struct validation *validation, const cJSON *schema, const cJSON *value,
                             const struct place *place) {
    const cJSON *any = cJSON_GetObjectItemCaseSensitive(schema, "anyOf");
    const cJSON *one = cJSON_GetObjectItemCaseSensitive(schema, "oneOf");
    const cJSON *none = cJSON_GetObjectItemCaseSensitive(schema, "not");
    const cJSON *each;
    cJSON_ArrayForEach(each, cJSON_GetObjectItemCaseSensitive(schema, "allOf")) {
        if (!validate_at(validation, each, value, place))
            return false;
    }
    if (any && !matching(validation, any, value, place, 1))
        return wrong(validation, place, "is as none of the schemas of anyOf say");
    size_t matches = one ? matching(validation, one, value, place, 2) : 1;
    if (matches != 1)
        return wrong(validation, place, "is as %s of the schemas of oneOf say", matches ? "several" : "none");
    if (!none)
        return true;
    validation->quiet++;
    bool is = validate_at(validation, none, value, place);
    validation->quiet--;
    return !is || wrong(validation, place, "is what it must not be");
}

static bool validate_at(struct validation *validation, const cJSON *schema, const cJSON *value,
                        const struct place *place) {
    if (!step(validation))
        return false;
    if (cJSON_IsBool(schema))
        return cJSON_IsTrue(schema) || wrong(validation, place, "may not be here");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(schema, "type");
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(schema, "enum");
    const cJSON *constant = cJSON_GetObjectItemCaseSensitive(schema, "const");
    if (type && !validate_type(validation, type, value, place))
        return false;
    if (values && !validate_enum(validation, values, value, place))
        return false;
    if (constant && !equal(validation, constant, value))
        return wrong(validation, place, "is not the value that it has to be");
    if (!validate_bounds(validation, schema, value, place))
        return false;
    if (cJSON_IsObject(value) && !validate_object(validation, schema, value, place))
        return false;
    if (cJSON_IsArray(value) && !validate_array(validation, schema, value, place))
        return false;
    return validate_several(validation, schema, value, place);
}

bool schema_validate(const cJSON *schema, const cJSON *value, struct schema_fault *fault,
                     struct pp_error *error) {
    const struct place whole = {0};
    struct validation validation = {.fault = fault, .error = error};
    *fault = (struct schema_fault){0};
    bool ok = validate_at(&validation, schema, value, &whole);
    if (validation.steps <= SCHEMA_STEPS_MAX)
        return ok;
    *fault = (struct schema_fault){0};
    return pp_fail(error, PP_E_LIMIT, "takes too many steps to be checked by this schema");
}

#include "jose/compact.h"

#include <string.h>

#include "base/encode.h"
#include "base/visible.h"
#include "jose/jose.h"

#define SHOWN_MAX (6 * JOSE_NAME_MAX) /* bytes of a header's text in an error, each character escaped */

/* What is refused wherever it stands in a header, by its name. Everything else that is not known is ignored
 * (RFC 7515 §4, RFC 7516 §4): whoever wants it understood has to say so in "crit". */
static const struct {
    const char *name, *why;
} refused_members[] = {
    {"crit", "extensions are not supported"},        /* RFC 7515 §4.1.11, RFC 7516 §4.1.13 */
    {"b64", "unencoded payloads are not supported"}, /* RFC 7797 §3 */
    {"zip", "compression is not supported"},         /* RFC 7516 §4.1.3 */
    {"jku", "keys are not taken from a message"},    /* RFC 7515 §4.1.2 to §4.1.8, and so in RFC 7516 */
    {"jwk", "keys are not taken from a message"},      {"x5u", "keys are not taken from a message"},
    {"x5c", "keys are not taken from a message"},      {"x5t", "keys are not taken from a message"},
    {"x5t#S256", "keys are not taken from a message"},
};

bool compact_split(const char *token, size_t size, struct compact_part *parts, size_t count,
                   struct pp_error *error) {
    size_t part = 0;
    parts[0] = (struct compact_part){token, 0};
    for (size_t i = 0; i < size; i++) {
        if (token[i] != '.') {
            parts[part].size++;
            continue;
        }
        if (++part == count)
            return pp_fail(error, PP_E_INVALID, "more than %zu parts", count);
        parts[part] = (struct compact_part){token + i + 1, 0};
    }
    return part + 1 == count || pp_fail(error, PP_E_INVALID, "%zu of %zu parts", part + 1, count);
}

bool compact_decode(const struct compact_part *part, const char *name, struct pp_buf *out,
                    struct pp_error *error) {
    size_t room = part->size / 4 * 3 + part->size % 4 * 3 / 4;
    size_t size = 0;
    uint8_t *place = pp_buf_reserve(out, room, error);
    if (!place)
        return pp_wrap(error, "%s", name);
    bool decoded = pp_base64url_decode(part->text, part->size, place, room, &size, error);
    if (decoded)
        out->size += size;
    out->data[out->size] = 0;
    return decoded || pp_wrap(error, "%s", name);
}

bool compact_decode_exact(const struct compact_part *part, const char *name, void *out, size_t size,
                          struct pp_error *error) {
    size_t decoded = 0;
    if (part->size != COMPACT_TEXT_SIZE(size))
        return pp_fail(error, PP_E_INVALID, "%s is not %zu bytes", name, size);
    return pp_base64url_decode(part->text, part->size, out, size, &decoded, error) ||
           pp_wrap(error, "%s", name);
}

bool compact_add(struct pp_buf *token, const void *data, size_t size, struct pp_error *error) {
    if (token->size && !pp_buf_add(token, ".", 1, error))
        return false;
    uint8_t *place = pp_buf_reserve(token, COMPACT_TEXT_SIZE(size), error);
    if (!place)
        return false;
    pp_base64url_encode(data, size, (char *)place);
    token->size += COMPACT_TEXT_SIZE(size);
    return true;
}

/* `but`: the beginning of those that are taken all the same; NULL: none is. */
static bool refuse_members(const cJSON *header, const char *but, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(refused_members); i++) {
        bool wanted = but && strncmp(refused_members[i].name, but, strlen(but)) == 0;
        if (!wanted && cJSON_GetObjectItemCaseSensitive(header, refused_members[i].name))
            return pp_fail(error, PP_E_UNSUPPORTED, "header: \"%s\": %s", refused_members[i].name,
                           refused_members[i].why);
    }
    return true;
}

static cJSON *header_read(const struct compact_part *part, const char *but, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(JOSE_HEADER_MAX);
    if (!compact_decode(part, "header", &json, error))
        return NULL;
    pp_autojson cJSON *header = pp_json_parse(pp_buf_text(&json), json.size, JOSE_HEADER_MAX, error);
    if (!header) {
        pp_wrap(error, "header");
        return NULL;
    }
    if (!cJSON_IsObject(header)) {
        pp_fail(error, PP_E_INVALID, "header: not a JSON object");
        return NULL;
    }
    return refuse_members(header, but, error) ? pp_steal(&header) : NULL;
}

cJSON *compact_header(const struct compact_part *part, struct pp_error *error) {
    return header_read(part, NULL, error);
}

cJSON *compact_header_with_key(const struct compact_part *part, struct pp_error *error) {
    return header_read(part, "jwk", error);
}

cJSON *compact_header_of_others(const struct compact_part *part, struct pp_error *error) {
    return header_read(part, "x5t", error);
}

/* The text of somebody else's that an error shows. */
static bool refuse_text(const char *name, const char *value, enum pp_code code, const char *wanted,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf shown = PP_BUF_INIT(SHOWN_MAX);
    if (!pp_visible_add(&shown, value, "", error))
        return pp_wrap(error, "header: \"%s\"", name);
    return pp_fail(error, code, "header: \"%s\" is \"%s\", not \"%s\"", name, pp_buf_text(&shown), wanted);
}

static bool header_string(const cJSON *header, const char *name, const char **value, struct pp_error *error) {
    return pp_json_string(header, name, JOSE_NAME_MAX, value, error) || pp_wrap(error, "header");
}

bool compact_header_algorithm(const cJSON *header, const char *name, const char *wanted,
                              struct pp_error *error) {
    const char *value = NULL;
    if (!header_string(header, name, &value, error))
        return false;
    return strcmp(value, wanted) == 0 || refuse_text(name, value, PP_E_UNSUPPORTED, wanted, error);
}

bool compact_header_text(const cJSON *header, const char *name, const char *wanted, struct pp_error *error) {
    const char *value = NULL;
    if (!wanted)
        return !cJSON_GetObjectItemCaseSensitive(header, name) ||
               pp_fail(error, PP_E_INVALID, "header: \"%s\" is there and should not", name);
    if (!header_string(header, name, &value, error))
        return false;
    return strcmp(value, wanted) == 0 || refuse_text(name, value, PP_E_INVALID, wanted, error);
}

bool compact_header_kid(const cJSON *header, const char **kid, struct pp_error *error) {
    *kid = NULL;
    return !cJSON_GetObjectItemCaseSensitive(header, "kid") || header_string(header, "kid", kid, error);
}

bool compact_header_put(cJSON *header, const char *name, const char *value, struct pp_error *error) {
    if (value && strlen(value) > JOSE_NAME_MAX)
        return pp_fail(error, PP_E_LIMIT, "header: \"%s\" is longer than %d bytes", name, JOSE_NAME_MAX);
    return !value || cJSON_AddStringToObject(header, name, value) ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool compact_header_add(struct pp_buf *token, const cJSON *header, struct pp_error *error) {
    pp_autojsontext char *json = cJSON_PrintUnformatted(header);
    if (!json)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (strlen(json) > JOSE_HEADER_MAX)
        return pp_fail(error, PP_E_LIMIT, "header of more than %d bytes", JOSE_HEADER_MAX);
    return compact_add(token, json, strlen(json), error);
}

#include "net/cookie.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

/* What of the attributes was there. */
struct attributes {
    bool secure, http_only, path, max_age;
    int64_t max_age_s;
    size_t count;
};

/* cookie-octet of RFC 6265 §4.1.1. */
static bool octet_valid(unsigned char c) {
    return c > ' ' && c < 127 && !strchr("\",;\\", c);
}

static bool take_pair(const char *text, size_t size, const char *name, struct net_cookie *cookie,
                      struct pp_error *error) {
    size_t name_size = strlen(name);
    if (size <= name_size || strncmp(text, name, name_size) != 0 || text[name_size] != '=')
        return pp_fail(error, PP_E_INVALID, "cookie: not %s", name);
    if (size >= NET_COOKIE_MAX)
        return pp_fail(error, PP_E_LIMIT, "cookie %s: longer than %d bytes", name, NET_COOKIE_MAX - 1);
    for (size_t i = name_size + 1; i < size; i++) {
        if (!octet_valid((unsigned char)text[i]))
            return pp_fail(error, PP_E_INVALID, "cookie %s: invalid character in its value", name);
    }
    memcpy(cookie->pair, text, size);
    cookie->pair[size] = 0;
    return true;
}

static bool once(bool *seen, const char *name, struct pp_error *error) {
    if (*seen)
        return pp_fail(error, PP_E_INVALID, "cookie: %s twice", name);
    return *seen = true;
}

static bool take_max_age(const char *value, size_t size, struct attributes *found, struct pp_error *error) {
    if (size == 0 || size > 18)
        return pp_fail(error, PP_E_INVALID, "cookie: invalid Max-Age");
    int64_t age = 0;
    for (size_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9')
            return pp_fail(error, PP_E_INVALID, "cookie: invalid Max-Age");
        age = age * 10 + (value[i] - '0');
    }
    found->max_age_s = age < NET_COOKIE_MAX_AGE_MAX ? age : NET_COOKIE_MAX_AGE_MAX;
    return once(&found->max_age, "Max-Age", error);
}

static bool is_attribute(const char *text, size_t name_size, const char *name) {
    return name_size == strlen(name) && !strncasecmp(text, name, name_size);
}

static bool take_attribute(const char *text, size_t size, struct attributes *found, struct pp_error *error) {
    size_t name = 0;
    while (name < size && text[name] != '=')
        name++;
    const char *value = text + (name < size ? name + 1 : size);
    size_t value_size = size - (size_t)(value - text);
    if (++found->count > NET_COOKIE_ATTRIBUTES_MAX)
        return pp_fail(error, PP_E_LIMIT, "cookie: more than %d attributes", NET_COOKIE_ATTRIBUTES_MAX);
    if (is_attribute(text, name, "Domain"))
        return pp_fail(error, PP_E_INVALID, "cookie: has a Domain");
    if (is_attribute(text, name, "Secure"))
        return once(&found->secure, "Secure", error);
    if (is_attribute(text, name, "HttpOnly"))
        return once(&found->http_only, "HttpOnly", error);
    if (is_attribute(text, name, "Max-Age"))
        return take_max_age(value, value_size, found, error);
    if (!is_attribute(text, name, "Path"))
        return true;
    if (value_size != 1 || *value != '/')
        return pp_fail(error, PP_E_INVALID, "cookie: Path is not /");
    return once(&found->path, "Path", error);
}

static bool take_attributes(const char *text, struct attributes *found, struct pp_error *error) {
    while (*text == ';') {
        text += 1 + strspn(text + 1, " \t");
        size_t size = strcspn(text, ";");
        size_t trimmed = size;
        while (trimmed && strchr(" \t", text[trimmed - 1]))
            trimmed--;
        if (!take_attribute(text, trimmed, found, error))
            return false;
        text += size;
    }
    return true;
}

static bool parse_into(const char *set_cookie, const char *name, struct net_cookie *cookie,
                       struct pp_error *error) {
    struct attributes found = {.max_age_s = -1};
    size_t pair = strcspn(set_cookie, ";");
    if (!take_pair(set_cookie, pair, name, cookie, error) ||
        !take_attributes(set_cookie + pair, &found, error))
        return false;
    cookie->max_age_s = found.max_age_s;
    const char *missing = !found.secure ? "Secure" : !found.http_only ? "HttpOnly" : "Path=/";
    if (!found.secure || !found.http_only || !found.path)
        return pp_fail(error, PP_E_INVALID, "cookie %s: without %s", name, missing);
    return true;
}

bool net_cookie_parse(const char *set_cookie, const char *name, struct net_cookie *cookie,
                      struct pp_error *error) {
    struct net_cookie parsed = {.max_age_s = -1};
    bool valid = parse_into(set_cookie, name, &parsed, error);
    if (valid)
        *cookie = parsed;
    pp_wipe(&parsed, sizeof parsed);
    return valid;
}

bool net_response_cookie(const struct net_response *response, const char *name, struct net_cookie *cookie,
                         struct pp_error *error) {
    const char *line = NULL;
    size_t name_size = strlen(name);
    for (size_t i = 0; i < response->header_count; i++) {
        const struct net_header *header = &response->headers[i];
        if (strcmp(header->name, "set-cookie") != 0 || strncmp(header->value, name, name_size) != 0 ||
            header->value[name_size] != '=')
            continue;
        if (line)
            return pp_fail(error, PP_E_INVALID, "cookie %s: set twice", name);
        line = header->value;
    }
    if (!line)
        return pp_fail(error, PP_E_NOTFOUND, "answer without the cookie %s", name);
    return net_cookie_parse(line, name, cookie, error);
}

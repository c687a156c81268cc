#include "headend/base/forwarded.h"

#include <string.h>
#include <strings.h>

#define VALUE_MAX 256 /* bytes of one value, without its quotes */

static const char *const names[FORWARDED_HEADERS] = {
    [FORWARDED_STANDARD] = "Forwarded", [FORWARDED_X] = "X-Forwarded-For"};

const char *forwarded_name(enum forwarded_header header) {
    return names[header];
}

bool forwarded_named(const char *name, enum forwarded_header *header) {
    for (size_t i = 0; i < FORWARDED_HEADERS; i++) {
        if (strcasecmp(name, names[i]) == 0) {
            *header = (enum forwarded_header)i;
            return true;
        }
    }
    return false;
}

static bool is_token(char c) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c && strchr(others, c));
}

static void skip_space(const char **at) {
    *at += strspn(*at, " \t");
}

/* ":4711", or a hidden one, ":_p" (RFC 7239 §6.2), or nothing. */
static bool is_port(const char *text, size_t size) {
    if (size == 0)
        return true;
    bool hidden = size > 1 && text[1] == '_';
    size_t least = hidden ? 3 : 2;
    if (*text != ':' || size < least || (!hidden && size > 6))
        return false;
    for (size_t i = least - 1; i < size; i++) {
        if (hidden ? !is_token(text[i]) : text[i] < '0' || text[i] > '9')
            return false;
    }
    return true;
}

/* A node (RFC 7239 §6): an address, with a port or without, "unknown", or a name that hides it. */
static bool node_read(const char *text, size_t size, struct ip_address *address) {
    *address = (struct ip_address){0};
    if (*text == '[') {
        const char *end = memchr(text, ']', size);
        return end && ip_address_read(text + 1, (size_t)(end - text) - 1, address) &&
               memchr(text, ':', (size_t)(end - text)) && is_port(end + 1, size - (size_t)(end + 1 - text));
    }
    const char *colon = memchr(text, ':', size);
    size_t length = colon ? (size_t)(colon - text) : size;
    if (!is_port(text + length, size - length))
        return false;
    bool hidden = length > 1 && *text == '_';
    for (size_t i = 1; hidden && i < length; i++)
        hidden = is_token(text[i]);
    return hidden || (length == 7 && strncasecmp(text, "unknown", 7) == 0) ||
           ip_address_read(text, length, address);
}

static bool malformed(enum forwarded_header header, struct pp_error *error) {
    return pp_fail(error, PP_E_INVALID, "%s: malformed", names[header]);
}

static bool hop_add(struct forwarded *forwarded, const struct ip_address *address, struct pp_error *error) {
    if (forwarded->count == FORWARDED_HOPS_MAX)
        return pp_fail(error, PP_E_LIMIT, "forwarded by more than %d", FORWARDED_HOPS_MAX);
    forwarded->hops[forwarded->count++] = *address;
    return true;
}

static bool quoted_read(const char **at, char value[VALUE_MAX], size_t *size) {
    for ((*at)++; **at && **at != '"'; (*at)++) {
        *at += **at == '\\';
        unsigned char c = (unsigned char)**at;
        if (*size == VALUE_MAX || (c < 0x20 && c != '\t') || c == 0x7f)
            return false;
        value[(*size)++] = (char)c;
    }
    return *(*at)++ == '"';
}

/* token "=" ( token / quoted-string ) */
static bool pair_read(const char **at, size_t *name_size, char value[VALUE_MAX], size_t *size) {
    const char *name = *at;
    while (is_token(**at))
        (*at)++;
    *name_size = (size_t)(*at - name);
    *size = 0;
    if (!*name_size || *(*at)++ != '=')
        return false;
    if (**at == '"')
        return quoted_read(at, value, size);
    while (is_token(**at)) {
        if (*size == VALUE_MAX)
            return false;
        value[(*size)++] = *(*at)++;
    }
    return *size > 0;
}

/* Its parameters, of which each may come once; without "for" it does not tell. */
static bool element_read(const char **at, struct ip_address *address) {
    char value[VALUE_MAX];
    bool told = false;
    *address = (struct ip_address){0};
    for (;;) {
        size_t name_size = 0, size = 0;
        const char *name = *at;
        if (!pair_read(at, &name_size, value, &size))
            return false;
        if (name_size == 3 && strncasecmp(name, "for", 3) == 0) {
            if (told || !size || !node_read(value, size, address))
                return false;
            told = true;
        }
        skip_space(at);
        if (**at != ';')
            return true;
        (*at)++;
        skip_space(at);
    }
}

static bool standard_read(const char *text, struct forwarded *forwarded, struct pp_error *error) {
    const char *at = text;
    struct ip_address address;
    for (;;) {
        skip_space(&at);
        if (!element_read(&at, &address) || (*at && *at != ','))
            return malformed(FORWARDED_STANDARD, error);
        if (!hop_add(forwarded, &address, error))
            return false;
        if (!*at++)
            return true;
    }
}

/* An IPv6 address has no brackets here where it has no port. */
static bool x_node_read(const char *text, size_t size, struct ip_address *address) {
    return size > 0 && (ip_address_read(text, size, address) || node_read(text, size, address));
}

static bool x_read(const char *text, struct forwarded *forwarded, struct pp_error *error) {
    for (const char *at = text;; at++) {
        skip_space(&at);
        size_t size = strcspn(at, ",");
        const char *end = at + size;
        struct ip_address address;
        while (size && strchr(" \t", at[size - 1]))
            size--;
        if (!x_node_read(at, size, &address))
            return malformed(FORWARDED_X, error);
        if (!hop_add(forwarded, &address, error))
            return false;
        at = end;
        if (!*at)
            return true;
    }
}

bool forwarded_read(enum forwarded_header header, const char *text, struct forwarded *forwarded,
                    struct pp_error *error) {
    if (strlen(text) > FORWARDED_TEXT_MAX)
        return pp_fail(error, PP_E_LIMIT, "%s: longer than %d bytes", names[header], FORWARDED_TEXT_MAX);
    return header == FORWARDED_X ? x_read(text, forwarded, error) : standard_read(text, forwarded, error);
}

struct ip_address forwarded_client(const struct forwarded *forwarded, struct ip_address peer,
                                   bool (*is_proxy)(const void *arg, const struct ip_address *address),
                                   const void *arg) {
    struct ip_address client = peer;
    for (size_t left = forwarded->count; left > 0 && is_proxy(arg, &client); left--)
        client = forwarded->hops[left - 1];
    return client;
}

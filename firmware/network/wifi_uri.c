#include "network/wifi_uri.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

#define VALUE_MAX 128 /* bytes of a field, without its escapes */

struct field {
    char name[4];
    char value[VALUE_MAX + 1]; /* with a NUL behind it that `size` does not count */
    size_t size;               /* bytes; a network's name may have a NUL in it */
};

/* What was read so far. Each field once. */
struct fields {
    bool type, ssid, passphrase, hidden, transition;
    bool wpa3_only;
};

static bool name_read(const char **at, const char *end, struct field *field, struct pp_error *error) {
    size_t size = 0;
    for (; *at < end && **at != ':'; (*at)++) {
        if (size == sizeof field->name - 1 || **at == ';')
            return pp_fail(error, PP_E_INVALID, "QR code: a field without a name");
        field->name[size++] = **at;
    }
    field->name[size] = 0;
    if (*at == end || !size)
        return pp_fail(error, PP_E_INVALID, "QR code: a field without a name");
    (*at)++;
    return true;
}

/* Up to the ";" that ends it. */
static bool value_read(const char **at, const char *end, struct field *field, struct pp_error *error) {
    bool quoted = *at < end && **at == '"', closed = false;
    field->size = 0;
    for (; *at < end && **at != ';'; (*at)++) {
        closed = **at == '"';
        if (**at == '\\' && ++*at == end)
            break;
        if (field->size == VALUE_MAX)
            return pp_fail(error, PP_E_LIMIT, "QR code: a field is too long");
        field->value[field->size++] = **at;
    }
    if (*at >= end)
        return pp_fail(error, PP_E_INVALID, "QR code: a field without an end");
    (*at)++;
    if (quoted && closed && field->size >= 2) {
        field->size -= 2;
        memmove(field->value, field->value + 1, field->size);
    }
    field->value[field->size] = 0;
    return true;
}

static bool once(bool *seen, struct pp_error *error) {
    if (*seen)
        return pp_fail(error, PP_E_INVALID, "QR code: a field twice");
    *seen = true;
    return true;
}

static bool on_type(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                    struct pp_error *error) {
    static const struct {
        const char *name;
        enum network_security security;
    } rows[] = {{"WPA", NETWORK_WPA2_WPA3}, {"WPA2", NETWORK_WPA2_WPA3}, {"WPA3", NETWORK_WPA3},
                {"SAE", NETWORK_WPA3},      {"nopass", NETWORK_OPEN},    {"", NETWORK_OPEN}};
    if (!once(&fields->type, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (strcasecmp(rows[i].name, field->value) == 0) {
            wifi->security = rows[i].security;
            return true;
        }
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "QR code: a network that is neither WPA, nor SAE, nor open");
}

static bool on_ssid(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                    struct pp_error *error) {
    if (!once(&fields->ssid, error))
        return false;
    if (field->size > NETWORK_SSID_MAX)
        return pp_fail(error, PP_E_LIMIT, "ssid: not 1 to 32 bytes");
    memcpy(wifi->ssid, field->value, field->size);
    wifi->ssid_size = field->size;
    return true;
}

static bool on_passphrase(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                          struct pp_error *error) {
    if (!once(&fields->passphrase, error))
        return false;
    if (field->size > NETWORK_KEY_DIGITS || strlen(field->value) != field->size)
        return pp_fail(error, PP_E_INVALID,
                       "passphrase: neither 8 to 63 characters nor 64 hexadecimal digits");
    memcpy(wifi->passphrase, field->value, field->size + 1);
    return true;
}

static bool on_hidden(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                      struct pp_error *error) {
    wifi->hidden = strcasecmp(field->value, "true") == 0;
    return once(&fields->hidden, error);
}

static bool on_transition(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                          struct pp_error *error) {
    (void)wifi;
    fields->wpa3_only = strcmp(field->value, "1") == 0;
    return once(&fields->transition, error);
}

static bool on_enterprise(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                          struct pp_error *error) {
    (void)wifi, (void)fields, (void)field;
    return pp_fail(error, PP_E_UNSUPPORTED, "QR code: an enterprise network (802.1X)");
}

static bool field_apply(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                        struct pp_error *error) {
    static const struct {
        const char *name;
        bool (*apply)(struct network_wifi *wifi, struct fields *fields, const struct field *field,
                      struct pp_error *error);
    } rows[] = {{"T", on_type},       {"S", on_ssid},       {"P", on_passphrase},
                {"H", on_hidden},     {"R", on_transition}, {"E", on_enterprise},
                {"A", on_enterprise}, {"I", on_enterprise}, {"PH2", on_enterprise}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        if (strcmp(rows[i].name, field->name) == 0)
            return rows[i].apply(wifi, fields, field, error);
    }
    return true;
}

static bool fields_read(const char *at, const char *end, struct network_wifi *wifi, struct field *field,
                        struct pp_error *error) {
    struct fields fields = {0};
    while (at < end && *at != ';') {
        if (!name_read(&at, end, field, error) || !value_read(&at, end, field, error) ||
            !field_apply(wifi, &fields, field, error))
            return false;
    }
    if (end - at > 1)
        return pp_fail(error, PP_E_INVALID, "QR code: something behind its end");
    if (!fields.ssid)
        return pp_fail(error, PP_E_INVALID, "QR code: no name of a network");
    /* No type, but a passphrase: what phones take for WPA. */
    if (!fields.type)
        wifi->security = *wifi->passphrase ? NETWORK_WPA2_WPA3 : NETWORK_OPEN;
    if (wifi->security == NETWORK_OPEN)
        pp_wipe(wifi->passphrase, sizeof wifi->passphrase);
    if (wifi->security == NETWORK_WPA2_WPA3 && fields.wpa3_only)
        wifi->security = NETWORK_WPA3;
    return true;
}

bool wifi_uri_parse(const char *text, size_t size, struct network_request *request, struct pp_error *error) {
    static const char scheme[] = "WIFI:";
    struct field field = {0};
    memset(request, 0, sizeof *request);
    request->verb = NETWORK_WIFI;
    while (size && (text[size - 1] == '\n' || text[size - 1] == '\r'))
        size--;
    bool read = false;
    if (size > WIFI_URI_MAX)
        pp_fail(error, PP_E_LIMIT, "QR code: too long");
    else if (size < sizeof scheme - 1 || strncasecmp(text, scheme, sizeof scheme - 1) != 0)
        pp_fail(error, PP_E_INVALID, "QR code: not that of a Wi-Fi");
    else
        read = fields_read(text + sizeof scheme - 1, text + size, &request->wifi, &field, error) &&
               network_request_check(request, error);
    pp_wipe(&field, sizeof field);
    if (!read)
        network_request_finish(request);
    return read;
}

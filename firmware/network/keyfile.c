#include "network/keyfile.h"

#include <string.h>
#include <sys/random.h>

#include "base/mem.h"

#define UUID_LENGTH (KEYFILE_UUID_SIZE - 1)
/* NetworkManager keeps what stands there, and has no meaning for it: the identity is the certificate's. */
#define FOLLOWS "\n[user]\npingplay.identity=certificate\n"

bool keyfile_make_uuid(char uuid[KEYFILE_UUID_SIZE], struct pp_error *error) {
    uint8_t b[16];
    if (getrandom(b, sizeof b, 0) != sizeof b)
        return pp_fail_errno(error, "getrandom");
    b[6] = (uint8_t)(0x40 | (b[6] & 0x0f));
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3f));
    snprintf(uuid, KEYFILE_UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return true;
}

bool keyfile_is_uuid(const char *text) {
    for (size_t i = 0; i < UUID_LENGTH; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (!text[i] || !strchr(dash ? "-" : "0123456789abcdef", text[i]))
            return false;
    }
    return !text[UUID_LENGTH];
}

/* A name of digits alone would be read as the list of one byte. */
static bool is_plain(const uint8_t *ssid, size_t size) {
    bool letter = false;
    for (size_t i = 0; i < size; i++) {
        uint8_t lower = ssid[i] | 0x20;
        bool alphabetic = lower >= 'a' && lower <= 'z';
        if (!alphabetic && !(ssid[i] >= '0' && ssid[i] <= '9') && ssid[i] != '-' && ssid[i] != '_')
            return false;
        letter = letter || alphabetic;
    }
    return letter;
}

static bool write_ssid(const uint8_t *ssid, size_t size, struct pp_buf *out, struct pp_error *error) {
    if (is_plain(ssid, size))
        return pp_buf_addf(out, error, "ssid=%.*s\n", (int)size, (const char *)ssid);
    if (!pp_buf_add_text(out, "ssid=", error))
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!pp_buf_addf(out, error, "%u;", ssid[i]))
            return false;
    }
    return pp_buf_add_text(out, "\n", error);
}

static bool write_network(const uint8_t *ssid, size_t size, bool hidden, struct pp_buf *out,
                          struct pp_error *error) {
    return pp_buf_add_text(out, "\n[wifi]\nmode=infrastructure\n", error) &&
           write_ssid(ssid, size, out, error) && (!hidden || pp_buf_add_text(out, "hidden=true\n", error));
}

static bool write_security(const char *management, int frames, struct pp_buf *out, struct pp_error *error) {
    return pp_buf_addf(out, error,
                       "\n[wifi-security]\nkey-mgmt=%s\nproto=rsn;\npairwise=ccmp;\ngroup=ccmp;\npmf=%d\n",
                       management, frames);
}

static bool write_passphrase(const char *passphrase, struct pp_buf *out, struct pp_error *error) {
    if (!pp_buf_add_text(out, "psk=", error))
        return false;
    for (const char *at = passphrase; *at; at++) {
        bool written = *at == '\\'  ? pp_buf_add_text(out, "\\\\", error)
                       : *at == ' ' ? pp_buf_add_text(out, "\\s", error)
                                    : pp_buf_add(out, at, 1, error);
        if (!written)
            return false;
    }
    return pp_buf_add_text(out, "\n", error);
}

static bool write_wifi(const struct network_wifi *wifi, struct pp_buf *out, struct pp_error *error) {
    bool wpa3 = wifi->security == NETWORK_WPA3;
    if (!write_network(wifi->ssid, wifi->ssid_size, wifi->hidden, out, error))
        return false;
    return wifi->security == NETWORK_OPEN ||
           (write_security(wpa3 ? "sae" : "wpa-psk", wpa3 ? 3 : 2, out, error) &&
            write_passphrase(wifi->passphrase, out, error));
}

/* The server is named and its authorities are: without either, whoever it is would be trusted. The key has no password
 * (flags 4, not required): it never stands anywhere but in memory. */
static bool write_8021x(const struct network_request *request, const struct keyfile_names *names,
                        struct pp_buf *out, struct pp_error *error) {
    const struct network_8021x *dot1x = &request->dot1x;
    bool below = dot1x->server[0] == '.';
    if (!*request->interface && (!write_network(dot1x->ssid, dot1x->ssid_size, dot1x->hidden, out, error) ||
                                 !write_security("wpa-eap", 2, out, error)))
        return false;
    return pp_buf_addf(out, error, "\n[802-1x]\neap=tls;\nidentity=%s\n", names->identity) &&
           (!*dot1x->anonymous || pp_buf_addf(out, error, "anonymous-identity=%s\n", dot1x->anonymous)) &&
           pp_buf_addf(out, error,
                       "ca-cert=%s\n%s=%s\nclient-cert=%s/" KEYFILE_CERTIFICATE
                       "\nprivate-key=%s/" KEYFILE_KEY "\nprivate-key-password-flags=4\n",
                       names->ca, below ? "domain-suffix-match" : "domain-match", dot1x->server + below,
                       names->keys, names->keys) &&
           (*dot1x->identity || pp_buf_add_text(out, FOLLOWS, error));
}

static bool write_dns(const struct network_fixed *fixed, uint8_t family, struct pp_buf *out,
                      struct pp_error *error) {
    char text[NETWORK_IP_TEXT];
    bool begun = false;
    for (size_t i = 0; i < fixed->dns_count; i++) {
        if (fixed->dns[i].family != family)
            continue;
        network_ip_format(&fixed->dns[i], text);
        if (!pp_buf_addf(out, error, "%s%s;", begun ? "" : "dns=", text))
            return false;
        begun = true;
    }
    return !begun || pp_buf_add_text(out, "\n", error);
}

static bool write_address(const struct network_fixed *fixed, const struct network_address *address,
                          uint8_t family, struct pp_buf *out, struct pp_error *error) {
    char ip[NETWORK_IP_TEXT], gateway[NETWORK_IP_TEXT];
    if (!pp_buf_addf(out, error, "\n[ipv%d]\n", family))
        return false;
    if (address->ip.family == 0)
        return pp_buf_add_text(out, "method=disabled\n", error);
    network_ip_format(&address->ip, ip);
    network_ip_format(&address->gateway, gateway);
    bool routed = address->gateway.family != 0;
    return pp_buf_addf(out, error, "method=manual\naddress1=%s/%u%s%s\nmay-fail=false\n", ip, address->prefix,
                       routed ? "," : "", routed ? gateway : "") &&
           (family == 6 || pp_buf_addf(out, error, "dad-timeout=%d\n", KEYFILE_DAD_MS)) &&
           write_dns(fixed, family, out, error);
}

static bool write_fixed(const struct network_fixed *fixed, struct pp_buf *out, struct pp_error *error) {
    return write_address(fixed, &fixed->v4, 4, out, error) && write_address(fixed, &fixed->v6, 6, out, error);
}

static bool write_automatic(struct pp_buf *out, struct pp_error *error) {
    return pp_buf_add_text(
        out, "\n[ipv4]\nmethod=auto\n\n[ipv6]\nmethod=auto\naddr-gen-mode=stable-privacy\n", error);
}

/* autoconnect-retries 0: for ever. The priority puts it before what NetworkManager makes up by itself. */
bool keyfile_write(const struct network_request *request, const struct keyfile_names *names,
                   struct pp_buf *out, struct pp_error *error) {
    bool wifi = network_request_is_wifi(request);
    char set[PP_BOOT_TIME_TEXT];
    pp_boot_time_format(&names->set, set);
    if (!network_request_has_profile(request))
        return pp_fail(error, PP_E_STATE, "a request without a profile");
    if (!pp_buf_addf(out, error, "#set=%s\n[connection]\nid=%s\nuuid=%s\ntype=%s\n", set, names->id,
                     names->uuid, wifi ? "wifi" : "ethernet") ||
        (!wifi && !pp_buf_addf(out, error, "interface-name=%s\n", request->interface)) ||
        !pp_buf_addf(out, error, "autoconnect=%s\nautoconnect-priority=10\nautoconnect-retries=0\n",
                     names->autoconnect ? "true" : "false"))
        return false;
    if (request->verb == NETWORK_WIFI && !write_wifi(&request->wifi, out, error))
        return false;
    if (request->verb == NETWORK_8021X && !write_8021x(request, names, out, error))
        return false;
    return request->verb == NETWORK_STATIC ? write_fixed(&request->fixed, out, error)
                                           : write_automatic(out, error);
}

/* The value of the first line "key=…", into `value`; false where there is none, or it does not fit. */
static bool line_value(const char *text, const char *key, char *value, size_t size) {
    size_t length = strlen(key);
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        size_t used = strcspn(line + length + 1, "\n");
        if (used >= size)
            return false;
        memcpy(value, line + length + 1, used);
        value[used] = 0;
        return true;
    }
    return false;
}

bool keyfile_read_names(const char *text, struct keyfile_names *names) {
    char word[8], set[PP_BOOT_TIME_TEXT] = "";
    if (!line_value(text, "uuid", names->uuid, KEYFILE_UUID_SIZE) || !keyfile_is_uuid(names->uuid) ||
        !line_value(text, "autoconnect", word, sizeof word))
        return false;
    names->autoconnect = strcmp(word, "true") == 0;
    (void)!line_value(text, "#set", set, sizeof set);
    (void)!pp_boot_time_parse(set, &names->set, NULL);
    return true;
}

bool keyfile_is_8021x(const char *text) {
    return strstr(text, "\n[802-1x]\n");
}

bool keyfile_follow_identity(const char *text, const char *identity, struct pp_buf *out) {
    static const char key[] = "\nidentity=";
    const char *line = strstr(text, key);
    if (!line || !strstr(text, FOLLOWS))
        return false;
    line += sizeof key - 1;
    size_t size = strcspn(line, "\n");
    if (strlen(identity) == size && strncmp(line, identity, size) == 0)
        return false;
    return pp_buf_add(out, text, (size_t)(line - text), NULL) && pp_buf_add_text(out, identity, NULL) &&
           pp_buf_add_text(out, line + size, NULL);
}

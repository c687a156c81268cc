#include "network/request.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/mem.h"
#include "network/pem.h"

static size_t ip_size(uint8_t family) {
    return family == 4 ? 4 : 16;
}

/* ---- What can be carried out ---- */

static bool check_interface(const char *name, struct pp_error *error) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t size = strlen(name);
    if (!size || strspn(name, letters) != size || name[0] == '.' || name[0] == '-')
        return pp_fail(error, PP_E_INVALID, "interface: not a name");
    return strcmp(name, "lo") != 0 || pp_fail(error, PP_E_INVALID, "interface: the loopback has no profile");
}

static bool is_hex(const char *text) {
    return strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

static bool check_passphrase(const struct network_wifi *wifi, struct pp_error *error) {
    size_t size = strlen(wifi->passphrase);
    if (wifi->security == NETWORK_OPEN)
        return !size || pp_fail(error, PP_E_INVALID, "passphrase: an open network has none");
    if (size == NETWORK_KEY_DIGITS && is_hex(wifi->passphrase))
        return wifi->security != NETWORK_WPA3 ||
               pp_fail(error, PP_E_INVALID, "passphrase: WPA3 takes a passphrase, no key");
    if (size < NETWORK_PASSPHRASE_MIN || size > NETWORK_PASSPHRASE_MAX)
        return pp_fail(error, PP_E_INVALID,
                       "passphrase: neither 8 to 63 characters nor 64 hexadecimal digits");
    for (const char *at = wifi->passphrase; *at; at++) {
        if (*at < ' ' || *at > '~')
            return pp_fail(error, PP_E_INVALID, "passphrase: a character that is not printable ASCII");
    }
    return true;
}

static bool check_wifi(const struct network_wifi *wifi, struct pp_error *error) {
    if (wifi->ssid_size < 1 || wifi->ssid_size > NETWORK_SSID_MAX)
        return pp_fail(error, PP_E_LIMIT, "ssid: not 1 to 32 bytes");
    if (wifi->security < NETWORK_WPA2_WPA3 || wifi->security >= NETWORK_SECURITY_END)
        return pp_fail(error, PP_E_INVALID, "security: unknown");
    return check_passphrase(wifi, error);
}

/* Of one machine, that others can reach: RFC 1122 §3.2.1.3, RFC 4291 §2.4. */
static bool is_unicast(const struct network_ip *ip) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    static const uint8_t zeroes[15];
    if (ip->family == 4)
        return ip->bytes[0] != 0 && ip->bytes[0] != 127 && ip->bytes[0] < 224;
    return ip->family == 6 && ip->bytes[0] != 0xff && memcmp(ip->bytes, mapped, sizeof mapped) != 0 &&
           (memcmp(ip->bytes, zeroes, sizeof zeroes) != 0 || ip->bytes[15] > 1);
}

static bool is_link_local(const struct network_ip *ip) {
    return ip->family == 6 && ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80;
}

static bool same_network(const struct network_ip *a, const struct network_ip *b, uint8_t prefix) {
    for (unsigned bit = 0; bit < prefix; bit++) {
        if ((a->bytes[bit / 8] ^ b->bytes[bit / 8]) & (0x80u >> bit % 8))
            return false;
    }
    return true;
}

/* All bits behind the prefix are 0, or all are 1: of IPv4, the network's own address, and its broadcast. */
static bool is_edge(const struct network_ip *ip, uint8_t prefix) {
    unsigned ones = 0, count = 32u - prefix;
    for (unsigned bit = prefix; bit < 32; bit++)
        ones += (ip->bytes[bit / 8] >> (7 - bit % 8)) & 1u;
    return count >= 2 && (ones == 0 || ones == count);
}

static bool check_gateway(const struct network_address *address, struct pp_error *error) {
    const struct network_ip *gateway = &address->gateway;
    if (gateway->family == 0 || is_link_local(gateway))
        return true;
    if (!is_unicast(gateway) || !same_network(&address->ip, gateway, address->prefix) ||
        (gateway->family == 4 && is_edge(gateway, address->prefix)))
        return pp_fail(error, PP_E_INVALID, "gateway: not in the network of the address");
    return memcmp(gateway->bytes, address->ip.bytes, sizeof gateway->bytes) != 0 ||
           pp_fail(error, PP_E_INVALID, "gateway: the address itself");
}

static bool check_address(const struct network_address *address, uint8_t family, struct pp_error *error) {
    if (address->ip.family == 0)
        return address->gateway.family == 0 ||
               pp_fail(error, PP_E_INVALID, "gateway: no address of its family");
    if (address->ip.family != family || (address->gateway.family != 0 && address->gateway.family != family))
        return pp_fail(error, PP_E_INVALID, "address: of the other family");
    if (!is_unicast(&address->ip) || is_link_local(&address->ip))
        return pp_fail(error, PP_E_INVALID, "address: not one that a machine can have");
    if (address->prefix < 1 || address->prefix > ip_size(family) * 8)
        return pp_fail(error, PP_E_INVALID, "prefix: out of range");
    if (family == 4 && is_edge(&address->ip, address->prefix))
        return pp_fail(error, PP_E_INVALID, "address: the network's own, or its broadcast");
    return check_gateway(address, error);
}

static bool check_fixed(const struct network_fixed *fixed, struct pp_error *error) {
    if (fixed->v4.ip.family == 0 && fixed->v6.ip.family == 0)
        return pp_fail(error, PP_E_INVALID, "address: none");
    if (fixed->dns_count > NETWORK_DNS_MAX)
        return pp_fail(error, PP_E_LIMIT, "dns: more than 3");
    for (size_t i = 0; i < fixed->dns_count; i++) {
        if (!is_unicast(&fixed->dns[i]) || is_link_local(&fixed->dns[i]))
            return pp_fail(error, PP_E_INVALID, "dns: not an address of a server");
        if ((fixed->dns[i].family == 4 ? fixed->v4 : fixed->v6).ip.family == 0)
            return pp_fail(error, PP_E_INVALID, "dns: no address of its family");
    }
    return check_address(&fixed->v4, 4, error) && check_address(&fixed->v6, 6, error);
}

/* Of the alphabets that mean nothing to GKeyFile, wpa_supplicant and a RADIUS server. */
static bool check_name(const char *name, const char *others, const char *what, struct pp_error *error) {
    for (const char *at = name; *at; at++) {
        bool digit = *at >= '0' && *at <= '9';
        bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!digit && !letter && !strchr(others, *at))
            return pp_fail(error, PP_E_INVALID, "%s: a character that it cannot have", what);
    }
    return true;
}

/* RFC 1035 §2.3.1. A domain below which any server will do has two labels at least: "org" is nobody's. */
static bool check_server(const char *server, struct pp_error *error) {
    const char *name = server + (*server == '.');
    if (!*name)
        return pp_fail(error, PP_E_INVALID, "server: no name: any that the authorities know would do");
    if (!check_name(name, ".-", "server", error))
        return false;
    if (name[0] == '.' || name[strlen(name) - 1] == '.' || strstr(name, ".."))
        return pp_fail(error, PP_E_INVALID, "server: not a name");
    return name == server || strchr(name, '.') ||
           pp_fail(error, PP_E_INVALID, "server: a domain of one label is nobody's");
}

static bool check_8021x(const struct network_request *request, struct pp_error *error) {
    const struct network_8021x *dot1x = &request->dot1x;
    if (*request->interface ? dot1x->ssid_size || dot1x->hidden
                            : dot1x->ssid_size < 1 || dot1x->ssid_size > NETWORK_SSID_MAX)
        return pp_fail(error, PP_E_INVALID, "8021x: either an interface or a Wi-Fi of 1 to 32 bytes");
    if (*request->interface && !check_interface(request->interface, error))
        return false;
    return check_name(dot1x->identity, ".-_@:/", "identity", error) &&
           check_name(dot1x->anonymous, ".-_@:/", "anonymous identity", error) &&
           check_server(dot1x->server, error) &&
           (pem_check(dot1x->ca, strlen(dot1x->ca), pem_certificate, error) || pp_wrap(error, "authorities"));
}

bool network_request_is_wifi(const struct network_request *request) {
    return request->verb == NETWORK_WIFI || (request->verb == NETWORK_8021X && !*request->interface);
}

bool network_request_has_profile(const struct network_request *request) {
    return request->verb == NETWORK_WIFI || request->verb == NETWORK_STATIC ||
           request->verb == NETWORK_DHCP || request->verb == NETWORK_8021X;
}

bool network_request_check(const struct network_request *request, struct pp_error *error) {
    switch (request->verb) {
    case NETWORK_SHOW:
    case NETWORK_ERASE:
    case NETWORK_KEY:
    case NETWORK_PHONE:
    case NETWORK_REFUSED: /* nothing is done about it */
        return true;
    case NETWORK_WIFI:
        return check_wifi(&request->wifi, error);
    case NETWORK_STATIC:
        return check_interface(request->interface, error) && check_fixed(&request->fixed, error);
    case NETWORK_DHCP:
        return check_interface(request->interface, error);
    case NETWORK_FORGET:
        return !*request->interface || check_interface(request->interface, error);
    case NETWORK_8021X:
        return check_8021x(request, error);
    default:
        return pp_fail(error, PP_E_UNSUPPORTED, "unknown request");
    }
}

/* ---- The packet, written ---- */

#define KEEP 0x80 /* beside the verb */

/* Those whose gateway has to answer. */
static bool may_be_kept(enum network_verb verb) {
    return verb == NETWORK_WIFI || verb == NETWORK_STATIC;
}

static bool put_byte(struct pp_buf *packet, unsigned value, struct pp_error *error) {
    const uint8_t byte = (uint8_t)value;
    return pp_buf_add(packet, &byte, 1, error);
}

static bool put_text(struct pp_buf *packet, const void *text, size_t size, struct pp_error *error) {
    return put_byte(packet, (unsigned)size, error) && pp_buf_add(packet, text, size, error);
}

static bool put_ip(struct pp_buf *packet, const struct network_ip *ip, struct pp_error *error) {
    return pp_buf_add(packet, ip->bytes, ip_size(ip->family), error);
}

static bool put_address(struct pp_buf *packet, const struct network_address *address,
                        struct pp_error *error) {
    if (address->ip.family == 0)
        return put_byte(packet, 0, error);
    bool routed = address->gateway.family != 0;
    return put_byte(packet, 1, error) && put_ip(packet, &address->ip, error) &&
           put_byte(packet, address->prefix, error) && put_byte(packet, routed, error) &&
           (!routed || put_ip(packet, &address->gateway, error));
}

static bool put_fixed(struct pp_buf *packet, const struct network_fixed *fixed, struct pp_error *error) {
    if (!put_address(packet, &fixed->v4, error) || !put_address(packet, &fixed->v6, error) ||
        !put_byte(packet, (unsigned)fixed->dns_count, error))
        return false;
    for (size_t i = 0; i < fixed->dns_count; i++) {
        if (!put_byte(packet, fixed->dns[i].family, error) || !put_ip(packet, &fixed->dns[i], error))
            return false;
    }
    return true;
}

static bool put_wifi(struct pp_buf *packet, const struct network_wifi *wifi, struct pp_error *error) {
    return put_byte(packet, wifi->hidden, error) && put_byte(packet, wifi->security, error) &&
           put_text(packet, wifi->ssid, wifi->ssid_size, error) &&
           put_text(packet, wifi->passphrase, strlen(wifi->passphrase), error);
}

static bool put_moment(struct pp_buf *packet, const struct pp_boot_time *moment, struct pp_error *error) {
    uint8_t ms[8];
    for (size_t i = 0; i < sizeof ms; i++)
        ms[i] = (uint8_t)(moment->ms >> 8 * (sizeof ms - 1 - i));
    return pp_buf_add(packet, moment->boot, sizeof moment->boot, error) &&
           pp_buf_add(packet, ms, sizeof ms, error);
}

static bool put_8021x(struct pp_buf *packet, const struct network_8021x *dot1x, struct pp_error *error) {
    size_t size = strlen(dot1x->ca);
    return put_byte(packet, dot1x->hidden, error) && put_text(packet, dot1x->ssid, dot1x->ssid_size, error) &&
           put_text(packet, dot1x->identity, strlen(dot1x->identity), error) &&
           put_text(packet, dot1x->anonymous, strlen(dot1x->anonymous), error) &&
           put_text(packet, dot1x->server, strlen(dot1x->server), error) &&
           put_byte(packet, (unsigned)(size >> 8), error) && put_byte(packet, size & 0xff, error) &&
           pp_buf_add(packet, dot1x->ca, size, error);
}

/* Those without any field. */
static bool is_bare(enum network_verb verb) {
    return verb == NETWORK_SHOW || verb == NETWORK_KEY;
}

bool network_request_encode(const struct network_request *request, struct pp_buf *packet,
                            struct pp_error *error) {
    if (!put_byte(packet, NETWORK_VERSION, error) ||
        !put_byte(packet, request->verb | (request->keep ? KEEP : 0), error))
        return false;
    if (is_bare(request->verb))
        return true;
    if (request->verb == NETWORK_ERASE)
        return put_moment(packet, &request->decided, error);
    if (request->verb == NETWORK_WIFI)
        return put_wifi(packet, &request->wifi, error);
    if (request->verb == NETWORK_REFUSED)
        return put_text(packet, request->reason, strlen(request->reason), error);
    if (request->verb == NETWORK_PHONE)
        return put_byte(packet, request->open, error);
    return put_text(packet, request->interface, strlen(request->interface), error) &&
           (request->verb != NETWORK_STATIC || put_fixed(packet, &request->fixed, error)) &&
           (request->verb != NETWORK_8021X || put_8021x(packet, &request->dot1x, error));
}

/* ---- The packet, read ---- */

struct reader {
    const uint8_t *at, *end;
};

static bool get_bytes(struct reader *reader, void *out, size_t size, struct pp_error *error) {
    if ((size_t)(reader->end - reader->at) < size)
        return pp_fail(error, PP_E_INVALID, "the request is cut short");
    memcpy(out, reader->at, size);
    reader->at += size;
    return true;
}

/* At most `max` of them, and none above. */
static bool get_byte(struct reader *reader, uint8_t max, uint8_t *out, struct pp_error *error) {
    if (!get_bytes(reader, out, 1, error))
        return false;
    return *out <= max || pp_fail(error, PP_E_INVALID, "a field is out of its range");
}

/* Without a NUL in it, with one behind it. */
static bool get_text(struct reader *reader, char *out, uint8_t max, struct pp_error *error) {
    uint8_t size;
    if (!get_byte(reader, max, &size, error) || !get_bytes(reader, out, size, error))
        return false;
    out[size] = 0;
    return strlen(out) == size || pp_fail(error, PP_E_INVALID, "a NUL in a text");
}

static bool get_ip(struct reader *reader, uint8_t family, struct network_ip *ip, struct pp_error *error) {
    ip->family = family;
    return get_bytes(reader, ip->bytes, ip_size(family), error);
}

static bool get_address(struct reader *reader, uint8_t family, struct network_address *address,
                        struct pp_error *error) {
    uint8_t present, routed;
    if (!get_byte(reader, 1, &present, error))
        return false;
    if (!present)
        return true;
    if (!get_ip(reader, family, &address->ip, error) ||
        !get_byte(reader, UINT8_MAX, &address->prefix, error) || !get_byte(reader, 1, &routed, error))
        return false;
    return !routed || get_ip(reader, family, &address->gateway, error);
}

static bool get_fixed(struct reader *reader, struct network_fixed *fixed, struct pp_error *error) {
    uint8_t count = 0, family;
    if (!get_address(reader, 4, &fixed->v4, error) || !get_address(reader, 6, &fixed->v6, error) ||
        !get_byte(reader, NETWORK_DNS_MAX, &count, error))
        return false;
    for (; fixed->dns_count < count; fixed->dns_count++) {
        if (!get_byte(reader, 6, &family, error))
            return false;
        if (family != 4 && family != 6)
            return pp_fail(error, PP_E_INVALID, "dns: of no family");
        if (!get_ip(reader, family, &fixed->dns[fixed->dns_count], error))
            return false;
    }
    return true;
}

static bool get_wifi(struct reader *reader, struct network_wifi *wifi, struct pp_error *error) {
    uint8_t hidden, security, size;
    if (!get_byte(reader, 1, &hidden, error) ||
        !get_byte(reader, NETWORK_SECURITY_END - 1, &security, error) ||
        !get_byte(reader, NETWORK_SSID_MAX, &size, error) || !get_bytes(reader, wifi->ssid, size, error) ||
        !get_text(reader, wifi->passphrase, NETWORK_KEY_DIGITS, error))
        return false;
    wifi->hidden = hidden;
    wifi->security = security;
    wifi->ssid_size = size;
    return true;
}

static bool get_moment(struct reader *reader, struct pp_boot_time *moment, struct pp_error *error) {
    uint8_t ms[8];
    if (!get_bytes(reader, moment->boot, sizeof moment->boot, error) ||
        !get_bytes(reader, ms, sizeof ms, error))
        return false;
    for (size_t i = 0; i < sizeof ms; i++)
        moment->ms = moment->ms << 8 | ms[i];
    return true;
}

/* As a text, but longer. */
static bool get_document(struct reader *reader, char *out, size_t max, struct pp_error *error) {
    uint8_t high, low;
    if (!get_byte(reader, UINT8_MAX, &high, error) || !get_byte(reader, UINT8_MAX, &low, error))
        return false;
    size_t size = (size_t)high << 8 | low;
    if (size > max)
        return pp_fail(error, PP_E_INVALID, "a field is out of its range");
    if (!get_bytes(reader, out, size, error))
        return false;
    out[size] = 0;
    return strlen(out) == size || pp_fail(error, PP_E_INVALID, "a NUL in a text");
}

static bool get_8021x(struct reader *reader, struct network_8021x *dot1x, struct pp_error *error) {
    uint8_t hidden, size;
    if (!get_byte(reader, 1, &hidden, error) || !get_byte(reader, NETWORK_SSID_MAX, &size, error) ||
        !get_bytes(reader, dot1x->ssid, size, error))
        return false;
    dot1x->hidden = hidden;
    dot1x->ssid_size = size;
    return get_text(reader, dot1x->identity, NETWORK_NAME_MAX, error) &&
           get_text(reader, dot1x->anonymous, NETWORK_NAME_MAX, error) &&
           get_text(reader, dot1x->server, NETWORK_NAME_MAX, error) &&
           get_document(reader, dot1x->ca, NETWORK_CA_MAX, error);
}

static bool get_open(struct reader *reader, bool *open, struct pp_error *error) {
    uint8_t byte;
    if (!get_byte(reader, 1, &byte, error))
        return false;
    *open = byte;
    return true;
}

static bool get_fields(struct reader *reader, struct network_request *request, struct pp_error *error) {
    if (is_bare(request->verb))
        return true;
    if (request->verb == NETWORK_ERASE)
        return get_moment(reader, &request->decided, error);
    if (request->verb == NETWORK_WIFI)
        return get_wifi(reader, &request->wifi, error);
    if (request->verb == NETWORK_REFUSED)
        return get_text(reader, request->reason, NETWORK_REASON_MAX, error);
    if (request->verb == NETWORK_PHONE)
        return get_open(reader, &request->open, error);
    return get_text(reader, request->interface, NETWORK_INTERFACE_MAX, error) &&
           (request->verb != NETWORK_STATIC || get_fixed(reader, &request->fixed, error)) &&
           (request->verb != NETWORK_8021X || get_8021x(reader, &request->dot1x, error));
}

static bool decode(struct reader *reader, struct network_request *request, struct pp_error *error) {
    uint8_t version, verb;
    if (!get_byte(reader, UINT8_MAX, &version, error))
        return false;
    if (version != NETWORK_VERSION)
        return pp_fail(error, PP_E_UNSUPPORTED, "a request of another version");
    if (!get_byte(reader, UINT8_MAX, &verb, error))
        return false;
    request->keep = verb & KEEP;
    request->verb = verb & ~KEEP;
    if (request->verb >= NETWORK_VERB_END || (request->keep && !may_be_kept(request->verb)))
        return pp_fail(error, PP_E_INVALID, "a field is out of its range");
    if (!get_fields(reader, request, error))
        return false;
    if (reader->at != reader->end)
        return pp_fail(error, PP_E_INVALID, "the request is too long");
    return network_request_check(request, error);
}

bool network_request_decode(const void *packet, size_t size, struct network_request *request,
                            struct pp_error *error) {
    struct reader reader = {.at = packet, .end = (const uint8_t *)packet + size};
    memset(request, 0, sizeof *request);
    if (size <= NETWORK_REQUEST_MAX ? decode(&reader, request, error)
                                    : pp_fail(error, PP_E_LIMIT, "the request is too long"))
        return true;
    network_request_finish(request);
    return false;
}

void network_request_finish(struct network_request *request) {
    pp_wipe(request, sizeof *request);
}

/* ---- Addresses as people write them ---- */

static bool prefix_parse(const char *text, uint8_t family, uint8_t *prefix, struct pp_error *error) {
    size_t size = strspn(text, "0123456789");
    unsigned long value = size && size <= 3 ? strtoul(text, NULL, 10) : 0;
    if (text[size] || value < 1 || value > ip_size(family) * 8 || text[0] == '0')
        return pp_fail(error, PP_E_INVALID, "prefix: out of range");
    *prefix = (uint8_t)value;
    return true;
}

bool network_ip_parse(const char *text, struct network_ip *ip, uint8_t *prefix, struct pp_error *error) {
    char address[NETWORK_IP_TEXT];
    size_t size = prefix ? strcspn(text, "/") : strlen(text);
    memset(ip, 0, sizeof *ip);
    if (size >= sizeof address)
        return pp_fail(error, PP_E_INVALID, "not an address");
    memcpy(address, text, size);
    address[size] = 0;
    ip->family = strchr(address, ':') ? 6 : 4;
    if (inet_pton(ip->family == 6 ? AF_INET6 : AF_INET, address, ip->bytes) != 1)
        return pp_fail(error, PP_E_INVALID, "not an address");
    if (!prefix)
        return true;
    return text[size] ? prefix_parse(text + size + 1, ip->family, prefix, error)
                      : pp_fail(error, PP_E_INVALID, "prefix: missing, as in 192.0.2.10/24");
}

bool network_fixed_add_address(struct network_fixed *fixed, const char *text, struct pp_error *error) {
    struct network_ip ip;
    uint8_t prefix;
    if (!network_ip_parse(text, &ip, &prefix, error))
        return false;
    struct network_address *slot = ip.family == 6 ? &fixed->v6 : &fixed->v4;
    if (slot->ip.family != 0)
        return pp_fail(error, PP_E_INVALID, "a second address of its family");
    slot->ip = ip;
    slot->prefix = prefix;
    return true;
}

bool network_fixed_add_gateway(struct network_fixed *fixed, const char *text, struct pp_error *error) {
    struct network_ip ip;
    if (!network_ip_parse(text, &ip, NULL, error))
        return false;
    struct network_ip *slot = ip.family == 6 ? &fixed->v6.gateway : &fixed->v4.gateway;
    if (slot->family != 0)
        return pp_fail(error, PP_E_INVALID, "a second one of its family");
    *slot = ip;
    return true;
}

bool network_fixed_add_dns(struct network_fixed *fixed, const char *text, struct pp_error *error) {
    if (fixed->dns_count == NETWORK_DNS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d", NETWORK_DNS_MAX);
    return network_ip_parse(text, &fixed->dns[fixed->dns_count++], NULL, error);
}

bool network_security_parse(const char *text, enum network_security *security) {
    static const char *const names[] = {
        [NETWORK_WPA2_WPA3] = "wpa2-wpa3", [NETWORK_WPA3] = "wpa3", [NETWORK_OPEN] = "open"};
    for (size_t i = NETWORK_WPA2_WPA3; i < PP_COUNT(names); i++) {
        if (strcmp(names[i], text) == 0) {
            *security = (enum network_security)i;
            return true;
        }
    }
    return false;
}

void network_ip_format(const struct network_ip *ip, char text[NETWORK_IP_TEXT]) {
    text[0] = 0;
    (void)inet_ntop(ip->family == 6 ? AF_INET6 : AF_INET, ip->bytes, text, NETWORK_IP_TEXT);
}

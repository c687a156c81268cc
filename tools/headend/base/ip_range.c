#include "headend/base/ip_range.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define MAPPED_BITS 96 /* of ::ffff:0:0/96 */

static void address_take(const struct in6_addr *six, struct ip_address *address) {
    bool mapped = IN6_IS_ADDR_V4MAPPED(six);
    *address = (struct ip_address){.size = mapped ? 4 : 16};
    memcpy(address->bytes, six->s6_addr + (mapped ? 12 : 0), address->size);
}

struct ip_address ip_address_of(const struct sockaddr *peer) {
    struct ip_address address = {0};
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    if (peer->sa_family == AF_INET) {
        memcpy(&in, peer, sizeof in);
        memcpy(address.bytes, &in.sin_addr, address.size = 4);
    } else if (peer->sa_family == AF_INET6) {
        memcpy(&in6, peer, sizeof in6);
        address_take(&in6.sin6_addr, &address);
    }
    return address;
}

bool ip_address_read(const char *text, size_t size, struct ip_address *address) {
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr six;
    *address = (struct ip_address){0};
    if (size >= sizeof copy || memchr(text, 0, size))
        return false;
    memcpy(copy, text, size);
    copy[size] = 0;
    if (inet_pton(AF_INET, copy, address->bytes) == 1) {
        address->size = 4;
        return true;
    }
    if (inet_pton(AF_INET6, copy, &six) != 1)
        return false;
    address_take(&six, address);
    return true;
}

void ip_address_text(const struct ip_address *address, char text[IP_TEXT_SIZE]) {
    if (!address->size ||
        !inet_ntop(address->size == 4 ? AF_INET : AF_INET6, address->bytes, text, IP_TEXT_SIZE))
        text[0] = 0;
}

/* Decimal, without a sign or a zero before it. */
static bool bits_read(const char *text, unsigned most, unsigned *bits) {
    size_t size = strlen(text);
    *bits = 0;
    if (size == 0 || size > 3 || strspn(text, "0123456789") != size || (size > 1 && *text == '0'))
        return false;
    for (; *text; text++)
        *bits = *bits * 10 + (unsigned)(*text - '0');
    return *bits <= most;
}

/* Of byte `i` of an address, those that a prefix of `bits` covers. */
static uint8_t byte_mask(size_t i, unsigned bits) {
    unsigned before = (unsigned)i * 8;
    if (bits >= before + 8)
        return 0xff;
    return bits <= before ? 0 : (uint8_t)(0xff00 >> (bits - before));
}

static bool behind_is_zero(const struct ip_range *range) {
    for (size_t i = 0; i < range->first.size; i++) {
        if (range->first.bytes[i] & ~byte_mask(i, range->bits))
            return false;
    }
    return true;
}

bool ip_range_read(const char *text, struct ip_range *range, struct pp_error *error) {
    const char *slash = strchr(text, '/');
    size_t size = slash ? (size_t)(slash - text) : strlen(text);
    if (!ip_address_read(text, size, &range->first))
        return pp_fail(error, PP_E_INVALID, "not a range of addresses (203.0.113.0/24, 2001:db8::/32): %.64s",
                       text);
    /* Written in IPv6, whatever it is of. */
    bool six = memchr(text, ':', size);
    unsigned most = six ? 128 : 32;
    range->bits = most;
    if (slash && !bits_read(slash + 1, most, &range->bits))
        return pp_fail(error, PP_E_INVALID, "not the length of a prefix, 0 to %u: %.64s", most, text);
    bool mapped = six && range->first.size == 4;
    if (mapped && range->bits < MAPPED_BITS)
        return pp_fail(error, PP_E_INVALID, "IPv4 in IPv6 needs a prefix of %d or more: %.64s", MAPPED_BITS,
                       text);
    range->bits -= mapped ? MAPPED_BITS : 0;
    return behind_is_zero(range) ||
           pp_fail(error, PP_E_INVALID, "bits are set behind the prefix: %.64s", text);
}

void ip_range_text(const struct ip_range *range, char text[IP_TEXT_SIZE]) {
    ip_address_text(&range->first, text);
    size_t size = strlen(text);
    if (range->bits < range->first.size * 8)
        snprintf(text + size, IP_TEXT_SIZE - size, "/%u", range->bits);
}

bool ip_range_has(const struct ip_range *range, const struct ip_address *address) {
    if (!address->size || address->size != range->first.size)
        return false;
    for (size_t i = 0; i < address->size; i++) {
        if ((address->bytes[i] ^ range->first.bytes[i]) & byte_mask(i, range->bits))
            return false;
    }
    return true;
}

#include "headend/base/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* The bytes of the address: 4, 16, or 0 where it has none that we know. */
static size_t address_bytes(const struct sockaddr *address, unsigned char bytes[16]) {
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    switch (address->sa_family) {
    case AF_INET:
        memcpy(&in, address, sizeof in);
        memcpy(bytes, &in.sin_addr, 4);
        return 4;
    case AF_INET6:
        memcpy(&in6, address, sizeof in6);
        memcpy(bytes, &in6.sin6_addr, 16);
        if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
            return 16;
        memmove(bytes, bytes + 12, 4);
        return 4;
    default:
        return 0;
    }
}

/* The first `kept` bytes of the address; the prefix is told where that is not all of it. */
static void prefix_text(const unsigned char *bytes, size_t size, size_t kept, char text[ADDRESS_TEXT_SIZE]) {
    unsigned char prefix[16] = {0};
    memcpy(prefix, bytes, kept);
    if (!inet_ntop(size == 4 ? AF_INET : AF_INET6, prefix, text, ADDRESS_TEXT_SIZE))
        text[0] = 0;
    else if (kept < size)
        snprintf(text + strlen(text), ADDRESS_TEXT_SIZE - strlen(text), "/%zu", kept * 8);
}

static void address_prefix(const struct sockaddr *address, size_t kept4, size_t kept6,
                           char text[ADDRESS_TEXT_SIZE]) {
    unsigned char bytes[16];
    size_t size = address_bytes(address, bytes);
    text[0] = 0;
    if (size)
        prefix_text(bytes, size, size == 4 ? kept4 : kept6, text);
}

void address_text(const struct sockaddr *address, char text[ADDRESS_TEXT_SIZE]) {
    address_prefix(address, 4, 8, text);
}

void address_network(const struct sockaddr *address, char text[ADDRESS_TEXT_SIZE]) {
    address_prefix(address, 3, 6, text);
}

bool address_is_six(const struct sockaddr *address) {
    unsigned char bytes[16];
    return address_bytes(address, bytes) == 16;
}

#include "headend/notify/reach.h"

#include <string.h>

#include "base/mem.h"

/* What is not globally reachable. Of IPv6 only 2000::/3 is, and of that not what has an IPv4 address in it. */
static const char *const closed[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20",
};

bool reach_read(const char *text, struct reach *reach, struct pp_error *error) {
    char range[IP_TEXT_SIZE];
    *reach = (struct reach){0};
    for (text += strspn(text, " ,"); *text; text += strspn(text, " ,")) {
        size_t size = strcspn(text, " ,");
        if (reach->count == REACH_RANGES_MAX)
            return pp_fail(error, PP_E_LIMIT, "at most %d ranges of addresses", REACH_RANGES_MAX);
        snprintf(range, sizeof range, "%.*s", (int)(size < sizeof range ? size : sizeof range - 1), text);
        if (!ip_range_read(range, &reach->allowed[reach->count], error))
            return false;
        reach->count++;
        text += size;
    }
    return true;
}

static bool is_closed(const struct ip_address *address) {
    struct ip_range range;
    if (address->size == 16 && (address->bytes[0] & 0xe0) != 0x20)
        return true;
    for (size_t i = 0; i < PP_COUNT(closed); i++) {
        if (!ip_range_read(closed[i], &range, NULL) || ip_range_has(&range, address))
            return true;
    }
    return !address->size;
}

bool reach_allows(const struct reach *reach, const struct sockaddr *address) {
    struct ip_address known = ip_address_of(address);
    for (size_t i = 0; i < reach->count; i++) {
        if (ip_range_has(&reach->allowed[i], &known))
            return true;
    }
    return !is_closed(&known);
}

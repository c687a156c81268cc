#include "network/gateway.h"

#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"

#define PORT_DISCARD 9
#define KNOWN        (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)

/* What keeps it from being sent shows in the table. */
static void knock(const struct network_ip *gateway, const char *interface, unsigned index) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(PORT_DISCARD)};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(PORT_DISCARD), .sin6_scope_id = index};
    bool six = gateway->family == 6;
    pp_autoclose int fd = socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface));
    memcpy(&v4.sin_addr, gateway->bytes, sizeof v4.sin_addr);
    memcpy(&v6.sin6_addr, gateway->bytes, sizeof v6.sin6_addr);
    (void)sendto(fd, "", 0, MSG_DONTWAIT, six ? (const struct sockaddr *)&v6 : (const struct sockaddr *)&v4,
                 six ? sizeof v6 : sizeof v4);
}

struct neighbour_question {
    struct nlmsghdr header;
    struct ndmsg about;
    struct rtattr attribute;
    uint8_t address[16];
};

/* The kernel's entry for that one address; false where there is none that was answered. */
static bool is_neighbour(const struct network_ip *gateway, unsigned index) {
    size_t size = gateway->family == 6 ? 16 : 4;
    struct neighbour_question question = {
        .header = {.nlmsg_len = (uint32_t)(offsetof(struct neighbour_question, address) + size),
                   .nlmsg_type = RTM_GETNEIGH,
                   .nlmsg_flags = NLM_F_REQUEST},
        .about = {.ndm_family = gateway->family == 6 ? AF_INET6 : AF_INET, .ndm_ifindex = (int)index},
        .attribute = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = NDA_DST}};
    union {
        struct nlmsghdr header;
        uint8_t bytes[4096];
    } answer;
    struct ndmsg entry;
    memcpy(question.address, gateway->bytes, size);
    pp_autoclose int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0 || send(fd, &question, question.header.nlmsg_len, 0) < 0)
        return false;
    ssize_t got = recv(fd, &answer, sizeof answer, 0);
    if (got < (ssize_t)NLMSG_LENGTH(sizeof entry) || answer.header.nlmsg_type != RTM_NEWNEIGH)
        return false;
    memcpy(&entry, answer.bytes + NLMSG_HDRLEN, sizeof entry);
    return entry.ndm_state & KNOWN;
}

bool gateway_answers(const struct network_ip *gateway, const char *interface, struct pp_error *error) {
    static const struct timespec pause = {.tv_sec = GATEWAY_PAUSE_MS / 1000};
    char text[NETWORK_IP_TEXT];
    unsigned index = if_nametoindex(interface);
    if (!index)
        return pp_fail_errno(error, "interface %s", interface);
    for (int i = 0; i < GATEWAY_TRIES; i++) {
        knock(gateway, interface, index);
        nanosleep(&pause, NULL);
        if (is_neighbour(gateway, index))
            return true;
    }
    network_ip_format(gateway, text);
    return pp_fail(error, PP_E_NET, "gateway %s does not answer", text);
}

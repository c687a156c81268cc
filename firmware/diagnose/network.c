/* From the cable to the headend's port. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/file.h"
#include "diagnose/checks.h"

#define ROUTES_MAX      (64 * 1024) /* bytes of the kernel's tables that are read */
#define RESOLV_CONF_MAX (16 * 1024) /* bytes */
#define INET_TEXT       INET6_ADDRSTRLEN

/* A list that ends in dots where it is too long. */
static void list_add(char *list, size_t room, const char *text) {
    size_t used = strlen(list);
    snprintf(list + used, room - used, "%s%s", used ? ", " : "", text);
}

/* ---- Link and address ---- */

static bool counts(const struct ifaddrs *entry) {
    return entry->ifa_flags && !(entry->ifa_flags & IFF_LOOPBACK);
}

void check_link(struct diagnosis *diagnosis) {
    char up[DIAGNOSE_DETAIL_MAX] = "", down[DIAGNOSE_DETAIL_MAX] = "";
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        list = NULL;
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        bool running = (entry->ifa_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
        char *names = running ? up : down;
        bool link = entry->ifa_addr && entry->ifa_addr->sa_family == AF_PACKET;
        if (counts(entry) && link)
            list_add(names, DIAGNOSE_DETAIL_MAX, entry->ifa_name);
    }
    freeifaddrs(list);
    diagnosis_add(diagnosis, "link", *up ? "link-up" : "link-down", "%s", *up ? up : down);
}

static bool address_text(const struct sockaddr *address, char text[INET_TEXT], bool *self_assigned) {
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)address;
        *self_assigned = ntohl(in->sin_addr.s_addr) >> 16 == 0xa9fe; /* RFC 3927 */
        return inet_ntop(AF_INET, &in->sin_addr, text, INET_TEXT) != NULL;
    }
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)address;
        *self_assigned = IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
        return inet_ntop(AF_INET6, &in6->sin6_addr, text, INET_TEXT) != NULL;
    }
    return false;
}

void check_address(struct diagnosis *diagnosis) {
    char found[DIAGNOSE_DETAIL_MAX] = "", own[DIAGNOSE_DETAIL_MAX] = "";
    struct ifaddrs *list = NULL;
    if (getifaddrs(&list) != 0)
        list = NULL;
    for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next) {
        char text[INET_TEXT];
        bool self_assigned = false;
        if (counts(entry) && entry->ifa_addr && address_text(entry->ifa_addr, text, &self_assigned))
            list_add(self_assigned ? own : found, DIAGNOSE_DETAIL_MAX, text);
    }
    freeifaddrs(list);
    const char *finding = *found ? "address-found" : *own ? "address-self-assigned" : "address-none";
    diagnosis_add(diagnosis, "address", finding, "%s", *found ? found : own);
}

/* ---- Route ---- */

/* The line of the kernel's table, one of `lines`, that is a default route (proc_pid_net(5)): its interface. */
static bool default_route_of(const char *path, bool (*is_default)(const char *line, char name[IFNAMSIZ]),
                             char name[IFNAMSIZ]) {
    pp_autobuf struct pp_buf table = PP_BUF_INIT(ROUTES_MAX);
    struct pp_error error;
    if (!pp_file_read(AT_FDCWD, path, &table, &error))
        return false;
    for (const char *line = pp_buf_text(&table); line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (is_default(line, name))
            return true;
    }
    return false;
}

/* "eth0 00000000 0102A8C0 0003 …" */
static bool is_default_ipv4(const char *line, char name[IFNAMSIZ]) {
    char destination[9];
    return sscanf(line, "%15s %8s", name, destination) == 2 && strcmp(destination, "00000000") == 0;
}

/* "00000000000000000000000000000000 00 … 16 more … eth0"; the loopback has one as well, which is no way out. */
static bool is_default_ipv6(const char *line, char name[IFNAMSIZ]) {
    return sscanf(line, "00000000000000000000000000000000 00 %*32s %*2s %*32s %*8s %*8s %*8s %*8s %15s",
                  name) == 1 &&
           strcmp(name, "lo") != 0;
}

void check_route(struct diagnosis *diagnosis) {
    char name[IFNAMSIZ] = "";
    bool found = default_route_of("/proc/self/net/route", is_default_ipv4, name) ||
                 default_route_of("/proc/self/net/ipv6_route", is_default_ipv6, name);
    diagnosis_add(diagnosis, "route", found ? "route-found" : "route-none", "%s", found ? name : "");
}

/* ---- Name ---- */

static bool has_name_server(void) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RESOLV_CONF_MAX);
    struct pp_error error;
    if (!pp_file_read(AT_FDCWD, "/etc/resolv.conf", &text, &error))
        return false;
    const char *lines = pp_buf_text(&text);
    return strncmp(lines, "nameserver", 10) == 0 || strstr(lines, "\nnameserver");
}

static const char *finding_of_resolver(int failure) {
    if (failure == EAI_NONAME || failure == EAI_NODATA)
        return "name-unknown";
    return has_name_server() ? "name-server-silent" : "name-server-none";
}

static void add_addresses(struct diagnosis *diagnosis) {
    char list[DIAGNOSE_DETAIL_MAX] = "";
    for (const struct addrinfo *entry = diagnosis->addresses; entry; entry = entry->ai_next) {
        char text[INET_TEXT];
        bool ignored;
        if (address_text(entry->ai_addr, text, &ignored))
            list_add(list, sizeof list, text);
    }
    diagnosis_add(diagnosis, "dns", "name-resolved", "%s: %s", diagnosis->host, list);
}

void check_dns(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    const struct addrinfo number = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    const struct addrinfo name = {.ai_socktype = SOCK_STREAM};
    if (!diagnose_split(*config->proxy ? config->proxy : config->url, diagnosis->host, diagnosis->port)) {
        diagnosis_add(diagnosis, "dns", "skipped", "%s", "");
        return;
    }
    if (getaddrinfo(diagnosis->host, diagnosis->port, &number, &diagnosis->addresses) == 0) {
        diagnosis_add(diagnosis, "dns", "name-literal", "%s", diagnosis->host);
        return;
    }
    int failure = getaddrinfo(diagnosis->host, diagnosis->port, &name, &diagnosis->addresses);
    if (failure == 0) {
        add_addresses(diagnosis);
        return;
    }
    diagnosis->addresses = NULL;
    diagnosis_add(diagnosis, "dns", finding_of_resolver(failure), "%s: %s", diagnosis->host,
                  gai_strerror(failure));
}

/* ---- Connection ---- */

/* 0, or why not. */
static int connect_to(const struct addrinfo *address) {
    pp_autoclose int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct pollfd poller = {.fd = fd, .events = POLLOUT};
    int failure = 0;
    socklen_t size = sizeof failure;
    if (fd < 0)
        return errno;
    if (connect(fd, address->ai_addr, address->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    if (poll(&poller, 1, DIAGNOSE_CONNECT_MS) != 1)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 ? failure : errno;
}

static const char *finding_of_connect(int failure) {
    if (failure == ECONNREFUSED)
        return "tcp-refused";
    return failure == ETIMEDOUT ? "tcp-silent" : "tcp-unreachable";
}

/* The first address that can be connected to; else what the last one said. */
static int connect_to_any(const struct addrinfo *addresses) {
    int failure = EHOSTUNREACH;
    int tried = 0;
    for (; addresses && tried < DIAGNOSE_ADDRESSES_MAX && failure; addresses = addresses->ai_next, tried++)
        failure = connect_to(addresses);
    return failure;
}

void check_connection(struct diagnosis *diagnosis) {
    bool proxy = *diagnosis->config->proxy;
    const char *host = diagnosis->host, *port = diagnosis->port;
    if (!proxy)
        diagnosis_add(diagnosis, "proxy", "proxy-none", "%s", "");
    if (!diagnosis->addresses) {
        diagnosis_add(diagnosis, proxy ? "proxy" : "tcp", "skipped", "%s", "");
    } else {
        int failure = connect_to_any(diagnosis->addresses);
        const char *finding = proxy     ? failure ? "proxy-unreached" : "proxy-reached"
                              : failure ? finding_of_connect(failure)
                                        : "tcp-connected";
        diagnosis->connected = !failure;
        diagnosis_add(diagnosis, proxy ? "proxy" : "tcp", finding, "%s, port %s%s%s", host, port,
                      failure ? ": " : "", failure ? strerror(failure) : "");
    }
    if (proxy)
        diagnosis_add(diagnosis, "tcp", "tcp-by-proxy", "%s", "");
}

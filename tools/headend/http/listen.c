#include "headend/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

#define LISTEN_BACKLOG 511

union address {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

static bool address_parse(const char *text, uint16_t port, union address *address, struct pp_error *error) {
    memset(address, 0, sizeof *address); /* all of it: {0} would only clear the first member */
    if (inet_pton(AF_INET, text, &address->in.sin_addr) == 1) {
        address->in.sin_family = AF_INET;
        address->in.sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, text, &address->in6.sin6_addr) == 1) {
        address->in6.sin6_family = AF_INET6;
        address->in6.sin6_port = htons(port);
        return true;
    }
    return pp_fail(error, PP_E_INVALID, "--listen: not an address: %s", text);
}

static int listen_on(const char *text, uint16_t port, struct pp_error *error) {
    union address address = {0};
    if (!address_parse(text, port, &address, error))
        return -1;
    bool six = address.any.sa_family == AF_INET6;
    pp_autoclose int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int yes = 1;
    int no = 0;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        (six && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no) < 0) ||
        bind(fd, &address.any, six ? sizeof address.in6 : sizeof address.in) < 0 ||
        listen(fd, LISTEN_BACKLOG) < 0) {
        pp_fail_errno(error, "listen on %s port %u", text, port);
        return -1;
    }
    return pp_steal_fd(&fd);
}

bool listen_port(int fd, uint16_t *port, struct pp_error *error) {
    union address address = {0};
    socklen_t size = sizeof address;
    if (getsockname(fd, &address.any, &size) < 0)
        return pp_fail_errno(error, "listen");
    *port = ntohs(address.any.sa_family == AF_INET6 ? address.in6.sin6_port : address.in.sin_port);
    return true;
}

int listen_open(const char *where, uint16_t wanted, uint16_t *port, struct pp_error *error) {
    pp_autoclose int fd = listen_on(where ? where : "::", wanted, error);
    if (fd < 0 && !where && errno == EAFNOSUPPORT)
        fd = listen_on("0.0.0.0", wanted, error);
    return fd >= 0 && listen_port(fd, port, error) ? pp_steal_fd(&fd) : -1;
}

#include "headend/http/lingering.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void lingering_add(struct lingering *lingering, int fd, int64_t now_ms) {
    int kept = lingering->count < LINGER_MAX ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
    if (kept < 0)
        return;
    (void)!shutdown(kept, SHUT_WR);
    lingering->sockets[lingering->count].fd = kept;
    lingering->sockets[lingering->count].until = now_ms + LINGER_MS;
    lingering->sockets[lingering->count++].bytes = 0;
}

/* Whether there is more to wait for. MSG_TRUNC: bytes of TCP are dropped where they are (tcp(7)). */
static bool socket_drain(int fd, uint64_t *bytes) {
    while (*bytes < LINGER_BYTES_MAX) {
        ssize_t got = recv(fd, NULL, LINGER_BYTES_MAX - *bytes, MSG_TRUNC | MSG_DONTWAIT);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        *bytes += (uint64_t)got;
    }
    return false;
}

void lingering_look(struct lingering *lingering, int64_t now_ms) {
    for (unsigned i = 0; i < lingering->count;) {
        if (socket_drain(lingering->sockets[i].fd, &lingering->sockets[i].bytes) &&
            now_ms < lingering->sockets[i].until) {
            i++;
            continue;
        }
        close(lingering->sockets[i].fd);
        lingering->sockets[i] = lingering->sockets[--lingering->count];
    }
}

void lingering_finish(struct lingering *lingering) {
    while (lingering->count)
        close(lingering->sockets[--lingering->count].fd);
}

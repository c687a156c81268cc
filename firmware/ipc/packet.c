#include "ipc/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/mem.h"

/* Room for the descriptors of one packet, aligned as CMSG_… need it. */
union control {
    char bytes[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
    struct cmsghdr align;
};

bool ipc_fail_of_errno(struct pp_error *error, const char *what) {
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return pp_fail(error, PP_E_STATE, "%s: the socket is not ready", what);
    /* unix(7): of the user, against the limit of this process. They become fewer when their receivers read.
     */
    if (errno == ETOOMANYREFS)
        return pp_fail(error, PP_E_STATE, "%s: too many descriptors are on their way", what);
    if (errno == EPIPE || errno == ECONNRESET || errno == ECONNREFUSED || errno == ENOTCONN)
        return pp_fail(error, PP_E_NET, "%s: the peer is gone", what);
    return pp_fail_errno(error, "%s", what);
}

static void control_fill(struct msghdr *header, union control *control, const struct ipc_packet *packet) {
    size_t size = packet->fd_count * sizeof(int);
    memset(control, 0, sizeof *control);
    header->msg_control = control->bytes;
    header->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *entry = CMSG_FIRSTHDR(header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(entry), packet->fds, size);
}

bool ipc_packet_send(int fd, const struct ipc_packet *packet, struct pp_error *error) {
    union control control;
    struct iovec part = {.iov_base = packet->data, .iov_len = packet->size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (packet->fd_count)
        control_fill(&header, &control, packet);
    ssize_t sent = 0;
    do {
        sent = sendmsg(fd, &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? true : ipc_fail_of_errno(error, "send");
}

/* Collects every descriptor that came, so that none can leak; more than IPC_FDS_MAX never fit the room. */
static void control_collect(struct msghdr *header, struct ipc_packet *packet) {
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(header); entry; entry = CMSG_NXTHDR(header, entry)) {
        if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && packet->fd_count < IPC_FDS_MAX; i++)
            memcpy(&packet->fds[packet->fd_count++], CMSG_DATA(entry) + i * sizeof(int), sizeof(int));
    }
}

/* A peer that closes with messages of ours unread leaves ECONNRESET in front of what it had sent: told once,
 * cleared, and then the rest can be read. */
static ssize_t receive(int fd, struct msghdr *header) {
    bool reset = false;
    for (;;) {
        ssize_t got = recvmsg(fd, header, MSG_CMSG_CLOEXEC);
        if (got >= 0 || (errno != EINTR && errno != ECONNRESET) || (errno == ECONNRESET && reset))
            return got;
        reset |= errno == ECONNRESET;
    }
}

bool ipc_packet_receive(int fd, struct ipc_packet *packet, struct pp_error *error) {
    union control control;
    struct iovec part = {.iov_base = packet->data, .iov_len = packet->size};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    packet->fd_count = 0;
    ssize_t got = receive(fd, &header);
    if (got < 0)
        return ipc_fail_of_errno(error, "receive");
    control_collect(&header, packet);
    bool ok = true;
    if (got == 0)
        ok = pp_fail(error, PP_E_NET, "receive: the peer is gone");
    else if (header.msg_flags & MSG_TRUNC)
        ok = pp_fail(error, PP_E_LIMIT, "a packet over %zu bytes", packet->size);
    else if (header.msg_flags & MSG_CTRUNC)
        ok = pp_fail(error, PP_E_LIMIT, "more than %d descriptors, or none free", IPC_FDS_MAX);
    packet->size = (size_t)got;
    if (!ok)
        ipc_packet_finish(packet);
    return ok;
}

void ipc_packet_finish(struct ipc_packet *packet) {
    for (size_t i = 0; i < packet->fd_count; i++)
        pp_close(&packet->fds[i]);
    packet->fd_count = 0;
}

#include "ipc/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define IPC_BACKLOG     4
#define IPC_SOCKET_MODE 0660

/* Room for the descriptors of one packet, aligned as CMSG_… need it. */
union control {
    char bytes[CMSG_SPACE(IPC_FDS_MAX * sizeof(int))];
    struct cmsghdr align;
};

static bool fail_of_errno(struct pp_error *error, const char *what) {
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

static void control_fill(struct msghdr *header, union control *control, const struct ipc_message *message) {
    size_t size = message->fd_count * sizeof(int);
    memset(control, 0, sizeof *control);
    header->msg_control = control->bytes;
    header->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *entry = CMSG_FIRSTHDR(header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(entry), message->fds, size);
}

static bool packet_send(int fd, const struct ipc_message *message, uint8_t *packet, size_t size,
                        struct pp_error *error) {
    union control control;
    struct iovec part = {.iov_base = packet, .iov_len = size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (message->fd_count)
        control_fill(&header, &control, message);
    ssize_t sent = 0;
    do {
        sent = sendmsg(fd, &header, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent >= 0 ? true : fail_of_errno(error, "send");
}

bool ipc_send(int fd, const struct ipc_message *message, struct pp_error *error) {
    uint8_t packet[IPC_PACKET_MAX];
    size_t size = 0;
    if (!ipc_encode(message, packet, &size, error))
        return false;
    if (message->fd_count != ipc_type_fds(message->type))
        return pp_fail(error, PP_E_INVALID, "message %s: %zu descriptors, needs %zu",
                       ipc_type_name(message->type), message->fd_count, ipc_type_fds(message->type));
    bool ok = packet_send(fd, message, packet, size, error);
    if (message->type == IPC_START_MEDIA || message->type == IPC_TYPED)
        pp_wipe(packet, size);
    return ok;
}

/* Collects every descriptor that came, so that none can leak; more than IPC_FDS_MAX never fit the room. */
static void control_collect(struct msghdr *header, struct ipc_message *message) {
    for (struct cmsghdr *entry = CMSG_FIRSTHDR(header); entry; entry = CMSG_NXTHDR(header, entry)) {
        if (entry->cmsg_level != SOL_SOCKET || entry->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (entry->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && message->fd_count < IPC_FDS_MAX; i++)
            memcpy(&message->fds[message->fd_count++], CMSG_DATA(entry) + i * sizeof(int), sizeof(int));
    }
}

/* Checks a received packet as a whole; `message` holds its descriptors already. */
static bool packet_accept(const uint8_t *packet, size_t size, int flags, struct ipc_message *message,
                          struct pp_error *error) {
    struct ipc_message fds = *message;
    if (flags & MSG_TRUNC)
        return pp_fail(error, PP_E_LIMIT, "a packet over %d bytes", IPC_PACKET_MAX);
    if (flags & MSG_CTRUNC)
        return pp_fail(error, PP_E_LIMIT, "more than %d descriptors, or none free", IPC_FDS_MAX);
    bool ok = ipc_decode(packet, size, message, error);
    memcpy(message->fds, fds.fds, sizeof fds.fds);
    message->fd_count = fds.fd_count;
    if (ok && message->fd_count != ipc_type_fds(message->type))
        return pp_fail(error, PP_E_INVALID, "message %s: %zu descriptors, needs %zu",
                       ipc_type_name(message->type), message->fd_count, ipc_type_fds(message->type));
    return ok;
}

/* A peer that closes with messages of ours unread leaves ECONNRESET in front of what it had sent: told once,
 * cleared, and then the rest can be read. */
static ssize_t packet_receive(int fd, struct msghdr *header) {
    bool reset = false;
    for (;;) {
        ssize_t got = recvmsg(fd, header, MSG_CMSG_CLOEXEC);
        if (got >= 0 || (errno != EINTR && errno != ECONNRESET) || (errno == ECONNRESET && reset))
            return got;
        reset |= errno == ECONNRESET;
    }
}

bool ipc_receive(int fd, struct ipc_message *message, struct pp_error *error) {
    uint8_t packet[IPC_PACKET_MAX];
    union control control;
    struct iovec part = {.iov_base = packet, .iov_len = sizeof packet};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    memset(message, 0, sizeof *message);
    ssize_t got = packet_receive(fd, &header);
    if (got < 0)
        return fail_of_errno(error, "receive");
    control_collect(&header, message);
    bool ok = got == 0 ? pp_fail(error, PP_E_NET, "receive: the peer is gone")
                       : packet_accept(packet, (size_t)got, header.msg_flags, message, error);
    pp_wipe(packet, sizeof packet);
    if (!ok)
        ipc_message_finish(message);
    return ok;
}

int ipc_message_take(struct ipc_message *message, size_t index) {
    return pp_steal_fd(&message->fds[index]);
}

void ipc_message_finish(struct ipc_message *message) {
    for (size_t i = 0; i < message->fd_count; i++)
        pp_close(&message->fds[i]);
    pp_wipe(message, sizeof *message);
}

bool ipc_pair(int fds[2], struct pp_error *error) {
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0)
        return true;
    return pp_fail_errno(error, "socketpair");
}

static bool address_fill(struct sockaddr_un *address, const char *path, struct pp_error *error) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (!*path || strlen(path) >= sizeof address->sun_path)
        return pp_fail(error, PP_E_LIMIT, "%s: a socket's path has 1 to %zu bytes", path,
                       sizeof address->sun_path - 1);
    memcpy(address->sun_path, path, strlen(path));
    return true;
}

int ipc_connect(const char *path, struct pp_error *error) {
    struct sockaddr_un address;
    if (!address_fill(&address, path, error))
        return -1;
    pp_autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        pp_fail_errno(error, "socket");
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) == 0)
        return pp_steal_fd(&fd);
    if (errno == ENOENT || errno == ECONNREFUSED)
        pp_fail(error, PP_E_NET, "%s: nobody listens", path);
    else if (errno == EAGAIN)
        pp_fail(error, PP_E_NET, "%s: nobody takes connections", path);
    else
        pp_fail_errno(error, "%s", path);
    return -1;
}

/* Only a socket is ever removed. */
static void stale_socket_remove(const char *path) {
    struct stat about;
    if (lstat(path, &about) == 0 && S_ISSOCK(about.st_mode))
        unlink(path);
}

int ipc_listen(const char *path, struct pp_error *error) {
    struct sockaddr_un address;
    if (!address_fill(&address, path, error))
        return -1;
    pp_autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        pp_fail_errno(error, "socket");
        return -1;
    }
    stale_socket_remove(path);
    /* The mode before bind is the mode of the file: there is no moment at which others could connect. */
    if (fchmod(fd, IPC_SOCKET_MODE) == 0 &&
        bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 &&
        chmod(path, IPC_SOCKET_MODE) == 0 && listen(fd, IPC_BACKLOG) == 0)
        return pp_steal_fd(&fd);
    pp_fail_errno(error, "%s", path);
    return -1;
}

int ipc_accept(int listener, struct pp_error *error) {
    int fd = -1;
    do {
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0)
        fail_of_errno(error, "accept");
    return fd;
}

bool ipc_peer_uid(int fd, uid_t *uid, struct pp_error *error) {
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return pp_fail_errno(error, "SO_PEERCRED");
    *uid = peer.uid;
    return true;
}

bool ipc_set_nonblocking(int fd, struct pp_error *error) {
    int flags = fcntl(fd, F_GETFL);
    if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        return true;
    return pp_fail_errno(error, "O_NONBLOCK");
}

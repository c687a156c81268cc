#include "ipc/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define IPC_BACKLOG     4
#define IPC_SOCKET_MODE 0660

bool ipc_send(int fd, const struct ipc_message *message, struct pp_error *error) {
    uint8_t bytes[IPC_PACKET_MAX];
    struct ipc_packet packet = {.data = bytes, .fd_count = message->fd_count};
    if (!ipc_encode(message, bytes, &packet.size, error))
        return false;
    if (message->fd_count != ipc_type_fds(message->type))
        return pp_fail(error, PP_E_INVALID, "message %s: %zu descriptors, needs %zu",
                       ipc_type_name(message->type), message->fd_count, ipc_type_fds(message->type));
    memcpy(packet.fds, message->fds, sizeof packet.fds);
    bool ok = ipc_packet_send(fd, &packet, error);
    if (message->type == IPC_START_MEDIA || message->type == IPC_TYPED)
        pp_wipe(bytes, packet.size);
    return ok;
}

/* Checks a received packet as a whole, and takes its descriptors. */
static bool packet_accept(const struct ipc_packet *packet, struct ipc_message *message,
                          struct pp_error *error) {
    bool ok = ipc_decode(packet->data, packet->size, message, error);
    memcpy(message->fds, packet->fds, sizeof message->fds);
    message->fd_count = packet->fd_count;
    if (ok && message->fd_count != ipc_type_fds(message->type))
        return pp_fail(error, PP_E_INVALID, "message %s: %zu descriptors, needs %zu",
                       ipc_type_name(message->type), message->fd_count, ipc_type_fds(message->type));
    return ok;
}

bool ipc_receive(int fd, struct ipc_message *message, struct pp_error *error) {
    uint8_t bytes[IPC_PACKET_MAX];
    struct ipc_packet packet = {.data = bytes, .size = sizeof bytes};
    memset(message, 0, sizeof *message);
    bool ok = ipc_packet_receive(fd, &packet, error) && packet_accept(&packet, message, error);
    pp_wipe(bytes, sizeof bytes);
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
        ipc_fail_of_errno(error, "accept");
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

#include "network/ask_agent.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/mem.h"
#include "ipc/conn.h"

/* Of the socket's listener: root's, in whose place nobody can be, or the agent's. */
static bool check_listener(const struct network_service *service, int fd, struct pp_error *error) {
    uid_t uid;
    return ipc_peer_uid(fd, &uid, error) &&
           (uid == 0 || uid == geteuid() || uid == service->agent ||
            pp_fail(error, PP_E_STATE, "%s: user %u answers, who is not the agent", service->agent_socket,
                    (unsigned)uid));
}

bool ask_agent(const struct network_service *service, const struct local_message *request, int patience_ms,
               struct pp_buf *packet, struct local_message *answer, struct pp_error *error) {
    const struct timeval patience = {.tv_sec = patience_ms / 1000};
    if (!service->agent_socket)
        return pp_fail(error, PP_E_NOTFOUND, "there is no agent");
    pp_autoclose int fd = ipc_connect(service->agent_socket, error);
    if (fd < 0 || !check_listener(service, fd, error))
        return false;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        return pp_fail_errno(error, "setsockopt");
    return local_send(fd, request, error) && local_receive(fd, LOCAL_PACKET_MAX, packet, answer, error);
}

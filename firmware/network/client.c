#include "network/client.h"

#include <sys/socket.h>

#include "base/mem.h"
#include "ipc/conn.h"

int network_ask(const char *socket_path, const struct network_request *request, struct pp_error *error) {
    pp_autobuf struct pp_buf packet = PP_BUF_INIT(NETWORK_REQUEST_MAX);
    pp_autoclose int fd = ipc_connect(socket_path, error);
    if (fd < 0 || !network_request_encode(request, &packet, error))
        return -1;
    if (send(fd, packet.data, packet.size, MSG_NOSIGNAL) != (ssize_t)packet.size) {
        pp_fail_errno(error, "%s", socket_path);
        return -1;
    }
    return pp_steal_fd(&fd);
}

bool network_hear(int fd, struct pp_buf *out, struct pp_error *error) {
    pp_autobuf struct pp_buf answer = PP_BUF_INIT(NETWORK_ANSWER_MAX + 1);
    uint8_t *room = pp_buf_reserve(&answer, NETWORK_ANSWER_MAX + 1, error);
    ssize_t size = room ? recv(fd, room, NETWORK_ANSWER_MAX + 1, 0) : 0;
    if (size <= 0)
        return pp_fail(error, PP_E_NET, "no answer");
    answer.size = (size_t)size;
    answer.data[size] = 0;
    const char *text = pp_buf_text(&answer) + 1;
    if (answer.data[0] != 0)
        return pp_fail(error, answer.data[0] == NETWORK_LATER ? PP_E_CANCELLED : PP_E_STATE, "%s", text);
    return !out || pp_buf_add(out, text, (size_t)size - 1, error);
}

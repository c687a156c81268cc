/* Packets of a SOCK_SEQPACKET unix socket with descriptors beside them (SCM_RIGHTS, unix(7)): what messages (conn.h)
 * are made of, and those of others. */
#ifndef PP_IPC_PACKET_H
#define PP_IPC_PACKET_H

#include <stddef.h>

#include "base/error.h"

#define IPC_FDS_MAX 4 /* descriptors beside one packet */

struct ipc_packet {
    void *data;  /* to send: as it is; to receive: room for `size` bytes */
    size_t size; /* bytes; received: those that came */
    int fds[IPC_FDS_MAX];
    size_t fd_count;
};

/* Borrows the descriptors. Errors as ipc_send's. */
PP_MUST_USE bool ipc_packet_send(int fd, const struct ipc_packet *packet, struct pp_error *error);
/* The descriptors are close-on-exec and the caller's; on failure there are none. Errors: PP_E_STATE nothing is waiting
 * (non-blocking socket only); PP_E_NET the peer closed the connection; PP_E_LIMIT more bytes or descriptors came than
 * there is room for; PP_E_IO. */
PP_MUST_USE bool ipc_packet_receive(int fd, struct ipc_packet *packet, struct pp_error *error);
/* Closes the descriptors that were not taken. */
void ipc_packet_finish(struct ipc_packet *packet);

/* Why a call on a socket failed, by errno: PP_E_STATE, PP_E_NET, PP_E_IO. Always false. */
bool ipc_fail_of_errno(struct pp_error *error, const char *what);

#endif

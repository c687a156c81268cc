/*
 * Sending and receiving messages (wire.h) on SOCK_SEQPACKET unix sockets. The functions do not block on a
 * socket that is O_NONBLOCK; what is said of PP_E_STATE below then happens.
 */
#ifndef PP_IPC_CONN_H
#define PP_IPC_CONN_H

#include <sys/types.h>

#include "base/error.h"
#include "base/mem.h"
#include "ipc/wire.h"

/* Sends `message` with its fds (borrowed, exactly ipc_type_fds of them). Errors: PP_E_STATE no room now;
 * PP_E_NET the peer is gone (no SIGPIPE is raised); PP_E_INVALID the message itself. */
PP_MUST_USE bool ipc_send(int fd, const struct ipc_message *message, struct pp_error *error);

/* Receives one message; the descriptors in it are close-on-exec and belong to it: ipc_message_finish closes
 * those that were not taken. On failure nothing is left to close. Errors:
 *   PP_E_STATE               nothing is waiting (non-blocking socket only)
 *   PP_E_NET                 the peer closed the connection
 *   PP_E_INVALID, PP_E_LIMIT, PP_E_UNSUPPORTED
 *                            the packet is no message, or came with other than its number of descriptors:
 *                            close the connection
 *   PP_E_IO                  the system call failed */
PP_MUST_USE bool ipc_receive(int fd, struct ipc_message *message, struct pp_error *error);

/* Takes descriptor `index` out of a received message; the caller closes it. */
int ipc_message_take(struct ipc_message *message, size_t index);
/* Closes what was not taken and wipes the message (it may hold a key). */
void ipc_message_finish(struct ipc_message *message);
/* `ipc_automessage struct ipc_message message = {0};` */
#define ipc_automessage PP_CLEANUP(ipc_message_finish)

/* A connected pair, close-on-exec, blocking. */
PP_MUST_USE bool ipc_pair(int fds[2], struct pp_error *error);
/* A connection to the socket at `path`, close-on-exec, blocking; -1 on failure (PP_E_NET when nobody listens,
 * or takes connections). Never waits. */
int ipc_connect(const char *path, struct pp_error *error);
/* Listens at `path`, replacing a stale socket there; mode 0660, close-on-exec, non-blocking; -1 on failure.
 */
int ipc_listen(const char *path, struct pp_error *error);
/* Takes a waiting connection, close-on-exec, non-blocking; -1 on failure, PP_E_STATE when there is none. */
int ipc_accept(int listener, struct pp_error *error);
/* The user the other end was opened by (SO_PEERCRED). */
PP_MUST_USE bool ipc_peer_uid(int fd, uid_t *uid, struct pp_error *error);
PP_MUST_USE bool ipc_set_nonblocking(int fd, struct pp_error *error);

#endif

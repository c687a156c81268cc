/* Asking pingplay-network(8): request.h has what, service.h the answer. */
#ifndef PP_NETWORK_CLIENT_H
#define PP_NETWORK_CLIENT_H

#include "network/service.h"

/* Connects and asks, without waiting: a blocking descriptor that is readable when there is an answer; or -1:
 * PP_E_NOTFOUND there is no such service on this machine, PP_E_NET it does not run. */
int network_ask(const char *socket_path, const struct network_request *request, struct pp_error *error);
/* Reads the answer; `out` (NULL: nobody wants it) gets its text. A refusal is PP_E_STATE with its words, PP_E_CANCELLED
 * where it may be asked again later; no answer, or
 * none in the socket's time, PP_E_NET. */
PP_MUST_USE bool network_hear(int fd, struct pp_buf *out, struct pp_error *error);

#endif

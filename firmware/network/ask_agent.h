/* Internal: a question to the agent, ipc/local.h. */
#ifndef PP_NETWORK_ASK_AGENT_H
#define PP_NETWORK_ASK_AGENT_H

#include "ipc/local.h"
#include "network/service.h"

#define ASK_AGENT_MS 2000 /* for the agent to answer */

/* Waits for `patience_ms`. `answer` borrows from `packet`. PP_E_NOTFOUND: there is no agent here; PP_E_STATE: whoever
 * answers is not the agent; the socket's errors, and local_receive's. */
bool ask_agent(const struct network_service *service, const struct local_message *request, int patience_ms,
               struct pp_buf *packet, struct local_message *answer, struct pp_error *error);

#endif

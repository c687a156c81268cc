/*
 * What may be taken of a USB stick, and what is said of it on the screen. A stick is anybody's who reaches the machine,
 * so it sets the network only where there is nothing to be taken away:
 *   - the display point is not enrolled, as the agent says; or
 *   - there is no network: NetworkManager has no connection that is up, and has come to the end of its start.
 * Who may pull the cable out can have the second; that costs what pulling the cable costs. What the screen shows and
 * obeys is sealed and signed on any network.
 */
#ifndef PP_NETWORK_FIRST_START_H
#define PP_NETWORK_FIRST_START_H

#include "ipc/local.h"
#include "network/service.h"

#define NETWORK_AGENT_SOCKET   "/run/pingplay-agent/control.sock"
#define FIRST_START_STATUS_MAX LOCAL_PACKET_MAX
#define FIRST_START_STATE_MAX  32
#define FIRST_START_AFTER_MAX  86400 /* s */

/* PP_E_CANCELLED: it cannot be told yet; PP_E_STATE: no. */
PP_MUST_USE bool first_start_allows(const struct network_service *service, struct pp_error *error);

/* Whether the screen's own access point is needed (phone.h): it is not enrolled, and there is no network. */
struct first_start_need {
    bool known; /* else nothing of the following counts */
    bool needed;
    bool own_up;      /* where it is needed: it is open as NetworkManager has it */
    unsigned after_s; /* s without a network until it opens by itself; 0: never */
};
/* `asked`: whose the screen is does not count. The access point itself is no network. */
void first_start_look(const struct network_service *service, bool asked, struct first_start_need *need);

/* Has the agent show it. One that does not answer does not. */
void first_start_say(const struct network_service *service, const struct local_notice *notice);
void first_start_tell(const struct network_service *service, enum local_notice_kind kind, const char *detail);

#endif

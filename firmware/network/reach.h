/* Whether the headend can be reached from here, as the agent finds when it is asked to look (pingplayctl diagnose): it
 * knows the address, and which proxy leads there. */
#ifndef PP_NETWORK_REACH_H
#define PP_NETWORK_REACH_H

#include "network/service.h"

#define REACH_MS 20000 /* for it to look: a name server that is silent takes longer, and reaches nothing */

enum reach {
    REACH_UNKNOWN, /* there is no agent, or it has too much to do */
    REACH_NOTHING,
    REACH_HEADEND, /* a connection to it, or to its proxy, could be made */
};

enum reach reach_headend(const struct network_service *service);

#endif

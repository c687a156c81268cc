/* 802.1X with the device's own key: the profiles, and the files that they name (credentials.h). */
#ifndef PP_NETWORK_DOT1X_H
#define PP_NETWORK_DOT1X_H

#include "network/service.h"

/* A change (change.h) to a profile of 802.1X, with what the agent has. PP_E_STATE where it has no certificate yet: that
 * is asked for over a network, so the first one is another. */
bool dot1x_change(const struct network_service *service, const struct network_request *request,
                  struct pp_error *error);
/* Has the files be what the agent has now, where a profile wants them, and brings up the profiles that were waiting for
 * them. One whose connection is up stays so: the next authentication reads the files anew. That one does not come up is
 * not this one's failure: NetworkManager tries it again by itself. */
bool dot1x_follow(const struct network_service *service, struct pp_error *error);
/* Removes the files where no profile wants them. */
bool dot1x_tidy(const struct profiles *profiles, struct pp_error *error);

#endif

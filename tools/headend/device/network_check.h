/* Whether a request comes from where screens may ask (ops/network.h). */
#ifndef HEADEND_DEVICE_NETWORK_CHECK_H
#define HEADEND_DEVICE_NETWORK_CHECK_H

#include "headend/server/request.h"

/* From where a request of a screen of `channel` ("" for none) comes is within what is allowed. PP_E_DENIED where it is
 * not, and where it cannot be told; anything else: the lists cannot be read, and nobody is let in. */
PP_MUST_USE bool network_allows(const struct request *request, const char *channel, struct pp_error *error);
/* The same for one who enrols; where it fails, *reply says so. */
bool network_allows_enrolment(const struct request *request, const char *channel, struct reply *reply);

#endif

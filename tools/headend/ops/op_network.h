/* What "screen.proxy" is given beside its request: a certificate is longer than a field may be, and a password stands
 * in no request. */
#ifndef HEADEND_OPS_OP_NETWORK_H
#define HEADEND_OPS_OP_NETWORK_H

#include "headend/ops/screen_proxy.h"

struct given_proxy {
    const struct screen_proxy *proxy; /* checked; NULL: nothing is said any more */
};

#endif

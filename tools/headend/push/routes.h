/* What other systems ask, which give feeds their values (ops/feed_push.h): who they are, a key says, and nothing
 * else. */
#ifndef HEADEND_PUSH_ROUTES_H
#define HEADEND_PUSH_ROUTES_H

#include "headend/server/route.h"

extern const struct route_table push_routes;

#endif

/* What people ask with a browser. */
#ifndef HEADEND_PAGES_ROUTES_H
#define HEADEND_PAGES_ROUTES_H

#include "headend/server/route.h"

extern const struct route_table page_routes;

#endif

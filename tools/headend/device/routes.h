/* What screens ask (openapi.yaml), and how they show who they are. */
#ifndef HEADEND_DEVICE_ROUTES_H
#define HEADEND_DEVICE_ROUTES_H

#include "headend/server/route.h"

extern const struct route_table device_routes;

/* struct site's: for ROUTE_KEY, ROUTE_DEVICE and ROUTE_EITHER. */
bool device_authenticate(struct request *request, struct reply *reply);

#endif

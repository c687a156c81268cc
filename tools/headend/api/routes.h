/* What administrators' programs ask (openapi.yaml), and how they show who they are. */
#ifndef HEADEND_API_ROUTES_H
#define HEADEND_API_ROUTES_H

#include "headend/server/route.h"

extern const struct route_table api_routes;

/* struct site's: for ROUTE_API. */
bool api_authenticate(struct request *request, struct reply *reply);

#endif

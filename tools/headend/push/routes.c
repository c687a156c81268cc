#include "headend/push/routes.h"

#include "headend/push/handlers.h"

static const struct route routes[] = {
    {"PUT", "/v1/feeds/{name}", ROUTE_OPEN, NULL, HTTP_BODY_MAX, push_value, WORK_WRITES, NULL},
};

const struct route_table push_routes = {routes, PP_COUNT(routes)};

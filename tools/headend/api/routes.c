#include "headend/api/routes.h"

#include "headend/api/handlers.h"

static const struct route_api events = {.produces = "text/event-stream"};
static const struct route_api screens = {.list = &api_screens_form};

static const struct route routes[] = {
    {"GET", "/api/v1/session", ROUTE_API, NULL, 0, api_session, WORK_WRITES, NULL},
    {"DELETE", "/api/v1/session", ROUTE_API, NULL, 0, api_session_end, WORK_WRITES, NULL},
    {"GET", "/api/v1/events", ROUTE_API, NULL, 0, api_events, WORK_WRITES, &events},
    {"GET", "/api/v1/screens", ROUTE_API, NULL, 0, api_screens, WORK_WRITES, &screens},
    {"GET", "/api/v1/screens/{id:uuid}", ROUTE_API, NULL, 0, api_screen, WORK_WRITES, NULL},
};

const struct route_table api_routes = {routes, PP_COUNT(routes)};

#include "headend/api/routes.h"

#include "headend/api/handlers.h"
#include "headend/ops/content_upload.h"

#define JSON        "application/json"
#define SETUP_MAX   4096 /* bytes */

#define SIGN_IN_MAX 2048 /* bytes */

static const struct route_api events = {.produces = "text/event-stream"};
static const struct route_api screens = {.list = &api_screens_form};
static const struct route_api uploads = {.mark = api_uploads_mark};
static const struct route_api upload_create = {.mark = api_uploads_mark, .sink = &upload_create_sink};
static const struct route_api upload_append = {.mark = api_uploads_mark, .sink = &upload_append_sink};

static const struct route routes[] = {
    {"GET", "/api/v1/session", ROUTE_API, NULL, 0, api_session, WORK_WRITES, NULL},
    {"POST", "/api/v1/session", ROUTE_OPEN, "application/json", SIGN_IN_MAX, api_session_begin, WORK_WRITES,
     NULL},
    {"DELETE", "/api/v1/session", ROUTE_API, NULL, 0, api_session_end, WORK_WRITES, NULL},
    {"POST", "/api/v1/setup", ROUTE_OPEN, JSON, SETUP_MAX, api_setup, WORK_WRITES, NULL},
    {"POST", "/api/v1/setup/check", ROUTE_OPEN, JSON, SETUP_MAX, api_setup_check, WORK_WRITES, NULL},
    {"GET", "/api/v1/events", ROUTE_API, NULL, 0, api_events, WORK_WRITES, &events},
    {"GET", "/api/v1/screens", ROUTE_API, NULL, 0, api_screens, WORK_WRITES, &screens},
    {"GET", "/api/v1/screens/{id:uuid}", ROUTE_API, NULL, 0, api_screen, WORK_WRITES, NULL},
    {"OPTIONS", "/api/v1/uploads", ROUTE_OPEN, NULL, 0, api_uploads_options, WORK_NONE, &uploads},
    {"GET", "/api/v1/uploads", ROUTE_API, NULL, 0, api_uploads, WORK_WRITES, &uploads},
    {"POST", "/api/v1/uploads", ROUTE_API, NULL, CONTENT_UPLOAD_MAX, api_upload_create, WORK_WRITES,
     &upload_create},
    {"OPTIONS", "/api/v1/uploads/{id:uuid}", ROUTE_OPEN, NULL, 0, api_uploads_options, WORK_NONE, &uploads},
    {"GET", "/api/v1/uploads/{id:uuid}", ROUTE_API, NULL, 0, api_upload, WORK_WRITES, &uploads},
    {"PATCH", "/api/v1/uploads/{id:uuid}", ROUTE_API, NULL, CONTENT_UPLOAD_MAX, api_upload_append,
     WORK_WRITES, &upload_append},
    {"DELETE", "/api/v1/uploads/{id:uuid}", ROUTE_API, NULL, 0, api_upload_end, WORK_WRITES, &uploads},
};

const struct route_table api_routes = {routes, PP_COUNT(routes)};

#include "headend/pages/routes.h"

#include "headend/pages/handlers.h"

#define FORM            "application/x-www-form-urlencoded"
#define FORM_MAX        4096
#define SCREEN_FORM_MAX (64 * 1024) /* bytes: with all who may sign in */

static const struct route routes[] = {
    {"GET", "/", ROUTE_OPEN, NULL, 0, page_door, WORK_NONE, NULL},
    {"GET", "/setup", ROUTE_OPEN, NULL, 0, page_door, WORK_NONE, NULL},
    {"GET", "/enrol", ROUTE_OPEN, NULL, 0, page_door, WORK_NONE, NULL},
    {"GET", "/admin", ROUTE_OPEN, NULL, 0, page_home, WORK_NONE, NULL},
    {"GET", "/admin/", ROUTE_OPEN, NULL, 0, page_home, WORK_NONE, NULL},
    {"GET", "/admin/assets/{name}", ROUTE_OPEN, NULL, 0, page_asset, WORK_NONE, NULL},
    {"GET", "/admin/setup", ROUTE_OPEN, NULL, 0, page_setup, WORK_NONE, NULL},
    {"GET", "/console", ROUTE_OPEN, NULL, 0, page_console_home, WORK_NONE, NULL},
    {"GET", "/console/", ROUTE_OPEN, NULL, 0, page_console, WORK_NONE, NULL},
    {"GET", "/console/{path...}", ROUTE_OPEN, NULL, 0, page_console, WORK_NONE, NULL},
    {"GET", "/console/assets/{name}", ROUTE_OPEN, NULL, 0, page_console_asset, WORK_NONE, NULL},
    {"GET", "/access", ROUTE_OPEN, NULL, 0, page_access, WORK_NONE, NULL},
    {"POST", "/access", ROUTE_OPEN, FORM, FORM_MAX, page_access_submit, WORK_WRITES, NULL},
    {"POST", "/access/sign-out", ROUTE_OPEN, FORM, FORM_MAX, page_access_sign_out, WORK_WRITES, NULL},
    {"GET", "/admin/sign-in", ROUTE_OPEN, NULL, 0, page_sign_in, WORK_NONE, NULL},
    {"POST", "/admin/sign-in", ROUTE_OPEN, FORM, FORM_MAX, page_sign_in_submit, WORK_WRITES, NULL},
    {"POST", "/admin/sign-out", ROUTE_ADMIN, FORM, FORM_MAX, page_sign_out, WORK_WRITES, NULL},
    {"GET", "/admin/screens", ROUTE_ADMIN, NULL, 0, page_screens, WORK_WRITES, NULL},
    {"GET", "/admin/screens/{id}", ROUTE_ADMIN, NULL, 0, page_screen, WORK_WRITES, NULL},
    {"POST", "/admin/screens/{id}", ROUTE_ADMIN, FORM, SCREEN_FORM_MAX, page_screen_submit, WORK_WRITES,
     NULL},
    {"GET", "/admin/enrol", ROUTE_ADMIN, NULL, 0, page_enrol, WORK_WRITES, NULL},
    {"POST", "/admin/enrol", ROUTE_ADMIN, FORM, FORM_MAX, page_enrol_submit, WORK_WRITES, NULL},
    {"GET", "/admin/enrol/done", ROUTE_ADMIN, NULL, 0, page_enrol_done, WORK_WRITES, NULL},
};

const struct route_table page_routes = {routes, PP_COUNT(routes)};

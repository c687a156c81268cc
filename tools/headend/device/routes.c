#include "headend/device/routes.h"

#include "command/receipt.h"
#include "command/upload.h"
#include "headend/device/handlers.h"
#include "headend/public/agreement.h"

#define FORM        "application/x-www-form-urlencoded"
#define JSON        "application/json"
#define PKCS10      "application/pkcs10"
#define JOSE        "application/jose"
#define FORM_MAX    4096
#define SIGN_IN_MAX 32768 /* characters of a JWE */
#define REQUEST_MAX 8192  /* bytes of a base64 certification request */

static const struct route_api uploads = {.sink = &upload_sink};

static const struct route routes[] = {
    {"POST", "/oauth/device_authorization", ROUTE_OPEN, FORM, FORM_MAX, oauth_device_authorization,
     WORK_WRITES, NULL},
    {"POST", "/oauth/token", ROUTE_OPEN, FORM, FORM_MAX, oauth_token, WORK_WRITES, NULL},
    {"GET", "/.well-known/est/cacerts", ROUTE_OPEN, NULL, 0, est_cacerts, WORK_NONE, NULL},
    {"POST", "/.well-known/est/simpleenroll", ROUTE_OPEN, PKCS10, REQUEST_MAX, est_simpleenroll, WORK_WRITES,
     NULL},
    {"POST", "/.well-known/est/simplereenroll", ROUTE_KEY, PKCS10, REQUEST_MAX, est_simplereenroll,
     WORK_WRITES, NULL},
    {"POST", "/v1/session", ROUTE_KEY, JOSE, AGREEMENT_TOKEN_MAX, device_session, WORK_WRITES, NULL},
    {"GET", "/v1/state", ROUTE_DEVICE, NULL, 0, device_state, WORK_READS, NULL},
    {"GET", "/v1/feeds", ROUTE_DEVICE, NULL, 0, device_feeds, WORK_READS, NULL},
    {"POST", "/v1/access/session", ROUTE_DEVICE, JOSE, SIGN_IN_MAX, device_sign_in, WORK_WRITES, NULL},
    {"DELETE", "/v1/access/session", ROUTE_DEVICE, NULL, 0, device_sign_out, WORK_WRITES, NULL},
    {"POST", "/v1/status", ROUTE_DEVICE, JSON, HTTP_BODY_MAX, report_status, WORK_WRITES, NULL},
    {"POST", "/v1/events", ROUTE_DEVICE, JSON, HTTP_BODY_MAX, report_events, WORK_WRITES, NULL},
    {"POST", "/v1/playlog", ROUTE_DEVICE, JSON, HTTP_BODY_MAX, report_playlog, WORK_WRITES, NULL},
    /* Whoever sends it: what is signed by the screen that was asked counts, and nothing else does. */
    {"POST", "/v1/commands/{id:uuid}/receipt", ROUTE_OPEN, JOSE, COMMAND_RECEIPT_TOKEN_MAX,
     command_receipt_post, WORK_WRITES, NULL},
    {"PUT", "/v1/screenshots/{id}", ROUTE_DEVICE, COMMAND_UPLOAD_TYPE, COMMAND_UPLOAD_SEALED_MAX, upload_put,
     WORK_WRITES, &uploads},
    {"PUT", "/v1/logs/{id}", ROUTE_DEVICE, COMMAND_UPLOAD_TYPE, COMMAND_UPLOAD_SEALED_MAX, upload_put,
     WORK_WRITES, &uploads},
    {"GET", "/repo/{path...}", ROUTE_EITHER, NULL, 0, repo_file, WORK_READS, NULL},
};

const struct route_table device_routes = {routes, PP_COUNT(routes)};

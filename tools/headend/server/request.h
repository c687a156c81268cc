/* One HTTP request, and who asks, as handlers see them. */
#ifndef HEADEND_SERVER_REQUEST_H
#define HEADEND_SERVER_REQUEST_H

#include <microhttpd.h>

#include "base/buf.h"
#include "base/json.h"
#include "headend/base/address.h"
#include "headend/http/list.h"
#include "headend/http/path_map.h"
#include "headend/http/query.h"
#include "headend/http/reply.h"
#include "headend/ops/admin_session.h"
#include "headend/ops/device.h"
#include "headend/ops/users.h"
#include "headend/server/app.h"
#include "jose/proof.h"
#include "page/form.h"

#define HTTP_BODY_MAX                                                                                        \
    (64 * 1024) /* bytes, of a request's body that is read before it is known who sends it */

struct route;

/* Somebody signs in; or a password is set, of which Argon2's form takes as long to make. */
struct attempt {
    enum attempt_stage {
        ATTEMPT_NONE,
        ATTEMPT_RESERVED,
        ATTEMPT_WAITING,
        ATTEMPT_CHECKED,
        ATTEMPT_CANCELLED
    } stage;
    const char *name, *password, *next_page; /* of the form, or the document */
    char address[ADDRESS_TEXT_SIZE];
    bool known; /* has signed in from there before (throttle.h) */
    int64_t admin;
    int64_t wait_s;
    bool makes;                         /* `encoded` is made of the password, and is not compared with it */
    char encoded[PASSWORD_ENCODED_MAX]; /* what the password should be */
    bool right;                         /* it is; or it was made */
    struct request *next;
};

struct request {
    struct app *app;
    struct MHD_Connection *connection;
    const struct route *route;
    struct db *db; /* with its lock, as route->work says */
    struct path at;
    struct path_match match; /* of the route's pattern */
    struct query query;
    struct list list; /* of ROUTE_API, read */
    struct pp_buf body;
    struct intake *intake; /* of a body that a sink takes, and no body then */
    bool body_too_large;
    struct device device; /* where the route asks for a device */
    const uint8_t
        *device_key;    /* its present one, CRYPTO_POINT_SIZE bytes: of its certificate, or its proof's */
    struct proof proof; /* where one came, and is good (device/proof.h) */
    bool proof_taken;
    struct admin admin; /* where the route asks for an administrator */
    struct form form;   /* and where it has one, checked */
    cJSON *document;    /* the body, where it is JSON that a handler needs again when it has waited */
    /* A long poll (waiters.c): */
    int64_t wait_until; /* ms, CLOCK_MONOTONIC; 0 when it has not waited */
    bool superseded;    /* a newer poll of the same device has come */
    struct request *previous, *next;
    struct attempt attempt; /* to sign in (hasher.c) */
    /* Of those that write (writer.c): */
    bool answered;
    struct reply held; /* the answer */
    struct request *next_to_write;
};

/* The path, decoded (path.h). Borrowed. */
const char *request_path(const struct request *request);
/* A parameter of the route's pattern (path_map.h); "" where the pattern has none of that name. Borrowed. */
const char *request_parameter(const struct request *request, const char *name);
/* The same of one of type "number". */
uint64_t request_parameter_number(const struct request *request, const char *name);

/* Whether a browser asks, rather than a program. */
bool request_wants_page(struct MHD_Connection *connection);

/* Where there is none, NULL. Borrowed. */
const char *request_header(const struct request *request, const char *name);
/* What the screen would know an answer to this very request by (Pingplay-Nonce), or NULL. */
const char *request_nonce(const struct request *request);
/* The first parameter of that name; NULL where there is none. Borrowed. */
const char *request_query(const struct request *request, const char *name);
/* The peer's address, and the network that it is of; "" where it has none. */
void request_address(const struct request *request, char text[ADDRESS_TEXT_SIZE]);
void request_network(const struct request *request, char text[ADDRESS_TEXT_SIZE]);
/* "https://HOST:PORT" as the client reached this server, where that is one of its names; else by its first.
 */
bool request_origin(const struct request *request, char *origin, size_t size);
/* The same for people, where they have a port of their own: at the address that was configured, or at that port. */
bool request_people_origin(const struct request *request, char *origin, size_t size);

#endif

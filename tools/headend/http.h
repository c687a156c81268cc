/* One HTTP request and its answer, as handlers see them. */
#ifndef HEADEND_HTTP_H
#define HEADEND_HTTP_H

#include <microhttpd.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/json.h"
#include "headend/address.h"
#include "headend/app.h"
#include "headend/device.h"
#include "headend/users.h"
#include "jose/proof.h"
#include "page/form.h"

#define HTTP_BODY_MAX                                                                                        \
    (64 * 1024) /* bytes, of a request's body that is read before it is known who sends it */
#define HTTP_REPLY_MAX (4 * 1024 * 1024)
#define HTTP_PATH_MAX  512 /* bytes with the NUL */

struct route;

struct admin {
    int64_t id; /* 0 where nobody is signed in */
    char name[TEXT_NAME_MAX + 1];
    char session[COOKIE_VALUE_MAX]; /* the cookie's value: a secret */
};

struct reply {
    unsigned status;
    struct MHD_Response *response; /* NULL: nothing was answered, which becomes a 500 */
    bool caching_set;              /* the handler set Cache-Control itself */
    bool is_page;                  /* made for people */
    unsigned wait_s; /* not answered: call again when something changed, at most so much later */
    bool wait_hash;  /* not answered: call again when request->attempt is checked */
    bool committed;  /* something was written that the disk has to have first */
};

/* Somebody signs in; or a password is set, of which Argon2's form takes as long to make. */
struct attempt {
    enum attempt_stage {
        ATTEMPT_NONE,
        ATTEMPT_RESERVED,
        ATTEMPT_WAITING,
        ATTEMPT_CHECKED,
        ATTEMPT_CANCELLED
    } stage;
    const char *name, *password, *next_page; /* of the form */
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
    char path[HTTP_PATH_MAX];
    const char *rest; /* of the path, from the '*' of the route's pattern on; else "" */
    struct pp_buf body;
    bool body_too_large;
    struct device device; /* where the route asks for a device */
    const uint8_t
        *device_key;    /* its present one, CRYPTO_POINT_SIZE bytes: of its certificate, or its proof's */
    struct proof proof; /* where one came, and is good (device_proof.h) */
    bool proof_taken;
    struct admin admin; /* where the route asks for an administrator */
    struct form form;   /* and where it has one, checked */
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

/* Where there is none, NULL. Borrowed. */
const char *request_header(const struct request *request, const char *name);
/* What the screen would know an answer to this very request by (Pingplay-Nonce), or NULL. */
const char *request_nonce(const struct request *request);
const char *request_query(const struct request *request, const char *name);
/* The peer's address, and the network that it is of; "" where it has none. */
void request_address(const struct request *request, char text[ADDRESS_TEXT_SIZE]);
void request_network(const struct request *request, char text[ADDRESS_TEXT_SIZE]);
/* "https://HOST:PORT" as the client reached this server, where that is one of its names; else by its first.
 */
bool request_origin(const struct request *request, char *origin, size_t size);

void reply_header(struct reply *reply, const char *name, const char *value);
/* Not before: Retry-After (RFC 9110 §10.2.3). */
void reply_retry_after(struct reply *reply, int64_t wait_s);
void reply_data(struct reply *reply, unsigned status, const char *type, const void *data, size_t size);
void reply_empty(struct reply *reply, unsigned status);
void reply_json(struct reply *reply, unsigned status, const cJSON *value);
void reply_redirect(struct reply *reply, const char *location);
/* application/problem+json (RFC 9457). `code` is stable; clients may act on it. */
void reply_problem(struct reply *reply, unsigned status, const char *code, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with one member more. */
void reply_problem_with(struct reply *reply, unsigned status, const char *code, const char *name,
                        const char *value, const char *format, ...) __attribute__((format(printf, 6, 7)));
/* What went wrong in here: logged, and answered with 503 or 500 without details. */
void reply_failure(struct reply *reply, const struct pp_error *error);

/* ---- Routes (routes.c) ---- */
enum route_auth {
    ROUTE_OPEN,
    ROUTE_KEY,    /* a screen's key: by its certificate or, where its access mode has it, a proof */
    ROUTE_DEVICE, /* that and the device cookie, both of the same screen */
    ROUTE_EITHER, /* key or device cookie, which is bound to the key where that is proven; what is signed for all to
                     check, any that was ours */
    ROUTE_ADMIN, /* an administrator's session; without one, to the sign-in page */
};

/* What it takes, and so where it runs. */
enum route_work {
    WORK_NONE,   /* no database */
    WORK_READS,  /* the reader's connection, with its lock */
    WORK_WRITES, /* the home's, with its lock, on the writer's thread (writer.h) */
};

struct route {
    const char *method;
    const char *pattern; /* the whole path, where one '*' may stand for some of it */
    enum route_auth auth;
    const char *body_type; /* media type that the body must have; NULL where there is none */
    size_t body_max;       /* bytes */
    void (*handle)(struct request *request, struct reply *reply);
    enum route_work work;
};

/* The route for a method and path; NULL with *status 404 or 405 (and then *allow, the methods there are). */
const struct route *route_find(const char *method, const char *path, const char **rest, unsigned *status,
                               char allow[64]);
/* Before a body is read that may be larger than HTTP_BODY_MAX: whether it is wanted, and of somebody known. */
bool route_admit(struct request *request, struct reply *reply);
/* Authenticates and handles. */
void route_run(struct request *request, struct reply *reply);

#endif

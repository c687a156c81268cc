/*
 * What may be asked of the server: rows of method, path, who authenticates, type and cap of the body, and handler. Each
 * room that has handlers has a table of its own; struct site is all that this room knows of those above it.
 */
#ifndef HEADEND_SERVER_ROUTE_H
#define HEADEND_SERVER_ROUTE_H

#include "headend/http/list.h"
#include "headend/server/request.h"

enum route_auth {
    ROUTE_OPEN,
    ROUTE_KEY,    /* a screen's key: by its certificate or, where its access mode has it, a proof */
    ROUTE_DEVICE, /* that and the device cookie, both of the same screen */
    ROUTE_EITHER, /* key or device cookie, which is bound to the key where that is proven; what is signed for all to
                     check, any that was ours */
    ROUTE_ADMIN, /* an administrator's session; without one, to the sign-in page */
    ROUTE_API, /* the same for programs: a problem without one, and a token in a header for all but GET (api/) */
};

/* What it takes, and so where it runs. */
enum route_work {
    WORK_NONE,   /* no database */
    WORK_READS,  /* the reader's connection, with its lock */
    WORK_WRITES, /* the home's, with its lock, on the writer's thread (writer.h) */
};

/* What not each route has. */
struct route_api {
    const struct body_sink *sink;      /* that takes the body as it comes; NULL: it stands in request->body */
    const struct list_form *list;      /* of ROUTE_API: what may stand behind the '?'; NULL: nothing */
    const char *produces;              /* of ROUTE_API: the media type of the answer; NULL: JSON */
    void (*mark)(struct reply *reply); /* adds to any answer of it; NULL: nothing */
    const char *operation;             /* that it asks for (ops/operations.h) */
    const char *id;                    /* the field of its request that the path's {id} is; NULL: "screen" */
};

struct route {
    const char *method;
    const char *pattern; /* of the whole path, with its parameters (path_map.h) */
    enum route_auth auth;
    const char *body_type; /* media type that the body must have; NULL where there is none */
    uint64_t body_max;     /* bytes */
    void (*handle)(struct request *request, struct reply *reply);
    enum route_work work;
    const struct route_api
        *api; /* NULL: no parameters behind the '?' and JSON where it is ROUTE_API; no sink */
};

struct route_table {
    const struct route *routes;
    size_t count;
};

#define SITE_TABLES_MAX 5

struct site {
    struct route_table tables[SITE_TABLES_MAX];
    struct path_map *map; /* of all tables: site_connect */
    /* Who asks: fills the request. False: it is answered. Of a screen's route, and of ROUTE_ADMIN. */
    bool (*authenticate_device)(struct request *request, struct reply *reply);
    bool (*authenticate_admin)(struct request *request, struct reply *reply);
    bool (*authenticate_api)(struct request *request, struct reply *reply);
    /* Adds to any answer but those of WORK_NONE. */
    void (*complete)(const struct request *request, struct reply *reply);
    /* A page that says one thing, for a person: "not_found", "failed". */
    void (*message)(const struct request *request, struct reply *reply, unsigned status, const char *key);
};

/* Makes the map of the site's tables. PP_E_INVALID where two rows are for the same requests. */
PP_MUST_USE bool site_connect(struct site *site, struct pp_error *error);
void site_finish(struct site *site);

/* Before a body is read that may be larger than HTTP_BODY_MAX, or that a sink takes: whether it is of somebody known,
 * and of one that a sink takes, whether it is wanted. The sink begins. */
bool route_admit(struct request *request, struct reply *reply);
/* Authenticates and handles. */
void route_run(struct request *request, struct reply *reply);

#endif

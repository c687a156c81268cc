/*
 * A body that is taken as it comes, and never as a whole: block by block it is handed to a sink, on a thread of its own
 * (workers.h). While a sink is at work on a block, the connection is suspended, so that who sends faster than the disk
 * takes waits in TCP; so a body of 10 GB costs one block of memory, and holds up nobody else.
 *
 *   authenticated -> begin -> data, data, … -> end -> the route's handler, on the writer's thread -> finish
 *
 * Where something goes wrong, the next step is finish: what the handler has not taken over is thrown away there.
 */
#ifndef HEADEND_SERVER_INTAKE_H
#define HEADEND_SERVER_INTAKE_H

#include <microhttpd.h>

#include "base/error.h"
#include "headend/server/workers.h"

#define INTAKE_BLOCK (256 * 1024) /* bytes handed over at a time; the last one is shorter */
#define INTAKE_DRAIN_MAX                                                                                     \
    (4 * 1024 * 1024) /* bytes that are read of a body that failed, so that it hears why */

struct reply;
struct request;

/* Of a route, static. */
struct body_sink {
    /* Who asks is known, and nothing is read yet. With the reader's lock. NULL: it is not wanted, and answered. */
    void *(*begin)(struct request *request, struct reply *reply);
    /* On a worker's thread. */
    bool (*data)(void *upload, const void *data, size_t size, struct pp_error *error);
    /* All has come: it is on the disk after this. On a worker's thread. */
    bool (*end)(void *upload, struct pp_error *error);
    /* Answers where one of the two has failed; NULL: the error's code says with what. */
    void (*refuse)(void *upload, const struct pp_error *error, struct reply *reply);
    /* Frees it, and removes what nobody has taken over. */
    void (*finish)(void *upload);
};

struct intake;
/* `upload` is the sink's, of its begin; taken when this succeeds. `max` bytes may come. */
struct intake *intake_create(struct workers *workers, struct MHD_Connection *connection,
                             const struct body_sink *sink, void *upload, uint64_t max,
                             struct pp_error *error);
/* Not while it is at work: libmicrohttpd ends no request whose connection is suspended. NULL is allowed. */
void intake_destroy(struct intake *intake);

/* Takes some of what has come; *size becomes what is left, to be offered again. False: the connection is to be cut. */
bool intake_take(struct intake *intake, const char *data, size_t *size);
/* All has come. False: the connection is suspended until the sink has it; call again then. */
bool intake_end(struct intake *intake);
/* After the end: whether all went well. PP_E_LIMIT where more came than may. */
bool intake_good(const struct intake *intake, struct pp_error *error);
/* The sink's. */
void *intake_upload(const struct intake *intake);

#endif

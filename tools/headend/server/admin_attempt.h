/*
 * An administrator signs in with name and password, on a page or by the API: throttled, checked on the hashing thread,
 * then a session. A handler calls it first and, where it has to wait, again when request->attempt is checked. Callers
 * hold db_lock.
 */
#ifndef HEADEND_SERVER_ADMIN_ATTEMPT_H
#define HEADEND_SERVER_ADMIN_ATTEMPT_H

#include "headend/server/request.h"

#define ADMIN_ATTEMPT_BUSY_S 2 /* in which the queue of attempts has moved on */

enum admin_attempt {
    ADMIN_ATTEMPT_WAITS, /* the handler is called again */
    ADMIN_ATTEMPT_BUSY,  /* no place in the queue, or the server stops: not before ADMIN_ATTEMPT_BUSY_S */
    ADMIN_ATTEMPT_EARLY, /* not before request->attempt.wait_s */
    ADMIN_ATTEMPT_WRONG,
    ADMIN_ATTEMPT_RIGHT, /* `token` is the new session's */
    ADMIN_ATTEMPT_ERROR,
};

/* Of request->attempt.name and .password, which stay the caller's until the attempt is checked. */
enum admin_attempt admin_attempt_begin(struct request *request, struct reply *reply, struct pp_error *error);
/* When it is checked, or cancelled. The token is a secret: the caller wipes it. */
enum admin_attempt admin_attempt_finish(struct request *request, char token[SECRET_TEXT_SIZE],
                                        struct pp_error *error);
/* Which of the two it is time for. */
bool admin_attempt_begun(const struct request *request);

#endif

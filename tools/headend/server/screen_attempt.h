/*
 * A screen's password, as somebody types it at the display or on the page behind its QR code: checked on the hashing
 * thread, and throttled. All that is tried at one screen counts together, and all that comes from one address.
 * Of request->device; where that is none it is nobody's password, which takes as long. Callers hold db_lock.
 */
#ifndef HEADEND_SERVER_SCREEN_ATTEMPT_H
#define HEADEND_SERVER_SCREEN_ATTEMPT_H

#include "headend/server/request.h"

#define SCREEN_ATTEMPT_BUSY_S 2 /* in which the queue of attempts has moved on */

enum screen_attempt {
    SCREEN_ATTEMPT_WAITS, /* the handler is called again with request->attempt.right */
    SCREEN_ATTEMPT_BUSY,  /* no place in the queue */
    SCREEN_ATTEMPT_EARLY, /* not before request->attempt.wait_s */
    SCREEN_ATTEMPT_ERROR,
};

/* Of request->attempt.password, which stays the caller's until it is checked. `encoded` is Argon2's form. */
enum screen_attempt screen_attempt_begin(struct request *request, struct reply *reply, const char *encoded,
                                         struct pp_error *error);
/* It was the right one. */
PP_MUST_USE bool screen_attempt_succeed(const struct request *request, struct pp_error *error);

#endif

/*
 * The part of a screen's page about how it shows who it is, and who is signed in there: what is known, and the form by
 * which it is set, as `screen access` does. Callers hold db_lock.
 */
#ifndef HEADEND_PAGES_SCREEN_ACCESS_H
#define HEADEND_PAGES_SCREEN_ACCESS_H

#include "headend/ops/device.h"
#include "headend/pages/page.h"

/* Sets what is known, and what stands in the form: what was typed, where there is a `problem`. */
PP_MUST_USE bool screen_access_show(struct request *request, struct page *page, const struct device *device,
                                    bool problem, struct pp_error *error);

enum screen_access_step {
    SCREEN_ACCESS_READY,
    SCREEN_ACCESS_WAITS, /* the handler is called again: a password's hash is made meanwhile, on its own thread */
    SCREEN_ACCESS_BUSY, /* no place in that queue */
};
/* Before the form is taken. */
enum screen_access_step screen_access_begin(struct request *request, struct reply *reply);

/* Takes the form. False: *problem is the key of the text about what is no good, or NULL for a failure. */
PP_MUST_USE bool screen_access_save(struct request *request, const struct device *device,
                                    const char **problem, struct pp_error *error);

#endif

/*
 * Ends a process whose stop does not come to its end: whoever waits for a thread that hangs in a flash's driver
 * waits for as long as that does. Until then everything may end in good order.
 */
#ifndef PP_BASE_DEADLINE_H
#define PP_BASE_DEADLINE_H

#include "base/error.h"
#include "base/mem.h"

#define PP_DEADLINE_STATUS 1 /* of a process that was ended by it */

struct pp_deadline;

/* From now on there are `wait_ms`; then `words` are an error in the log, and the process ends at once, wherever its
 * threads are: nothing that they hold is flushed or removed. `words` outlive it. NULL on failure. */
struct pp_deadline *pp_deadline_start(int wait_ms, const char *words, struct pp_error *error);
/* What is waited for by now. Of NULL nothing. */
void pp_deadline_say(struct pp_deadline *deadline, const char *words);
/* It came to its end. NULL is allowed. */
void pp_deadline_finish(struct pp_deadline *deadline);
PP_DEFINE_AUTO(pp_deadline, struct pp_deadline, pp_deadline_finish)

#endif

/* The part of a screen's state that says how it shows who it is, and who may sign in there
 * (firmware/access/policy.h). Callers hold db_lock. */
#ifndef HEADEND_DEVICE_STATE_ACCESS_H
#define HEADEND_DEVICE_STATE_ACCESS_H

#include "headend/ops/screen_access.h"
#include "headend/server/request.h"

/* The state's member "access"; the caller deletes it. */
cJSON *state_access_json(const struct request *request, const struct state_access *access);

#endif

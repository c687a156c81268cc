/* Operations as routes of the API (ops/operations.h): a row names its own, and what it cannot do becomes a problem. */
#ifndef HEADEND_API_OPERATE_H
#define HEADEND_API_OPERATE_H

#include "headend/server/operate.h"
#include "headend/server/route.h"

/* The request of the row's operation: the members of the body, and the path's parameters. The caller deletes it.
 * NULL: it is answered. */
cJSON *api_operation_request(struct request *request, struct reply *reply);
/* Runs it, with `value`. False: it is answered. */
bool api_operation_run(struct request *request, struct reply *reply, const cJSON *value,
                       struct op_result *result);
/* The same of another operation than the row's. */
bool api_operation_run_as(struct request *request, struct reply *reply, const char *operation,
                          const cJSON *value, struct op_result *result);
/* Adds the path's parameters to a request. False: it is answered. */
bool api_operation_parameters(struct request *request, struct reply *reply, cJSON *value);
/* Whether they may, of an operation that only reads and names nothing but the path's screen. False: it is answered. */
bool api_operation_allowed(struct request *request, struct reply *reply);

#endif

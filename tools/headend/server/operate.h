/* Operations that administrators ask for (ops/operations.h), in pages or by programs: who asks is the request's
 * session. */
#ifndef HEADEND_SERVER_OPERATE_H
#define HEADEND_SERVER_OPERATE_H

#include "headend/ops/operations.h"
#include "headend/server/request.h"

/* ops_run for who asks; and those who wait for news are woken. The route's work is WORK_WRITES where it changes
 * something. Callers hold db_lock. */
PP_MUST_USE bool request_operate(struct request *request, const char *operation, const cJSON *value,
                                 struct op_result *result, struct pp_error *error);
/* The same of one that is given more than a request can say (ops/op_accounts.h). */
PP_MUST_USE bool request_operate_with(struct request *request, const char *operation, const cJSON *value,
                                      const void *given, struct op_result *result, struct pp_error *error);
/* Who asks, with what they may. */
PP_MUST_USE bool request_actor(const struct request *request, struct actor *actor, struct pp_error *error);

#endif

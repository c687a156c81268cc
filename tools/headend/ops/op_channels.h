/* What operations on channels have in common. */
#ifndef HEADEND_OPS_OP_CHANNELS_H
#define HEADEND_OPS_OP_CHANNELS_H

#include "headend/ops/channel.h"
#include "headend/ops/operation.h"

/* The request's "channel". PP_E_NOTFOUND where there is none. */
PP_MUST_USE bool op_channel_find(struct op *op, struct channel *channel, struct pp_error *error);
/* op_publish.c: a job of the channel, which waits for somebody else where that is wanted. */
struct publish_job;
PP_MUST_USE bool op_publish_ask(struct op *op, struct publish_job *job, const char *channel,
                                struct pp_error *error);
/* op_rollout.c: the request's "rollout", where it has one; *plan is the caller's, NULL without. */
PP_MUST_USE bool op_rollout_take(struct op *op, cJSON **plan, struct pp_error *error);

#endif

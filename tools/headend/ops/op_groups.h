/* What other operations need of groups. */
#ifndef HEADEND_OPS_OP_GROUPS_H
#define HEADEND_OPS_OP_GROUPS_H

#include "headend/ops/operation.h"
#include "headend/ops/screen_group.h"

/* The request's "group", where the actor may see it. */
PP_MUST_USE bool op_group_find(struct op *op, struct screen_group *group, struct pp_error *error);

#endif

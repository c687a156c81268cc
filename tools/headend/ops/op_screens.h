/* A screen's settings as members of a request, for operations that take them. In ops/ alone. */
#ifndef HEADEND_OPS_OP_SCREENS_H
#define HEADEND_OPS_OP_SCREENS_H

#include "headend/ops/operation.h"

struct op_screen_texts {
    char rotation[24], lock_after[24], erase_after[24];
};
/* Those that the request names; they point into it and into `texts`. */
struct device_settings op_screen_settings(const struct op *op, struct op_screen_texts *texts);
/* Each by itself; a failure names the member that it is about. */
PP_MUST_USE bool op_screen_settings_good(struct op *op, const struct device_settings *settings,
                                         struct pp_error *error);
/* A channel that is not there yet is made by who may add one alone; to others there is none. */
PP_MUST_USE bool op_screen_channel_allowed(struct op *op, const struct device_settings *settings,
                                           struct pp_error *error);

#endif

/* How many there are of what is kept, for whoever watches over the server. */
#ifndef HEADEND_OPS_FIGURES_H
#define HEADEND_OPS_FIGURES_H

#include "headend/ops/device.h"

struct figures {
    int64_t screens[DEVICE_STATES];
    int64_t publishes; /* ever made here, by whichever process */
};
/* Looks at each screen: not for a connection that others wait for. Callers hold db_lock. */
PP_MUST_USE bool figures_count(struct db *db, int64_t now_s, struct figures *figures, struct pp_error *error);

/* Whether the database answers. Callers hold db_lock. */
PP_MUST_USE bool figures_answers(struct db *db, struct pp_error *error);

#endif

/* How a screen shows who it is, and whether somebody is signed in there. */
#ifndef HEADEND_OPS_SCREEN_ACCESS_H
#define HEADEND_OPS_SCREEN_ACCESS_H

#include "headend/ops/person_session.h"

struct state_access {
    enum device_access mode;
    bool temporary; /* a person has to sign in: */
    bool open;      /* somebody has; else the state has no channel */
    bool has_policy;
    struct person_policy policy;
    struct person_session session; /* where it is open */
};

/* Wipe it when done. Callers hold db_lock. */
PP_MUST_USE bool state_access_load(struct db *db, const struct device *device, struct state_access *access,
                                   struct pp_error *error);

#endif

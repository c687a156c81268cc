/* The part of a screen's state that says how it shows who it is, and who may sign in there
 * (firmware/access/policy.h). */
#ifndef HEADEND_STATE_ACCESS_H
#define HEADEND_STATE_ACCESS_H

#include "headend/http.h"
#include "headend/person_session.h"

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
/* The state's member "access"; the caller deletes it. */
cJSON *state_access_json(const struct request *request, const struct state_access *access,
                         struct pp_error *error);

#endif

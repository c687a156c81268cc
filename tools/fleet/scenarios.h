/* What is measured: a table of scenarios. */
#ifndef FLEET_SCENARIOS_H
#define FLEET_SCENARIOS_H

#include <cjson/cJSON.h>

#include "fleet/fleet.h"

struct scenario {
    const char *name, *what;
    /* Adds its figures, by names that say their unit. */
    bool (*run)(struct fleet *fleet, cJSON *figures, struct pp_error *error);
};

/* In the order in which they are run. */
const struct scenario *scenarios(size_t *count);

#endif

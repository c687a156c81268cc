/* Routes that are neither for screens nor for people (well_known.c). */
#ifndef HEADEND_SERVE_WELL_KNOWN_H
#define HEADEND_SERVE_WELL_KNOWN_H

#include "headend/server/route.h"

extern const struct route_table well_known_routes;

#endif

/*
 * What is on at an instant, and why, of a manifest as a screen reads it: the layout, the event that it is of, until
 * when, and of each zone the item. Which item that is can be said from here where the playlist keeps to the clock or
 * has only one; else items come one after the other since the layout began on that screen, which only it knows.
 * Callers hold db_lock.
 */
#ifndef HEADEND_OPS_SCHEDULE_NOW_H
#define HEADEND_OPS_SCHEDULE_NOW_H

#include "headend/ops/schedule_source.h"

#define SCHEDULE_LOOKS_MAX 24 /* for the next change: that is half a year, where nothing changes */
#define SCHEDULE_ITEMS_MAX 20 /* of a zone, that are told */

/* NULL without memory. The caller deletes it. */
cJSON *schedule_now(const struct schedule_source *source, const char *time_zone, int64_t at);

#endif

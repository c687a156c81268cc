/* Times that were measured, and what they come to. */
#ifndef FLEET_SAMPLES_H
#define FLEET_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX 4000000

struct samples {
    int64_t *values; /* ms */
    size_t count, room;
};

void samples_add(struct samples *samples,
                 int64_t value); /* over the cap, or without memory, they are not kept */
/* The value below which `share` (0 to 1) of them are; -1 of none. Sorts them. */
int64_t samples_percentile(struct samples *samples, double share);
void samples_finish(struct samples *samples); /* empty again */

#endif

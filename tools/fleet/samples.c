#include "fleet/samples.h"

#include <math.h>
#include <stdlib.h>

void samples_add(struct samples *samples, int64_t value) {
    if (samples->count == samples->room) {
        size_t room = samples->room ? 2 * samples->room : 1024;
        int64_t *values =
            room <= 2 * SAMPLES_MAX ? reallocarray(samples->values, room, sizeof *values) : NULL;
        if (!values)
            return;
        samples->values = values;
        samples->room = room;
    }
    samples->values[samples->count++] = value;
}

static int compare(const void *a, const void *b) {
    const int64_t *left = a;
    const int64_t *right = b;
    return (*left > *right) - (*left < *right);
}

int64_t samples_percentile(struct samples *samples, double share) {
    if (!samples->count)
        return -1;
    qsort(samples->values, samples->count, sizeof *samples->values, compare);
    size_t rank = (size_t)ceil(share * (double)samples->count);
    return samples->values[rank ? rank - 1 : 0];
}

void samples_finish(struct samples *samples) {
    free(samples->values);
    *samples = (struct samples){0};
}

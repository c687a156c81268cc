#include "headend/device/told.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct told {
    pthread_mutex_t mutex;
    size_t oldest, count; /* a ring */
    char devices[TOLD_MAX][UUID_TEXT_SIZE];
};

struct told *told_create(struct pp_error *error) {
    struct told *told = calloc(1, sizeof *told);
    if (told)
        pthread_mutex_init(&told->mutex, NULL);
    else
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return told;
}

void told_destroy(struct told *told) {
    if (!told)
        return;
    pthread_mutex_destroy(&told->mutex);
    free(told);
}

static char *place(struct told *told, size_t index) {
    return told->devices[(told->oldest + index) % TOLD_MAX];
}

static size_t find(struct told *told, const char *device) {
    size_t index = 0;
    while (index < told->count && strcmp(place(told, index), device) != 0)
        index++;
    return index;
}

static void add(struct told *told, const char *device) {
    if (told->count == TOLD_MAX) {
        told->oldest = (told->oldest + 1) % TOLD_MAX;
        told->count--;
    }
    snprintf(place(told, told->count++), UUID_TEXT_SIZE, "%s", device);
}

static void take_out(struct told *told, size_t index) {
    for (; index + 1 < told->count; index++)
        memcpy(place(told, index), place(told, index + 1), UUID_TEXT_SIZE);
    told->count--;
}

bool told_set(struct told *told, const char *device, bool is_so) {
    pthread_mutex_lock(&told->mutex);
    size_t index = find(told, device);
    bool was_so = index < told->count;
    if (is_so && !was_so)
        add(told, device);
    else if (!is_so && was_so)
        take_out(told, index);
    pthread_mutex_unlock(&told->mutex);
    return is_so != was_so;
}

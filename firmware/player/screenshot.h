/* Writes composed pictures as PNG, each on a thread of its own so that no frame is late for it. */
#ifndef PP_PLAYER_SCREENSHOT_H
#define PP_PLAYER_SCREENSHOT_H

#include <stdint.h>

#include "base/error.h"
#include "player/geometry.h"

#define SCREENSHOT_JOBS_MAX 4 /* being written at once; more are refused */

struct screenshots;

struct screenshot_result {
    uint32_t id;
    unsigned owner; /* as given */
    bool ok;        /* the whole PNG is in the file */
};

struct screenshots *screenshots_create(struct pp_error *error);
/* Waits a moment for what is being written. */
void screenshots_destroy(struct screenshots *shots);

/* Readable when a result waits. */
int screenshots_fd(const struct screenshots *shots);
/* Takes `pixels` (RGB24, from malloc) and `fd`, also on failure. */
PP_MUST_USE bool screenshots_write(struct screenshots *shots, uint8_t *pixels, struct geometry_size size,
                                   int fd, struct screenshot_result request, struct pp_error *error);
bool screenshots_take(struct screenshots *shots, struct screenshot_result *result);

/* The whole PNG of RGB24 rows without padding into `fd`, which is closed. */
bool screenshot_encode(const uint8_t *pixels, struct geometry_size size, int fd);

#endif

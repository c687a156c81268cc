/*
 * Documents of feeds that were sealed already: all screens of a channel get the same bytes, and each opens no keys. In
 * memory, the last FEEDS_MADE_MAX of them. Callers hold the reader's db_lock.
 */
#ifndef HEADEND_DEVICE_FEEDS_MADE_H
#define HEADEND_DEVICE_FEEDS_MADE_H

#include "headend/ops/device.h"
#include "headend/ops/feed_channel.h"

#define FEEDS_MADE_MAX 32

struct feeds_made;
struct feeds_made *feeds_made_create(struct pp_error *error);
void feeds_made_destroy(struct feeds_made *made); /* NULL is allowed */

/* The document of the tag (feed_channel_tag) for the screen's channel and site: made before, or now. Borrowed until the
 * next call. */
const struct pp_buf *feeds_made_get(struct feeds_made *made, struct db *db, const struct device *device,
                                    const char *tag, struct pp_error *error);

#endif

/*
 * What the log has been told of a screen, so that it is told once and not with each request: until it is over. In
 * memory alone, for all threads; of TOLD_MAX screens, and where there are more the oldest is told again.
 */
#ifndef HEADEND_DEVICE_TOLD_H
#define HEADEND_DEVICE_TOLD_H

#include "base/error.h"
#include "headend/base/secret.h"

#define TOLD_MAX 1024

struct told;

struct told *told_create(struct pp_error *error);
void told_destroy(struct told *told); /* NULL is allowed */

/* It is so now, or over. True: that is news. */
bool told_set(struct told *told, const char *device, bool is_so);

#endif

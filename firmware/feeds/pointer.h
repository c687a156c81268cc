/* JSON pointers (RFC 6901): "/shops/0/total", "" the whole; "~1" is a slash and "~0" a tilde. */
#ifndef PP_FEEDS_POINTER_H
#define PP_FEEDS_POINTER_H

#include "base/json.h"

/* NULL where there is nothing at that place. Borrowed. */
const cJSON *pointer_find(const cJSON *value, const char *pointer);

#endif

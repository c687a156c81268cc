#ifndef HEADEND_STRINGS_H
#define HEADEND_STRINGS_H
#include "base/error.h"
struct strings;
struct strings *strings_create(struct pp_error *error);
void strings_destroy(struct strings *strings);
#endif

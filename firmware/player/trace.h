/*
 * `--trace FILE`: one JSON object a line for every present, for tests and measurements:
 *   {"present":3,"at_us":…,"wakeups":17,"layers":[{"layer":7,"pts_us":40000,"due_us":…,"alpha":255}]}
 * bottom layer first, due_us being the moment that its picture was meant for, and a last one at the end:
 * {"end":true,"presents":3,"wakeups":17}.
 */
#ifndef PP_PLAYER_TRACE_H
#define PP_PLAYER_TRACE_H

#include <stdint.h>

#include "base/error.h"

struct trace;

/* NULL with an error when the file cannot be made. Every other function accepts NULL and does nothing. */
struct trace *trace_create(const char *path, struct pp_error *error);
/* Writes the last line. */
void trace_destroy(struct trace *trace);

void trace_wakeup(struct trace *trace);
void trace_begin(struct trace *trace, int64_t at_us);
void trace_layer(struct trace *trace, uint32_t layer, int64_t pts_us, int64_t due_us, unsigned alpha);
void trace_end(struct trace *trace);

#endif

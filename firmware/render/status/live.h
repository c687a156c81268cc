/* A live value into a layer: a frame, and another with each DATA. */
#ifndef PP_RENDER_STATUS_LIVE_H
#define PP_RENDER_STATUS_LIVE_H

#include "render/common/producer.h"
#include "render/status/metric.h"

/* Shows what `json` says, and from then on what the agent sends. As status_run: never with success. */
PP_MUST_USE bool live_run(const char *json, const struct font *font, struct producer *producer,
                          struct pp_error *error);

#endif

/* One status screen into a layer: a single frame, then waiting. */
#ifndef PP_RENDER_TEXT_TEXT_H
#define PP_RENDER_TEXT_TEXT_H

#include "base/error.h"
#include "render/common/producer.h"
#include "render/text/font.h"
#include "render/text/strings.h"

/* Returns when the player or the agent is gone (PP_E_NET: the orderly end), or with the reason why there is
 * no screen; never with success. `json` is START_TEXT's (screen.h). */
bool text_play(const char *json, const struct font *font, const struct strings *strings,
               struct producer *producer, struct pp_error *error);

#endif

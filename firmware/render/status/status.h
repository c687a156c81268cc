/* One status screen into a layer: a single frame, then waiting. */
#ifndef PP_RENDER_STATUS_STATUS_H
#define PP_RENDER_STATUS_STATUS_H

#include "base/error.h"
#include "ipc/wire.h"
#include "render/status/font.h"
#include "render/status/strings.h"

/* Shows what `start`, a START_STATUS, says (screen.h); takes its descriptor. Returns when the player or the
 * agent is gone (PP_E_NET: the orderly end), or with the reason why there is no screen; never with success.
 * INFO goes to `control`. */
PP_MUST_USE bool status_run(struct ipc_message *start, const struct font *font, const struct strings *strings,
                            int control, struct pp_error *error);

#endif

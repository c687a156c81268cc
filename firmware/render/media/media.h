/*
 * Plays one sealed object into a layer: opens it, sends its first frame, goes on as the player gives slots
 * back, starts over or ends as wanted, and waits to be told that it is over.
 */
#ifndef PP_RENDER_MEDIA_MEDIA_H
#define PP_RENDER_MEDIA_MEDIA_H

#include "base/error.h"
#include "ipc/wire.h"

/* Plays what `start`, a START_MEDIA, describes; takes its descriptors and wipes its key. Returns when the
 * player or the agent is gone (PP_E_NET: the orderly end), or with the reason why the object cannot be shown;
 * never with success. INFO goes to `control`. */
PP_MUST_USE bool media_run(struct ipc_message *start, int control, struct pp_error *error);

/* Before the sandbox: what FFmpeg and the crypto libraries find out from files, and that they keep silent. */
PP_MUST_USE bool media_prepare(struct pp_error *error);

#endif

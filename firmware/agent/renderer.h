/*
 * One renderer process: started for one item, killed when the item is over. The agent hands it, on a control
 * socket at its descriptor 3, one START message with the descriptors it may use, and hears from it how far
 * its sandbox reached, what the item is, or why it cannot be shown (ipc/wire.h).
 */
#ifndef PP_AGENT_RENDERER_H
#define PP_AGENT_RENDERER_H

#include "base/error.h"
#include "base/mem.h"
#include "ipc/wire.h"
#include "net/loop.h"

#define RENDERER_CONTROL_FD 3 /* in the renderer */

enum renderer_program { RENDERER_MEDIA, RENDERER_TEXT };

struct renderer_events {
    /* What the item is, once it is known. */
    void (*on_info)(void *arg, const struct ipc_info *info);
    /* It cannot go on; called at most once, and not after renderer_destroy. The owner destroys it from here
     * or later. A renderer that exits with success after its work is not a failure and is not reported. */
    void (*on_failed)(void *arg, const char *reason);
};

struct renderer;

/* Starts `program` from `folder`; it waits for its item. NULL on failure. */
struct renderer *renderer_prepare(struct net_loop *loop, const char *folder, enum renderer_program program,
                                  struct pp_error *error);

/* Sends it `start` (START_MEDIA or START_TEXT, with its descriptors, borrowed); once only. After a failure,
 * which may be that the process has died meanwhile, it can only be destroyed. */
bool renderer_begin(struct renderer *renderer, const struct ipc_message *start,
                    const struct renderer_events *events, void *arg, struct pp_error *error);

/* Kills the process and leaves nothing of it behind. NULL is allowed. */
void renderer_destroy(struct renderer *renderer);

#endif

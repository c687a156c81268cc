/*
 * One renderer process: started for one item, killed when the item is over. The agent hands it, on a control
 * socket at its descriptor 3, one START message with the descriptors it may use, and hears from it how far
 * its sandbox reached, what the item is, or why it cannot be shown (ipc/wire.h).
 */
#ifndef PP_AGENT_RENDERER_H
#define PP_AGENT_RENDERER_H

#include "base/error.h"
#include "base/mem.h"
#include "ipc/launcher.h"
#include "ipc/wire.h"
#include "net/loop.h"

#define RENDERERS_HANG_MS      5000 /* one that was killed so long ago and is not gone hangs */
#define RENDERERS_HANGING_MAX  16   /* no more are started while so many hang */
#define RENDERERS_LAST_WAIT_MS 500  /* for those that are not gone, at the end */

enum renderer_program { RENDERER_MEDIA, RENDERER_STATUS };
#define RENDERER_PROGRAMS 2

/* Where renderers are started, and where those that were killed wait for their end: one that hangs in the
 * flash's driver dies when the flash answers, and nobody waits for that. */
struct renderers;

/* What none of ours does of itself: what it was given may have taken it over. */
enum renderer_breach {
    RENDERER_KILLED, /* by its sandbox: for a system call that is not its to make, or for its CPU time */
    RENDERER_BROKEN, /* a message that breaks the protocol, to us or to the player */
};

struct renderers_config {
    const char *folder;            /* of the programs; borrowed */
    struct ipc_launcher *launcher; /* starts and kills them as another user, borrowed; NULL: we do, as ours */
    /* `name` of the item. NULL: nobody is told. It must not destroy a renderer. */
    void (*on_breach)(void *arg, enum renderer_breach breach, const char *name, const char *reason);
    void *arg;
};

struct renderers *renderers_create(struct net_loop *loop, const struct renderers_config *config,
                                   struct pp_error *error);
/* All renderers are destroyed. What still hangs after RENDERERS_LAST_WAIT_MS is left to init. NULL is
 * allowed.
 */
void renderers_destroy(struct renderers *renderers);

/* How far the sandboxes reach: what those of all programs started so far have in common, bits of enum sandbox_level;
 * 0 while none has said so. */
uint8_t renderers_sandbox(const struct renderers *renderers);

struct renderer_events {
    /* What the item is, once it is known. */
    void (*on_info)(void *arg, const struct ipc_info *info);
    /* Something of it is lost; each kind at most once. */
    void (*on_note)(void *arg, const struct ipc_note *note);
    /* It cannot go on; called at most once, and not after renderer_destroy. The owner destroys it from here
     * or later. A renderer that exits with success after its work is not a failure and is not reported. */
    void (*on_failed)(void *arg, const char *reason);
    /* It has ended with success. */
    void (*on_ended)(void *arg);
};

struct renderer;

/* Starts `program`; it waits for its item. NULL on failure. */
struct renderer *renderer_prepare(struct renderers *renderers, enum renderer_program program,
                                  struct pp_error *error);

/* Sends it `start` (START_MEDIA or START_STATUS, with its descriptors, borrowed); once only. What it writes to
 * standard error is logged as being of the item `name`. After a failure, which may be that the process has died
 * meanwhile, it can only be destroyed. */
PP_MUST_USE bool renderer_begin(struct renderer *renderer, const char *name, const struct ipc_message *start,
                                const struct renderer_events *events, void *arg, struct pp_error *error);

/* Sends one that draws live values what they are now (DATA). PP_E_LIMIT where it is too long; PP_E_IO, too, where it
 * does not take what came before. */
PP_MUST_USE bool renderer_update(struct renderer *renderer, const char *json, struct pp_error *error);

/* Whether the process is known to have ended: nothing more comes from it. */
bool renderer_has_ended(const struct renderer *renderer);

/* The player has said so of what it got from it. */
void renderer_broke_protocol(struct renderer *renderer, const char *reason);

/* It failed because its object could not be read: the flash's fault, or so it says. */
bool renderer_could_not_read(const struct renderer *renderer);

/* Kills the process, without waiting for its end. NULL is allowed. */
void renderer_destroy(struct renderer *renderer);

#endif

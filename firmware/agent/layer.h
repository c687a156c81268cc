/*
 * A layer: one renderer and its place in the player, under one number. The layer's owner is told what becomes
 * of it, whichever of the two said so.
 *
 *   added --READY--> show --SHOWN--> (on the screen) --ENDED--> (last picture stays) --destroy-->
 *      \__________________________\______________\___FAILED___________________________^
 */
#ifndef PP_AGENT_LAYER_H
#define PP_AGENT_LAYER_H

#include <stdint.h>

#include "agent/player_link.h"
#include "agent/renderer.h"
#include "base/error.h"

enum layer_event { LAYER_READY, LAYER_SHOWN, LAYER_ENDED, LAYER_FAILED, LAYER_NOTE };

struct layer_report {
    enum layer_event event;
    int64_t at_ms;             /* SHOWN, ENDED: CLOCK_MONOTONIC */
    uint32_t frames_presented; /* ENDED */
    uint32_t frames_late;      /* ENDED */
    bool unread;               /* FAILED: the object could not be read, which says nothing about the item */
    const char *reason;        /* FAILED; NOTE: what of it is lost */
};

struct layer;
struct layer_set;

/* The owner may destroy the layer from within; after FAILED nothing more is reported, and its renderer is
 * gone. */
typedef void layer_callback(void *arg, struct layer *layer, const struct layer_report *report);

struct layer_place {
    const char *name;       /* of the item that it is for, in the log */
    int32_t x, y;           /* canvas units */
    uint32_t width, height; /* canvas units */
    int32_t z;
    uint8_t fit;      /* enum ipc_fit */
    uint8_t volume;   /* percent */
    uint32_t hold_ms; /* ms that one picture of it is shown at most; 0: no limit */
};

/* All layers of one player connection, which is borrowed. */
struct layer_set *layer_set_create(struct net_loop *loop, struct player_link *link,
                                   const struct renderers_config *renderers, struct pp_error *error);
/* Its layers must be gone. NULL is allowed. */
void layer_set_destroy(struct layer_set *set);
/* Starts a renderer ahead of the first item, for that item: the time that its libraries need is then not
 * added to what else has to happen before the first picture. */
void layer_set_prepare(struct layer_set *set);
/* Whether there is a player to add layers to. */
bool layer_set_is_up(const struct layer_set *set);
/* How far the renderers' sandboxes reach: renderers_sandbox. */
uint8_t layer_set_sandbox(const struct layer_set *set);
/* Passes a message of the player to the layer it is about; unknown layers are those just destroyed: ignored.
 */
void layer_set_handle(struct layer_set *set, const struct ipc_message *message);

/* Starts the renderer with `start` (START_MEDIA or START_STATUS; its frame socket, the last descriptor, is
 * added here) and adds the layer, hidden. NULL on failure, also while there is no player. */
struct layer *layer_create(struct layer_set *set, const struct layer_place *place, struct ipc_message *start,
                           layer_callback *callback, void *arg, struct pp_error *error);

/* What it draws has changed (DATA): the JSON of START_STATUS with other values. The same as before is not sent. */
PP_MUST_USE bool layer_update(struct layer *layer, const char *json, struct pp_error *error);

/* `replaces` may be NULL; it goes on belonging to its owner. */
void layer_show(struct layer *layer, const struct layer *replaces, enum ipc_trigger trigger, int64_t at_ms,
                enum ipc_transition transition, uint32_t transition_ms);

/* Takes it off the screen and kills its renderer. NULL is allowed. */
void layer_destroy(struct layer *layer);

/* ms, from the renderer; 0 unknown. */
uint32_t layer_duration_ms(const struct layer *layer);

#endif

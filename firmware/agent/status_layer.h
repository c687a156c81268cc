/* The status screen as a layer above all others, drawn by the text renderer. */
#ifndef PP_AGENT_STATUS_LAYER_H
#define PP_AGENT_STATUS_LAYER_H

#include <stdint.h>

#include "agent/layer.h"

/* Canvas units; as wide as the canvas. */
struct status_place {
    int32_t y;
    uint32_t width, height;
};

struct status_layer {
    struct net_loop *loop;
    void (*on_failed)(void *arg); /* it could not be drawn, or not go on: to be shown again */
    void (*on_next)(void *arg);   /* it has been shown, and what was wanted meanwhile is to be shown now */
    void *arg;
    void (*on_shown)(void *arg); /* NULL: nobody wants to know */
    int32_t z;                   /* among the layers */
    struct layer *current;       /* on the screen */
    struct layer *next;          /* started, not yet shown */
    struct layer *outgoing;      /* being replaced */
    struct net_timer outgoing_timer;
    struct net_timer ready_timer; /* `next` must be shown by then */
    char text[IPC_TEXT_MAX + 1];  /* of `next`, or of `current` where there is no next */
    bool waits;                   /* other words are to follow `next` */
};

#define STATUS_READY_MAX_MS 20000           /* ms until a screen must have been drawn */
#define STATUS_LAYER_Z      (INT32_MAX - 2) /* above all content */

void status_layer_init(struct status_layer *status, struct net_loop *loop, void (*on_failed)(void *arg),
                       void (*on_next)(void *arg), void *arg);
/* Takes it away. */
void status_layer_clear(struct status_layer *status);

/* Starts the screen `json` (render/status/screen.h), over that place of the canvas; it replaces the one before, with
 * a crossfade, once it is drawn; with a cut while somebody types. The one that is there or on its way already is left
 * alone: the player may have shown it by now, and taken what it replaces away, so that without it nothing would be left
 * on the screen. What differs from it follows when it has been shown; of several, the last. */
PP_MUST_USE bool status_layer_show(struct status_layer *status, struct layer_set *layers,
                                   const struct status_place *at, const char *json, struct pp_error *error);

#endif

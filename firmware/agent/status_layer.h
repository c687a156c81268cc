/* The status screen as a layer above all others, drawn by the text renderer. */
#ifndef PP_AGENT_STATUS_LAYER_H
#define PP_AGENT_STATUS_LAYER_H

#include <stdint.h>

#include "agent/layer.h"

struct status_layer {
    struct net_loop *loop;
    void (*on_failed)(void *arg); /* it could not be drawn, or not go on: to be shown again */
    void *arg;
    struct layer *current;  /* on the screen */
    struct layer *next;     /* started, not yet shown */
    struct layer *outgoing; /* being replaced */
    struct net_timer outgoing_timer;
    char text[IPC_TEXT_MAX + 1]; /* of `next`, or of `current` where there is no next */
};

void status_layer_init(struct status_layer *status, struct net_loop *loop, void (*on_failed)(void *arg),
                       void *arg);
void status_layer_clear(struct status_layer *status);

/* Starts the screen `json` (render/status/screen.h), over the whole canvas; it replaces the one before, with
 * a crossfade, once it is drawn. The one that is there or on its way already is left alone. */
bool status_layer_show(struct status_layer *status, struct layer_set *layers, uint32_t canvas_width,
                       uint32_t canvas_height, const char *json, struct pp_error *error);

#endif

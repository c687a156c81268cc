/*
 * All layers in drawing order, and what the agent wants of them. timeline.h moves them through time,
 * compose.h draws them. A layer belongs to the agent connection that added it: when another agent comes, the
 * layers that are shown stay until that agent's first LAYER_SHOW is carried out.
 */
#ifndef PP_PLAYER_SCENE_H
#define PP_PLAYER_SCENE_H

#include <poll.h>

#include "base/mem.h"
#include "player/layer.h"
#include "player/trace.h"

#define SCENE_CAPACITY (2 * IPC_LAYERS_MAX) /* of the agent, and of the one before it */
/* The budget of all rings and textures together: some 380 MiB for a display of 1080p. */
#define SCENE_MEMORY_LEAST     (256u * 1024 * 1024) /* bytes */
#define SCENE_MEMORY_PER_PIXEL 64                   /* bytes more for each pixel of the display */
/* Bytes uploaded between two presents: the largest picture of a layer fits in any case. */
#define SCENE_UPLOAD_LEAST     (16u * 1024 * 1024) /* bytes */
#define SCENE_UPLOAD_PER_PIXEL 8                   /* bytes more for each pixel of the display */
#define SCENE_BACKGROUND       0x101418
#define SCENE_CANVAS_WIDTH     1920 /* canvas units, until the agent says */
#define SCENE_CANVAS_HIGH      1080

struct scene {
    struct display *display;
    struct audio *audio;
    struct trace *trace; /* or NULL */
    void (*report)(void *arg, const struct ipc_message *message);
    void *report_arg;

    struct layer *layers[SCENE_CAPACITY]; /* bottom first */
    size_t count;
    uint64_t added;                /* layers ever */
    unsigned owner;                /* of the newest agent */
    struct geometry_canvas canvas; /* for layers added from now on */
    uint32_t background;           /* 0xRRGGBB, drawn */
    uint32_t background_next;      /* drawn once the old agent's layers are gone */
    bool offline_mark;
    bool dark; /* nothing is shown but black */
    /* Uploads of one advance. */
    uint64_t upload_left; /* bytes */
    unsigned uploads;
    bool uploads_wait;    /* some did not fit: their turn is next */
    size_t upload_turn;   /* which layer has the first */
    bool dirty;           /* what is presented is not what should be */
    int64_t presented_us; /* the moment that the last present was composed for */
};

void scene_init(struct scene *scene, struct display *display, struct audio *audio, struct trace *trace);
void scene_finish(struct scene *scene);

/* A new agent: what was never shown goes, what is shown waits for its first LAYER_SHOW. */
void scene_agent_begin(struct scene *scene);
void scene_canvas(struct scene *scene, const struct ipc_canvas *canvas);
/* Takes `socket` in any case. False only when the agent breaks the protocol. */
PP_MUST_USE bool scene_layer_add(struct scene *scene, const struct ipc_layer_add *add, int socket,
                                 struct pp_error *error);
/* A layer that is gone is no error in these: the player removes layers by itself. */
void scene_layer_show(struct scene *scene, const struct ipc_layer_show *show);
void scene_layer_remove(struct scene *scene, uint32_t layer);
void scene_offline_mark(struct scene *scene, bool shown);
/* What goes on beneath is not seen. */
void scene_set_dark(struct scene *scene, bool dark);

struct layer *scene_find(const struct scene *scene, unsigned owner, uint32_t id);
bool scene_is_orphan(const struct scene *scene, const struct layer *layer);
/* The layer that is fading in over this one, or NULL. */
const struct layer *scene_successor(const struct scene *scene, const struct layer *layer, int64_t now_us);
/* Reports a shown layer's end if that was not done, and forgets the layer. */
void scene_drop(struct scene *scene, struct layer *layer, int64_t now_us);
void scene_fail(struct scene *scene, struct layer *layer, const char *reason);
/* It has failed where it is: what it has given is shown, and there it ends. `gone`: its renderer hung up. */
void scene_fail_there(struct scene *scene, struct layer *layer, const char *reason, bool gone);
void scene_report_ended(const struct scene *scene, struct layer *layer, int64_t now_us);
void scene_report(const struct scene *scene, const struct layer *layer, const struct ipc_message *message);
/* Something that can be seen has changed. */
void scene_touch(struct scene *scene);

/* Fills in at most SCENE_CAPACITY frame sockets; returns how many. */
size_t scene_poll_fill(const struct scene *scene, struct pollfd *fds);
/* Takes what waits on the sockets. */
void scene_receive(struct scene *scene);

#endif

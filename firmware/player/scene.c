#include "player/scene.h"

#include "base/log.h"
#include "player/clock.h"

#define RECEIVE_MAX 64 /* messages taken of one renderer at a time, so that none can starve the others */

void scene_init(struct scene *scene, struct display *display, struct audio *audio, struct trace *trace) {
    *scene = (struct scene){.display = display,
                            .audio = audio,
                            .trace = trace,
                            .canvas = {.size = {SCENE_CANVAS_WIDTH, SCENE_CANVAS_HIGH}},
                            .background = SCENE_BACKGROUND,
                            .background_next = SCENE_BACKGROUND,
                            .dirty = true};
}

void scene_finish(struct scene *scene) {
    for (size_t i = 0; i < scene->count; i++)
        layer_destroy(scene->layers[i], scene->audio);
    scene->count = 0;
}

void scene_touch(struct scene *scene) {
    scene->dirty = true;
}

struct layer *scene_find(const struct scene *scene, unsigned owner, uint32_t id) {
    for (size_t i = 0; i < scene->count; i++) {
        if (scene->layers[i]->owner == owner && scene->layers[i]->id == id)
            return scene->layers[i];
    }
    return NULL;
}

bool scene_is_orphan(const struct scene *scene, const struct layer *layer) {
    return layer->owner != scene->owner;
}

const struct layer *scene_successor(const struct scene *scene, const struct layer *layer, int64_t now_us) {
    for (size_t i = 0; i < scene->count; i++) {
        const struct layer *other = scene->layers[i];
        if (other == layer || !layer_is_fading(other, now_us))
            continue;
        if (other->owner == layer->owner ? other->show.replaces == layer->id : scene_is_orphan(scene, layer))
            return other;
    }
    return NULL;
}

void scene_report(const struct scene *scene, const struct layer *layer, const struct ipc_message *message) {
    if (!scene_is_orphan(scene, layer))
        scene->report(scene->report_arg, message);
}

void scene_report_ended(const struct scene *scene, struct layer *layer, int64_t now_us) {
    if (!layer->shown || layer->ended_reported)
        return;
    layer->late += layer->picture_fresh;
    layer->picture_fresh = false;
    layer->ended_reported = true;
    const struct ipc_message message = {.type = IPC_LAYER_ENDED,
                                        .layer_ended = {.layer = layer->id,
                                                        .at_ms = (uint64_t)(now_us / 1000),
                                                        .frames_presented = layer->presented,
                                                        .frames_late = layer->late}};
    scene_report(scene, layer, &message);
}

static void forget(struct scene *scene, const struct layer *layer) {
    size_t kept = 0;
    for (size_t i = 0; i < scene->count; i++) {
        if (scene->layers[i] != layer)
            scene->layers[kept++] = scene->layers[i];
    }
    scene->count = kept;
}

void scene_drop(struct scene *scene, struct layer *layer, int64_t now_us) {
    if (layer->shown && !layer->failed)
        scene_touch(scene);
    scene_report_ended(scene, layer, now_us);
    forget(scene, layer);
    layer_destroy(layer, scene->audio);
}

/* What the agent should know besides the reason. */
enum failure { FAILURE_PLAIN, FAILURE_GONE, FAILURE_BROKEN };

static struct ipc_message failed_message(uint32_t layer, const char *reason, enum failure failure) {
    struct ipc_message message = {.type = IPC_LAYER_FAILED,
                                  .layer_failed = {.layer = layer,
                                                   .gone = failure == FAILURE_GONE,
                                                   .broken = failure == FAILURE_BROKEN}};
    snprintf(message.layer_failed.reason, sizeof message.layer_failed.reason, "%s", reason);
    pp_log_warning("layer %u: %s", layer, reason);
    return message;
}

static void layer_drop_failed(struct scene *scene, struct layer *layer, const char *reason,
                              enum failure failure) {
    if (layer->shown && layer->picture)
        scene_touch(scene);
    layer_fail(layer, scene->audio);
    struct ipc_message message = failed_message(layer->id, reason, failure);
    scene_report(scene, layer, &message);
}

void scene_fail(struct scene *scene, struct layer *layer, const char *reason) {
    layer_drop_failed(scene, layer, reason, FAILURE_PLAIN);
}

void scene_agent_begin(struct scene *scene) {
    scene->owner++;
    scene->canvas.size = (struct geometry_size){SCENE_CANVAS_WIDTH, SCENE_CANVAS_HIGH};
    scene->canvas.fill = false; /* the turn stays: the display hangs as it did */
    for (size_t i = scene->count; i-- > 0;) {
        if (!scene->layers[i]->shown || scene->layers[i]->failed)
            scene_drop(scene, scene->layers[i], player_now_us());
    }
}

void scene_canvas(struct scene *scene, const struct ipc_canvas *canvas) {
    if (scene->canvas.turn != canvas->turn && scene->offline_mark)
        scene_touch(scene);
    scene->canvas = (struct geometry_canvas){
        .size = {canvas->width, canvas->height}, .fill = canvas->fill, .turn = canvas->turn};
    scene->background_next = canvas->background;
}

static void insert(struct scene *scene, struct layer *layer) {
    size_t at = scene->count;
    while (at > 0 && scene->layers[at - 1]->z > layer->z)
        at--;
    memmove(scene->layers + at + 1, scene->layers + at, (scene->count - at) * sizeof scene->layers[0]);
    scene->layers[at] = layer;
    scene->count++;
}

static size_t count_of_agent(const struct scene *scene) {
    size_t count = 0;
    for (size_t i = 0; i < scene->count; i++)
        count += !scene_is_orphan(scene, scene->layers[i]);
    return count;
}

static bool refuse(const struct scene *scene, uint32_t layer, const char *reason) {
    struct ipc_message message = failed_message(layer, reason, FAILURE_PLAIN);
    scene->report(scene->report_arg, &message);
    return true;
}

bool scene_layer_add(struct scene *scene, const struct ipc_layer_add *add, int socket,
                     struct pp_error *error) {
    pp_autoclose int fd = socket;
    if (scene_find(scene, scene->owner, add->layer))
        return pp_fail(error, PP_E_INVALID, "LAYER_ADD: layer %u is there already", add->layer);
    if (count_of_agent(scene) == IPC_LAYERS_MAX || scene->count == SCENE_CAPACITY)
        return refuse(scene, add->layer, "too many layers");
    struct layer *layer = layer_create(add, fd, error);
    if (!layer)
        return refuse(scene, add->layer, "out of memory");
    pp_steal_fd(&fd);
    layer->owner = scene->owner;
    layer->canvas = scene->canvas;
    layer->order = scene->added++;
    insert(scene, layer);
    return true;
}

void scene_layer_show(struct scene *scene, const struct ipc_layer_show *show) {
    struct layer *layer = scene_find(scene, scene->owner, show->layer);
    if (!layer || layer->failed || layer->shown)
        return;
    layer->show = *show;
    layer->show_pending = true;
}

void scene_layer_remove(struct scene *scene, uint32_t id) {
    struct layer *layer = scene_find(scene, scene->owner, id);
    if (layer)
        scene_drop(scene, layer, player_now_us());
}

void scene_set_dark(struct scene *scene, bool dark) {
    if (scene->dark != dark)
        scene_touch(scene);
    scene->dark = dark;
}

void scene_offline_mark(struct scene *scene, bool shown) {
    if (scene->offline_mark != shown)
        scene_touch(scene);
    scene->offline_mark = shown;
}

size_t scene_poll_fill(const struct scene *scene, struct pollfd *fds) {
    size_t count = 0;
    for (size_t i = 0; i < scene->count; i++) {
        if (scene->layers[i]->socket >= 0)
            fds[count++] = (struct pollfd){.fd = scene->layers[i]->socket, .events = POLLIN};
    }
    return count;
}

void scene_fail_there(struct scene *scene, struct layer *layer, const char *reason, bool gone) {
    if (!layer->frames) {
        layer_drop_failed(scene, layer, reason, gone ? FAILURE_GONE : FAILURE_PLAIN);
        return;
    }
    pp_close(&layer->socket); /* what comes after all would break the order, and take the picture away */
    layer->has_end = true;
    layer->duration_us = layer->last_pts_us;
    struct ipc_message message = failed_message(layer->id, reason, gone ? FAILURE_GONE : FAILURE_PLAIN);
    scene_report(scene, layer, &message);
}

/* A place may be larger than the display, where it sticks out of it; beyond twice its size that is no use. */
static uint32_t place_side(int side, int display_side) {
    return (uint32_t)(side < 0 ? 0 : side < 2 * display_side ? side : 2 * display_side);
}

/* By its place and the display: a status screen may fill the whole of that in any case. */
static uint64_t picture_pixels_max(const struct scene *scene, const struct layer *layer) {
    struct geometry_size display = display_size(scene->display);
    struct geometry_rect zone = geometry_zone_uncut(layer->zone, layer->canvas, display);
    uint64_t place = 2 * ipc_picture_pixels_max(place_side(zone.w, display.w), place_side(zone.h, display.h));
    uint64_t whole = (uint64_t)display.w * (uint64_t)display.h;
    return place > whole ? place : whole;
}

static struct layer_limits limits_of(const struct scene *scene, const struct layer *layer) {
    struct geometry_size display = display_size(scene->display);
    uint64_t budget = SCENE_MEMORY_LEAST + (uint64_t)display.w * (uint64_t)display.h * SCENE_MEMORY_PER_PIXEL;
    uint64_t used = 0;
    for (size_t i = 0; i < scene->count; i++)
        used += layer_memory(scene->layers[i]);
    return (struct layer_limits){.picture_pixels = picture_pixels_max(scene, layer),
                                 .memory_bytes = used < budget ? budget - used : 0};
}

static void layer_receive_all(struct scene *scene, struct layer *layer) {
    for (int i = 0; i < RECEIVE_MAX && layer->socket >= 0; i++) {
        struct pp_error error = {0};
        const struct layer_limits limits = limits_of(scene, layer);
        switch (layer_receive(layer, scene->audio, &limits, &error)) {
        case LAYER_NEWS_NONE:
        case LAYER_NEWS_CLOSED:
            return;
        case LAYER_NEWS_SOME:
            break;
        case LAYER_NEWS_LOST:
            scene_fail_there(scene, layer, error.message, true);
            return;
        case LAYER_NEWS_BROKEN:
            layer_drop_failed(scene, layer, error.message,
                              error.code == PP_E_INVALID ? FAILURE_BROKEN : FAILURE_PLAIN);
            return;
        }
    }
}

void scene_receive(struct scene *scene) {
    for (size_t i = 0; i < scene->count; i++)
        layer_receive_all(scene, scene->layers[i]);
}

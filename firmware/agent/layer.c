#include "agent/layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "ipc/conn.h"

#define LAYER_AHEAD_MAX_MS 1000 /* of a present that the player tells about */
#define LAYER_REASON_MS    3000 /* that a renderer may need to say why it hung up on the player */

struct layer {
    struct layer *next;
    struct layer_set *set;
    uint32_t number;
    struct renderer *renderer;
    struct ipc_info info;
    bool failed;
    char *text;                           /* of one that draws live values: what it was last told */
    struct net_timer gone_timer;          /* its renderer hung up on the player; it is to say why by then */
    char gone_reason[IPC_REASON_MAX + 1]; /* what is reported otherwise */
    layer_callback *callback;
    void *arg;
};

struct layer_set {
    struct net_loop *loop;
    struct player_link *link;
    struct renderers *renderers;
    uint32_t last_number;
    struct layer *first;
    struct renderer *spare; /* for media, waiting for its item; NULL none */
};

struct layer_set *layer_set_create(struct net_loop *loop, struct player_link *link,
                                   const struct renderers_config *renderers, struct pp_error *error) {
    struct layer_set *set = calloc(1, sizeof *set);
    if (!set) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *set =
        (struct layer_set){.loop = loop, .link = link, .renderers = renderers_create(loop, renderers, error)};
    if (!set->renderers) {
        free(set);
        return NULL;
    }
    return set;
}

void layer_set_destroy(struct layer_set *set) {
    if (!set)
        return;
    renderer_destroy(set->spare);
    renderers_destroy(set->renderers);
    free(set);
}

void layer_set_prepare(struct layer_set *set) {
    struct pp_error error = {0};
    if (!set->spare && !(set->spare = renderer_prepare(set->renderers, RENDERER_MEDIA, &error)))
        pp_log_warning("%s", error.message);
}

bool layer_set_is_up(const struct layer_set *set) {
    return player_link_is_up(set->link);
}

uint8_t layer_set_sandbox(const struct layer_set *set) {
    return renderers_sandbox(set->renderers);
}

static void layer_report(struct layer *layer, const struct layer_report *report) {
    if (layer->failed)
        return;
    layer->failed = report->event == LAYER_FAILED;
    if (layer->failed)
        net_timer_stop(&layer->gone_timer);
    /* Its last picture is the player's; whatever it still did would be nothing good. */
    if (layer->failed)
        renderer_destroy(pp_steal(&layer->renderer));
    layer->callback(layer->arg, layer, report);
}

static void on_renderer_info(void *arg, const struct ipc_info *info) {
    struct layer *layer = arg;
    layer->info = *info;
}

static void on_renderer_note(void *arg, const struct ipc_note *note) {
    layer_report(arg, &(struct layer_report){.event = LAYER_NOTE, .reason = note->reason});
}

static void on_renderer_failed(void *arg, const char *reason) {
    const struct layer *layer = arg;
    layer_report(arg, &(struct layer_report){.event = LAYER_FAILED,
                                             .unread = renderer_could_not_read(layer->renderer),
                                             .reason = reason});
}

static void on_gone(void *arg) {
    struct layer *layer = arg;
    layer_report(layer, &(struct layer_report){.event = LAYER_FAILED, .reason = layer->gone_reason});
}

/* With success, and yet before the layer's end: there is nothing more to hear. */
static void on_renderer_ended(void *arg) {
    struct layer *layer = arg;
    if (net_timer_is_running(&layer->gone_timer))
        on_gone(layer);
}

static struct layer *layer_find(const struct layer_set *set, uint32_t number) {
    struct layer *layer = set->first;
    while (layer && layer->number != number)
        layer = layer->next;
    return layer;
}

/* The player's clock is ours, so what it has shown it has shown by now, or will in its next present. */
static int64_t believed_ms(uint64_t at_ms) {
    int64_t latest_ms = pp_clock_monotonic_ms() + LAYER_AHEAD_MAX_MS;
    return at_ms < (uint64_t)latest_ms ? (int64_t)at_ms : latest_ms;
}

/* The number of the layer a message is about, 0 for other messages. */
static uint32_t report_of(const struct ipc_message *message, struct layer_report *report) {
    switch (message->type) {
    case IPC_LAYER_READY:
        *report = (struct layer_report){.event = LAYER_READY};
        return message->layer_ready.layer;
    case IPC_LAYER_SHOWN:
        *report =
            (struct layer_report){.event = LAYER_SHOWN, .at_ms = believed_ms(message->layer_shown.at_ms)};
        return message->layer_shown.layer;
    case IPC_LAYER_ENDED:
        *report = (struct layer_report){.event = LAYER_ENDED,
                                        .at_ms = believed_ms(message->layer_ended.at_ms),
                                        .frames_presented = message->layer_ended.frames_presented,
                                        .frames_late = message->layer_ended.frames_late};
        return message->layer_ended.layer;
    case IPC_LAYER_FAILED:
        *report = (struct layer_report){.event = LAYER_FAILED, .reason = message->layer_failed.reason};
        return message->layer_failed.layer;
    default:
        return 0;
    }
}

/* Why it is gone the renderer knows better than the player: by its own words, which may be on their way still, or
 * by how it ended. */
static void layer_await_reason(struct layer *layer, const char *reason) {
    snprintf(layer->gone_reason, sizeof layer->gone_reason, "%s", reason);
    if (layer->renderer && !renderer_has_ended(layer->renderer))
        net_timer_start_in(&layer->gone_timer, layer->set->loop, LAYER_REASON_MS, on_gone, layer);
    else
        on_gone(layer);
}

void layer_set_handle(struct layer_set *set, const struct ipc_message *message) {
    struct layer_report report = {0};
    uint32_t number = report_of(message, &report);
    struct layer *layer = layer_find(set, number);
    if (layer && layer->renderer && report.event == LAYER_FAILED && message->layer_failed.broken)
        renderer_broke_protocol(layer->renderer, report.reason);
    if (layer && report.event == LAYER_FAILED && message->layer_failed.gone)
        layer_await_reason(layer, report.reason);
    else if (layer)
        layer_report(layer, &report);
}

static bool layer_begin(struct layer *layer, struct renderer *renderer, const char *name,
                        const struct ipc_message *start, struct pp_error *error) {
    static const struct renderer_events events = {.on_info = on_renderer_info,
                                                  .on_note = on_renderer_note,
                                                  .on_failed = on_renderer_failed,
                                                  .on_ended = on_renderer_ended};
    if (!renderer || !renderer_begin(renderer, name, start, &events, layer, error)) {
        renderer_destroy(renderer);
        return false;
    }
    layer->renderer = renderer;
    return true;
}

/* The spare one may have died while it waited. */
static bool layer_start_renderer(struct layer *layer, const char *name, struct ipc_message *start,
                                 int frame_socket, struct pp_error *error) {
    struct layer_set *set = layer->set;
    enum renderer_program program = start->type == IPC_START_STATUS ? RENDERER_STATUS : RENDERER_MEDIA;
    struct pp_error ignored = {0};
    start->fds[start->fd_count++] = frame_socket;
    if (program == RENDERER_MEDIA && layer_begin(layer, pp_steal(&set->spare), name, start, &ignored))
        return true;
    return layer_begin(layer, renderer_prepare(set->renderers, program, error), name, start, error);
}

static bool layer_add(const struct layer *layer, const struct layer_place *place, int frame_socket,
                      struct pp_error *error) {
    struct ipc_message add = {
        .type = IPC_LAYER_ADD,
        .layer_add = {.layer = layer->number,
                      .x = place->x,
                      .y = place->y,
                      .width = place->width,
                      .height = place->height,
                      .z = place->z,
                      .fit = place->fit,
                      .volume = place->volume,
                      .hold_ms = place->hold_ms},
        .fds = {frame_socket},
        .fd_count = 1,
    };
    if (!player_link_send(layer->set->link, &add))
        return pp_fail(error, PP_E_NET, "there is no player");
    return true;
}

struct layer *layer_create(struct layer_set *set, const struct layer_place *place, struct ipc_message *start,
                           layer_callback *callback, void *arg, struct pp_error *error) {
    int frames[2];
    if (!layer_set_is_up(set)) {
        pp_fail(error, PP_E_NET, "there is no player");
        return NULL;
    }
    if (!ipc_pair(frames, error))
        return NULL;
    pp_autoclose int ours = frames[0];
    pp_autoclose int theirs = frames[1];
    struct layer *layer = calloc(1, sizeof *layer);
    if (!layer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *layer = (struct layer){.set = set, .number = ++set->last_number, .callback = callback, .arg = arg};
    if ((start->type == IPC_START_STATUS && !pp_text_copy(&layer->text, start->start_status.json, error)) ||
        !layer_start_renderer(layer, place->name, start, theirs, error) ||
        !layer_add(layer, place, ours, error)) {
        renderer_destroy(layer->renderer);
        pp_secret_free(layer->text);
        free(layer);
        return NULL;
    }
    layer->next = set->first;
    set->first = layer;
    return layer;
}

bool layer_update(struct layer *layer, const char *json, struct pp_error *error) {
    char *text = NULL;
    if (layer->failed || !layer->renderer || !layer->text || strcmp(layer->text, json) == 0)
        return true;
    if (!pp_text_copy(&text, json, error))
        return false;
    if (!renderer_update(layer->renderer, json, error)) {
        free(text);
        return false;
    }
    pp_secret_free(layer->text);
    layer->text = text;
    return true;
}

void layer_show(struct layer *layer, const struct layer *replaces, enum ipc_trigger trigger, int64_t at_ms,
                enum ipc_transition transition, uint32_t transition_ms) {
    struct ipc_message show = {
        .type = IPC_LAYER_SHOW,
        .layer_show = {.layer = layer->number,
                       .replaces = replaces ? replaces->number : 0,
                       .trigger = (uint8_t)trigger,
                       .at_ms = (uint64_t)at_ms,
                       .transition = (uint8_t)transition,
                       .duration_ms = transition_ms},
    };
    player_link_send(layer->set->link, &show);
}

void layer_destroy(struct layer *layer) {
    if (!layer)
        return;
    struct layer **place = &layer->set->first;
    while (*place != layer)
        place = &(*place)->next;
    *place = layer->next;
    struct ipc_message remove = {.type = IPC_LAYER_REMOVE, .layer_remove = {.layer = layer->number}};
    player_link_send(layer->set->link, &remove);
    net_timer_stop(&layer->gone_timer);
    renderer_destroy(layer->renderer);
    pp_secret_free(layer->text);
    free(layer);
}

uint32_t layer_duration_ms(const struct layer *layer) {
    return layer->info.duration_ms;
}

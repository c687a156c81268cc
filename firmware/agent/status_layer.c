#include "agent/status_layer.h"

#include <string.h>

#include "agent/director.h"
#include "base/clock.h"
#include "base/log.h"

void status_layer_init(struct status_layer *status, struct net_loop *loop, void (*on_failed)(void *arg),
                       void (*on_next)(void *arg), void *arg) {
    *status = (struct status_layer){
        .loop = loop, .on_failed = on_failed, .on_next = on_next, .arg = arg, .z = STATUS_LAYER_Z};
}

static void on_status_layer(void *arg, struct layer *layer, const struct layer_report *report);

static void drop_outgoing(void *arg) {
    struct status_layer *status = arg;
    layer_destroy(pp_steal(&status->outgoing));
}

void status_layer_clear(struct status_layer *status) {
    net_timer_stop(&status->outgoing_timer);
    net_timer_stop(&status->ready_timer);
    drop_outgoing(status);
    status->waits = false;
    layer_destroy(pp_steal(&status->next));
    layer_destroy(pp_steal(&status->current));
}

static void on_status_failed(struct status_layer *status, struct layer *layer, const char *reason) {
    struct pp_error why = {0};
    pp_fail(&why, PP_E_STATE, "%s", reason);
    pp_wrap(&why, "status screen");
    pp_log_error("%s", why.message);
    if (layer == status->next)
        status->next = NULL;
    else if (layer == status->current)
        status->current = NULL;
    else
        return;
    net_timer_stop(&status->ready_timer);
    *status->text = 0;
    status->waits = false; /* it is asked for again */
    layer_destroy(layer);
    status->on_failed(status->arg);
}

static void on_ready_overdue(void *arg) {
    struct status_layer *status = arg;
    on_status_failed(status, status->next, "not drawn in time");
}

static void on_status_shown(struct status_layer *status) {
    net_timer_stop(&status->ready_timer);
    net_timer_stop(&status->outgoing_timer);
    drop_outgoing(status);
    status->outgoing = status->current;
    status->current = pp_steal(&status->next);
    if (status->outgoing)
        net_timer_start_in(&status->outgoing_timer, status->loop, DIRECTOR_STATUS_FADE_MS + ZONE_LINGER_MS,
                           drop_outgoing, status);
    if (status->on_shown)
        status->on_shown(status->arg);
    bool waits = status->waits;
    status->waits = false;
    if (waits)
        status->on_next(status->arg);
}

static void on_status_layer(void *arg, struct layer *layer, const struct layer_report *report) {
    struct status_layer *status = arg;
    if (report->event == LAYER_SHOWN && layer == status->next)
        on_status_shown(status);
    if (report->event == LAYER_FAILED)
        on_status_failed(status, layer, report->reason);
}

bool status_layer_show(struct status_layer *status, struct layer_set *layers, const struct status_place *at,
                       const char *json, struct pp_error *error) {
    struct ipc_message start = {.type = IPC_START_STATUS};
    if (strlen(json) > IPC_TEXT_MAX)
        return pp_fail(error, PP_E_LIMIT, "status screen: more than %d bytes of text", IPC_TEXT_MAX);
    bool typing = strstr(json, "\"typed\":") && strstr(status->text, "\"typed\":");
    bool same = (status->current || status->next) && strcmp(status->text, json) == 0;
    status->waits = status->next && !same;
    if (same || status->waits)
        return true;
    bool fades = status->current && !typing;
    strcpy(start.start_status.json, json);
    strcpy(status->text, json);
    struct layer_place place = {.name = "the status screen",
                                .y = at->y,
                                .width = at->width,
                                .height = at->height,
                                .z = status->z,
                                .fit = IPC_FIT_CONTAIN};
    status->next = layer_create(layers, &place, &start, on_status_layer, status, error);
    if (!status->next) {
        *status->text = 0;
        return pp_wrap(error, "status screen");
    }
    net_timer_start_in(&status->ready_timer, status->loop, STATUS_READY_MAX_MS, on_ready_overdue, status);
    layer_show(status->next, status->current, IPC_TRIGGER_READY, 0,
               fades ? IPC_TRANSITION_CROSSFADE : IPC_TRANSITION_CUT, fades ? DIRECTOR_STATUS_FADE_MS : 0);
    return true;
}

#include "agent/zone.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/turn.h"
#include "base/clock.h"
#include "base/log.h"
#include "channel/kind.h"
#include "channel/schedule.h"

struct zone {
    struct zone_config config;
    char id[CHANNEL_NAME_MAX + 1];
    const struct layer *carried; /* shown before us, replaced by our first item; NULL after that */
    struct layer *outgoing;      /* replaced, until its transition is over */
    struct layer *current;       /* on the screen */
    struct layer *next;          /* started, not yet shown */
    const struct channel_item *current_item;
    const struct channel_item *next_item;
    size_t next_index; /* in the playlist, of `next` or of what is tried next */
    bool aligned;      /* to the wall clock: items are shown by their turns */
    struct turn turn;  /* of `current`; end_ms 0 when there is none */
    struct turn next_turn;
    size_t passed_over; /* items that failed since one was shown: the turn is another's */
    int64_t shown_ms;   /* CLOCK_MONOTONIC, of `current` */
    int64_t shown_s;    /* s since 1970 */
    bool current_over;  /* ended or failed: its last picture stays */
    bool current_failed;
    bool settled; /* told, whatever it was */
    bool shown;   /* told that there is a picture, which is not dead */
    bool frozen;
    bool resource_error_reported;
    bool unread; /* an item could not be read at the last try: the flash's fault, not its own */
    struct net_timer advance_timer; /* the time to preroll, or to try again */
    struct net_timer ready_timer;   /* `next` must have its first frame by then */
    struct net_timer overrun_timer; /* `current` must have ended by then */
    struct net_timer outgoing_timer;
};

static void zone_advance(struct zone *zone);
static void on_layer(void *arg, struct layer *layer, const struct layer_report *report);

static void timer_set(struct zone *zone, struct net_timer *timer, int64_t due_ms,
                      net_loop_callback *callback) {
    net_timer_start(timer, zone->config.loop, due_ms, callback, zone);
}

static const struct channel_playlist *playlist_of(const struct zone *zone) {
    return zone->config.zone->playlist;
}

static void zone_settle(struct zone *zone, bool shown) {
    if (zone->settled && zone->shown == shown)
        return;
    bool again = zone->settled;
    zone->settled = true;
    zone->shown = shown;
    zone->config.events.on_settled(zone->config.arg, shown, again);
}

static void on_outgoing_over(void *arg) {
    struct zone *zone = arg;
    layer_destroy(pp_steal(&zone->outgoing));
}

static void on_advance_due(void *arg) {
    struct zone *zone = arg;
    zone_advance(zone);
}

/* ---- Starting an item ---- */

static uint8_t ipc_fit_of(enum channel_fit fit) {
    static const uint8_t fits[] = {
        [CHANNEL_CONTAIN] = IPC_FIT_CONTAIN, [CHANNEL_COVER] = IPC_FIT_COVER, [CHANNEL_FILL] = IPC_FIT_FILL};
    return fits[fit];
}

struct zone_budget zone_budget_of(enum channel_kind kind) {
    static const struct zone_budget budgets[CHANNEL_KINDS] = {[CHANNEL_IMAGE] = {20000, 12000, 768, 64},
                                                              [CHANNEL_VIDEO] = {15000, 10000, 384, 96},
                                                              [CHANNEL_METRIC] = {20000, 12000, 0, 0}};
    return budgets[kind];
}

uint32_t zone_memory_mib(const struct zone_budget *budget, uint32_t width, uint32_t height) {
    return budget->memory_mib + (uint32_t)((uint64_t)width * height * budget->memory_per_pixel >> 20);
}

static bool moves(const struct channel_item *item) {
    return channel_kind_row(item->kind)->moves;
}

/* A film whose end only its file knows, which may say anything: what is shown decides. */
static bool is_open_ended(const struct channel_item *item) {
    return moves(item) && !item->duration_ms;
}

/* A playlist of one item needs no change: a picture stays, a video starts over by itself, unless the clock
 * says when. */
static bool zone_is_alone(const struct zone *zone) {
    const struct channel_playlist *playlist = playlist_of(zone);
    return playlist->item_count == 1 && !(zone->aligned && moves(&playlist->items[0]));
}

/* How long an item is to be shown; 0: it stays, or it is a video, which then ends by itself. */
static uint32_t item_ms(const struct zone *zone, const struct channel_item *item) {
    if (zone_is_alone(zone))
        return 0;
    return (uint32_t)(zone->aligned ? zone->next_turn.end_ms - zone->next_turn.begin_ms : item->duration_ms);
}

static void start_media(const struct zone *zone, const struct channel_item *item, int object,
                        struct ipc_message *start) {
    const struct zone_budget budget = zone_budget_of(item->kind);
    *start = (struct ipc_message){
        .type = IPC_START_MEDIA,
        .start_media = {.kind = item->kind == CHANNEL_VIDEO ? IPC_MEDIA_VIDEO : IPC_MEDIA_IMAGE,
                        .object_length = item->object->length,
                        .loop = zone_is_alone(zone),
                        .audio = item->volume > 0,
                        .target_width = zone->config.target_width,
                        .target_height = zone->config.target_height,
                        .duration_ms = item_ms(zone, item),
                        .start_ms = moves(item) ? (uint32_t)zone->next_turn.offset_ms : 0,
                        .memory_mib =
                            zone_memory_mib(&budget, zone->config.target_width, zone->config.target_height),
                        .first_cpu_ms = budget.first_cpu_ms},
        .fds = {object},
        .fd_count = 1,
    };
    memcpy(start->start_media.key, item->object->key, sizeof start->start_media.key);
}

static bool metric_write(const struct zone *zone, const struct channel_item *item,
                         char json[IPC_TEXT_MAX + 1], struct pp_error *error) {
    return zone->config.write_metric
               ? zone->config.write_metric(zone->config.arg, item, zone->config.target_width,
                                           zone->config.target_height, json, error)
               : pp_fail(error, PP_E_UNSUPPORTED, "there is no live data here");
}

/* How the item's renderer is started: by what its kind needs. */
static bool start_write(const struct zone *zone, const struct channel_item *item, int object,
                        struct ipc_message *start, struct pp_error *error) {
    if (channel_kind_row(item->kind)->object) {
        start_media(zone, item, object, start);
        return true;
    }
    *start = (struct ipc_message){.type = IPC_START_STATUS};
    return metric_write(zone, item, start->start_status.json, error);
}

static struct layer *item_start(struct zone *zone, const struct channel_item *item, int object,
                                struct pp_error *error) {
    const struct channel_zone *place = zone->config.zone;
    struct ipc_message start;
    struct layer_place where = {.name = item->id,
                                .x = place->x,
                                .y = place->y,
                                .width = place->width,
                                .height = place->height,
                                .z = place->z,
                                .fit = ipc_fit_of(item->fit),
                                .volume = (uint8_t)(item->volume * 100 + 0.5),
                                .hold_ms = is_open_ended(item) ? ZONE_STILL_MAX_MS : 0};
    if (!start_write(zone, item, object, &start, error))
        return NULL;
    struct layer *layer = layer_create(zone->config.layers, &where, &start, on_layer, zone, error);
    pp_wipe(&start, sizeof start);
    return layer;
}

static bool item_allowed(const struct zone *zone, const struct channel_item *item) {
    uint8_t mark[CHANNEL_HASH_SIZE];
    channel_item_mark(item, mark);
    return faults_allow(zone->config.faults, mark, pp_clock_monotonic_ms());
}

static void item_fault(struct zone *zone, const struct channel_item *item, const char *reason) {
    uint8_t mark[CHANNEL_HASH_SIZE];
    channel_item_mark(item, mark);
    bool aside = faults_add(zone->config.faults, mark, pp_clock_monotonic_ms());
    zone->config.events.on_fault(zone->config.arg, item, reason, aside);
}

/* The flash does not let it be read, or there is no process, no descriptor, no memory: nothing that the item
 * could help, and no reason to set it aside. Told once until it goes well. */
static void zone_report_resource_error(struct zone *zone, const struct channel_item *item,
                                       const char *reason) {
    if (!zone->resource_error_reported)
        zone->config.events.on_fault(zone->config.arg, item, reason, false);
    zone->resource_error_reported = true;
}

/* A video that ended before its time keeps its last picture until then. */
static bool zone_stays(const struct zone *zone) {
    const struct channel_item *item = zone->current_item;
    return !zone->current_failed && moves(item) &&
           pp_clock_monotonic_ms() < zone->shown_ms + item->duration_ms;
}

/* When `next` is shown; `*at_ms` for IPC_TRIGGER_TIME. */
static enum ipc_trigger zone_trigger(const struct zone *zone, int64_t *at_ms) {
    if (zone->aligned) {
        *at_ms = zone->next_turn.begin_ms;
        return IPC_TRIGGER_TIME;
    }
    if (!zone->current || (zone->current_over && !zone_stays(zone)))
        return IPC_TRIGGER_READY;
    if (!moves(zone->current_item) || !zone->current_item->duration_ms)
        return IPC_TRIGGER_END;
    *at_ms = zone->shown_ms + zone->current_item->duration_ms;
    return IPC_TRIGGER_TIME;
}

/* The change from `current` to `next`: the player carries it out by itself at the right frame. */
static void zone_plan_change(struct zone *zone) {
    const struct channel_item *item = zone->next_item;
    enum ipc_transition kind =
        item->transition == CHANNEL_CROSSFADE ? IPC_TRANSITION_CROSSFADE : IPC_TRANSITION_CUT;
    uint32_t fade = (uint32_t)item->transition_ms;
    const struct layer *before = zone->current;
    int64_t at_ms = 0;
    enum ipc_trigger trigger = zone_trigger(zone, &at_ms);
    if (!before) {
        before = zone->carried;
        kind = before ? IPC_TRANSITION_CROSSFADE : IPC_TRANSITION_CUT;
        fade = before ? ZONE_FIRST_FADE_MS : 0;
    }
    layer_show(zone->next, before, trigger, at_ms, kind, fade);
}

static void on_ready_overdue(void *arg) {
    struct zone *zone = arg;
    if (zone->next)
        on_layer(zone, zone->next,
                 &(struct layer_report){.event = LAYER_FAILED, .reason = "no picture in time"});
}

/* Whether its object is there: *object, -1 where it needs none. */
static bool item_open(struct zone *zone, const struct channel_item *item, int *object) {
    struct pp_error error = {0};
    *object = -1;
    if (!channel_kind_row(item->kind)->object)
        return true;
    *object = zone->config.open_object(zone->config.arg, item->object->sha256, &error);
    if (*object >= 0)
        return true;
    if (error.code == PP_E_NOTFOUND)
        item_fault(zone, item, error.message);
    else
        zone_report_resource_error(zone, item, error.message);
    zone->unread = zone->unread || error.code != PP_E_NOTFOUND;
    return false;
}

/* Finds the next item that can be played and opens its object; false where there is none. */
static bool zone_find_item(struct zone *zone, int *object) {
    const struct channel_playlist *playlist = playlist_of(zone);
    zone->unread = false;
    for (size_t tried = 0; tried < playlist->item_count; tried++) {
        const struct channel_item *item = &playlist->items[zone->next_index];
        if (item_allowed(zone, item) && item_open(zone, item, object))
            return true;
        zone->next_index = (zone->next_index + 1) % playlist->item_count;
    }
    return false;
}

/* Whose turn is next, and when. */
static void zone_apply_turn(struct zone *zone) {
    const struct channel_playlist *playlist = playlist_of(zone);
    struct turn_clock now = turn_clock_read(zone->config.now_ms, zone->config.arg);
    if (turn_next(playlist, &now, zone->turn.end_ms, &zone->next_turn))
        zone->next_index = (zone->next_turn.index + zone->passed_over) % playlist->item_count;
}

/* Where the item whose turn it is cannot be shown, the one that was found takes its place at once. */
static void zone_fit_turn(struct zone *zone) {
    int64_t now_ms = pp_clock_monotonic_ms();
    if (zone->aligned && zone->next_index != zone->next_turn.index)
        turn_assign(&zone->next_turn, playlist_of(zone), zone->next_index,
                    zone->turn.end_ms > now_ms ? zone->turn.end_ms : now_ms);
}

/* What is shown is over, and nothing else will be tried for a long while. */
static bool zone_has_failed(const struct zone *zone) {
    const struct channel_playlist *playlist = playlist_of(zone);
    for (size_t i = 0; i < playlist->item_count; i++) {
        if (item_allowed(zone, &playlist->items[i]))
            return false;
    }
    return zone->current_over;
}

static bool zone_start(struct zone *zone, const struct channel_item *item, int object) {
    struct pp_error error = {0};
    zone->next = item_start(zone, item, object, &error);
    if (zone->next) {
        zone->next_item = item;
        zone_plan_change(zone);
        timer_set(zone, &zone->ready_timer, pp_clock_monotonic_ms() + zone_budget_of(item->kind).first_ms,
                  on_ready_overdue);
    } else if (layer_set_is_up(zone->config.layers)) {
        zone_report_resource_error(zone, item, error.message);
    }
    return zone->next != NULL;
}

/* Starts the next item that can be played; when none can, tries again later. While the flash lets nothing be read
 * that is soon, and what is shown stays: nothing has been settled. */
static void zone_advance(struct zone *zone) {
    const struct channel_playlist *playlist = playlist_of(zone);
    if (zone->frozen || zone->next)
        return;
    zone_apply_turn(zone);
    pp_autoclose int object = -1;
    bool found = zone_find_item(zone, &object);
    zone_fit_turn(zone);
    if (found && zone_start(zone, &playlist->items[zone->next_index], object))
        return;
    if (playlist->item_count)
        timer_set(zone, &zone->advance_timer,
                  pp_clock_monotonic_ms() + (zone->unread ? ZONE_READ_AGAIN_MS : ZONE_RETRY_MS),
                  on_advance_due);
    if ((!zone->current && !zone->unread) || zone_has_failed(zone))
        zone_settle(zone, false);
}

/* ---- What the layers report ---- */

static void zone_report_play(struct zone *zone, const struct layer_report *report) {
    if (!zone->current_item)
        return;
    struct zone_play play = {.item = zone->current_item,
                             .shown_at_s = zone->shown_s,
                             .shown_for_ms = pp_clock_monotonic_ms() - zone->shown_ms};
    if (report) {
        play.shown_for_ms = report->at_ms > zone->shown_ms ? report->at_ms - zone->shown_ms : 0;
        play.frames_presented = report->frames_presented;
        play.frames_late = report->frames_late;
    }
    zone->config.events.on_play(zone->config.arg, &play);
}

static void on_overrun(void *arg) {
    struct zone *zone = arg;
    if (zone->current && !zone->current_over)
        on_layer(zone, zone->current,
                 &(struct layer_report){.event = LAYER_FAILED, .reason = "did not end in time"});
}

/* Once an item is on the screen: when its successor is to be started, and when it is overdue. */
static void zone_plan_next(struct zone *zone) {
    if (zone_is_alone(zone))
        return;
    int64_t duration_ms = zone->current_item->duration_ms;
    if (!duration_ms)
        duration_ms = layer_duration_ms(zone->current);
    int64_t end_ms = zone->aligned ? zone->turn.end_ms : zone->shown_ms + duration_ms;
    int64_t preroll_ms = end_ms - ZONE_PREROLL_MS;
    if (!zone->aligned && preroll_ms < zone->shown_ms + ZONE_SHOWN_MIN_MS)
        preroll_ms = zone->shown_ms + ZONE_SHOWN_MIN_MS;
    timer_set(zone, &zone->advance_timer, preroll_ms, on_advance_due);
    int64_t overrun_ms =
        is_open_ended(zone->current_item) ? zone->shown_ms + ZONE_FILM_MAX_MS : end_ms + ZONE_OVERRUN_MS;
    timer_set(zone, &zone->overrun_timer, overrun_ms, on_overrun);
}

static void on_next_shown(struct zone *zone, int64_t at_ms) {
    net_timer_stop(&zone->ready_timer);
    net_timer_stop(&zone->overrun_timer);
    if (zone->current && !zone->current_over)
        zone_report_play(zone, NULL);
    layer_destroy(zone->outgoing);
    zone->outgoing = zone->current;
    int64_t over_ms =
        at_ms + (zone->carried ? ZONE_FIRST_FADE_MS : zone->next_item->transition_ms) + ZONE_LINGER_MS;
    if (zone->outgoing)
        timer_set(zone, &zone->outgoing_timer, over_ms, on_outgoing_over);
    zone->carried = NULL;
    zone->current = pp_steal(&zone->next);
    zone->current_item = pp_steal(&zone->next_item);
    zone->current_over = zone->current_failed = false;
    zone->shown_ms = at_ms;
    zone->shown_s = zone->config.now_ms(zone->config.arg) / 1000;
    zone->turn = zone->next_turn;
    zone->passed_over = 0;
    zone->resource_error_reported = false;
    zone->next_index = (zone->next_index + 1) % playlist_of(zone)->item_count;
    zone_plan_next(zone);
    zone_settle(zone, true);
}

static void layer_fault(struct zone *zone, const struct channel_item *item,
                        const struct layer_report *report) {
    if (report->unread)
        zone_report_resource_error(zone, item, report->reason);
    else
        item_fault(zone, item, report->reason);
}

static void on_next_layer(struct zone *zone, const struct layer_report *report) {
    if (report->event == LAYER_READY)
        net_timer_stop(&zone->ready_timer);
    if (report->event == LAYER_SHOWN)
        on_next_shown(zone, report->at_ms);
    if (report->event != LAYER_FAILED)
        return;
    net_timer_stop(&zone->ready_timer);
    const struct channel_item *item = pp_steal(&zone->next_item);
    struct layer *failed = pp_steal(&zone->next);
    layer_fault(zone, item, report);
    layer_destroy(failed); /* not before: the reason may be its own */
    zone->next_index = (zone->next_index + 1) % playlist_of(zone)->item_count;
    zone->passed_over++;
    /* Not at once: a playlist of nothing but bad items must not become a storm of processes. */
    int64_t pause_ms = zone->current_over || !zone->current ? 250 : 0;
    if (report->unread)
        pause_ms = ZONE_READ_AGAIN_MS;
    timer_set(zone, &zone->advance_timer, pp_clock_monotonic_ms() + pause_ms, on_advance_due);
}

/* Its turn is over at once, whatever was left of it. */
static void on_current_failed(struct zone *zone, const struct layer_report *report) {
    layer_fault(zone, zone->current_item, report);
    zone->turn.end_ms = 0;
    zone->next_turn.begin_ms = pp_clock_monotonic_ms();
    if (zone->next)
        zone_plan_change(zone); /* where the change was planned for a time of its own */
    else
        zone->passed_over = 1;
}

/* Films of a frame each must not become a storm of processes: the last picture stays until then. */
static void zone_advance_soon(struct zone *zone) {
    int64_t now_ms = pp_clock_monotonic_ms(), least_ms = zone->shown_ms + ZONE_SHOWN_MIN_MS;
    if (now_ms >= least_ms)
        zone_advance(zone);
    else
        timer_set(zone, &zone->advance_timer, least_ms, on_advance_due);
}

static void on_current_layer(struct zone *zone, const struct layer_report *report) {
    if (zone->current_over || (report->event != LAYER_ENDED && report->event != LAYER_FAILED))
        return;
    bool failed = report->event == LAYER_FAILED;
    net_timer_stop(&zone->overrun_timer);
    zone_report_play(zone, failed ? NULL : report);
    zone->current_over = true;
    zone->current_failed = failed;
    if (failed)
        on_current_failed(zone, report);
    /* What ends before its turn or its time stays: the moment to go on comes. */
    if (!zone->next && failed)
        zone_advance(zone);
    else if (!zone->next && !zone->aligned && !zone_stays(zone))
        zone_advance_soon(zone);
}

static void on_layer(void *arg, struct layer *layer, const struct layer_report *report) {
    struct zone *zone = arg;
    if (zone->frozen)
        return;
    bool shown_or_next = layer == zone->next || layer == zone->current;
    if (report->event == LAYER_NOTE && shown_or_next)
        zone->config.events.on_note(
            zone->config.arg, layer == zone->next ? zone->next_item : zone->current_item, report->reason);
    else if (layer == zone->next)
        on_next_layer(zone, report);
    else if (layer == zone->current)
        on_current_layer(zone, report);
}

/* ---- Life ---- */

struct zone *zone_create(const struct zone_config *config, const struct layer *carried,
                         struct pp_error *error) {
    struct zone *zone = calloc(1, sizeof *zone);
    if (!zone) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    zone->config = *config;
    zone->carried = carried;
    strcpy(zone->id, config->zone->id);
    zone->aligned = channel_playlist_is_aligned(config->zone->playlist);
    timer_set(zone, &zone->advance_timer, 0, on_advance_due);
    return zone;
}

static void layer_refresh(const struct zone *zone, struct layer *layer, const struct channel_item *item) {
    char json[IPC_TEXT_MAX + 1];
    struct pp_error error = {0};
    if (!layer || !item || !channel_kind_row(item->kind)->feed)
        return;
    if (!metric_write(zone, item, json, &error) || !layer_update(layer, json, &error))
        pp_log_warning("item %s: %s", item->id, error.message);
}

void zone_refresh_feeds(struct zone *zone) {
    if (zone->frozen)
        return;
    layer_refresh(zone, zone->current_over ? NULL : zone->current, zone->current_item);
    layer_refresh(zone, zone->next, zone->next_item);
}

void zone_try_again(struct zone *zone) {
    if (!zone->frozen && !zone->next && (!zone->current || zone->current_over))
        timer_set(zone, &zone->advance_timer, 0, on_advance_due);
}

void zone_forget_carried(struct zone *zone) {
    zone->carried = NULL;
}

static void zone_stop(struct zone *zone) {
    net_timer_stop(&zone->advance_timer);
    net_timer_stop(&zone->ready_timer);
    net_timer_stop(&zone->overrun_timer);
    net_timer_stop(&zone->outgoing_timer);
    layer_destroy(pp_steal(&zone->outgoing));
}

/* `next` stays, too: the player may have shown it by now, and taken what it replaces away. */
void zone_freeze(struct zone *zone) {
    if (zone->frozen)
        return;
    if (zone->current && !zone->current_over)
        zone_report_play(zone, NULL);
    zone_stop(zone);
    zone->frozen = true;
    zone->current_item = NULL;
    zone->next_item = NULL;
    zone->config.zone = NULL;
}

void zone_destroy(struct zone *zone) {
    if (!zone)
        return;
    zone_freeze(zone);
    layer_destroy(zone->next);
    layer_destroy(zone->current);
    free(zone);
}

const struct layer *zone_layer(const struct zone *zone) {
    return zone->current;
}

const char *zone_id(const struct zone *zone) {
    return zone->id;
}

#include "agent/director.h"

#include <stdlib.h>
#include <string.h>

#include "agent/layer.h"
#include "agent/status_layer.h"
#include "base/clock.h"
#include "base/log.h"
#include "channel/kind.h"
#include "channel/schedule.h"

/* A zone has at most three layers, a frozen one of the layout before has two; the status screen has three, and so has
 * an urgent message; the one that says who this is has one. */
_Static_assert(3 * CHANNEL_ZONES_MAX + 2 * CHANNEL_ZONES_MAX + 3 + 3 + 1 <= IPC_LAYERS_MAX,
               "the player takes the layers of the largest layout");

/* Of a band's height: of the display's, lying and upright, and as little as can be read. */
#define BAND_PARTS_LYING    4.5
#define BAND_PARTS_UPRIGHT  6.4
#define BAND_LEAST          64 /* pixels */

#define MESSAGE_DOUBLED_MAX 5 /* times that the wait for the next try is doubled */

/* The zones of one layout, from its beginning to the end of the one that follows it. */
struct generation {
    struct zone *zones[CHANNEL_ZONES_MAX];
    size_t count;
    size_t settled;
    size_t shown;
};

struct director {
    struct director_config config;
    struct player_link *link;
    struct layer_set *layers;
    struct ipc_display display; /* while the link is up */
    struct channel_manifest *manifest;
    const struct channel_layout *layout; /* of the manifest, the one that `now` shows */
    struct generation now;
    struct generation before; /* frozen; goes when all of `now` has settled */
    struct faults faults;
    struct faults notes; /* objects of which something is lost, told already */
    struct status_layer status;
    struct status_layer cover;   /* who this is, or a notice, above the status screen */
    int64_t cover_ms;            /* that it is shown for; 0: it is not waited for any more */
    struct status_layer message; /* an urgent one, above all */
    bool message_wanted;
    bool message_band;
    unsigned message_failures; /* in a row: each doubles the wait */
    bool message_first;        /* a player has come: all else is begun once that is there */
    bool identify_waits;       /* somebody is told when it is shown, or cannot be */
    bool blank;
    bool settled; /* the layout has settled, or there is none */
    bool status_wanted;
    bool offline_mark;
    uint8_t turn; /* quarters clockwise that everything is turned by */
    char time_zone[DIRECTOR_TIME_ZONE_MAX];
    struct net_timer schedule_timer;
    struct net_timer settle_timer;
    struct net_timer before_timer;  /* the end of the transitions from `before` */
    struct net_timer status_timer;  /* a status screen that failed is tried again */
    struct net_timer message_timer; /* one that failed is tried again */
    struct net_timer cover_timer;   /* it was shown for long enough */
    struct net_timer resize_timer;  /* the display's size is the last one for a while */
};

static void on_schedule_due(void *arg);

/* ---- Generations ---- */

static void generation_destroy(struct generation *generation) {
    for (size_t i = 0; i < generation->count; i++)
        zone_destroy(generation->zones[i]);
    *generation = (struct generation){0};
}

/* The layer an earlier zone of the same name shows, for the new zone to take over from. */
static const struct layer *generation_layer(const struct generation *generation, const char *id) {
    for (size_t i = 0; i < generation->count; i++) {
        if (strcmp(zone_id(generation->zones[i]), id) == 0)
            return zone_layer(generation->zones[i]);
    }
    return NULL;
}

static void before_drop(struct director *director) {
    net_timer_stop(&director->before_timer);
    for (size_t i = 0; i < director->now.count; i++)
        zone_forget_carried(director->now.zones[i]);
    generation_destroy(&director->before);
}

static void on_before_over(void *arg) {
    struct director *director = arg;
    before_drop(director);
}

static void director_all_settled(struct director *director) {
    director->settled = true;
    net_timer_stop(&director->settle_timer);
    bool shown = director->now.shown > 0;
    /* Where nothing of the new can be shown, the old picture is better than none. */
    if (shown) {
        int64_t due_ms = pp_clock_monotonic_ms() + ZONE_FIRST_FADE_MS + ZONE_LINGER_MS;
        net_timer_start(&director->before_timer, director->config.loop, due_ms, on_before_over, director);
        director_hide_status(director);
    }
    director->config.on_settled(director->config.arg, shown);
}

static void on_settle_overdue(void *arg) {
    struct director *director = arg;
    director_all_settled(director);
}

static void on_zone_settled(void *arg, bool shown, bool again) {
    struct director *director = arg;
    bool something = director->now.shown > 0;
    director->now.settled += !again;
    if (shown)
        director->now.shown++;
    else if (again)
        director->now.shown--;
    if (director->now.settled < director->now.count || (again && something == (director->now.shown > 0)))
        return;
    /* From the loop: the zone that calls must not go under its own feet. */
    net_timer_start(&director->settle_timer, director->config.loop, 0, on_settle_overdue, director);
}

static void on_zone_play(void *arg, const struct zone_play *play) {
    const struct director *director = arg;
    director->config.on_play(director->config.arg, play);
}

static void on_zone_fault(void *arg, const struct channel_item *item, const char *reason, bool set_aside) {
    const struct director *director = arg;
    director->config.on_fault(director->config.arg, item, reason, set_aside);
}

static void on_zone_note(void *arg, const struct channel_item *item, const char *reason) {
    struct director *director = arg;
    uint8_t mark[CHANNEL_HASH_SIZE];
    channel_item_mark(item, mark);
    if (faults_note(&director->notes, mark, pp_clock_monotonic_ms()))
        director->config.on_note(director->config.arg, item, reason);
}

static int zone_open_object(void *arg, const uint8_t sha256[CHANNEL_HASH_SIZE], struct pp_error *error) {
    const struct director *director = arg;
    return director->config.open_object(director->config.arg, sha256, error);
}

static int64_t zone_now_ms(void *arg) {
    const struct director *director = arg;
    return director->config.now_ms(director->config.arg);
}

static bool zone_write_metric(void *arg, const struct channel_item *item, uint16_t width, uint16_t height,
                              char json[IPC_TEXT_MAX + 1], struct pp_error *error) {
    const struct director *director = arg;
    return director->config.write_metric(director->config.arg, item, width, height, json, error);
}

/* Of the display as it is turned: what layouts and status screens are made for, in pixels. */
static uint16_t display_width(const struct director *director) {
    return director->turn % 2 ? director->display.height : director->display.width;
}

static uint16_t display_height(const struct director *director) {
    return director->turn % 2 ? director->display.width : director->display.height;
}

/* Pixels of the display for `units` of the canvas, in one direction. */
static uint16_t pixels_of(uint32_t units, double scale) {
    double pixels = units * scale + 0.5;
    return pixels < 1 ? 1 : pixels > IPC_SIDE_MAX ? IPC_SIDE_MAX : (uint16_t)pixels;
}

static void zone_target(const struct director *director, const struct channel_zone *zone,
                        struct zone_config *config) {
    double across = (double)display_width(director) / director->manifest->width;
    double down = (double)display_height(director) / director->manifest->height;
    if (!director->manifest->fill)
        across = down = across < down ? across : down;
    config->target_width = pixels_of(zone->width, across);
    config->target_height = pixels_of(zone->height, down);
}

static void generation_add_zone(struct director *director, const struct channel_zone *zone) {
    struct zone_config config = {
        .loop = director->config.loop,
        .layers = director->layers,
        .open_object = zone_open_object,
        .faults = &director->faults,
        .zone = zone,
        .now_ms = zone_now_ms,
        .write_metric = director->config.write_metric ? zone_write_metric : NULL,
        .events = {.on_settled = on_zone_settled,
                   .on_play = on_zone_play,
                   .on_fault = on_zone_fault,
                   .on_note = on_zone_note},
        .arg = director,
    };
    zone_target(director, zone, &config);
    struct pp_error error = {0};
    struct zone *made = zone_create(&config, generation_layer(&director->before, zone->id), &error);
    if (made)
        director->now.zones[director->now.count++] = made;
    else
        pp_log_error("zone %s: %s", zone->id, error.message);
}

/* For the layers that are added from now on: the content's canvas, or without any the display itself. */
static void director_send_canvas(struct director *director, const struct channel_manifest *manifest) {
    struct ipc_message canvas = {.type = IPC_CANVAS};
    canvas.canvas.width = manifest ? (uint16_t)manifest->width : display_width(director);
    canvas.canvas.height = manifest ? (uint16_t)manifest->height : display_height(director);
    canvas.canvas.fill = !manifest || manifest->fill;
    canvas.canvas.background = director->manifest ? director->manifest->background : 0x101418;
    canvas.canvas.turn = director->turn;
    player_link_send(director->link, &canvas);
}

/* ---- Layouts ---- */

/* The schedule begins one anew; until then nothing settles. */
static void director_forget_layout(struct director *director) {
    net_timer_stop(&director->settle_timer);
    director->layout = NULL;
    director->settled = false;
}

static void director_freeze(struct director *director) {
    if (!director->now.count)
        return;
    for (size_t i = 0; i < director->now.count; i++)
        zone_freeze(director->now.zones[i]);
    /* Two changes in a row: what the unfinished one shows takes the place of what was there before it. */
    if (director->now.shown || !director->before.count) {
        before_drop(director);
        director->before = director->now;
    } else {
        generation_destroy(&director->now);
    }
    director->now = (struct generation){0};
}

static void director_start_layout(struct director *director, const struct channel_layout *layout) {
    director->layout = layout;
    director->settled = false;
    director_send_canvas(director, director->manifest);
    for (size_t i = 0; i < layout->zone_count; i++)
        generation_add_zone(director, &layout->zones[i]);
    net_timer_start_in(&director->settle_timer, director->config.loop, DIRECTOR_SETTLE_MAX_MS,
                       on_settle_overdue, director);
}

/* Shows what the schedule asks for now, and comes back when that may change. */
static void director_follow_schedule(struct director *director) {
    net_timer_stop(&director->schedule_timer);
    if (!director->manifest || director->blank || director->message_first ||
        !player_link_is_up(director->link))
        return;
    int64_t now_ms = director->config.now_ms(director->config.arg);
    int64_t now_s = now_ms / 1000;
    int64_t until_s = CHANNEL_FOREVER;
    const struct channel_layout *layout =
        channel_layout_at(director->manifest, now_s, director->time_zone, &until_s);
    if (layout != director->layout) {
        director_freeze(director);
        director_start_layout(director, layout);
    }
    if (!director->manifest->event_count)
        return;
    /* "For ever" too only as long as nobody sets the clock. */
    int64_t wait_ms = DIRECTOR_CLOCK_LOOK_MS;
    if (until_s - now_s < wait_ms / 1000)
        wait_ms = until_s * 1000 - now_ms;
    net_timer_start_in(&director->schedule_timer, director->config.loop, wait_ms, on_schedule_due, director);
}

static void on_schedule_due(void *arg) {
    struct director *director = arg;
    director_follow_schedule(director);
}

/* ---- The player ---- */

static void on_status_again(void *arg);

/* Nobody may come by to ask for it again: who should see the code sees nothing. */
static void on_status_failed(void *arg) {
    struct director *director = arg;
    net_timer_start_in(&director->status_timer, director->config.loop, DIRECTOR_STATUS_AGAIN_MS,
                       on_status_again, director);
}

/* A status screen has the whole display, whatever the shape of the content's canvas. */
static void director_draw_status(struct director *director) {
    if (director->message_first || !player_link_is_up(director->link))
        return;
    char json[IPC_TEXT_MAX + 1];
    struct pp_error error = {0};
    uint16_t width = display_width(director), height = display_height(director);
    const struct status_place everywhere = {.width = width, .height = height};
    director_send_canvas(director, NULL);
    if (!director->config.write_status(director->config.arg, width, height, json, &error) ||
        !status_layer_show(&director->status, director->layers, &everywhere, json, &error)) {
        pp_log_error("%s", error.message);
        on_status_failed(director);
    }
    if (director->manifest)
        director_send_canvas(director, director->manifest);
}

static void on_status_again(void *arg) {
    struct director *director = arg;
    if (director->status_wanted)
        director_draw_status(director);
}

/* What was wanted while another was drawn. Where content is about to come by now, it is no longer: what becomes of
 * that says which screen is, if any. */
static void on_status_next(void *arg) {
    struct director *director = arg;
    if (director->status_wanted && !director_is_settling(director))
        director_draw_status(director);
}

/* ---- Who this is, and notices ---- */

static void on_cover_over(void *arg) {
    struct director *director = arg;
    status_layer_clear(&director->cover);
}

static void identify_tell(struct director *director, bool shown) {
    bool waits = director->identify_waits;
    director->identify_waits = false;
    director->cover_ms = 0;
    if (waits)
        director->config.on_identified(director->config.arg, shown);
}

static void on_cover_shown(void *arg) {
    struct director *director = arg;
    if (director->cover_ms)
        net_timer_start_in(&director->cover_timer, director->config.loop, director->cover_ms, on_cover_over,
                           director);
    identify_tell(director, true);
}

static void cover_clear(struct director *director) {
    net_timer_stop(&director->cover_timer);
    status_layer_clear(&director->cover);
    identify_tell(director, false);
}

/* Also the one that it was to replace, which is over. */
static void on_cover_failed(void *arg) {
    cover_clear(arg);
}

static bool cover_show(struct director *director,
                       bool (*write)(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                                     struct pp_error *error),
                       int64_t ms, struct pp_error *error) {
    char json[IPC_TEXT_MAX + 1];
    uint16_t width = display_width(director), height = display_height(director);
    if (!write || !player_link_is_up(director->link))
        return pp_fail(error, PP_E_STATE, "there is no player");
    const struct status_place everywhere = {.width = width, .height = height};
    director_send_canvas(director, NULL);
    bool ok = write(director->config.arg, width, height, json, error) &&
              status_layer_show(&director->cover, director->layers, &everywhere, json, error);
    pp_wipe(json, sizeof json);
    if (director->manifest)
        director_send_canvas(director, director->manifest);
    if (!ok)
        cover_clear(director);
    director->cover_ms = ok ? ms : 0;
    return ok;
}

bool director_identify(struct director *director, int64_t ms, struct pp_error *error) {
    cover_clear(director);
    director->identify_waits = cover_show(director, director->config.write_identify, ms, error);
    return director->identify_waits;
}

/* The same one is not drawn anew: it stays for longer. */
static bool notice_prolong(struct director *director, int64_t ms) {
    char json[IPC_TEXT_MAX + 1];
    struct pp_error error = {0};
    const struct status_layer *cover = &director->cover;
    if ((!cover->current && !cover->next) || !director->config.write_notice)
        return false;
    bool same = director->config.write_notice(director->config.arg, display_width(director),
                                              display_height(director), json, &error) &&
                strcmp(json, cover->text) == 0;
    pp_wipe(json, sizeof json);
    if (same && net_timer_is_running(&director->cover_timer))
        net_timer_start_in(&director->cover_timer, director->config.loop, ms, on_cover_over, director);
    return same;
}

/* What is on the screen stays until the new one is drawn; what is only on its way to it does not. */
bool director_notice(struct director *director, int64_t ms, struct pp_error *error) {
    if (notice_prolong(director, ms))
        return true;
    net_timer_stop(&director->cover_timer);
    identify_tell(director, false);
    if (director->cover.next)
        cover_clear(director);
    return cover_show(director, director->config.write_notice, ms, error);
}

void director_notice_end(struct director *director) {
    if (!director->identify_waits)
        cover_clear(director);
}

/* ---- Urgent messages ---- */

static void on_message_again(void *arg);

static struct status_place message_place(const struct director *director) {
    uint16_t width = display_width(director), height = display_height(director);
    double parts = height > width ? BAND_PARTS_UPRIGHT : BAND_PARTS_LYING;
    struct status_place place = {.width = width, .height = height};
    if (director->message_band && height > BAND_LEAST) {
        place.height = (uint32_t)(height / parts);
        place.height = place.height < BAND_LEAST ? BAND_LEAST : place.height;
        place.y = (int32_t)(height - place.height);
    }
    return place;
}

static bool director_draw_message(struct director *director, struct pp_error *error) {
    char json[IPC_TEXT_MAX + 1];
    const struct status_place place = message_place(director);
    director_send_canvas(director, NULL);
    bool ok = director->config.write_message(director->config.arg, (uint16_t)place.width,
                                             (uint16_t)place.height, json, error) &&
              status_layer_show(&director->message, director->layers, &place, json, error);
    if (director->manifest)
        director_send_canvas(director, director->manifest);
    return ok;
}

/* What else is to be seen begins now, beneath it: the player lets go of what it held at the first thing that it is to
 * show, and that was the message. */
static void director_go_on(struct director *director) {
    director->message_first = false;
    if (director->status_wanted)
        director_draw_status(director);
    director_follow_schedule(director);
}

static void on_message_failed(void *arg) {
    struct director *director = arg;
    int64_t wait_ms = (int64_t)DIRECTOR_MESSAGE_AGAIN_MS << director->message_failures;
    director->message_failures += director->message_failures < MESSAGE_DOUBLED_MAX;
    net_timer_start_in(&director->message_timer, director->config.loop, wait_ms, on_message_again, director);
    if (director->message_first)
        director_go_on(director);
}

static void director_try_message(struct director *director) {
    struct pp_error error = {0};
    net_timer_stop(&director->message_timer);
    if (!director->message_wanted || !player_link_is_up(director->link) ||
        director_draw_message(director, &error))
        return;
    pp_log_error("%s", error.message);
    on_message_failed(director);
}

static void on_message_again(void *arg) {
    director_try_message(arg);
}

static void on_message_shown(void *arg) {
    struct director *director = arg;
    director->message_failures = 0;
    if (director->message_first)
        director_go_on(director);
    if (!director->message.waits)
        director->config.on_message(director->config.arg);
}

void director_show_message(struct director *director, bool band) {
    director->message_wanted = true;
    director->message_band = band;
    director_try_message(director);
}

void director_hide_message(struct director *director) {
    director->message_wanted = false;
    net_timer_stop(&director->message_timer);
    status_layer_clear(&director->message);
    if (director->message_first)
        director_go_on(director);
}

/* ---- The player comes and goes ---- */

static void director_send_mark(struct director *director) {
    struct ipc_message mark = {.type = IPC_MARK, .mark = {.offline = director->offline_mark}};
    player_link_send(director->link, &mark);
}

static void on_connected(void *arg, const struct ipc_display *display) {
    struct director *director = arg;
    director->display = *display;
    director_send_canvas(director, director->manifest);
    director_send_mark(director);
    director->config.on_display(director->config.arg, display);
    director->message_first = director->message_wanted;
    director_try_message(director);
    if (!director->message_first)
        director_go_on(director);
}

static void on_lost(void *arg, bool orderly) {
    struct director *director = arg;
    generation_destroy(&director->now);
    before_drop(director);
    director_forget_layout(director);
    status_layer_clear(&director->status);
    cover_clear(director);
    status_layer_clear(&director->message);
    net_timer_stop(&director->message_timer);
    director->message_first = false;
    net_timer_stop(&director->resize_timer);
    director->config.on_player_lost(director->config.arg, orderly);
}

static void on_resized(void *arg) {
    struct director *director = arg;
    director_send_canvas(director, director->manifest);
    director_try_message(director);
    if (director->status_wanted)
        director_draw_status(director);
    director_follow_schedule(director);
}

/* Pictures were made for the old size: they stay until those of the new one are there. A window that is
 * being dragged tells many sizes, of which only the last counts. */
static void director_begin_anew(struct director *director) {
    director_forget_layout(director);
    director->config.on_display(director->config.arg, &director->display);
    net_timer_start_in(&director->resize_timer, director->config.loop, DIRECTOR_RESIZE_MS, on_resized,
                       director);
}

static void director_take_display(struct director *director, const struct ipc_display *display) {
    bool resized = director->display.width != display->width || director->display.height != display->height;
    director->display = *display;
    if (resized)
        director_begin_anew(director);
}

static void on_message(void *arg, const struct ipc_message *message) {
    struct director *director = arg;
    if (message->type == IPC_DISPLAY)
        director_take_display(director, &message->display);
    else if (message->type == IPC_CONTROLLED && director->config.on_controlled)
        director->config.on_controlled(director->config.arg, &message->controlled);
    else if (message->type == IPC_TYPED && director->config.on_typed)
        director->config.on_typed(director->config.arg, &message->typed);
    else if (message->type == IPC_SCREENSHOT_DONE && director->config.on_screenshot)
        director->config.on_screenshot(director->config.arg, &message->screenshot_done);
    else
        layer_set_handle(director->layers, message);
}

/* ---- Interface ---- */

struct director *director_create(const struct director_config *config, struct pp_error *error) {
    static const struct player_link_events events = {
        .on_connected = on_connected, .on_lost = on_lost, .on_message = on_message};
    struct director *director = calloc(1, sizeof *director);
    if (!director) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    director->config = *config;
    strcpy(director->time_zone, "UTC");
    status_layer_init(&director->status, config->loop, on_status_failed, on_status_next, director);
    status_layer_init(&director->cover, config->loop, on_cover_failed, on_cover_failed, director);
    director->cover.on_shown = on_cover_shown;
    director->cover.z = STATUS_LAYER_Z + 1;
    status_layer_init(&director->message, config->loop, on_message_failed, on_message_again, director);
    director->message.on_shown = on_message_shown;
    director->message.z = STATUS_LAYER_Z + 2;
    director->link = config->player_socket
                         ? player_link_create(config->loop, config->player_socket, &events, director, error)
                         : player_link_take(config->loop, config->player_fd, &events, director, error);
    if (director->link)
        director->layers = layer_set_create(config->loop, director->link, &config->renderers, error);
    if (!director->layers) {
        director_destroy(director);
        return NULL;
    }
    return director;
}

void director_destroy(struct director *director) {
    if (!director)
        return;
    net_timer_stop(&director->schedule_timer);
    net_timer_stop(&director->settle_timer);
    net_timer_stop(&director->resize_timer);
    net_timer_stop(&director->status_timer);
    /* First the connection, so that no layer is taken off the screen: the player holds the last picture. */
    player_link_hang_up(director->link);
    generation_destroy(&director->now);
    before_drop(director);
    status_layer_clear(&director->status);
    net_timer_stop(&director->cover_timer);
    status_layer_clear(&director->cover);
    net_timer_stop(&director->message_timer);
    status_layer_clear(&director->message);
    layer_set_destroy(director->layers);
    player_link_destroy(director->link);
    channel_manifest_destroy(director->manifest);
    free(director);
}

void director_prepare(struct director *director) {
    layer_set_prepare(director->layers);
}

void director_set_manifest(struct director *director, struct channel_manifest *manifest) {
    director_freeze(director);
    director_forget_layout(director);
    channel_manifest_destroy(director->manifest);
    director->manifest = manifest;
    if (!manifest) {
        before_drop(director);
        if (director->status_wanted)
            director_send_canvas(director, director->manifest);
    }
    director_follow_schedule(director);
}

const struct channel_manifest *director_manifest(const struct director *director) {
    return director->manifest;
}

void director_refresh_feeds(struct director *director) {
    for (size_t i = 0; i < director->now.count; i++)
        zone_refresh_feeds(director->now.zones[i]);
}

void director_set_time_zone(struct director *director, const char *time_zone) {
    if (strcmp(director->time_zone, time_zone) == 0 || strlen(time_zone) >= sizeof director->time_zone)
        return;
    strcpy(director->time_zone, time_zone);
    director_follow_schedule(director);
}

void director_set_rotation(struct director *director, unsigned degrees) {
    uint8_t turn = (uint8_t)(degrees / 90 % 4);
    if (director->turn == turn)
        return;
    director->turn = turn;
    if (player_link_is_up(director->link))
        director_begin_anew(director);
}

void director_show_status(struct director *director) {
    director->status_wanted = true;
    director_draw_status(director);
}

void director_hide_status(struct director *director) {
    director->status_wanted = false;
    status_layer_clear(&director->status);
}

bool director_control(struct director *director, enum ipc_control_kind control, uint8_t value) {
    const struct ipc_message message = {.type = IPC_CONTROL, .control = {(uint8_t)control, value}};
    return player_link_send(director->link, &message);
}

bool director_want_keyboard(struct director *director, bool wanted) {
    const struct ipc_message message = {.type = IPC_KEYBOARD, .keyboard = {wanted}};
    return player_link_send(director->link, &message);
}

bool director_screenshot(struct director *director, uint32_t id, int fd) {
    struct ipc_message message = {.type = IPC_SCREENSHOT, .screenshot = {id}, .fds = {fd}, .fd_count = 1};
    return player_link_send(director->link, &message);
}

void director_set_mark(struct director *director, bool offline) {
    if (director->offline_mark == offline)
        return;
    director->offline_mark = offline;
    director_send_mark(director);
}

void director_set_blank(struct director *director, bool blank) {
    if (director->blank == blank)
        return;
    director->blank = blank;
    generation_destroy(&director->now);
    before_drop(director);
    director_forget_layout(director);
    director_follow_schedule(director);
}

bool director_is_settling(const struct director *director) {
    return director->manifest && !director->blank && !director->settled;
}

bool director_has_player(const struct director *director) {
    return player_link_is_up(director->link);
}

uint8_t director_sandbox(const struct director *director) {
    return layer_set_sandbox(director->layers);
}

void director_clear_faults(struct director *director) {
    director->faults = (struct faults){0};
    for (size_t i = 0; i < director->now.count; i++)
        zone_try_again(director->now.zones[i]);
}

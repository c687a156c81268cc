#include "preview/preview.h"

#include <sys/mman.h>
#include <unistd.h>

#include "agent/director.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "preview/display.h"
#include "preview/pictures.h"

struct preview {
    struct preview_job *job;
    struct net_loop *loop;
    struct director *director;
    struct pictures pictures;
    struct net_timer picture_timer, life_timer, settle_timer;
    bool content_there, message_there; /* or there is none */
    bool settled;
    int64_t settled_ms; /* CLOCK_MONOTONIC */
    unsigned same;      /* pictures in a row */
    int shot;           /* the file of the one that is being made; -1 none */
    uint32_t shot_id;
    int64_t shot_ms; /* it was asked for, CLOCK_MONOTONIC */
    bool done;       /* the one that was wanted waits to be sent */
    struct pp_error failure;
};

static void picture_ask(void *arg);

static void preview_fail(struct preview *preview, const struct pp_error *error) {
    if (preview->failure.code == PP_OK)
        preview->failure = *error;
    net_loop_stop(preview->loop);
}

/* ---- Pictures ---- */

static void picture_later(struct preview *preview) {
    int64_t wait_ms = preview->same >= PREVIEW_REST_AFTER ? PREVIEW_REST_MS : PREVIEW_PICTURE_MS;
    net_timer_start_in(&preview->picture_timer, preview->loop, wait_ms, picture_ask, preview);
}

/* None while the one before is made or sent, or there is nothing to be seen yet. */
static bool picture_may(const struct preview *preview) {
    return preview->settled && preview->shot < 0 && !pictures_busy(&preview->pictures);
}

static void picture_ask(void *arg) {
    struct preview *preview = arg;
    struct pp_error error = {0};
    int64_t now_ms = pp_clock_monotonic_ms();
    picture_later(preview);
    if (preview->shot >= 0 && now_ms > preview->shot_ms + PREVIEW_SHOT_MS) {
        pp_fail(&error, PP_E_STATE, "the player makes no picture");
        preview_fail(preview, &error);
        return;
    }
    if (!picture_may(preview))
        return;
    preview->shot = memfd_create("picture", MFD_CLOEXEC);
    preview->shot_ms = now_ms;
    if (preview->shot < 0 || !director_screenshot(preview->director, ++preview->shot_id, preview->shot))
        pp_close(&preview->shot);
}

static bool picture_read(const struct preview *preview, struct pixels *pixels, struct pp_error *error) {
    off_t size = lseek(preview->shot, 0, SEEK_END);
    if (size <= 0 || size > JPEG_OF_PNG_MAX)
        return pp_fail(error, PP_E_LIMIT, "the player's picture has %lld bytes", (long long)size);
    void *data = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, preview->shot, 0);
    if (data == MAP_FAILED)
        return pp_fail_errno(error, "the player's picture");
    bool ok = pixels_read(data, (size_t)size, PREVIEW_SIDE_MAX, pixels, error);
    munmap(data, (size_t)size);
    return ok;
}

/* Of one that is to be still, the one that is sent is the same as the one before it. */
static bool picture_send(struct preview *preview, struct pixels *pixels, struct pp_error *error) {
    bool changed = false;
    bool still = preview->job->still;
    bool overdue = pp_clock_monotonic_ms() > preview->settled_ms + PREVIEW_STILL_MS;
    bool same = pixels_equal(pixels, &preview->pictures.last);
    if (still && !same && !overdue) {
        pixels_finish(&preview->pictures.last);
        preview->pictures.last = *pixels;
        *pixels = (struct pixels){0};
        return true;
    }
    preview->done = still;
    if (!pictures_send(&preview->pictures, pixels, still, &changed, error))
        return false;
    preview->same = changed ? 0 : preview->same + 1;
    return true;
}

static void on_screenshot(void *arg, const struct ipc_screenshot_done *done) {
    struct preview *preview = arg;
    struct pp_error error = {0};
    pixels_auto struct pixels pixels = {0};
    if (preview->shot < 0 || done->id != preview->shot_id || preview->done)
        return;
    bool ok = done->ok ? picture_read(preview, &pixels, &error) && picture_send(preview, &pixels, &error)
                       : pp_fail(&error, PP_E_IO, "the player could make no picture");
    pp_close(&preview->shot);
    if (!ok)
        preview_fail(preview, &error);
}

static void on_sent(void *arg) {
    struct preview *preview = arg;
    if (preview->done)
        net_loop_stop(preview->loop);
}

static void on_end(void *arg) {
    struct preview *preview = arg;
    net_loop_stop(preview->loop);
}

/* ---- What the director asks and tells ---- */

static void settle(void *arg) {
    struct preview *preview = arg;
    if (!preview->settled)
        preview->settled_ms = pp_clock_monotonic_ms();
    preview->settled = true;
}

/* With an urgent message that is above it, too. */
static void settle_with_all(struct preview *preview) {
    if (preview->content_there && preview->message_there)
        settle(preview);
}

static void on_settled(void *arg, bool shown) {
    struct preview *preview = arg;
    (void)shown;
    preview->content_there = true;
    settle_with_all(preview);
}

static void on_message(void *arg) {
    struct preview *preview = arg;
    preview->message_there = true;
    settle_with_all(preview);
}

static bool write_message(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                          struct pp_error *error) {
    const struct preview *preview = arg;
    pp_autojson cJSON *screen = cJSON_Duplicate(preview->job->message, true);
    if (!cJSON_AddStringToObject(screen, "screen", "message") ||
        !cJSON_AddNumberToObject(screen, "width", width) ||
        !cJSON_AddNumberToObject(screen, "height", height))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return cJSON_PrintPreallocated(screen, json, IPC_TEXT_MAX, 0) ||
           pp_fail(error, PP_E_LIMIT, "a message of more than %d bytes", IPC_TEXT_MAX);
}

static int open_object(void *arg, const uint8_t sha256[CHANNEL_HASH_SIZE], struct pp_error *error) {
    const struct preview *preview = arg;
    return preview_job_open(preview->job, sha256, error);
}

static int64_t now_ms(void *arg) {
    const struct preview *preview = arg;
    return pp_clock_realtime_ms() + preview->job->ahead_ms;
}

static void on_play(void *arg, const struct zone_play *play) {
    (void)arg, (void)play;
}

static void on_fault(void *arg, const struct channel_item *item, const char *reason, bool set_aside) {
    (void)arg, (void)set_aside;
    pp_log_warning("item %s: %s", item->id, reason);
}

static void on_note(void *arg, const struct channel_item *item, const char *reason) {
    (void)arg;
    pp_log_info("item %s: %s", item->id, reason);
}

static void on_display(void *arg, const struct ipc_display *display) {
    (void)arg, (void)display;
}

static void on_player_lost(void *arg, bool orderly) {
    struct pp_error error = {0};
    (void)orderly;
    pp_fail(&error, PP_E_STATE, "the player has ended");
    preview_fail(arg, &error);
}

static bool write_nothing(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                          struct pp_error *error) {
    (void)arg, (void)width, (void)height, (void)json;
    return pp_fail(error, PP_E_STATE, "a preview has no status screen");
}

/* ---- Life ---- */

static bool director_start(struct preview *preview, struct pp_error *error) {
    struct director_config config = {
        .loop = preview->loop,
        .open_object = open_object,
        .player_fd = -1,
        .renderers = {.folder = preview->job->programs},
        .now_ms = now_ms,
        .on_settled = on_settled,
        .on_play = on_play,
        .on_fault = on_fault,
        .on_note = on_note,
        .on_display = on_display,
        .on_player_lost = on_player_lost,
        .write_status = write_nothing,
        .write_message = write_message,
        .on_message = on_message,
        .on_screenshot = on_screenshot,
        .arg = preview,
    };
    if (!display_start(preview->job, &config.player_fd, error))
        return false;
    preview->director = director_create(&config, error);
    if (!preview->director)
        return false;
    director_set_time_zone(preview->director, preview->job->time_zone);
    preview->content_there = !preview->job->manifest;
    preview->message_there = !preview->job->message;
    if (preview->job->message)
        director_show_message(preview->director,
                              cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(preview->job->message, "band")));
    if (preview->job->manifest)
        director_set_manifest(preview->director, pp_steal(&preview->job->manifest));
    return true;
}

static void preview_finish(struct preview *preview) {
    net_timer_stop(&preview->picture_timer);
    net_timer_stop(&preview->life_timer);
    net_timer_stop(&preview->settle_timer);
    director_destroy(preview->director);
    if (preview->pictures.loop)
        pictures_finish(&preview->pictures);
    pp_close(&preview->shot);
    net_loop_destroy(preview->loop);
}

bool preview_run(struct preview_job *job, struct pp_error *error) {
    PP_CLEANUP(preview_finish)
    struct preview preview = {.job = job, .shot = -1};
    preview.pictures.on_sent = on_sent;
    preview.pictures.on_gone = on_end;
    preview.pictures.arg = &preview;
    if (!(preview.loop = net_loop_create(error)) ||
        !pictures_init(&preview.pictures, preview.loop, job->out, error) || !director_start(&preview, error))
        return false;
    picture_later(&preview);
    net_timer_start_in(&preview.life_timer, preview.loop, PREVIEW_LIFE_MS, on_end, &preview);
    net_timer_start_in(&preview.settle_timer, preview.loop, PREVIEW_SETTLE_MS, settle, &preview);
    if (!net_loop_run(preview.loop, error))
        return false;
    return preview.failure.code == PP_OK ||
           pp_fail(error, preview.failure.code, "%s", preview.failure.message);
}

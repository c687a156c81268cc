#include "player/player.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/watchdog.h"
#include "player/clock.h"
#include "player/compose.h"
#include "player/keyboard.h"
#include "player/link.h"
#include "player/screenshot.h"
#include "player/timeline.h"

/* The window system's own events: at once where it has a descriptor; this often in any case. */
#define PUMP_US         10000000 /* us */
#define PUMP_BLIND_US   1000000  /* us, with a window system whose descriptor is not known */
#define PUMP_TYPED_US   20000    /* us, while somebody may type, without such a descriptor */
#define DISPLAY_WAIT_US 2000000  /* us between two looks for a display that is not there */
#define OWNER_LOCAL     0        /* screenshot asked for by SIGUSR1, not by an agent */
#define FD_SIGNALS      0        /* places in the poll set */
#define FD_LISTENER     1
#define FD_AGENT        2
#define FD_DISPLAY      3
#define FD_SCREENSHOTS  4
#define FD_LAYERS       5

struct player {
    const struct player_options *options;
    struct display *display;
    struct audio *audio;
    struct trace *trace;
    struct screenshots *screenshots;
    struct scene scene;
    struct link link;
    struct keyboard keyboard;
    struct pp_watchdog watchdog;
    int signals; /* signalfd */
    bool stop;
    int64_t pump_due_us;
    int64_t audio_due_us;
};

static void on_report(void *arg, const struct ipc_message *message) {
    struct player *player = arg;
    link_send(&player->link, message);
}

/* Draws what was last presented once more, and hands it to be written. Takes `fd`. */
static bool screenshot_take(struct player *player, uint32_t id, unsigned owner, int fd,
                            struct pp_error *error) {
    pp_autoclose int file = fd;
    struct geometry_size size;
    compose_draw(&player->scene, player->scene.presented_us, NULL);
    uint8_t *pixels = display_read(player->display, &size, error);
    if (!pixels)
        return false;
    return screenshots_write(player->screenshots, pixels, size, pp_steal_fd(&file),
                             (struct screenshot_result){.id = id, .owner = owner}, error);
}

static void screenshot_answer(struct player *player, uint32_t id, bool ok) {
    const struct ipc_message message = {.type = IPC_SCREENSHOT_DONE, .screenshot_done = {id, ok}};
    link_send(&player->link, &message);
}

static void on_screenshot(void *arg, uint32_t id, int fd) {
    struct player *player = arg;
    struct pp_error error = {0};
    if (screenshot_take(player, id, player->scene.owner, fd, &error))
        return;
    pp_log_warning("%s", error.message);
    screenshot_answer(player, id, false);
}

static void on_control(void *arg, const struct ipc_control *control) {
    struct player *player = arg;
    if (control->control == IPC_CONTROL_VOLUME)
        audio_set_volume(player->audio, control->value);
    else if (control->control == IPC_CONTROL_DUCK)
        audio_duck(player->audio, control->value);
    else
        player->stop = true;
}

static void on_keyboard(void *arg, bool wanted) {
    struct player *player = arg;
    keyboard_want(&player->keyboard, wanted);
    player->pump_due_us = 0;
}

static void on_typed(void *arg, const struct ipc_typed *typed) {
    struct player *player = arg;
    struct ipc_message message = {.type = IPC_TYPED, .typed = *typed};
    link_send(&player->link, &message);
    pp_wipe(&message, sizeof message);
}

static bool part_path(const struct player *player, char path[PP_PATH_MAX], struct pp_error *error) {
    return pp_path_format(path, error, "%s.part", player->options->screenshot);
}

static void screenshot_local(struct player *player) {
    struct pp_error error = {0};
    char path[PP_PATH_MAX];
    if (!player->options->screenshot || !part_path(player, path, &error))
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        pp_fail_errno(&error, "%s", path);
    else if (screenshot_take(player, 0, OWNER_LOCAL, fd, &error))
        return;
    pp_log_warning("%s", error.message);
}

static void screenshot_done(struct player *player, const struct screenshot_result *result) {
    char path[PP_PATH_MAX];
    if (result->owner != OWNER_LOCAL) {
        if (result->owner == player->scene.owner)
            screenshot_answer(player, result->id, result->ok);
        return;
    }
    if (!result->ok || !part_path(player, path, NULL) || rename(path, player->options->screenshot) != 0)
        pp_log_warning("screenshot %s was not written", player->options->screenshot);
}

static bool signals_open(struct player *player, struct pp_error *error) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN); /* a screenshot's file may be a pipe */
    player->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return player->signals >= 0 ? true : pp_fail_errno(error, "signalfd");
}

static void signals_take(struct player *player);

/* Signals are handled and systemd hears of us meanwhile. */
static void sleep_until_signal(struct player *player, int64_t until_us) {
    for (int64_t now_us = player_now_us(); now_us < until_us && !player->stop; now_us = player_now_us()) {
        struct pollfd signals = {.fd = player->signals, .events = POLLIN};
        pp_watchdog_tick(&player->watchdog, now_us);
        int64_t wake_us = until_us < player->watchdog.due_us ? until_us : player->watchdog.due_us;
        if (poll(&signals, 1, wake_us > now_us ? (int)((wake_us - now_us + 999) / 1000) : 0) > 0)
            signals_take(player);
    }
}

/* A driver may come late and a cable later. Said once: a technician has to find other lines than these in the
 * journal. Without a display, false: none is waited for, or it is time to stop. */
static bool open_display(struct player *player, struct pp_error *error) {
    char said[sizeof error->message] = "";
    while (!player->stop) {
        player->display = display_create(&player->options->display, error);
        if (player->display || !player->options->wait_for_display)
            return player->display != NULL;
        if (strcmp(said, error->message) != 0)
            pp_log_warning("no display yet: %s", error->message);
        snprintf(said, sizeof said, "%s", error->message);
        *error = (struct pp_error){0};
        sleep_until_signal(player, player_now_us() + DISPLAY_WAIT_US);
    }
    return false;
}

static bool player_open(struct player *player, struct pp_error *error) {
    const struct player_options *options = player->options;
    pp_watchdog_init(&player->watchdog);
    if (!signals_open(player, error))
        return false;
    if (options->trace && !(player->trace = trace_create(options->trace, error)))
        return false;
    player->screenshots = screenshots_create(error);
    player->audio = player->screenshots ? audio_create(error) : NULL;
    if (!player->audio || !open_display(player, error))
        return false;
    scene_init(&player->scene, player->display, player->audio, player->trace);
    player->scene.report = on_report;
    player->scene.report_arg = player;
    player->scene.owner = OWNER_LOCAL;
    keyboard_init(&player->keyboard, player->display, on_typed, player);
    link_init(
        &player->link, &player->scene, options->listener, options->agent, options->agent_uid,
        (struct link_callbacks){
            .control = on_control, .keyboard = on_keyboard, .screenshot = on_screenshot, .arg = player});
    return true;
}

static void player_close(struct player *player) {
    const struct ipc_message leaving = {.type = IPC_LEAVING};
    link_send(&player->link, &leaving);
    scene_finish(&player->scene);
    screenshots_destroy(player->screenshots);
    audio_destroy(player->audio);
    display_destroy(player->display);
    SDL_Quit();
    trace_destroy(player->trace);
    pp_close(&player->signals);
    pp_watchdog_finish(&player->watchdog);
    link_finish(&player->link);
}

static void signals_take(struct player *player) {
    struct signalfd_siginfo info;
    while (read(player->signals, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            screenshot_local(player);
        else
            player->stop = true;
    }
}

static void textures_lost(struct player *player) {
    struct scene *scene = &player->scene;
    for (size_t i = 0; i < scene->count; i++) {
        if (scene->layers[i]->picture)
            scene_fail(scene, scene->layers[i], "the display lost its pictures");
    }
}

static int64_t pump_pause_us(const struct player *player) {
    if (display_event_fd(player->display) >= 0)
        return PUMP_US;
    if (player->keyboard.wanted)
        return PUMP_TYPED_US;
    return display_is_windowed(player->display) ? PUMP_BLIND_US : PUMP_US;
}

static void display_poll(struct player *player, int64_t now_us) {
    struct display_changes changes = {0};
    display_pump(player->display, &changes);
    keyboard_settle(&player->keyboard);
    player->pump_due_us = now_us + pump_pause_us(player);
    if (changes.textures_lost)
        textures_lost(player);
    if (changes.redraw)
        scene_touch(&player->scene);
    if (changes.resized)
        link_send_display(&player->link);
    player->stop |= changes.quit;
}

static void present(struct player *player, int64_t now_us) {
    struct scene *scene = &player->scene;
    trace_begin(player->trace, now_us);
    compose_draw(scene, now_us, player->trace);
    trace_end(player->trace);
    display_present(player->display);
    scene->dirty = false;
    scene->presented_us = now_us;
}

static void update(struct player *player) {
    struct scene *scene = &player->scene;
    int64_t now_us = player_now_us();
    timeline_advance(scene, now_us);
    bool dirty = scene->dirty;
    if (dirty)
        present(player, now_us);
    timeline_settle(scene, dirty, dirty ? player_now_us() : now_us);
    player->audio_due_us = audio_tick(player->audio, player_now_us());
    if (dirty || now_us >= player->pump_due_us)
        display_poll(player, now_us);
    pp_watchdog_tick(&player->watchdog, now_us);
}

static void take(struct player *player, const struct pollfd *fds) {
    struct screenshot_result result;
    if (fds[FD_SIGNALS].revents)
        signals_take(player);
    if (fds[FD_AGENT].revents)
        link_receive(&player->link);
    if (fds[FD_LISTENER].revents)
        link_accept(&player->link, player_now_us());
    if (fds[FD_DISPLAY].revents)
        display_poll(player, player_now_us());
    while (fds[FD_SCREENSHOTS].revents && screenshots_take(player->screenshots, &result))
        screenshot_done(player, &result);
    scene_receive(&player->scene);
    player->stop |= player->options->agent >= 0 && player->link.fd < 0;
}

static bool wait_and_take(struct player *player, struct pp_error *error) {
    int64_t now_us = player_now_us();
    struct pollfd fds[FD_LAYERS + SCENE_CAPACITY] = {
        [FD_SIGNALS] = {.fd = player->signals, .events = POLLIN},
        [FD_LISTENER] = {.fd = link_listen_fd(&player->link, now_us), .events = POLLIN},
        [FD_AGENT] = {.fd = player->link.fd, .events = POLLIN},
        [FD_DISPLAY] = {.fd = display_event_fd(player->display), .events = POLLIN},
        [FD_SCREENSHOTS] = {.fd = screenshots_fd(player->screenshots), .events = POLLIN},
    };
    size_t count = FD_LAYERS + scene_poll_fill(&player->scene, fds + FD_LAYERS);
    int64_t due_us = player_earlier(timeline_due_us(&player->scene), player->audio_due_us);
    due_us = player_earlier(due_us, player_earlier(player->pump_due_us, player->watchdog.due_us));
    due_us = player_earlier(due_us, link_due_us(&player->link, now_us));
    int64_t wait_us = due_us - player_now_us();
    wait_us = wait_us > 0 && !player->scene.dirty ? wait_us : 0;
    struct timespec timeout = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    trace_wakeup(player->trace);
    if (ppoll(fds, count, &timeout, NULL) < 0 && errno != EINTR)
        return pp_fail_errno(error, "ppoll");
    take(player, fds);
    return true;
}

bool player_run(const struct player_options *options, struct pp_error *error) {
    struct player player = {
        .options = options, .signals = -1, .link = {.listener = options->listener, .fd = options->agent}};
    bool opened = player_open(&player, error);
    bool ok = opened || player.stop;
    if (opened) /* the window's own beginning needs no second drawing */
        display_poll(&player, player_now_us());
    while (ok && !player.stop) {
        update(&player);
        ok = wait_and_take(&player, error);
    }
    player_close(&player);
    return ok;
}

#include "agent/renderer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/words.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/conn.h"
#include "ipc/program.h"
#include "sandbox/sandbox.h"

#define RENDERERS_LOOK_MS 20 /* between two looks at the end */

struct renderers {
    struct net_loop *loop;
    struct renderers_config config;
    struct renderer *exiting;          /* killed and destroyed, not yet reaped */
    uint8_t levels[RENDERER_PROGRAMS]; /* of the last sandbox of each program; 0: none yet */
    struct words_budget budget;
};

struct renderer {
    struct renderers *home;
    enum renderer_program program;
    struct renderer *next; /* in `exiting` */
    int64_t killed_ms;     /* CLOCK_MONOTONIC, of one in there */
    struct renderer_events events;
    void *arg;
    pid_t pid; /* 0 once reaped */
    int control;
    int pidfd;
    int words_fd; /* what it writes to standard error */
    struct words words;
    struct net_timer words_timer; /* until more of that is read */
    struct net_watch *words_watch;
    struct net_watch *control_watch;
    struct net_watch *exit_watch;
    bool sandboxed, described; /* it has said so: each once */
    uint8_t noted;             /* bit n: NOTE of kind n has come */
    bool unread;               /* FAILED said so */
    bool failed;               /* reported, or not to be reported any more */
};

/* ---- What none of ours does ---- */

static void tell_breach(const struct renderer *renderer, enum renderer_breach breach, const char *reason) {
    const struct renderers_config *config = &renderer->home->config;
    if (config->on_breach)
        config->on_breach(config->arg, breach, renderer->words.name, reason);
}

/* Of a process that was reaped: we end ours by SIGKILL, so these are its sandbox's. */
static void look_for_kill(const struct renderer *renderer, int status) {
    static const struct {
        int signal;
        const char *reason;
    } kills[] = {
        {SIGSYS, "it made a system call that a renderer may not make"},
        {SIGXCPU, "it used more CPU time than a renderer may use"},
        {SIGXFSZ, "it tried to write to a file"},
    };
    for (size_t i = 0; WIFSIGNALED(status) && i < PP_COUNT(kills); i++) {
        if (WTERMSIG(status) == kills[i].signal)
            tell_breach(renderer, RENDERER_KILLED, kills[i].reason);
    }
}

void renderer_broke_protocol(struct renderer *renderer, const char *reason) {
    tell_breach(renderer, RENDERER_BROKEN, reason);
}

/* ---- Those that are exiting ---- */

/* Whether the process is gone, without waiting for it. */
static bool renderer_reap(struct renderer *renderer) {
    int status = 0;
    pid_t got = renderer->pid ? waitpid(renderer->pid, &status, WNOHANG) : 0;
    if (got > 0)
        look_for_kill(renderer, status);
    if (got != 0)
        renderer->pid = 0;
    return !renderer->pid;
}

static void renderer_free(struct renderer *renderer) {
    net_loop_unwatch(renderer->home->loop, renderer->exit_watch);
    pp_close(&renderer->pidfd);
    free(renderer);
}

/* Frees those that are gone; returns how many hang. */
static size_t renderers_sweep(struct renderers *renderers) {
    int64_t now_ms = pp_clock_monotonic_ms();
    size_t hanging = 0;
    for (struct renderer **place = &renderers->exiting; *place;) {
        struct renderer *renderer = *place;
        if (renderer_reap(renderer)) {
            *place = renderer->next;
            renderer_free(renderer);
        } else {
            place = &renderer->next;
            hanging += now_ms - renderer->killed_ms >= RENDERERS_HANG_MS;
        }
    }
    return hanging;
}

static void on_dead(void *arg, short revents) {
    struct renderer *renderer = arg;
    (void)revents;
    /* Should it be dead and yet not ours to reap, the loop must not spin: the next sweep tries again. */
    net_loop_unwatch(renderer->home->loop, renderer->exit_watch);
    renderer->exit_watch = NULL;
    renderers_sweep(renderer->home);
}

static void log_words(void *arg, const char *line) {
    (void)arg;
    pp_log_warning("%s", line);
}

struct renderers *renderers_create(struct net_loop *loop, const struct renderers_config *config,
                                   struct pp_error *error) {
    struct renderers *renderers = calloc(1, sizeof *renderers);
    if (renderers)
        *renderers = (struct renderers){.loop = loop, .config = *config, .budget = {.write = log_words}};
    else
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return renderers;
}

void renderers_destroy(struct renderers *renderers) {
    if (!renderers)
        return;
    int64_t end_ms = pp_clock_monotonic_ms() + RENDERERS_LAST_WAIT_MS;
    renderers_sweep(renderers);
    while (renderers->exiting && pp_clock_monotonic_ms() < end_ms) {
        poll(&(struct pollfd){.fd = renderers->exiting->pidfd, .events = POLLIN}, 1, RENDERERS_LOOK_MS);
        renderers_sweep(renderers);
    }
    while (renderers->exiting) {
        struct renderer *renderer = renderers->exiting;
        renderers->exiting = renderer->next;
        pp_log_warning("process %d was killed and does not end: left behind", (int)renderer->pid);
        renderer_free(renderer);
    }
    free(renderers);
}

/* ---- What one says ---- */

static const char *const program_names[] = {
    [RENDERER_MEDIA] = "pingplay-render-media",
    [RENDERER_STATUS] = "pingplay-render-status",
};

static void renderer_fail(struct renderer *renderer, const char *reason) {
    if (renderer->failed)
        return;
    renderer->failed = true;
    if (renderer->events.on_failed)
        renderer->events.on_failed(renderer->arg, reason);
}

/* ---- What one writes ---- */

static void on_words(void *arg, short revents);

static void words_listen(void *arg) {
    struct renderer *renderer = arg;
    if (!renderer->words_watch && renderer->words_fd >= 0)
        renderer->words_watch =
            net_loop_watch(renderer->home->loop, renderer->words_fd, POLLIN, on_words, renderer, NULL);
}

static void words_stop(struct renderer *renderer) {
    net_loop_unwatch(renderer->home->loop, renderer->words_watch);
    renderer->words_watch = NULL;
}

/* Reads once; false when there is nothing more to be read. */
static bool words_read(struct renderer *renderer) {
    char data[WORDS_READ_BYTES];
    int64_t now_ms = pp_clock_monotonic_ms();
    ssize_t got = renderer->words_fd >= 0 ? read(renderer->words_fd, data, sizeof data) : 0;
    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR);
    int64_t again_ms = words_take(&renderer->words, &renderer->home->budget, data, (size_t)got, now_ms);
    /* What it goes on to write finds the pipe full, and is lost. */
    if (again_ms) {
        words_stop(renderer);
        net_timer_start(&renderer->words_timer, renderer->home->loop, again_ms, words_listen, renderer);
    }
    return true;
}

static void words_close(struct renderer *renderer) {
    words_stop(renderer);
    net_timer_stop(&renderer->words_timer);
    if (renderer->words_fd >= 0)
        words_flush(&renderer->words, &renderer->home->budget, pp_clock_monotonic_ms());
    pp_close(&renderer->words_fd);
}

static void on_words(void *arg, short revents) {
    struct renderer *renderer = arg;
    (void)revents;
    if (!words_read(renderer))
        words_close(renderer);
}

/* Told when it is another than the last one's: the system decides how far a sandbox reaches. */
static void note_sandbox(const struct renderer *renderer, uint8_t level) {
    char text[SANDBOX_REPORT_MAX];
    uint8_t *known = &renderer->home->levels[renderer->program];
    if (*known == level)
        return;
    *known = level;
    sandbox_report(level, text);
    pp_log_info("%s: sandbox: %s", program_names[renderer->program], text);
}

uint8_t renderers_sandbox(const struct renderers *renderers) {
    uint8_t common = 0;
    for (size_t i = 0; i < PP_COUNT(renderers->levels); i++) {
        if (renderers->levels[i])
            common = common ? common & renderers->levels[i] : renderers->levels[i];
    }
    return common;
}

static void renderer_hang_up(struct renderer *renderer) {
    net_loop_unwatch(renderer->home->loop, renderer->control_watch);
    renderer->control_watch = NULL;
    pp_close(&renderer->control);
}

/* One message; SANDBOXED comes first, INFO and NOTE after it, and each once: nobody keeps the loop busy. False when
 * the renderer may be gone after it: its owner destroys it in on_failed. */
static bool renderer_handle(struct renderer *renderer, const struct ipc_message *message) {
    switch (message->type) {
    case IPC_SANDBOXED:
        if (renderer->sandboxed)
            break;
        renderer->sandboxed = true;
        note_sandbox(renderer, message->sandboxed.level);
        if (message->sandboxed.level & IPC_SANDBOX_SECCOMP)
            return true;
        renderer_fail(renderer, "the renderer is not in its sandbox");
        return false;
    case IPC_INFO:
        if (!renderer->sandboxed || renderer->described)
            break;
        renderer->described = true;
        if (renderer->events.on_info)
            renderer->events.on_info(renderer->arg, &message->info);
        return true;
    case IPC_NOTE:
        if (!renderer->sandboxed || renderer->noted & 1u << message->note.kind)
            break;
        renderer->noted |= (uint8_t)(1u << message->note.kind);
        if (renderer->events.on_note)
            renderer->events.on_note(renderer->arg, &message->note);
        return true;
    case IPC_FAILED:
        renderer->unread = message->failed.unread;
        renderer_fail(renderer, message->failed.reason);
        return false;
    default:
        break;
    }
    renderer_broke_protocol(renderer, "a message that is not its to send");
    renderer_fail(renderer, "the renderer sent a message that is not its to send");
    return false;
}

static void on_control(void *arg, short revents) {
    struct renderer *renderer = arg;
    (void)revents;
    struct pp_error error = {0};
    ipc_automessage struct ipc_message message = {0};
    if (ipc_receive(renderer->control, &message, &error)) {
        renderer_handle(renderer, &message);
        return;
    }
    if (error.code == PP_E_STATE)
        return;
    /* A closed socket alone is no failure: how the process ended tells. */
    renderer_hang_up(renderer);
    if (error.code == PP_E_INVALID)
        renderer_broke_protocol(renderer, error.message);
    if (error.code != PP_E_NET)
        renderer_fail(renderer, error.message);
}

/* All that waits. False when the renderer may be gone after it. */
static bool handle_waiting(struct renderer *renderer) {
    struct pp_error error = {0};
    struct ipc_message message = {0};
    while (renderer->control >= 0 && ipc_receive(renderer->control, &message, &error)) {
        bool keep = renderer_handle(renderer, &message);
        ipc_message_finish(&message);
        if (!keep)
            return false;
    }
    return true;
}

bool renderer_has_ended(const struct renderer *renderer) {
    return !renderer->pid;
}

static void on_exit_ready(void *arg, short revents) {
    struct renderer *renderer = arg;
    (void)revents;
    int status = 0;
    pid_t got = waitpid(renderer->pid, &status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return;
    renderer->pid = 0;
    if (got > 0)
        look_for_kill(renderer, status);
    net_loop_unwatch(renderer->home->loop, renderer->exit_watch);
    renderer->exit_watch = NULL;
    words_read(renderer);
    words_close(renderer);
    /* Its last words may still be waiting. */
    if (!handle_waiting(renderer))
        return;
    /* Somebody reaped it: we were started with SIGCHLD ignored, say. */
    if (got < 0) {
        renderer_fail(renderer, "the renderer has ended, nobody knows how");
        return;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        if (renderer->events.on_ended)
            renderer->events.on_ended(renderer->arg);
        return;
    }
    char reason[IPC_REASON_MAX + 1];
    ipc_program_describe_end("the renderer", status, reason, sizeof reason);
    renderer_fail(renderer, reason);
}

static bool renderer_open(struct renderer *renderer, enum renderer_program program, struct pp_error *error) {
    const struct renderers_config *config = &renderer->home->config;
    char path[PP_PATH_MAX];
    struct ipc_program started;
    if (!pp_path_format(path, error, "%s/%s", config->folder, program_names[program]))
        return false;
    bool ok = ipc_program_start(config->launcher, path, &started, error);
    renderer->pid = started.pid;
    renderer->control = started.control;
    renderer->pidfd = started.pidfd;
    renderer->words_fd = started.words;
    words_listen(renderer);
    return ok;
}

struct renderer *renderer_prepare(struct renderers *renderers, enum renderer_program program,
                                  struct pp_error *error) {
    if (renderers_sweep(renderers) >= RENDERERS_HANGING_MAX) {
        pp_fail(error, PP_E_LIMIT, "%d renderers were killed and do not end", RENDERERS_HANGING_MAX);
        return NULL;
    }
    struct renderer *renderer = calloc(1, sizeof *renderer);
    if (!renderer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *renderer = (struct renderer){.home = renderers,
                                  .program = program,
                                  .words = {.name = "no item yet"},
                                  .control = -1,
                                  .pidfd = -1,
                                  .words_fd = -1};
    if (!renderer_open(renderer, program, error)) {
        renderer_destroy(renderer);
        return NULL;
    }
    return renderer;
}

/* One that is gone already may have said why. */
static bool explain_by_last_words(const struct renderer *renderer, struct pp_error *error) {
    ipc_automessage struct ipc_message message = {0};
    struct pp_error ignored = {0};
    if (error->code == PP_E_NET && ipc_receive(renderer->control, &message, &ignored) &&
        message.type == IPC_FAILED)
        return pp_fail(error, PP_E_IO, "%s", message.failed.reason);
    return false;
}

bool renderer_begin(struct renderer *renderer, const char *name, const struct ipc_message *start,
                    const struct renderer_events *events, void *arg, struct pp_error *error) {
    if (!ipc_send(renderer->control, start, error))
        return explain_by_last_words(renderer, error);
    if (!ipc_set_nonblocking(renderer->control, error))
        return false;
    snprintf(renderer->words.name, sizeof renderer->words.name, "%s", name);
    renderer->events = *events;
    renderer->arg = arg;
    renderer->control_watch =
        net_loop_watch(renderer->home->loop, renderer->control, POLLIN, on_control, renderer, error);
    renderer->exit_watch =
        net_loop_watch(renderer->home->loop, renderer->pidfd, POLLIN, on_exit_ready, renderer, error);
    return renderer->control_watch && renderer->exit_watch;
}

bool renderer_update(struct renderer *renderer, const char *json, struct pp_error *error) {
    struct ipc_message data = {.type = IPC_DATA};
    if (strlen(json) > IPC_TEXT_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d bytes of text", IPC_TEXT_MAX);
    strcpy(data.data.json, json);
    return ipc_send(renderer->control, &data, error);
}

bool renderer_could_not_read(const struct renderer *renderer) {
    return renderer->unread;
}

void renderer_destroy(struct renderer *renderer) {
    if (!renderer)
        return;
    struct renderers *renderers = renderer->home;
    renderer_hang_up(renderer);
    words_close(renderer);
    net_loop_unwatch(renderers->loop, renderer->exit_watch);
    renderer->exit_watch = NULL;
    ipc_program_kill(renderers->config.launcher,
                     &(struct ipc_program){.pid = renderer->pid, .pidfd = renderer->pidfd});
    if (renderer_reap(renderer)) {
        renderer_free(renderer);
        return;
    }
    /* Without a watch the next sweep finds it. */
    if (renderer->pidfd >= 0)
        renderer->exit_watch =
            net_loop_watch(renderers->loop, renderer->pidfd, POLLIN, on_dead, renderer, NULL);
    renderer->killed_ms = pp_clock_monotonic_ms();
    renderer->next = renderers->exiting;
    renderers->exiting = renderer;
}

#include "agent/renderer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/log.h"
#include "ipc/conn.h"

struct renderer {
    struct net_loop *loop;
    struct renderer_events events;
    void *arg;
    pid_t pid; /* 0 once reaped */
    int control;
    int pidfd;
    struct net_watch *control_watch;
    struct net_watch *exit_watch;
    bool failed; /* reported, or not to be reported any more */
};

static const char *const program_names[] = {
    [RENDERER_MEDIA] = "pingplay-render-media",
    [RENDERER_TEXT] = "pingplay-render-text",
};

static void renderer_fail(struct renderer *renderer, const char *reason) {
    if (renderer->failed)
        return;
    renderer->failed = true;
    if (renderer->events.on_failed)
        renderer->events.on_failed(renderer->arg, reason);
}

static void renderer_hang_up(struct renderer *renderer) {
    net_loop_unwatch(renderer->loop, renderer->control_watch);
    renderer->control_watch = NULL;
    pp_close(&renderer->control);
}

/* One message. False when the renderer may be gone after it: its owner destroys it in on_failed. */
static bool renderer_heed(struct renderer *renderer, const struct ipc_message *message) {
    switch (message->type) {
    case IPC_SANDBOXED:
        if (message->sandboxed.level & IPC_SANDBOX_SECCOMP)
            return true;
        renderer_fail(renderer, "the renderer is not in its sandbox");
        return false;
    case IPC_INFO:
        if (renderer->events.on_info)
            renderer->events.on_info(renderer->arg, &message->info);
        return true;
    case IPC_FAILED:
        renderer_fail(renderer, message->failed.reason);
        return false;
    default:
        renderer_fail(renderer, "the renderer sent a message that is not its to send");
        return false;
    }
}

static void on_control(void *arg, short revents) {
    struct renderer *renderer = arg;
    (void)revents;
    struct pp_error error = {0};
    ipc_automessage struct ipc_message message = {0};
    if (ipc_receive(renderer->control, &message, &error)) {
        renderer_heed(renderer, &message);
        return;
    }
    if (error.code == PP_E_STATE)
        return;
    /* A closed socket alone is no failure: how the process ended tells. */
    renderer_hang_up(renderer);
    if (error.code != PP_E_NET)
        renderer_fail(renderer, error.message);
}

static void describe_exit(int status, char *text, size_t size) {
    if (WIFSIGNALED(status))
        snprintf(text, size, "the renderer was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "the renderer ended with status %d", WEXITSTATUS(status));
}

static void on_exit_ready(void *arg, short revents) {
    struct renderer *renderer = arg;
    (void)revents;
    int status = 0;
    if (waitpid(renderer->pid, &status, WNOHANG) != renderer->pid)
        return;
    renderer->pid = 0;
    net_loop_unwatch(renderer->loop, renderer->exit_watch);
    renderer->exit_watch = NULL;
    /* Its last words may still be waiting. */
    struct pp_error error = {0};
    struct ipc_message message = {0};
    while (renderer->control >= 0 && ipc_receive(renderer->control, &message, &error)) {
        bool goes_on = renderer_heed(renderer, &message);
        ipc_message_finish(&message);
        if (!goes_on)
            return;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    char reason[IPC_REASON_MAX + 1];
    describe_exit(status, reason, sizeof reason);
    renderer_fail(renderer, reason);
}

/* Everything else of ours is close-on-exec. The control socket is first moved out of the way of descriptor 3.
 */
static bool renderer_spawn(struct renderer *renderer, const char *path, int theirs, struct pp_error *error) {
    pp_autoclose int moved = fcntl(theirs, F_DUPFD_CLOEXEC, RENDERER_CONTROL_FD + 1);
    if (moved < 0)
        return pp_fail_errno(error, "duplicate a socket");
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, moved, RENDERER_CONTROL_FD);
    sigset_t none;
    sigemptyset(&none);
    sigset_t defaults;
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char name[PP_PATH_MAX];
    char language[] = "LANG=C.UTF-8";
    strcpy(name, strrchr(path, '/') + 1);
    char *const argv[] = {name, NULL};
    char *const environment[] = {language, NULL};
    int failed = posix_spawn(&renderer->pid, path, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (failed) {
        renderer->pid = 0;
        errno = failed;
        return pp_fail_errno(error, "start %s", path);
    }
    renderer->pidfd = (int)syscall(SYS_pidfd_open, renderer->pid, 0);
    if (renderer->pidfd < 0)
        return pp_fail_errno(error, "watch %s", path);
    return true;
}

static bool renderer_open(struct renderer *renderer, const char *folder, enum renderer_program program,
                          struct pp_error *error) {
    char path[PP_PATH_MAX];
    int pair[2];
    if (!pp_path_format(path, error, "%s/%s", folder, program_names[program]) || !ipc_pair(pair, error))
        return false;
    renderer->control = pair[0];
    pp_autoclose int theirs = pair[1];
    return renderer_spawn(renderer, path, theirs, error);
}

struct renderer *renderer_prepare(struct net_loop *loop, const char *folder, enum renderer_program program,
                                  struct pp_error *error) {
    struct renderer *renderer = calloc(1, sizeof *renderer);
    if (!renderer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *renderer = (struct renderer){.loop = loop, .control = -1, .pidfd = -1};
    if (!renderer_open(renderer, folder, program, error)) {
        renderer_destroy(renderer);
        return NULL;
    }
    return renderer;
}

bool renderer_begin(struct renderer *renderer, const struct ipc_message *start,
                    const struct renderer_events *events, void *arg, struct pp_error *error) {
    if (!ipc_send(renderer->control, start, error) || !ipc_set_nonblocking(renderer->control, error))
        return false;
    renderer->events = *events;
    renderer->arg = arg;
    renderer->control_watch =
        net_loop_watch(renderer->loop, renderer->control, POLLIN, on_control, renderer, error);
    renderer->exit_watch =
        net_loop_watch(renderer->loop, renderer->pidfd, POLLIN, on_exit_ready, renderer, error);
    return renderer->control_watch && renderer->exit_watch;
}

void renderer_destroy(struct renderer *renderer) {
    if (!renderer)
        return;
    renderer_hang_up(renderer);
    net_loop_unwatch(renderer->loop, renderer->exit_watch);
    if (renderer->pid) {
        kill(renderer->pid, SIGKILL);
        while (waitpid(renderer->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    pp_close(&renderer->pidfd);
    free(renderer);
}

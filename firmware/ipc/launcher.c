#include "ipc/launcher.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ipc/conn.h"
#include "ipc/launcher_process.h"
#include "ipc/program.h"

struct ipc_launcher {
    pid_t pid; /* 0 once reaped */
    int pidfd;
    int socket;             /* non-blocking */
    struct pp_error broken; /* why it is of no use any more; PP_OK: it is */
};

static bool find_user(const char *name, struct launcher_user *user, struct pp_error *error) {
    errno = 0;
    const struct passwd *found = getpwnam(name);
    if (!found && errno && errno != ENOENT && errno != ESRCH)
        return pp_fail_errno(error, "look it up");
    if (!found)
        return pp_fail(error, PP_E_NOTFOUND, "there is no such user");
    *user = (struct launcher_user){.uid = found->pw_uid, .gid = found->pw_gid};
    if (user->uid == 0 || user->gid == 0)
        return pp_fail(error, PP_E_INVALID, "that is root, or root's group");
    if (user->uid == geteuid() || user->gid == getegid())
        return pp_fail(error, PP_E_INVALID, "that is this program's own user, or its group");
    return true;
}

/* One answer, in order. Whoever does not give it is not asked again. */
static bool receive_answer(struct ipc_launcher *launcher, struct ipc_launched *answer,
                           struct pp_error *error) {
    ipc_automessage struct ipc_message message = {0};
    int64_t end_ms = pp_clock_monotonic_ms() + IPC_LAUNCHER_ANSWER_MS;
    while (!ipc_receive(launcher->socket, &message, error)) {
        int64_t left_ms = end_ms - pp_clock_monotonic_ms();
        if (error->code != PP_E_STATE)
            return false;
        if (left_ms <= 0)
            return pp_fail(error, PP_E_IO, "it does not answer");
        poll(&(struct pollfd){.fd = launcher->socket, .events = POLLIN}, 1, (int)left_ms);
    }
    if (message.type != IPC_LAUNCHED)
        return pp_fail(error, PP_E_INVALID, "it answered %s", ipc_type_name(message.type));
    *answer = message.launched;
    return true;
}

static bool launcher_fork(struct ipc_launcher *launcher, struct launcher_user user, struct pp_error *error) {
    int pair[2];
    if (!ipc_pair(pair, error))
        return false;
    launcher->socket = pair[0];
    pp_autoclose int theirs = pair[1];
    if (!ipc_set_nonblocking(launcher->socket, error))
        return false;
    pid_t pid = fork();
    if (pid < 0)
        return pp_fail_errno(error, "fork");
    if (pid == 0)
        launcher_process_run(theirs, user);
    launcher->pid = pid;
    launcher->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    return launcher->pidfd >= 0 || pp_fail_errno(error, "pidfd_open");
}

static bool launcher_begin(struct ipc_launcher *launcher, const char *name, struct pp_error *error) {
    struct launcher_user user;
    struct ipc_launched first;
    if (!find_user(name, &user, error) || !launcher_fork(launcher, user, error) ||
        !receive_answer(launcher, &first, error))
        return false;
    if (first.pid != (uint32_t)launcher->pid)
        return pp_fail(error, PP_E_IO, "%s (it takes CAP_SETUID, CAP_SETGID and CAP_SETPCAP)", first.reason);
    return true;
}

struct ipc_launcher *ipc_launcher_create(const char *user, struct pp_error *error) {
    struct ipc_launcher *launcher = calloc(1, sizeof *launcher);
    if (!launcher) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *launcher = (struct ipc_launcher){.pidfd = -1, .socket = -1};
    if (!launcher_begin(launcher, user, error)) {
        pp_wrap(error, "renderers cannot be started as user \"%s\"", user);
        ipc_launcher_destroy(launcher);
        return NULL;
    }
    return launcher;
}

/* Reaps it if it has ended by then; whether it has. */
static bool launcher_reap(struct ipc_launcher *launcher, int wait_ms, int *status) {
    if (!launcher->pid)
        return false;
    poll(&(struct pollfd){.fd = launcher->pidfd, .events = POLLIN}, 1, wait_ms);
    if (waitpid(launcher->pid, status, WNOHANG) != launcher->pid)
        return false;
    launcher->pid = 0;
    return true;
}

void ipc_launcher_destroy(struct ipc_launcher *launcher) {
    int status = 0;
    if (!launcher)
        return;
    pp_close(&launcher->socket);
    launcher_reap(launcher, IPC_LAUNCHER_END_MS, &status);
    pp_close(&launcher->pidfd);
    free(launcher);
}

int ipc_launcher_fd(const struct ipc_launcher *launcher) {
    return launcher->socket;
}

bool ipc_launcher_explain(struct ipc_launcher *launcher, struct pp_error *error) {
    char how[IPC_REASON_MAX + 1];
    int status = 0;
    if (launcher_reap(launcher, IPC_LAUNCHER_END_MS, &status)) {
        ipc_program_describe_end("the launcher of renderers", status, how, sizeof how);
        return pp_fail(error, PP_E_STATE, "%s", how);
    }
    return pp_fail(error, PP_E_STATE, "the launcher of renderers: %s",
                   launcher->broken.code ? launcher->broken.message : "it spoke unasked");
}

/* Its socket becomes readable, whoever watches it. */
static bool launcher_break(struct ipc_launcher *launcher, const struct pp_error *why) {
    if (!launcher->broken.code)
        launcher->broken = *why;
    shutdown(launcher->socket, SHUT_RDWR);
    return false;
}

bool ipc_launcher_start(struct ipc_launcher *launcher, const char *path, int control, int words, pid_t *pid,
                        struct pp_error *error) {
    struct ipc_message request = {.type = IPC_LAUNCH, .fds = {control, words}, .fd_count = 2};
    struct ipc_launched answer;
    if (snprintf(request.launch.path, sizeof request.launch.path, "%s", path) >=
        (int)sizeof request.launch.path)
        return pp_fail(error, PP_E_LIMIT, "start %s: the path is over %d bytes", path, IPC_PATH_MAX);
    bool sent = ipc_send(launcher->socket, &request, error);
    if (!sent && error->code == PP_E_STATE)
        return pp_wrap(error, "start %s", path); /* another time: nothing went out */
    if (!sent || !receive_answer(launcher, &answer, error))
        return launcher_break(launcher, error);
    if (!answer.pid)
        return pp_fail(error, PP_E_IO, "start %s: %s", path, answer.reason);
    *pid = (pid_t)answer.pid;
    return true;
}

void ipc_launcher_kill(struct ipc_launcher *launcher, int pidfd) {
    struct ipc_message request = {.type = IPC_KILL, .kill.signal = SIGKILL, .fds = {pidfd}, .fd_count = 1};
    struct pp_error error = {0};
    if (!ipc_send(launcher->socket, &request, &error))
        launcher_break(launcher, &error);
}

#include "ipc/launcher_process.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/privileges.h"
#include "ipc/conn.h"
#include "ipc/program.h"

#define NAME             "pingplay-launch" /* in a list of processes; 15 bytes at most */
#define LAUNCHER_FD      3
#define EXIT_NOT_STARTED 127

/* ---- Becoming the user ---- */

/* Nothing of ours is kept but standard error. */
static bool keep_only(int socket, struct pp_error *error) {
    pp_autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return pp_fail_errno(error, "/dev/null");
    if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return pp_fail_errno(error, "dup2");
    if (socket != LAUNCHER_FD && dup3(socket, LAUNCHER_FD, O_CLOEXEC) < 0)
        return pp_fail_errno(error, "dup3");
    pp_steal_fd(&null); /* closed with the others */
    if (syscall(SYS_close_range, LAUNCHER_FD + 1, ~0U, 0) < 0)
        return pp_fail_errno(error, "close_range");
    return true;
}

/* The user's identifiers stand everywhere, and the ones before cannot be had again. */
static bool check_user(struct launcher_user user, uid_t before, struct pp_error *error) {
    uid_t uids[3];
    gid_t gids[3];
    if (getresuid(&uids[0], &uids[1], &uids[2]) < 0 || getresgid(&gids[0], &gids[1], &gids[2]) < 0)
        return pp_fail_errno(error, "getresuid");
    for (size_t i = 0; i < PP_COUNT(uids); i++) {
        if (uids[i] != user.uid || gids[i] != user.gid)
            return pp_fail(error, PP_E_STATE, "the user was not taken on");
    }
    if (getgroups(0, NULL) != 0 || setresuid(before, before, before) == 0 || setresuid(0, 0, 0) == 0)
        return pp_fail(error, PP_E_STATE, "the user before can be taken on again");
    return true;
}

static bool become(struct launcher_user user, struct pp_error *error) {
    uid_t before = geteuid();
    pp_capability_bounds_drop(); /* root has no capability any more after the next lines */
    if (setgroups(0, NULL) < 0)
        return pp_fail_errno(error, "setgroups");
    if (setresgid(user.gid, user.gid, user.gid) < 0)
        return pp_fail_errno(error, "setresgid");
    if (setresuid(user.uid, user.uid, user.uid) < 0)
        return pp_fail_errno(error, "setresuid");
    if (!pp_capabilities_drop(error))
        return false;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_NO_NEW_PRIVS");
    /* What it starts is of the same user, and must not look into it. Becoming another user may have undone
     * it. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_DUMPABLE");
    return check_user(user, before, error);
}

/* It ends with the one that it serves, and not by what is sent to all processes of a service or a terminal. */
static void ignore_signals(void) {
    static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE};
    for (size_t i = 0; i < PP_COUNT(signals); i++)
        signal(signals[i], SIG_IGN);
}

/* ---- Starting and killing ---- */

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); /* fails for those that cannot be ignored either */
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the new process: what posix_spawn would do (program.c). All other descriptors are close-on-exec. */
_Noreturn static void become_program(const struct ipc_launch *launch, int control, int words) {
    static char language[] = IPC_PROGRAM_LANGUAGE;
    char *const environment[] = {language, NULL};
    struct ipc_message failed = {.type = IPC_FAILED, .failed = {.unread = 1}};
    struct pp_error error = {0};
    char path[IPC_PATH_MAX + 1];
    memcpy(path, launch->path, sizeof path);
    char *name = strrchr(path, '/');
    char *const argv[] = {name ? name + 1 : path, NULL};
    reset_signals();
    int moved = fcntl(control, F_DUPFD_CLOEXEC, IPC_PROGRAM_CONTROL_FD + 1);
    int moved_words = fcntl(words, F_DUPFD_CLOEXEC, IPC_PROGRAM_CONTROL_FD + 1);
    if (moved >= 0 && moved_words >= 0 && dup2(moved_words, STDERR_FILENO) >= 0 &&
        dup2(moved, IPC_PROGRAM_CONTROL_FD) >= 0)
        execve(launch->path, argv, environment);
    pp_fail_errno(&error, "start %s", path);
    snprintf(failed.failed.reason, sizeof failed.failed.reason, "%.*s", IPC_REASON_MAX, error.message);
    if (moved >= 0 && !ipc_send(moved, &failed, &error))
        pp_log_error("%s", error.message);
    _exit(EXIT_NOT_STARTED);
}

static bool handle_launch(const struct ipc_message *request, struct pp_error *error) {
    struct ipc_message answer = {.type = IPC_LAUNCHED};
    /* A child of the one that we serve. No memory is shared, and nobody waits until the program was read from
     * the flash. */
    long pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        become_program(&request->launch, request->fds[0], request->fds[1]);
    if (pid < 0)
        snprintf(answer.launched.reason, sizeof answer.launched.reason, "%s", strerror(errno));
    else
        answer.launched.pid = (uint32_t)pid;
    return ipc_send(LAUNCHER_FD, &answer, error);
}

/* It may have ended, or not be ours. */
static void handle_kill(const struct ipc_message *request) {
    (void)!syscall(SYS_pidfd_send_signal, request->fds[0], SIGKILL, NULL, 0);
}

static bool handle(const struct ipc_message *request, struct pp_error *error) {
    switch (request->type) {
    case IPC_LAUNCH:
        return handle_launch(request, error);
    case IPC_KILL:
        handle_kill(request);
        return true;
    default:
        return pp_fail(error, PP_E_INVALID, "a launcher has no message %s", ipc_type_name(request->type));
    }
}

static bool serve(struct pp_error *error) {
    for (;;) {
        ipc_automessage struct ipc_message request = {0};
        if (!ipc_receive(LAUNCHER_FD, &request, error) || !handle(&request, error))
            return error->code == PP_E_NET;
    }
}

static bool begin(int socket, struct launcher_user user, struct pp_error *error) {
    prctl(PR_SET_NAME, NAME, 0, 0, 0);
    ignore_signals();
    return keep_only(socket, error) && become(user, error);
}

void launcher_process_run(int socket, struct launcher_user user) {
    struct ipc_message first = {.type = IPC_LAUNCHED, .launched.pid = (uint32_t)getpid()};
    struct pp_error error = {0};
    if (!begin(socket, user, &error)) {
        first.launched.pid = 0;
        snprintf(first.launched.reason, sizeof first.launched.reason, "%.*s", IPC_REASON_MAX, error.message);
        (void)!ipc_send(fcntl(LAUNCHER_FD, F_GETFD) < 0 ? socket : LAUNCHER_FD, &first, &error);
        _exit(1);
    }
    if (ipc_send(LAUNCHER_FD, &first, &error) && serve(&error))
        _exit(0);
    pp_log_error("launcher: %s", error.message);
    _exit(1);
}

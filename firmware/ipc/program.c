#include "ipc/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "ipc/conn.h"

/* Everything else of ours is close-on-exec. The control socket is first moved out of the way of descriptor 3.
 */
static bool program_spawn(const char *path, int theirs, int words, pid_t *pid, struct pp_error *error) {
    pp_autoclose int moved = fcntl(theirs, F_DUPFD_CLOEXEC, IPC_PROGRAM_CONTROL_FD + 1);
    if (moved < 0)
        return pp_fail_errno(error, "duplicate a socket");
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&actions, words, STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, moved, IPC_PROGRAM_CONTROL_FD);
    sigset_t none;
    sigemptyset(&none);
    sigset_t defaults;
    sigfillset(&defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    char name[PP_PATH_MAX];
    char language[] = IPC_PROGRAM_LANGUAGE;
    snprintf(name, sizeof name, "%s", strrchr(path, '/') + 1);
    char *const argv[] = {name, NULL};
    char *const environment[] = {language, NULL};
    int failed = posix_spawn(pid, path, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (!failed)
        return true;
    *pid = 0;
    errno = failed;
    return pp_fail_errno(error, "start %s", path);
}

bool ipc_program_start(struct ipc_launcher *launcher, const char *path, struct ipc_program *program,
                       struct pp_error *error) {
    int pair[2];
    *program = IPC_PROGRAM_NONE;
    if (!ipc_pair(pair, error))
        return false;
    program->control = pair[0];
    pp_autoclose int theirs = pair[1];
    int words[2];
    if (pipe2(words, O_CLOEXEC | O_NONBLOCK) < 0)
        return pp_fail_errno(error, "pipe");
    program->words = words[0];
    pp_autoclose int their_words = words[1];
    if (!(launcher ? ipc_launcher_start(launcher, path, theirs, their_words, &program->pid, error)
                   : program_spawn(path, theirs, their_words, &program->pid, error)))
        return false;
    program->pidfd = (int)syscall(SYS_pidfd_open, program->pid, 0);
    return program->pidfd >= 0 || pp_fail_errno(error, "watch %s", path);
}

void ipc_program_kill(struct ipc_launcher *launcher, const struct ipc_program *program) {
    if (!program->pid)
        return;
    if (!launcher)
        kill(program->pid, SIGKILL);
    else if (program->pidfd >= 0)
        ipc_launcher_kill(launcher, program->pidfd);
    /* Else it could not be watched, got no item, and ends because nobody has its control socket. */
}

void ipc_program_describe_end(const char *who, int status, char *text, size_t size) {
    if (WIFSIGNALED(status))
        snprintf(text, size, "%s was killed by signal %d (%s)", who, WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "%s ended with status %d", who, WEXITSTATUS(status));
}

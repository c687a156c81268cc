#include "fleet/job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

bool job_start(struct job *job, char *const argv[], struct pp_error *error) {
    posix_spawn_file_actions_t actions;
    *job = (struct job){.out = memfd_create("output", MFD_CLOEXEC)};
    if (job->out < 0)
        return pp_fail_errno(error, "memfd");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, job->out, STDOUT_FILENO);
    int status = posix_spawnp(&job->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (!status)
        return true;
    pp_close(&job->out);
    job->pid = 0;
    errno = status;
    return pp_fail_errno(error, "%s", argv[0]);
}

bool dialogue_start(struct dialogue *dialogue, char *const argv[], struct pp_error *error) {
    int in[2];
    int out[2];
    posix_spawn_file_actions_t actions;
    *dialogue = (struct dialogue){.in = -1, .out = -1};
    if (pipe2(in, O_CLOEXEC) < 0)
        return pp_fail_errno(error, "pipe");
    dialogue->in = in[1];
    if (pipe2(out, O_CLOEXEC) < 0) {
        close(in[0]);
        return pp_fail_errno(error, "pipe");
    }
    dialogue->out = out[0];
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    int status = posix_spawnp(&dialogue->pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    if (!status)
        return fcntl(dialogue->out, F_SETFL, O_NONBLOCK) == 0 || pp_fail_errno(error, "pipe");
    dialogue->pid = 0;
    errno = status;
    return pp_fail_errno(error, "%s", argv[0]);
}

void dialogue_finish(struct dialogue *dialogue) {
    pp_close(&dialogue->in);
    pp_close(&dialogue->out);
    if (dialogue->pid > 0)
        waitpid(dialogue->pid, NULL, 0);
    dialogue->pid = 0;
}

static void output_read(struct job *job, struct pp_buf *output) {
    if (lseek(job->out, 0, SEEK_SET) == 0)
        (void)!pp_file_read_fd(job->out, "output", output, NULL);
    pp_close(&job->out);
}

bool job_over(struct job *job, bool *ok, struct pp_buf *output) {
    int status = 0;
    if (waitpid(job->pid, &status, WNOHANG) == 0)
        return false;
    *ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    job->pid = 0;
    output_read(job, output);
    return true;
}

void job_finish(struct job *job) {
    if (job->pid <= 0)
        return;
    kill(job->pid, SIGTERM);
    waitpid(job->pid, NULL, 0);
    job->pid = 0;
    pp_close(&job->out);
}

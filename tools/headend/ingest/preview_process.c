#include "headend/ingest/preview_process.h"

#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/conn.h"

#define PREVIEW   "pingplay-preview"
#define JOB_FDS   3
#define END_MS    2000 /* until one that was killed has ended */
#define WORDS_MAX 1024 /* bytes of its last words */

/* The job, in memory alone. -1 on failure. */
static int job_file(const char *job, struct pp_error *error) {
    pp_autoclose int file = memfd_create("preview", MFD_CLOEXEC);
    if (file < 0) {
        pp_fail_errno(error, "memfd_create");
        return -1;
    }
    return pp_write_all(file, job, strlen(job), error) ? pp_steal_fd(&file) : -1;
}

static bool fds_send(int control, const int fds[JOB_FDS], struct pp_error *error) {
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof(int) * JOB_FDS)] = {0};
    const struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    *head = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int) * JOB_FDS), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(head), fds, sizeof(int) * JOB_FDS);
    return sendmsg(control, &message, MSG_NOSIGNAL) == 1 || pp_fail_errno(error, "hand over a preview");
}

static bool job_give(const struct preview_process *process, const char *job, int files, int pictures,
                     struct pp_error *error) {
    pp_autoclose int file = job_file(job, error);
    const int fds[JOB_FDS] = {file, files, pictures};
    return file >= 0 && fds_send(process->program.control, fds, error);
}

bool preview_process_start(const char *folder, const char *job, int files, struct preview_process *process,
                           struct pp_error *error) {
    char path[PP_PATH_MAX];
    int pair[2];
    *process = PREVIEW_PROCESS_NONE;
    if (!pp_path_format(path, error, "%s/" PREVIEW, folder))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return pp_fail_errno(error, "socketpair");
    process->pictures = pair[0];
    pp_autoclose int theirs = pair[1];
    return ipc_set_nonblocking(process->pictures, error) &&
           ipc_program_start(NULL, path, &process->program, error) &&
           job_give(process, job, files, theirs, error);
}

/* The last lines that it has said, which say why where it has failed. */
static void words_log(int fd) {
    char words[WORDS_MAX + 1];
    ssize_t got = fd >= 0 ? read(fd, words, WORDS_MAX) : 0;
    if (got <= 0)
        return;
    words[got] = 0;
    pp_json_tidy(words);
    pp_log_info(PREVIEW ": %s", words);
}

void preview_process_stop(struct preview_process *process) {
    struct ipc_program *program = &process->program;
    if (program->pid > 0) {
        ipc_program_kill(NULL, program);
        poll(&(struct pollfd){.fd = program->pidfd, .events = POLLIN}, 1, END_MS);
        words_log(program->words);
        waitpid(program->pid, NULL, WNOHANG);
    }
    pp_close(&program->control);
    pp_close(&program->pidfd);
    pp_close(&program->words);
    pp_close(&process->pictures);
    *process = PREVIEW_PROCESS_NONE;
}

#include "headend/ingest/preview_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
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

/* Exactly `size` bytes, by `end_ms` (CLOCK_MONOTONIC). */
static bool read_all(int fd, uint8_t *data, size_t size, int64_t end_ms, struct pp_error *error) {
    for (size_t at = 0; at < size;) {
        int64_t left_ms = end_ms - pp_clock_monotonic_ms();
        if (left_ms <= 0)
            return pp_fail(error, PP_E_STATE, "no picture has come");
        poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, (int)left_ms);
        ssize_t got = recv(fd, data + at, size - at, MSG_DONTWAIT);
        if (got == 0)
            return pp_fail(error, PP_E_STATE, "the preview has ended without a picture");
        if (got > 0)
            at += (size_t)got;
        else if (errno != EAGAIN && errno != EINTR)
            return pp_fail_errno(error, "the preview's picture");
    }
    return true;
}

bool preview_process_picture(const struct preview_process *process, int wait_s, struct pp_buf *picture,
                             struct pp_error *error) {
    uint8_t head[PREVIEW_HEAD_SIZE];
    size_t size = 0;
    int64_t end_ms = pp_clock_monotonic_ms() + wait_s * INT64_C(1000);
    if (!read_all(process->pictures, head, sizeof head, end_ms, error))
        return false;
    for (size_t i = 0; i < sizeof head; i++)
        size = size << 8 | head[i];
    if (!size || size > PREVIEW_PICTURE_MAX)
        return pp_fail(error, PP_E_LIMIT, "the preview's picture has %zu bytes", size);
    uint8_t *room = pp_buf_reserve(picture, size, error);
    if (!room || !read_all(process->pictures, room, size, end_ms, error))
        return false;
    picture->size += size;
    return true;
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

void preview_process_kill(const struct preview_process *process) {
    if (process->program.pid <= 0)
        return;
    kill(-process->program.pid,
         SIGKILL); /* and what it has started: a group of its own (tools/preview/main.c) */
    ipc_program_kill(NULL, &process->program);
}

void preview_process_stop(struct preview_process *process) {
    struct ipc_program *program = &process->program;
    if (program->pid > 0) {
        preview_process_kill(process);
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

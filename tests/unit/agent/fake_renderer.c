#include "fake_renderer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/renderer.h"
#include "base/file.h"
#include "base/mem.h"
#include "ipc/conn.h"
#include "ipc/program.h"

static void say(uint16_t type, uint8_t level) {
    struct ipc_message message = {.type = type};
    if (type == IPC_SANDBOXED)
        message.sandboxed.level = level;
    if (type == IPC_INFO)
        message.info = (struct ipc_info){.width = 16, .height = 9, .duration_ms = FAKE_DURATION_MS};
    if (type == IPC_NOTE)
        message.note = (struct ipc_note){.kind = IPC_NOTE_SILENT, .reason = "no sound"};
    if (type == IPC_FAILED) {
        message.failed.unread = level;
        strcpy(message.failed.reason, level ? "Input/output error" : "not a picture");
    }
    struct pp_error error = {0};
    if (!ipc_send(IPC_PROGRAM_CONTROL_FD, &message, &error))
        _exit(9);
}

/* Where it is to begin and how long it is to be shown, to whoever has the other end of the frame socket. */
static void tell_start(const struct ipc_message *start) {
    struct ipc_message clock = {.type = IPC_CLOCK,
                                .clock = {.position_us = start->start_media.start_ms * UINT64_C(1000)}};
    struct ipc_message end = {.type = IPC_END,
                              .end = {.duration_us = start->start_media.duration_ms * UINT64_C(1000)}};
    struct pp_error error = {0};
    if (!ipc_send(start->fds[1], &clock, &error) || !ipc_send(start->fds[1], &end, &error))
        _exit(9);
}

/* Until nobody has the other end of the frame socket. */
static void wait_for_hang_up(const struct ipc_message *start) {
    struct pollfd frames = {.fd = start->fds[1]};
    while (poll(&frames, 1, -1) <= 0) {
    }
}

static int play(char kind) {
    say(IPC_SANDBOXED, kind == 'u' ? IPC_SANDBOX_USERNS : IPC_SANDBOX_SECCOMP);
    if (kind == 'f' || kind == 'l') {
        say(IPC_FAILED, 0);
        return 1;
    }
    if (kind == 'r') {
        say(IPC_FAILED, 1);
        return 1;
    }
    if (kind == 'x')
        return 3;
    if (kind == 'e')
        return 0;
    if (kind == 'k' || kind == 'd')
        raise(SIGKILL);
    if (kind == 'y')
        raise(SIGSYS);
    say(IPC_INFO, 0);
    if (kind == 't')
        say(IPC_INFO, 0);
    if (kind == 'n' || kind == 'm' || kind == 'h')
        say(IPC_NOTE, 0);
    if (kind == 'm')
        say(IPC_NOTE, 0);
    /* A test may hold it in its death. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    pause();
    return 0;
}

bool fake_renderer_main(const char *argv0, int *status) {
    if (strncmp(argv0, "pingplay-render-", strlen("pingplay-render-")) != 0)
        return false;
    struct ipc_message start = {0};
    struct pp_error error = {0};
    char kind = 'o';
    if (!ipc_receive(IPC_PROGRAM_CONTROL_FD, &start, &error))
        _exit(8);
    if (start.type == IPC_START_MEDIA && pread(start.fds[0], &kind, 1, 0) != 1)
        _exit(7);
    if (strchr("ldeh", kind))
        wait_for_hang_up(&start);
    if (kind == 's')
        tell_start(&start);
    *status = play(kind);
    return true;
}

/* A copy, which any user can start whatever folder this was built in. */
static void copy_this_program(const char *path) {
    pp_autoclose int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    pp_autoclose int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    struct stat about;
    if (from < 0 || to < 0 || fstat(from, &about) < 0 || fchmod(to, 0755) < 0)
        abort();
    for (off_t left = about.st_size; left > 0;) {
        ssize_t sent = sendfile(to, from, NULL, (size_t)left);
        if (sent <= 0)
            abort();
        left -= sent;
    }
}

void fake_renderer_install(const char *folder) {
    static const char *const names[] = {"pingplay-render-media", "pingplay-render-status"};
    char program[PP_PATH_MAX];
    if (!pp_path_format(program, NULL, "%s/fake-renderer", folder))
        abort();
    copy_this_program(program);
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        char link[PP_PATH_MAX];
        if (!pp_path_format(link, NULL, "%s/%s", folder, names[i]) || symlink("fake-renderer", link) < 0)
            abort();
    }
}

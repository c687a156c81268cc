#include "render/common/control.h"

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"

/* When memory is short, this process goes and not the agent that started it. Best effort: where /proc is not
 * to be had, the kernel takes the largest, which a renderer that needs so much is. */
static void prefer_for_oom_kill(void) {
    pp_autoclose int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        (void)!write(fd, "1000", 4);
}

/* What the C library looks for in files only when it is first asked, which would be inside the sandbox: the time
 * zone (gmtime(3) wants it, too, for any date in a file) and a limit of malloc's arenas. With a zone in TZ the later
 * calls look at nothing but that; a renderer needs no other zone. */
static bool load_what_is_lazy(struct pp_error *error) {
    mallopt(M_ARENA_MAX, 1);
    if (setenv("TZ", "UTC0", 1) < 0)
        return pp_fail_errno(error, "setenv");
    tzset();
    return true;
}

bool control_prepare(struct pp_error *error) {
    if (!load_what_is_lazy(error))
        return false;
    if (fcntl(CONTROL_FD, F_GETFD) < 0)
        return pp_fail(error, PP_E_STATE, "descriptor %d is no control socket: the agent starts this program",
                       CONTROL_FD);
    /* The limit on files in the sandbox must not make a line of log on one a reason to die. */
    signal(SIGXFSZ, SIG_IGN);
    prefer_for_oom_kill();
    pp_autoclose int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return pp_fail_errno(error, "/dev/null");
    if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
        return pp_fail_errno(error, "dup2");
    if (fcntl(STDERR_FILENO, F_GETFD) < 0 && dup2(null, STDERR_FILENO) < 0)
        return pp_fail_errno(error, "dup2");
    return true;
}

bool control_receive(int control, enum ipc_type type, struct ipc_message *message, struct pp_error *error) {
    if (!ipc_receive(control, message, error))
        return false;
    if (message->type == type)
        return true;
    ipc_message_finish(message);
    return pp_fail(error, PP_E_INVALID, "not the message that starts this renderer");
}

bool control_send_sandboxed(int control, uint8_t level, struct pp_error *error) {
    struct ipc_message message = {.type = IPC_SANDBOXED, .sandboxed = {.level = level}};
    return ipc_send(control, &message, error);
}

bool control_send_info(int control, const struct ipc_info *info, struct pp_error *error) {
    struct ipc_message message = {.type = IPC_INFO, .info = *info};
    return ipc_send(control, &message, error);
}

/* Cut to what the wire takes, at the begin of a UTF-8 character. */
static void copy_reason(char reason[IPC_REASON_MAX + 1], const char *text) {
    size_t length = strnlen(text, IPC_REASON_MAX + 1);
    if (length > IPC_REASON_MAX) {
        length = IPC_REASON_MAX;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(reason, text, length);
    reason[length] = 0;
}

bool control_send_note(int control, enum ipc_note_kind kind, const struct pp_error *why,
                       struct pp_error *error) {
    struct ipc_message message = {.type = IPC_NOTE, .note = {.kind = (uint8_t)kind}};
    copy_reason(message.note.reason, why->message);
    return ipc_send(control, &message, error);
}

int control_end(int control, const struct pp_error *error) {
    if (error->code == PP_E_NET)
        return 0;
    struct ipc_message message = {.type = IPC_FAILED, .failed.unread = error->code == PP_E_IO};
    copy_reason(message.failed.reason, error->message);
    struct pp_error ignored = {0};
    if (!ipc_send(control, &message, &ignored))
        pp_log_error("%s", error->message);
    return 1;
}

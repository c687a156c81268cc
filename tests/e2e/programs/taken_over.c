/* A renderer that what it was given has taken over: in the real sandbox, and then it does what none of ours does.
 * Built twice: TAKEN_OVER_CALLS makes a system call that is not a renderer's to make, the other sends a message that
 * is not. */
#include <sys/socket.h>
#include <unistd.h>

#include "render/common/control.h"
#include "sandbox/sandbox.h"

#ifdef TAKEN_OVER_CALLS
static void misbehave(void) {
    (void)!socket(AF_INET, SOCK_STREAM, 0);
}
#else
static void misbehave(void) {
    struct pp_error error = {0};
    const struct ipc_message mark = {.type = IPC_MARK, .mark = {.offline = 1}};
    (void)!ipc_send(CONTROL_FD, &mark, &error);
    pause();
}
#endif

static bool begin(struct pp_error *error) {
    ipc_automessage struct ipc_message start = {0};
    uint8_t level = 0;
    if (!control_prepare(error) || !control_receive(CONTROL_FD, IPC_START_MEDIA, &start, error))
        return false;
    const struct sandbox_config config = {
        .profile = SANDBOX_RENDERER,
        .keep = {STDERR_FILENO, CONTROL_FD, start.fds[0], start.fds[1]},
        .keep_count = 4,
    };
    return sandbox_enter(&config, &level, error) && control_send_sandboxed(CONTROL_FD, level, error);
}

int main(void) {
    struct pp_error error = {0};
    if (begin(&error))
        misbehave();
    _exit(control_end(CONTROL_FD, &error));
}

/* pingplay-render-media: one image or film, from a sealed object to a layer's frames. Started by the agent
 * only. */
#include <fcntl.h>

#include "base/log.h"
#include "base/mem.h"
#include "render/common/control.h"
#include "render/media/limits.h"
#include "render/media/media.h"
#include "sandbox/sandbox.h"

#define STDERR_KEPT 63 /* descriptor: standard error, until main */

#ifdef PP_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:symbolize=0"; /* both would leave the sandbox */
}
#else
/* Among FFmpeg's 130 libraries are some whose constructors write to standard error, for each item anew: libgcrypt
 * "Warning: using insecure memory!", where none can be locked. No secret of ours is there. */
static void silence_libraries(void) {
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (null < 0)
        return;
    if (dup3(STDERR_FILENO, STDERR_KEPT, O_CLOEXEC) >= 0)
        dup2(null, STDERR_FILENO);
    close(null);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(void) = silence_libraries;
#endif

static void restore_stderr(void) {
    if (dup2(STDERR_KEPT, STDERR_FILENO) >= 0)
        close(STDERR_KEPT);
}

/* What the agent allows for this item, which knows how large it is shown. */
static uint64_t memory_max(const struct ipc_start_media *start) {
    uint64_t wanted = (uint64_t)start->memory_mib << 20;
    return wanted && wanted < MEDIA_MEMORY_MAX ? wanted : MEDIA_MEMORY_MAX;
}

static bool enter_sandbox(const struct ipc_message *start, struct pp_error *error) {
    const struct sandbox_config config = {
        .profile = SANDBOX_RENDERER,
        .keep = {STDERR_FILENO, CONTROL_FD, start->fds[0], start->fds[1]},
        .keep_count = 4,
        .memory_max = memory_max(&start->start_media),
    };
    uint8_t level = 0;
    return sandbox_enter(&config, &level, error) && control_send_sandboxed(CONTROL_FD, level, error);
}

/* Nothing of the object is looked at before the sandbox is closed. Never returns true: see media_run. */
static bool render(struct pp_error *error) {
    ipc_automessage struct ipc_message start = {0};
    if (!control_prepare(error) || !media_prepare(error) ||
        !control_receive(CONTROL_FD, IPC_START_MEDIA, &start, error) || !enter_sandbox(&start, error))
        return false;
    return media_run(&start, CONTROL_FD, error);
}

int main(void) {
    struct pp_error error = {0};
    restore_stderr();
    render(&error);
    /* Exit handlers of libraries may do what the sandbox forbids. */
    _exit(control_end(CONTROL_FD, &error));
}

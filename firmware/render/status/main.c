/* pingplay-render-status: one status screen, from the agent's words to a layer's frame. Started by the agent
 * only. */
#include "base/mem.h"
#include "render/common/control.h"
#include "render/status/status.h"
#include "sandbox/sandbox.h"

#define STATUS_MEMORY_MAX (256ull * 1024 * 1024) /* bytes */
#define STATUS_CPU_MAX    14400                  /* s: of live values, weeks of one a second */

#ifdef PP_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:symbolize=0"; /* both would leave the sandbox */
}
#endif

static bool enter(enum sandbox_profile profile, uint8_t *level, struct pp_error *error) {
    const struct sandbox_config config = {.profile = profile,
                                          .keep = {STDERR_FILENO, CONTROL_FD},
                                          .keep_count = 2,
                                          .memory_max = STATUS_MEMORY_MAX,
                                          .cpu_max = STATUS_CPU_MAX};
    uint8_t reached = 0;
    bool ok = sandbox_enter(&config, &reached, error);
    *level |= reached;
    return ok;
}

/* Fonts come from files, through libraries with threads; the words come when no file can be opened any more.
 * Never returns true: see status_run. */
static bool render(struct pp_error *error) {
    struct font font;
    struct strings strings;
    uint8_t level = 0;
    if (!control_prepare(error) || !enter(SANDBOX_LOADER, &level, error) || !font_load(&font, error) ||
        !strings_load(&strings, error) || !enter(SANDBOX_RENDERER, &level, error))
        return false;
    ipc_automessage struct ipc_message start = {0};
    if (!control_send_sandboxed(CONTROL_FD, level, error) ||
        !control_receive(CONTROL_FD, IPC_START_STATUS, &start, error))
        return false;
    return status_run(&start, &font, &strings, CONTROL_FD, error);
}

int main(void) {
    struct pp_error error = {0};
    render(&error);
    /* Exit handlers of libraries may do what the sandbox forbids. */
    _exit(control_end(CONTROL_FD, &error));
}

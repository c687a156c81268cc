#include <cjson/cJSON.h>
#include <linux/capability.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "base/visible.h"
#include "headend/cli/commands.h"
#include "headend/serve/serve.h"

/* Whether no limit of locked memory holds for this process. */
static bool may_lock_memory(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capget, &header, data) == 0 &&
           data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK);
}

/* No core, no debugger of the same user, and no page in the swap: the memory holds every key of the fleet. */
static bool protect_memory(struct pp_error *error) {
    const struct rlimit none = {0};
    const struct rlimit all = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};
    struct rlimit limit = {0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
        return pp_fail_errno(error, "PR_SET_DUMPABLE");
    if (setrlimit(RLIMIT_CORE, &none) < 0)
        return pp_fail_errno(error, "RLIMIT_CORE");
    /* Under a limit an allocation would fail some day; the service has none. */
    bool unlimited = may_lock_memory() ||
                     (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) ||
                     setrlimit(RLIMIT_MEMLOCK, &all) == 0;
    if (!unlimited || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        pp_log_debug("memory is not locked: keys may be written to the swap");
    return true;
}

/* Documents hold keys and tokens: their memory is wiped before others get it. */
static void wipe_and_free(void *memory) {
    if (memory)
        pp_wipe(memory, malloc_usable_size(memory));
    free(memory);
}

int main(int argc, char **argv) {
    struct pp_error error = {0};
    umask(022);
    cJSON_InitHooks(&(cJSON_Hooks){.malloc_fn = malloc, .free_fn = wipe_and_free});
    bool child = false;
    if (protect_memory(&error) &&
        (child_run(argc, argv, &child, &error) || (!child && command_run(argc, argv, command_serve, &error))))
        return 0;
    pp_autobuf struct pp_buf message = PP_BUF_INIT(6 * sizeof error.message);
    fprintf(stderr, "pingplay-headend: %s\n",
            pp_visible_add(&message, error.message, "", NULL) ? pp_buf_text(&message) : "out of memory");
    return 1;
}

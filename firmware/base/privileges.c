#include "base/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64 /* that a kernel may know */

void pp_capability_bounds_drop(void) {
    for (int cap = 0; cap < CAPABILITIES_MAX; cap++) {
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0 && errno == EINVAL)
            break; /* behind the last one that this kernel knows; EPERM: it was not ours */
    }
}

bool pp_capabilities_drop(struct pp_error *error) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    pp_capability_bounds_drop();
    /* The ambient set goes with the others. */
    if (syscall(SYS_capset, &header, none) < 0)
        return pp_fail_errno(error, "capset");
    return true;
}

#include "base/listener.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEMD_FIRST_FD 3

int pp_systemd_listener(void) {
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    if (!pid || !count || strtol(pid, NULL, 10) != getpid() || strcmp(count, "1") != 0)
        return -1;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    return fcntl(SYSTEMD_FIRST_FD, F_SETFD, FD_CLOEXEC) == 0 ? SYSTEMD_FIRST_FD : -1;
}

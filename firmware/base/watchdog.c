#include "base/watchdog.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/mem.h"

#define SIGNS 3 /* in the time that systemd allows */

/* The socket's name is a path, or an abstract one behind "@". */
static int notify_connect(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length < 2 || length >= sizeof address.sun_path || (*name != '/' && *name != '@'))
        return -1;
    memcpy(address.sun_path, name, length);
    if (*name == '@')
        address.sun_path[0] = 0;
    pp_autoclose int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd < 0 || connect(fd, (const struct sockaddr *)(const void *)&address, size) != 0)
        return -1;
    return pp_steal_fd(&fd);
}

void pp_watchdog_init(struct pp_watchdog *watchdog) {
    const char *name = getenv("NOTIFY_SOCKET");
    const char *pid = getenv("WATCHDOG_PID");
    const char *limit = getenv("WATCHDOG_USEC");
    int64_t limit_us = limit ? strtoll(limit, NULL, 10) : 0;
    *watchdog = (struct pp_watchdog){.socket = -1, .due_us = PP_WATCHDOG_NEVER};
    if (name && limit_us >= SIGNS && (!pid || strtol(pid, NULL, 10) == getpid()))
        watchdog->socket = notify_connect(name);
    if (watchdog->socket >= 0) {
        watchdog->interval_us = limit_us / SIGNS;
        watchdog->due_us = 0;
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_PID");
    unsetenv("WATCHDOG_USEC");
}

void pp_watchdog_finish(struct pp_watchdog *watchdog) {
    pp_close(&watchdog->socket);
}

void pp_watchdog_tick(struct pp_watchdog *watchdog, int64_t now_us) {
    static const char sign[] = "WATCHDOG=1";
    if (now_us < watchdog->due_us)
        return;
    watchdog->due_us = now_us + watchdog->interval_us;
    (void)!send(watchdog->socket, sign, sizeof sign - 1, MSG_NOSIGNAL); /* the next one is soon enough */
}

/* bench-activate PATH PROGRAM [ARGUMENT…]: runs PROGRAM with a listening socket at PATH as systemd hands it
 * over (sd_listen_fds(3)): the socket is there before the program is. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "ipc/conn.h"

#define FIRST_FD 3 /* sd_listen_fds(3) */

static bool hand_over(const char *path, struct pp_error *error) {
    char pid[24];
    int fd = ipc_listen(path, error);
    if (fd < 0)
        return false;
    if (fd == FIRST_FD ? fcntl(fd, F_SETFD, 0) < 0 : dup2(fd, FIRST_FD) < 0)
        return pp_fail_errno(error, "dup2");
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    if (setenv("LISTEN_PID", pid, 1) != 0 || setenv("LISTEN_FDS", "1", 1) != 0)
        return pp_fail_errno(error, "setenv");
    return true;
}

int main(int argc, char **argv) {
    struct pp_error error = {0};
    if (argc < 3) {
        fputs("usage: bench-activate PATH PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    if (hand_over(argv[1], &error)) {
        execv(argv[2], argv + 2);
        pp_fail_errno(&error, "%s", argv[2]);
    }
    fprintf(stderr, "bench-activate: %s\n", error.message);
    return 1;
}

#include "child.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(const struct child *child) {
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    if (child->prepare)
        child->prepare();
    uint8_t level = 0;
    struct pp_error error = {0};
    if (!sandbox_enter(&child->config, &level, &error))
        _exit(CHILD_REFUSED);
    child->act();
    _exit(0);
}

int child_run(const struct child *child) {
    pid_t pid = child_start(child);
    int status = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

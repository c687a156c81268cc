#include "headend/ingest/content_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/mem.h"

static bool status_check(const char *path, const struct stat *status, struct pp_error *error) {
    if (S_ISDIR(status->st_mode))
        return pp_fail(error, PP_E_INVALID, "%s: a folder, not a file", path);
    if (!S_ISREG(status->st_mode))
        return pp_fail(error, PP_E_INVALID, "%s: not a file, but a %s", path,
                       S_ISFIFO(status->st_mode)   ? "pipe"
                       : S_ISSOCK(status->st_mode) ? "socket"
                                                   : "device");
    return status->st_size ? true : pp_fail(error, PP_E_INVALID, "%s: empty", path);
}

static bool open_fail(const char *path, struct pp_error *error) {
    bool denied = errno == EACCES;
    pp_fail_errno(error, "%s", path);
    return denied ? pp_fail(error, error->code,
                            "%s: Permission denied: it has to be readable for the user who publishes", path)
                  : false;
}

int content_open(const char *path, struct pp_error *error) {
    struct stat status;
    if (stat(path, &status) < 0) {
        open_fail(path, error);
        return -1;
    }
    if (!status_check(path, &status, error))
        return -1;
    /* Another may stand there by now. */
    pp_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 || fstat(fd, &status) < 0) {
        open_fail(path, error);
        return -1;
    }
    return status_check(path, &status, error) ? pp_steal_fd(&fd) : -1;
}

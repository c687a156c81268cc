#include "headend/base/install.h"

#include <libgen.h>
#include <unistd.h>

bool install_path(const char *from_program, char path[PP_PATH_MAX], struct pp_error *error) {
    char self[PP_PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return pp_fail_errno(error, "/proc/self/exe");
    self[length] = 0;
    return pp_path_format(path, error, "%s/%s", dirname(self), from_program);
}

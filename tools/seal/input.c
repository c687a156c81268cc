#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static bool input_measure(struct input *input, struct pp_error *error) {
    struct stat status;
    if (fstat(input->fd, &status) < 0)
        return pp_fail_errno(error, "input");
    if (S_ISDIR(status.st_mode))
        return pp_fail(error, PP_E_INVALID, "input is a folder");
    off_t place = S_ISREG(status.st_mode) ? lseek(input->fd, 0, SEEK_CUR) : -1;
    if (place < 0)
        return true;
    input->seekable = true;
    input->base = (uint64_t)place;
    input->length = status.st_size > place ? (uint64_t)(status.st_size - place) : 0;
    return true;
}

bool input_open(struct input *input, const char *path, struct pp_error *error) {
    *input = (struct input){.fd = STDIN_FILENO};
    if (path && strcmp(path, "-") != 0) {
        input->fd = open(path, O_RDONLY | O_CLOEXEC);
        if (input->fd < 0)
            return pp_fail_errno(error, "%s", path);
        input->owned = true;
    }
    return input_measure(input, error);
}

void input_finish(struct input *input) {
    if (input->owned)
        pp_close(&input->fd);
}

static bool copy_through(const struct input *input, uint8_t *buffer, seal_sink sink, void *arg,
                         struct pp_error *error) {
    for (;;) {
        ssize_t got = read(input->fd, buffer, INPUT_STEP);
        if (got == 0)
            return true;
        if (got < 0 && errno != EINTR)
            return pp_fail_errno(error, "read");
        /* An interruption pours nothing: the sink knows whether to stop. */
        if (!sink(arg, buffer, got > 0 ? (size_t)got : 0, error))
            return false;
    }
}

bool input_copy_to(const struct input *input, seal_sink sink, void *arg, struct pp_error *error) {
    uint8_t *buffer = malloc(INPUT_STEP);
    if (!buffer)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    bool ok = copy_through(input, buffer, sink, arg, error);
    pp_wipe(buffer, INPUT_STEP);
    free(buffer);
    return ok;
}

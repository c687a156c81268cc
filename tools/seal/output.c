#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
    interrupted = number;
}

/* So that an interrupted command removes its temporary file. */
static void catch_signals(void) {
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_signal};
    for (size_t i = 0; i < PP_COUNT(numbers); i++)
        sigaction(numbers[i], &action, NULL);
}

static bool not_interrupted(struct pp_error *error) {
    return !interrupted || pp_fail(error, PP_E_CANCELLED, "interrupted");
}

/* The name behind symbolic links: those stay, what they lead to is replaced. */
static bool output_resolve(struct output *output, const char *path, struct pp_error *error) {
    char real[PATH_MAX];
    const char *name = realpath(path, real) ? real : path;
    const char *slash = strrchr(name, '/');
    return pp_path_format(output->path, error, "%s", name) &&
           pp_path_format(output->temporary, error, "%.*s.pingplay-seal.%ld.tmp",
                          slash ? (int)(slash - name + 1) : 0, name, (long)getpid());
}

static bool output_open_file(struct output *output, const char *path, const struct stat *before,
                             struct pp_error *error) {
    if (!output_resolve(output, path, error))
        return false;
    catch_signals();
    output->fd = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (output->fd < 0) {
        output->temporary[0] = 0;
        return pp_fail_errno(error, "%s", path);
    }
    output->owned = true;
    if (before && fchmod(output->fd, before->st_mode & 07777) < 0)
        return pp_fail_errno(error, "%s", path);
    return true;
}

static bool output_open_direct(struct output *output, const char *path, struct pp_error *error) {
    output->fd = open(path, O_WRONLY | O_CLOEXEC);
    output->owned = true;
    return output->fd >= 0 || pp_fail_errno(error, "%s", path);
}

bool output_open(struct output *output, const char *path, struct pp_error *error) {
    struct stat status;
    *output = (struct output){.fd = STDOUT_FILENO};
    output->buffer = malloc(OUTPUT_BUFFER);
    if (!output->buffer)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!path || strcmp(path, "-") == 0)
        return true;
    bool exists = stat(path, &status) == 0;
    if (!exists && errno != ENOENT)
        return pp_fail_errno(error, "%s", path);
    if (exists && !S_ISREG(status.st_mode))
        return output_open_direct(output, path, error);
    return output_open_file(output, path, exists ? &status : NULL, error);
}

static bool output_flush(struct output *output, struct pp_error *error) {
    size_t size = output->size;
    output->size = 0;
    return pp_write_all(output->fd, output->buffer, size, error);
}

bool output_write(void *arg, const void *data, size_t size, struct pp_error *error) {
    struct output *output = arg;
    if (!not_interrupted(error) || (output->size + size > OUTPUT_BUFFER && !output_flush(output, error)))
        return false;
    if (size > OUTPUT_BUFFER)
        return pp_write_all(output->fd, data, size, error);
    memcpy(output->buffer + output->size, data, size);
    output->size += size;
    return true;
}

static bool output_rename(struct output *output, struct pp_error *error) {
    if (fsync(output->fd) < 0)
        return pp_fail_errno(error, "%s", output->path);
    if (!not_interrupted(error))
        return false;
    if (rename(output->temporary, output->path) < 0)
        return pp_fail_errno(error, "%s", output->path);
    output->temporary[0] = 0;
    return pp_dir_sync_of(AT_FDCWD, output->path, error);
}

bool output_commit(struct output *output, struct pp_error *error) {
    if (!output_flush(output, error))
        return false;
    if (output->path[0])
        return output_rename(output, error);
    output->owned = false;
    /* A late error of standard output (a full disk behind it) shows only here. */
    return close(output->fd) == 0 || pp_fail_errno(error, "write");
}

void output_finish(struct output *output) {
    if (output->buffer)
        pp_wipe(output->buffer, OUTPUT_BUFFER);
    free(output->buffer);
    if (output->owned)
        pp_close(&output->fd);
    if (output->temporary[0])
        unlink(output->temporary);
}

#include "headend/device/repo_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "headend/device/handlers.h"

#define REPO_BLOCK    (256 * 1024) /* bytes read at a time */
#define REPO_ETAG_MAX 80

bool repo_path_valid(const char *path) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%-/";
    size_t length = strlen(path);
    if (!length || length >= PATH_SIZE || strspn(path, letters) != length || path[0] == '.' ||
        path[0] == '/' || path[length - 1] == '/' || strstr(path, "/.") || strstr(path, "//"))
        return false;
    if (strncmp(path, "objects/", 8) == 0)
        return length == 8 + 3 + 64 && path[10] == '/' && memcmp(path + 8, path + 11, 2) == 0 &&
               strspn(path + 11, "0123456789abcdef") == 64;
    if (strncmp(path, "metadata/", 9) == 0)
        return !strchr(path + 9, '/') && length > 14 && strcmp(path + length - 5, ".json") == 0;
    return strncmp(path, "targets/", 8) == 0;
}

bool repo_path_immutable(const char *path) {
    if (strncmp(path, "metadata/", 9) == 0) {
        size_t digits = strspn(path + 9, "0123456789");
        return digits && path[9 + digits] == '.';
    }
    if (strncmp(path, "targets/", 8) == 0) {
        const char *name = strrchr(path, '/') + 1;
        return strspn(name, "0123456789abcdef") == 64 && name[64] == '.';
    }
    return strncmp(path, "objects/", 8) == 0;
}

/* A part of an open file, read as it is sent. */
struct file_part {
    int fd;
    uint64_t base;
};

static ssize_t part_read(void *arg, uint64_t position, char *out, size_t max) {
    const struct file_part *part = arg;
    for (;;) {
        ssize_t got = pread(part->fd, out, max, (off_t)(part->base + position));
        if (got > 0)
            return got;
        if (got == 0 || errno != EINTR)
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
}

static void part_free(void *arg) {
    struct file_part *part = arg;
    close(part->fd);
    free(part);
}

/* Takes `fd`. */
static bool reply_part(struct reply *reply, unsigned status, int fd, uint64_t base, uint64_t size) {
    pp_autoclose int owned = fd;
    struct file_part *part = malloc(sizeof *part);
    if (!part) {
        reply_problem(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "unavailable", "out of memory");
        return false;
    }
    *part = (struct file_part){.fd = pp_steal_fd(&owned), .base = base};
    posix_fadvise(part->fd, (off_t)base, (off_t)size, POSIX_FADV_SEQUENTIAL);
    reply->status = status;
    reply->response = MHD_create_response_from_callback(size, REPO_BLOCK, part_read, part, part_free);
    if (!reply->response)
        part_free(part);
    return reply->response != NULL;
}

static void reply_file(struct request *request, struct reply *reply, int fd, uint64_t size,
                       const char *etag) {
    uint64_t first = 0;
    uint64_t last = 0;
    const char *condition = request_header(request, MHD_HTTP_HEADER_IF_RANGE);
    bool wanted = !condition || strcmp(condition, etag) == 0;
    enum range_kind kind =
        wanted ? range_parse(request_header(request, MHD_HTTP_HEADER_RANGE), size, &first, &last)
               : RANGE_WHOLE;
    char range[80];
    if (kind == RANGE_UNSATISFIABLE) {
        close(fd);
        reply_problem(reply, MHD_HTTP_RANGE_NOT_SATISFIABLE, "range-invalid",
                      "the file ends before that range");
        snprintf(range, sizeof range, "bytes */%llu", (unsigned long long)size);
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_RANGE, range);
    } else if (kind == RANGE_PART) {
        if (!reply_part(reply, MHD_HTTP_PARTIAL_CONTENT, fd, first, last - first + 1))
            return;
        snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)first,
                 (unsigned long long)last, (unsigned long long)size);
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_RANGE, range);
    } else {
        reply_part(reply, MHD_HTTP_OK, fd, 0, size);
    }
}

static void file_etag(const char *path, const struct stat *status, char etag[REPO_ETAG_MAX]) {
    const char *name = strrchr(path, '/') + 1;
    if (strncmp(path, "objects/", 8) == 0)
        snprintf(etag, REPO_ETAG_MAX, "\"%s\"", name);
    else
        snprintf(etag, REPO_ETAG_MAX, "\"%llx-%llx-%llx\"", (unsigned long long)status->st_ino,
                 (unsigned long long)status->st_size,
                 (unsigned long long)status->st_mtim.tv_sec * 1000000000ULL +
                     (unsigned long long)status->st_mtim.tv_nsec);
}

void repo_file(struct request *request, struct reply *reply) {
    struct stat status;
    pp_autoclose int fd = -1;
    const char *path = request_parameter(request, "path");
    if (repo_path_valid(path))
        fd = openat(request->app->repo_fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        reply_problem(reply, MHD_HTTP_NOT_FOUND, "not-found", "no such file in the repository");
        return;
    }
    bool immutable = repo_path_immutable(path);
    char etag[REPO_ETAG_MAX];
    file_etag(path, &status, etag);
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag)) {
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
    } else {
        reply_file(request, reply, pp_steal_fd(&fd), (uint64_t)status.st_size, etag);
        reply_header(reply, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
        if (reply->status >= MHD_HTTP_BAD_REQUEST)
            return; /* a cache on the way would give a 416 to all screens for a year */
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE,
                     strncmp(path, "metadata/", 9) == 0 ? "application/json" : "application/octet-stream");
    }
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
    reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL,
                 immutable ? "public, max-age=31536000, immutable" : "no-cache");
}

#include "headend/device/repo_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "headend/device/handlers.h"
#include "headend/server/file_reply.h"

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
    reply_file(request, reply, pp_steal_fd(&fd), (uint64_t)status.st_size, etag,
               strncmp(path, "metadata/", 9) == 0 ? "application/json" : "application/octet-stream");
    if (reply->status <
        MHD_HTTP_BAD_REQUEST) /* a cache on the way would give a 416 to all screens for a year */
        reply_header(reply, MHD_HTTP_HEADER_CACHE_CONTROL,
                     immutable ? "public, max-age=31536000, immutable" : "no-cache");
}

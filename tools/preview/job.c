#include "preview/job.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/mem.h"
#include "ipc/conn.h"

#define JOB_FDS 3

void preview_job_finish(struct preview_job *job) {
    channel_manifest_destroy(job->manifest);
    cJSON_Delete(job->files);
    cJSON_Delete(job->message);
    pp_close(&job->folder);
    pp_close(&job->out);
    *job = (struct preview_job){.folder = -1, .out = -1};
}

/* ---- Received ---- */

static bool fds_receive(int control, int fds[JOB_FDS], struct pp_error *error) {
    char byte = 0;
    struct iovec data = {.iov_base = &byte, .iov_len = 1};
    _Alignas(struct cmsghdr) char space[CMSG_SPACE(sizeof(int) * JOB_FDS)] = {0};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
    ssize_t got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    if (got < 0)
        return pp_fail_errno(error, "what is to be shown");
    if (!head || head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof(int) * JOB_FDS))
        return pp_fail(error, PP_E_INVALID, "not what a preview is started with");
    memcpy(fds, CMSG_DATA(head), sizeof(int) * JOB_FDS);
    return true;
}

static bool text_read(int file, struct pp_buf *text, struct pp_error *error) {
    off_t size = lseek(file, 0, SEEK_END);
    if (size <= 0 || size > PREVIEW_JOB_MAX)
        return pp_fail(error, PP_E_LIMIT, "what is to be shown has %lld bytes", (long long)size);
    uint8_t *room = pp_buf_reserve(text, (size_t)size, error);
    if (!room || !pp_pread_all(file, room, (size_t)size, 0, error))
        return false;
    text->size = (size_t)size;
    return true;
}

static bool manifest_read(const cJSON *value, struct preview_job *job, struct pp_error *error) {
    pp_autojsontext char *text = cJSON_PrintUnformatted(value);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    job->manifest = channel_manifest_parse(text, strlen(text), error);
    pp_wipe(text, strlen(text));
    return job->manifest || pp_wrap(error, "manifest");
}

/* What it says is the renderer's to read. */
static bool message_read(const cJSON *given, struct preview_job *job, struct pp_error *error) {
    const cJSON *message;
    if (!pp_json_has(given, "message"))
        return true;
    if (!pp_json_object(given, "message", &message, error))
        return false;
    job->message = cJSON_Duplicate(message, true);
    return job->message || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool content_read(const cJSON *given, struct preview_job *job, struct pp_error *error) {
    const cJSON *manifest, *files;
    if (job->message && !pp_json_has(given, "manifest"))
        return true;
    if (!pp_json_object(given, "manifest", &manifest, error) ||
        !pp_json_object(given, "files", &files, error) || !manifest_read(manifest, job, error))
        return false;
    job->files = cJSON_Duplicate(files, true);
    return job->files || pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool job_read(const cJSON *given, struct preview_job *job, struct pp_error *error) {
    return pp_json_integer(given, "width", PREVIEW_SIDE_MIN, PREVIEW_SIDE_MAX, &job->width, error) &&
           pp_json_integer(given, "height", PREVIEW_SIDE_MIN, PREVIEW_SIDE_MAX, &job->height, error) &&
           pp_json_integer(given, "ahead_ms", -PREVIEW_AHEAD_MAX, PREVIEW_AHEAD_MAX, &job->ahead_ms, error) &&
           pp_json_boolean(given, "still", &job->still, error) &&
           pp_json_copy(given, "time_zone", CHANNEL_ZONE_MAX, job->time_zone, error) &&
           pp_json_copy(given, "programs", PP_PATH_MAX - 1, job->programs, error) &&
           message_read(given, job, error) && content_read(given, job, error);
}

bool preview_job_receive(int control, struct preview_job *job, struct pp_error *error) {
    int fds[JOB_FDS];
    *job = (struct preview_job){.folder = -1, .out = -1};
    if (!fds_receive(control, fds, error))
        return false;
    pp_autoclose int file = fds[0];
    job->folder = fds[1];
    job->out = fds[2];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PREVIEW_JOB_MAX);
    if (!text_read(file, &text, error) || !ipc_set_nonblocking(job->out, error))
        return false;
    pp_autojson cJSON *given = pp_json_parse(text.data, text.size, PREVIEW_JOB_MAX, error);
    pp_wipe(text.data, text.size);
    return given && job_read(given, job, error);
}

/* ---- Opened ---- */

int preview_job_open(const struct preview_job *job, const uint8_t sha256[CHANNEL_HASH_SIZE],
                     struct pp_error *error) {
    char hex[PP_HEX_SIZE(CHANNEL_HASH_SIZE)];
    pp_hex_encode(sha256, CHANNEL_HASH_SIZE, hex);
    const char *path = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(job->files, hex));
    if (!path || strstr(path, "..") || *path == '/') {
        pp_fail(error, PP_E_NOTFOUND, "object %.8s: not in the library", hex);
        return -1;
    }
    int fd = openat(job->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        pp_fail(error, errno == ENOENT ? PP_E_NOTFOUND : PP_E_IO, "object %.8s: %s", hex, strerror(errno));
    return fd;
}

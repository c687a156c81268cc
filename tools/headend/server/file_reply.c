#include "headend/server/file_reply.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/log.h"
#include "headend/http/problems.h"
#include "headend/server/open_files.h"
#include "headend/server/streams.h"

/* A part of what is read. */
struct part {
    struct reply_bytes bytes;
    struct open_files *files; /* where it has a place of its own; or NULL */
    uint64_t at, left;        /* bytes */
};

static enum stream_state part_read(void *arg, struct pp_buf *out) {
    struct part *part = arg;
    struct pp_error error = {0};
    size_t size = part->left < STREAM_BLOCK ? (size_t)part->left : STREAM_BLOCK;
    uint8_t *room = pp_buf_reserve(out, size, &error);
    if (!room || !part->bytes.read(part->bytes.arg, room, size, part->at, &error)) {
        pp_log_warning("a file that is sent: %s", error.message);
        return STREAM_BREAKS;
    }
    out->size += size;
    part->at += size;
    part->left -= size;
    return part->left ? STREAM_GOES_ON : STREAM_ENDS;
}

static void part_free(void *arg) {
    struct part *part = arg;
    part->bytes.destroy(part->bytes.arg);
    if (part->files)
        open_files_release(part->files);
    free(part);
}

static void reply_no_place(struct reply *reply) {
    reply_with(reply, PROBLEM_UNAVAILABLE, "as many files are being sent as may be");
    reply_retry_after(reply, OPEN_FILES_WAIT_S);
}

static void reply_part(const struct request *request, struct reply *reply, unsigned status,
                       const struct reply_bytes *bytes, uint64_t first, uint64_t size) {
    static const struct stream_source source = {.produce = part_read, .destroy = part_free};
    struct open_files *files = bytes->shared ? NULL : request->app->files;
    if (size && files && !open_files_reserve(files)) {
        bytes->destroy(bytes->arg);
        reply_no_place(reply);
        return;
    }
    struct part *part = size ? malloc(sizeof *part) : NULL;
    if (!part) {
        if (size && files)
            open_files_release(files);
        bytes->destroy(bytes->arg);
        if (size)
            reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        else
            reply_empty(reply, status);
        return;
    }
    *part = (struct part){.bytes = *bytes, .files = files, .at = first, .left = size};
    reply_stream_sized(request->app->streams, request, reply, status, size, &source, part);
}

/* The range that is asked for, where the file is still the one that the client has some of. */
static enum range_kind range_asked(const struct request *request, uint64_t size, const char *etag,
                                   uint64_t *first, uint64_t *last) {
    const char *condition = request_header(request, MHD_HTTP_HEADER_IF_RANGE);
    if (condition && strcmp(condition, etag) != 0)
        return RANGE_WHOLE;
    return range_parse(request_header(request, MHD_HTTP_HEADER_RANGE), size, first, last);
}

/* 206 or 416. */
static void reply_range(const struct request *request, struct reply *reply, const struct reply_bytes *bytes,
                        uint64_t size, enum range_kind kind, uint64_t first, uint64_t last) {
    char range[80];
    unsigned long long all = size;
    if (kind == RANGE_PART) {
        reply_part(request, reply, MHD_HTTP_PARTIAL_CONTENT, bytes, first, last - first + 1);
        snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)first,
                 (unsigned long long)last, all);
    } else {
        bytes->destroy(bytes->arg);
        reply_with(reply, PROBLEM_RANGE_INVALID, "the file ends before that range");
        snprintf(range, sizeof range, "bytes */%llu", all);
    }
    if (reply->status < MHD_HTTP_INTERNAL_SERVER_ERROR)
        reply_header(reply, MHD_HTTP_HEADER_CONTENT_RANGE, range);
}

void reply_from(const struct request *request, struct reply *reply, const struct reply_bytes *bytes,
                uint64_t size, const char *etag, const char *type) {
    uint64_t first = 0;
    uint64_t last = 0;
    enum range_kind kind = range_asked(request, size, etag, &first, &last);
    if (etag_matches(request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH), etag)) {
        bytes->destroy(bytes->arg);
        reply_empty(reply, MHD_HTTP_NOT_MODIFIED);
        reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
        return;
    }
    if (kind == RANGE_WHOLE)
        reply_part(request, reply, MHD_HTTP_OK, bytes, 0, size);
    else
        reply_range(request, reply, bytes, size, kind, first, last);
    reply_header(reply, MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes");
    if (reply->status >= MHD_HTTP_BAD_REQUEST)
        return;
    reply_header(reply, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    reply_header(reply, MHD_HTTP_HEADER_ETAG, etag);
}

static bool file_read(void *arg, void *data, size_t size, uint64_t at, struct pp_error *error) {
    return pp_pread_all(open_file_descriptor(arg), data, size, at, error);
}

static void file_close(void *arg) {
    open_file_give_back(arg);
}

void reply_file(const struct request *request, struct reply *reply, int fd, uint64_t size, const char *etag,
                const char *type) {
    struct pp_error error = {0};
    posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    struct open_file *file = open_file_share(request->app->files, fd, &error);
    if (!file) {
        reply_no_place(reply);
        return;
    }
    const struct reply_bytes bytes = {.read = file_read, .destroy = file_close, .arg = file, .shared = true};
    reply_from(request, reply, &bytes, size, etag, type);
}

/*
 * A file as the answer, whole or one range of it (RFC 9110 §14), read block by block on a worker's thread as it is
 * sent (streams.h): a slow disk holds up none but who waits for that file.
 */
#ifndef HEADEND_SERVER_FILE_REPLY_H
#define HEADEND_SERVER_FILE_REPLY_H

#include "headend/server/request.h"

/* Bytes that are read somewhere else: sealed ones, say. */
struct reply_bytes {
    bool (*read)(void *arg, void *data, size_t size, uint64_t at, struct pp_error *error); /* exactly */
    void (*destroy)(void *arg);
    void *arg;
    bool shared; /* what is read has its place (open_files.h) */
};
/* As reply_file below. Takes `bytes` either way. */
void reply_from(const struct request *request, struct reply *reply, const struct reply_bytes *bytes,
                uint64_t size, const char *etag, const char *type);

/* Answers 200, 206, 304 or 416 with the file's first `size` bytes, by the request's If-None-Match, If-Range and Range;
 * with ETag and Accept-Ranges. `etag` has its quotes. Takes `fd`. A file that is cut short meanwhile breaks the
 * connection. 503 where as many files are open as may be (open_files.h); so does reply_from. */
void reply_file(const struct request *request, struct reply *reply, int fd, uint64_t size, const char *etag,
                const char *type);

#endif

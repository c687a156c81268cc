/*
 * The path of a request (RFC 3986 §3.3), taken apart once: split at '/', then each segment percent-decoded, once. So
 * nothing that comes encoded can move a border: "%2F" does not make two segments of one, "%252e" stays "%2e".
 *
 *   "/v1/caf%C3%A9/"    segments "v1", "café", ""      (a slash at the end is an empty last segment)
 */
#ifndef HEADEND_HTTP_PATH_H
#define HEADEND_HTTP_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PATH_SIZE         512 /* bytes with the NUL, as it came and as it is decoded */
#define PATH_SEGMENTS_MAX 16

struct path {
    char whole[PATH_SIZE];              /* decoded, with its slashes: "/v1/café/" */
    char segments[PATH_SIZE];           /* the same with a NUL for each slash */
    uint16_t starts[PATH_SEGMENTS_MAX]; /* of each segment, in both */
    size_t count;                       /* at least 1 */
};

/* False where it does not begin with a slash, is too long or has too many segments, or where one of them, decoded, is
 * not UTF-8, has a control character or a slash in it, is "." or "..", or is empty and not the last. */
bool path_parse(struct path *path, const char *raw);

/* Of i < path->count. Borrowed. */
const char *path_segment(const struct path *path, size_t i);
/* From the i-th segment to the end, with slashes. Borrowed. */
const char *path_rest(const struct path *path, size_t i);

/* Decodes %XX of `text` in place, `size` bytes of it; *size becomes what is left. False, with nothing changed, where a
 * '%' is not followed by two hex digits. */
bool percent_decode(char *text, size_t *size);

#endif

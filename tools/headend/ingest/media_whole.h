/*
 * Whether a film's file is all there, by what it says of its own length: a copy that was broken off begins well, and
 * would be shown up to where it ends.
 *
 * MP4 and MOV are boxes one behind the other (ISO/IEC 14496-12 §4.2), WebM and Matroska two elements, the header
 * and the segment (RFC 8794 §5, RFC 9559 §4):
 *
 *      0         4        8                                 0          4        5        header's end
 *      +---------+--------+----------------------           +----------+--------+-----   +----------+--------+-----
 *      | u32 size| type   | size - 8 bytes                  | 1a45dfa3 | length | …      | 18538067 | length | …
 *      +---------+--------+----------------------           +----------+--------+-----   +----------+--------+-----
 */
#ifndef HEADEND_INGEST_MEDIA_WHOLE_H
#define HEADEND_INGEST_MEDIA_WHOLE_H

#include <stdint.h>

#include "base/error.h"
#include "headend/ingest/media_type.h"

#define MEDIA_BOXES_MAX 65536 /* looked at; one of more is not looked at further */

/* A file's bytes, wherever they stand: exactly `size` of them from `at` on. */
struct media_bytes {
    bool (*read)(void *arg, void *data, size_t size, uint64_t at, struct pp_error *error);
    void *arg;
};
PP_MUST_USE bool media_bytes_whole(const struct media_bytes *bytes, uint64_t size,
                                   const struct media_type *type, struct pp_error *error);

/* PP_E_INVALID where the file, of `size` bytes, ends before what it says that it holds. True of other kinds. */
PP_MUST_USE bool media_is_whole(int fd, uint64_t size, const struct media_type *type, struct pp_error *error);

#endif

#include "headend/ingest/media_whole.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#define EBML_HEADER  0x1a45dfa3u
#define EBML_SEGMENT 0x18538067u

static uint64_t big_endian(const uint8_t *bytes, size_t size) {
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static bool cut_short(uint64_t size, uint64_t need, struct pp_error *error) {
    return pp_fail(error, PP_E_INVALID, "cut short: %llu of %llu bytes are there: publish a whole copy of it",
                   (unsigned long long)size, (unsigned long long)need);
}

/* ---- MP4, MOV ---- */

/* Those that stand at the top of a file; what is none of them is something else behind the film, which does no harm. */
static bool is_box(const uint8_t *type) {
    static const char names[][5] = {"ftyp", "moov", "mdat", "free", "skip", "wide", "uuid",
                                    "moof", "mfra", "sidx", "styp", "meta", "pnot", "udta"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (memcmp(type, names[i], 4) == 0)
            return true;
    }
    return false;
}

static bool boxes_are_whole(const struct media_bytes *bytes, uint64_t size, struct pp_error *error) {
    uint64_t at = 0;
    for (unsigned i = 0; i < MEDIA_BOXES_MAX && size - at >= 16; i++) {
        uint8_t head[16];
        if (!bytes->read(bytes->arg, head, sizeof head, at, error))
            return false;
        uint64_t length = big_endian(head, 4);
        if (!is_box(head + 4) || length == 0) /* 0: up to the end */
            return true;
        if (length == 1)
            length = big_endian(head + 8, 8);
        if (length < 8)
            return true; /* broken, which the renderer tells */
        if (length > size - at)
            return cut_short(size, length > UINT64_MAX - at ? UINT64_MAX : at + length, error);
        at += length;
    }
    return true;
}

/* ---- WebM, Matroska ---- */

/* An element's length: as many bytes as the first has leading zeros, and one; all ones mean that nobody knows. False
 * where it is none. */
static bool ebml_length(const uint8_t *bytes, uint64_t *length, size_t *used) {
    size_t count = 1;
    while (count <= 8 && !(bytes[0] & (0x80u >> (count - 1))))
        count++;
    if (count > 8)
        return false;
    uint64_t mask = (UINT64_C(1) << (7 * count)) - 1;
    *length = big_endian(bytes, count) & mask;
    *used = count;
    return *length != mask;
}

/* The element at `at` reaches to *end. False where it is another one, or its length is not known. */
static bool element_at(const struct media_bytes *bytes, uint64_t size, uint64_t at, uint32_t id,
                       uint64_t *end) {
    uint8_t head[12];
    uint64_t length;
    size_t used;
    if (at > size || size - at < sizeof head || !bytes->read(bytes->arg, head, sizeof head, at, NULL) ||
        big_endian(head, 4) != id || !ebml_length(head + 4, &length, &used))
        return false;
    *end = at + 4 + used + length;
    return true;
}

static bool segment_is_whole(const struct media_bytes *bytes, uint64_t size, struct pp_error *error) {
    uint64_t header_end, end;
    if (!element_at(bytes, size, 0, EBML_HEADER, &header_end) ||
        !element_at(bytes, size, header_end, EBML_SEGMENT, &end) || end <= size)
        return true;
    return cut_short(size, end, error);
}

bool media_bytes_whole(const struct media_bytes *bytes, uint64_t size, const struct media_type *type,
                       struct pp_error *error) {
    if (strcmp(type->name, "video/mp4") == 0 || strcmp(type->name, "video/quicktime") == 0)
        return boxes_are_whole(bytes, size, error);
    if (strcmp(type->name, "video/webm") == 0)
        return segment_is_whole(bytes, size, error);
    return true;
}

static bool fd_read(void *arg, void *data, size_t size, uint64_t at, struct pp_error *error) {
    const int *fd = arg;
    return pp_pread_all(*fd, data, size, at, error);
}

bool media_is_whole(int fd, uint64_t size, const struct media_type *type, struct pp_error *error) {
    const struct media_bytes bytes = {.read = fd_read, .arg = &fd};
    return media_bytes_whole(&bytes, size, type, error);
}

#include "headend/media_type.h"

#include <string.h>

#include "base/mem.h"

struct signature {
    size_t offset; /* bytes */
    const char *bytes;
    size_t size;
    struct media_type type;
};

static const struct signature signatures[] = {
    {0, "\xff\xd8\xff", 3, {"image/jpeg", "image"}},
    {0, "\x89PNG\r\n\x1a\n", 8, {"image/png", "image"}},
    /* An animation plays as a video does; gif_is_animated tells. */
    {0, "GIF87a", 6, {"image/gif", "video"}},
    {0, "GIF89a", 6, {"image/gif", "video"}},
    {8, "WEBP", 4, {"image/webp", "image"}},
    {4, "ftyp", 4, {"video/mp4", "video"}},
    {0, "\x1a\x45\xdf\xa3", 4, {"video/webm", "video"}},
};

/* A WebP with the animation flag of its VP8X chunk (WebP container specification, "Extended File Format"). */
static bool webp_is_animated(const uint8_t *data, size_t size) {
    return size > 20 && memcmp(data + 12, "VP8X", 4) == 0 && (data[20] & 0x02);
}

/* Skips a GIF's colour table, whose size the packed byte tells. */
static size_t gif_table(uint8_t packed) {
    return packed & 0x80 ? (size_t)3 << ((packed & 7) + 1) : 0;
}

/* Whether a looping extension stands in front of the first image: what every animation has, and no still. */
static bool gif_is_animated(const uint8_t *data, size_t size) {
    size_t at = size > 13 ? 13 + gif_table(data[10]) : size;
    while (at + 2 < size && data[at] == 0x21) {
        if (data[at + 1] == 0xff && size - at > 14 && memcmp(data + at + 3, "NETSCAPE2.0", 11) == 0)
            return true;
        at += 2;
        while (at < size && data[at])
            at += (size_t)data[at] + 1;
        at++;
    }
    return false;
}

bool media_type_detect(const uint8_t *data, size_t size, struct media_type *type, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(signatures); i++) {
        const struct signature *signature = &signatures[i];
        if (size < signature->offset + signature->size ||
            memcmp(data + signature->offset, signature->bytes, signature->size) != 0)
            continue;
        *type = signature->type;
        if (strcmp(type->name, "image/webp") == 0 && webp_is_animated(data, size))
            return pp_fail(error, PP_E_UNSUPPORTED, "animated WebP is not played: make it a video");
        if (strcmp(type->name, "image/gif") == 0 && !gif_is_animated(data, size))
            type->kind = "image";
        return true;
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "neither JPEG, PNG, WebP, GIF, MP4 nor WebM");
}

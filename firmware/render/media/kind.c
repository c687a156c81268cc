#include "render/media/kind.h"

#include <string.h>

#include "base/mem.h"

struct signature {
    size_t offset; /* bytes */
    const char *bytes;
    size_t size;
    enum media_kind kind;
    const char *refusal; /* NULL: it is shown */
};

#define NOT_SHOWN(what, instead) what " cannot be shown: make it " instead
#define HEIC                     NOT_SHOWN("HEIC pictures", "a JPEG")
#define AVIF                     NOT_SHOWN("AVIF pictures", "a JPEG, PNG or WebP")
#define RAW                      NOT_SHOWN("raw files of cameras and TIFF pictures", "a JPEG")
#define JPEG_2000                NOT_SHOWN("JPEG 2000 and JPEG XL pictures", "a JPEG")
#define OTHER_FILM               NOT_SHOWN("AVI, MPEG, ASF and FLV films", "an MP4 with H.264, or a WebM")
#define SOUND                    "there is no picture in it: sound alone is not shown"

/* The first that fits decides. */
/* clang-format off */
static const struct signature signatures[] = {
    {0, "\xff\xd8\xff", 3, MEDIA_JPEG, NULL},
    {0, "\x89PNG\r\n\x1a\n", 8, MEDIA_PNG, NULL},
    {0, "GIF87a", 6, MEDIA_GIF, NULL},
    {0, "GIF89a", 6, MEDIA_GIF, NULL},
    {8, "WEBP", 4, MEDIA_WEBP, NULL},
    {0, "\x1a\x45\xdf\xa3", 4, MEDIA_MATROSKA, NULL},
    {4, "ftypheic", 8, 0, HEIC}, {4, "ftypheix", 8, 0, HEIC}, {4, "ftyphevc", 8, 0, HEIC},
    {4, "ftypheim", 8, 0, HEIC}, {4, "ftypheis", 8, 0, HEIC}, {4, "ftyphevx", 8, 0, HEIC},
    {4, "ftypmif1", 8, 0, HEIC}, {4, "ftypmsf1", 8, 0, HEIC},
    {4, "ftypavif", 8, 0, AVIF}, {4, "ftypavis", 8, 0, AVIF},
    {4, "ftypcrx ", 8, 0, RAW},
    {4, "ftypM4A ", 8, 0, SOUND}, {4, "ftypM4B ", 8, 0, SOUND},
    {4, "ftyp", 4, MEDIA_MP4, NULL},
    /* QuickTime files may begin with any of these. */
    {4, "moov", 4, MEDIA_MP4, NULL}, {4, "mdat", 4, MEDIA_MP4, NULL}, {4, "wide", 4, MEDIA_MP4, NULL},
    {4, "free", 4, MEDIA_MP4, NULL}, {4, "skip", 4, MEDIA_MP4, NULL}, {4, "pnot", 4, MEDIA_MP4, NULL},
    {0, "II*\0", 4, 0, RAW}, {0, "MM\0*", 4, 0, RAW},
    {4, "JXL ", 4, 0, JPEG_2000}, {0, "\xff\x0a", 2, 0, JPEG_2000},
    {4, "jP  ", 4, 0, JPEG_2000}, {0, "\xff\x4f\xff\x51", 4, 0, JPEG_2000},
    {8, "AVI ", 4, 0, OTHER_FILM}, {0, "\0\0\1\xba", 4, 0, OTHER_FILM}, {0, "\0\0\1\xb3", 4, 0, OTHER_FILM},
    {0, "\x30\x26\xb2\x75", 4, 0, OTHER_FILM}, {0, "FLV\1", 4, 0, OTHER_FILM},
    {0, "ID3", 3, 0, SOUND}, {0, "fLaC", 4, 0, SOUND}, {0, "OggS", 4, 0, SOUND}, {8, "WAVE", 4, 0, SOUND},
    {0, "BM", 2, 0, NOT_SHOWN("BMP pictures", "a PNG")},
    {0, "8BPS", 4, 0, NOT_SHOWN("Photoshop files", "a JPEG or PNG")},
    {0, "%PDF", 4, 0, NOT_SHOWN("PDF files", "pictures of its pages")},
};
/* clang-format on */

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Whether a chunk acTL stands before the first IDAT (PNG, third edition, 11.3.6.1). */
static bool png_is_animated(const uint8_t *head, size_t size) {
    for (size_t at = 8; at + 8 <= size;) {
        if (memcmp(head + at + 4, "acTL", 4) == 0)
            return true;
        uint32_t length = big_endian(head + at);
        if (memcmp(head + at + 4, "IDAT", 4) == 0 || length > size - at - 8)
            return false;
        at += 8 + (size_t)length + 4;
    }
    return false;
}

/* The animation flag of the VP8X chunk (WebP container specification, "Extended File Format"). */
static bool webp_is_animated(const uint8_t *head, size_t size) {
    return size > 20 && memcmp(head + 12, "VP8X", 4) == 0 && (head[20] & 0x02);
}

static const struct signature *find_signature(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < PP_COUNT(signatures); i++) {
        const struct signature *signature = &signatures[i];
        if (size >= signature->offset + signature->size &&
            memcmp(head + signature->offset, signature->bytes, signature->size) == 0)
            return signature;
    }
    return NULL;
}

bool media_kind_find(const uint8_t *head, size_t size, enum media_kind *kind, struct pp_error *error) {
    const struct signature *signature = find_signature(head, size);
    if (!signature)
        return pp_fail(error, PP_E_UNSUPPORTED,
                       "not a kind of media that is shown: neither JPEG, PNG, WebP, GIF, MP4, QuickTime, "
                       "Matroska nor WebM");
    if (signature->refusal)
        return pp_fail(error, PP_E_UNSUPPORTED, "%s", signature->refusal);
    *kind = signature->kind;
    if (*kind == MEDIA_PNG && png_is_animated(head, size))
        *kind = MEDIA_APNG;
    if (*kind == MEDIA_WEBP && webp_is_animated(head, size))
        return pp_fail(error, PP_E_UNSUPPORTED, NOT_SHOWN("animated WebP pictures", "a film or a GIF"));
    return true;
}

static const struct {
    const char *format;
    bool still;
} kinds[] = {
    [MEDIA_JPEG] = {"jpeg_pipe", true},     [MEDIA_PNG] = {"png_pipe", true},
    [MEDIA_APNG] = {"apng", false},         [MEDIA_GIF] = {"gif", false},
    [MEDIA_WEBP] = {"webp_pipe", true},     [MEDIA_MP4] = {"mov", false},
    [MEDIA_MATROSKA] = {"matroska", false},
};

const char *media_kind_format(enum media_kind kind) {
    return kinds[kind].format;
}

bool media_kind_is_still(enum media_kind kind) {
    return kinds[kind].still;
}

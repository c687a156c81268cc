#include "headend/ingest/media_type.h"

#include <string.h>

#include "base/mem.h"

/* What the first bytes of a file say. */
struct signature {
    size_t offset; /* bytes */
    const char *bytes;
    size_t size;
    const char *name, *kind; /* as in struct media_type; kind NULL: not shown, and what it is in words */
};

static const struct signature signatures[] = {
    {0, "\xff\xd8\xff", 3, "image/jpeg", "image"},
    {0, "\x89PNG\r\n\x1a\n", 8, "image/png", "image"},
    /* An animation plays as a video does; gif_is_animated tells. */
    {0, "GIF87a", 6, "image/gif", "video"},
    {0, "GIF89a", 6, "image/gif", "video"},
    {8, "WEBP", 4, "image/webp", "image"},
    {4, "ftyp", 4, "video/mp4", "video"},
    /* QuickTime files of before ISO/IEC 14496-12 begin with one of these. */
    {4, "moov", 4, "video/quicktime", "video"},
    {4, "mdat", 4, "video/quicktime", "video"},
    {4, "wide", 4, "video/quicktime", "video"},
    {0, "\x1a\x45\xdf\xa3", 4, "video/webm", "video"},
    {0, "%PDF", 4, "a PDF document", NULL},
    {0, "PK\3\4", 4, "a ZIP archive or an office document", NULL},
    {0, "<svg", 4, "an SVG drawing", NULL},
    {0, "<?xml", 5, "an XML document (an SVG drawing?)", NULL},
    {0, "BM", 2, "a BMP picture", NULL},
    {0, "II*\0", 4, "a TIFF or camera raw picture", NULL},
    {0, "MM\0*", 4, "a TIFF or camera raw picture", NULL},
    {0, "8BPS", 4, "a Photoshop picture", NULL},
    {8, "AVI ", 4, "an AVI film", NULL},
    {8, "WAVE", 4, "sound without a picture", NULL},
    {0, "ID3", 3, "sound without a picture", NULL},
    {0, "fLaC", 4, "sound without a picture", NULL},
    {0, "OggS", 4, "an Ogg file", NULL},
    {0, "\x30\x26\xb2\x75", 4, "a Windows Media film", NULL},
    {0, "FLV\1", 4, "a Flash film", NULL},
    {0, "\0\0\1\xba", 4, "an MPEG programme stream", NULL},
    {0, "\x47\x40", 2, "an MPEG transport stream", NULL},
};

/* Brands of ISO base media files that are no films (ISO/IEC 14496-12 §4.3, 23008-12 annex B). */
static const struct {
    char brand[5];
    const char *what;
} brands[] = {
    {"heic", "a HEIC photograph"},       {"heix", "a HEIC photograph"},
    {"heim", "a HEIC photograph"},       {"heis", "a HEIC photograph"},
    {"hevc", "a HEIC photograph"},       {"hevx", "a HEIC photograph"},
    {"avif", "an AVIF picture"},         {"avis", "an AVIF picture"},
    {"mif1", "a HEIF picture"},          {"msf1", "a HEIF picture"},
    {"M4A ", "sound without a picture"}, {"M4B ", "sound without a picture"},
    {"M4P ", "sound without a picture"}, {"crx ", "a camera's raw picture"},
};

/* A WebP with the animation flag of its VP8X chunk (WebP container specification, "Extended File Format"). */
static bool webp_is_animated(const uint8_t *data, size_t size) {
    return size > 20 && memcmp(data + 12, "VP8X", 4) == 0 && (data[20] & 0x02);
}

/* Skips a GIF's colour table, whose size the packed byte tells. */
static size_t gif_table(uint8_t packed) {
    return packed & 0x80 ? (size_t)3 << ((packed & 7) + 1) : 0;
}

/* Skips sub-blocks, the last of which is empty. */
static size_t gif_skip_blocks(const uint8_t *data, size_t size, size_t at) {
    while (at < size && data[at])
        at += (size_t)data[at] + 1;
    return at + 1;
}

/* Whether there is a second image, or may be one behind what is looked at (GIF89a, appendix B). */
static bool gif_is_animated(const uint8_t *data, size_t size) {
    size_t at = size > 13 ? 13 + gif_table(data[10]) : size;
    bool image = false;
    while (at + 10 < size) {
        if (data[at] == 0x21) {
            at = gif_skip_blocks(data, size, at + 2);
        } else if (data[at] == 0x2c && !image) {
            image = true;
            at = gif_skip_blocks(data, size, at + 11 + gif_table(data[at + 9]));
        } else {
            return data[at] == 0x2c;
        }
    }
    return image && at >= size && size == MEDIA_TYPE_PROBE;
}

/* An acTL chunk stands before the picture's data (PNG Third Edition, §11.3.6.1). */
static bool png_is_animated(const uint8_t *data, size_t size) {
    const uint8_t *end = memmem(data, size, "IDAT", 4);
    return memmem(data, end ? (size_t)(end - data) : size, "acTL", 4) != NULL;
}

static const char *brand_find(const uint8_t *brand) {
    for (size_t i = 0; i < PP_COUNT(brands); i++) {
        if (memcmp(brand, brands[i].brand, 4) == 0)
            return brands[i].what;
    }
    return NULL;
}

/* What a file with an ftyp box is, where that is no film: by its major brand, or, where that is a general one of
 * pictures, by the first of its compatible brands that says more. */
static const char *describe_brand(const uint8_t *data, size_t size) {
    if (size < 16)
        return NULL;
    const char *what = brand_find(data + 8);
    if (!what || (data[8] != 'm' && data[8] != 'h'))
        return what;
    size_t box = (size_t)data[2] << 8 | data[3];
    for (size_t at = 16; at + 4 <= box && at + 4 <= size; at += 4) {
        bool general = memcmp(data + at, "mif1", 4) == 0 || memcmp(data + at, "msf1", 4) == 0;
        const char *more = general ? NULL : brand_find(data + at);
        if (more)
            return more;
    }
    return what;
}

bool media_type_detect(const uint8_t *data, size_t size, struct media_type *type, struct pp_error *error) {
    for (size_t i = 0; i < PP_COUNT(signatures); i++) {
        const struct signature *signature = &signatures[i];
        if (size < signature->offset + signature->size ||
            memcmp(data + signature->offset, signature->bytes, signature->size) != 0)
            continue;
        *type = (struct media_type){.name = signature->name, .kind = signature->kind};
        const char *what = type->kind ? NULL : type->name;
        if (strcmp(signature->name, "video/mp4") == 0)
            what = describe_brand(data, size);
        if (what)
            return pp_fail(error, PP_E_UNSUPPORTED, "%s, which screens do not show" MEDIA_TYPE_SHOWN, what);
        if (strcmp(type->name, "image/webp") == 0 && webp_is_animated(data, size))
            return pp_fail(error, PP_E_UNSUPPORTED,
                           "an animated WebP, which screens do not show: make it a film");
        if (strcmp(type->name, "image/gif") == 0 && !gif_is_animated(data, size))
            type->kind = "image";
        type->moves = (type->kind && strcmp(type->kind, "video") == 0) ||
                      (strcmp(type->name, "image/png") == 0 && png_is_animated(data, size));
        return true;
    }
    return pp_fail(error, PP_E_UNSUPPORTED, "neither JPEG, PNG, WebP, GIF, MP4, MOV nor WebM");
}

bool media_type_of(const char *name, const char *kind, struct media_type *type, struct pp_error *error) {
    bool video = strcmp(kind, "video") == 0;
    for (size_t i = 0; i < PP_COUNT(signatures); i++) {
        if (!signatures[i].kind || strcmp(signatures[i].name, name) != 0)
            continue;
        *type = (struct media_type){
            .name = signatures[i].name, .kind = video ? "video" : "image", .moves = video};
        return true;
    }
    return pp_fail(error, PP_E_INVALID, "not a kind of content: %.40s", name);
}

/* What a file is by its first bytes, and the words for what is not shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/mem.h"
#include "render/media/kind.h"

struct head {
    const char *test, *bytes;
    size_t size;
    enum media_kind kind;
    const char *words; /* of the refusal; NULL: it is shown */
};

#define BYTES(text) text, sizeof(text) - 1
#define PNG         "\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR-------------CRC-"
#define COMMENT     "\0\0\0\4tEXtab\0dCRC-"
#define VP8X(flags) "RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0" flags "\0\0\0"

/* clang-format off */
static struct head heads[] = {
    {"jpeg", BYTES("\xff\xd8\xff\xe0"), MEDIA_JPEG, NULL},
    {"jpeg_of_bare_tables", BYTES("\xff\xd8\xff\xdb"), MEDIA_JPEG, NULL},
    {"png", BYTES(PNG "\0\0\0\4IDAT"), MEDIA_PNG, NULL},
    {"apng", BYTES(PNG "\0\0\0\x08" "acTL"), MEDIA_APNG, NULL},
    {"apng_behind_a_comment", BYTES(PNG COMMENT "\0\0\0\x08" "acTL"), MEDIA_APNG, NULL},
    {"png_whose_length_overflows", BYTES(PNG "\xff\xff\xff\xfftEXt\0\0\0\x08" "acTL"), MEDIA_PNG, NULL},
    {"gif", BYTES("GIF89a"), MEDIA_GIF, NULL},
    {"webp", BYTES(VP8X("\x10")), MEDIA_WEBP, NULL},
    {"mp4", BYTES("\0\0\0\x20" "ftypisom"), MEDIA_MP4, NULL},
    {"quicktime", BYTES("\0\0\0\x14" "ftypqt  "), MEDIA_MP4, NULL},
    {"old_quicktime", BYTES("\0\0\0\x08" "wide\0\0\1\0mdat"), MEDIA_MP4, NULL},
    {"webm", BYTES("\x1a\x45\xdf\xa3"), MEDIA_MATROSKA, NULL},
    {"webp_that_moves", BYTES(VP8X("\x02")), 0, "animated WebP pictures cannot be shown: make it a film"},
    {"heic", BYTES("\0\0\0\x20" "ftypheic"), 0, "HEIC pictures cannot be shown: make it a JPEG"},
    {"heif", BYTES("\0\0\0\x20" "ftypmif1"), 0, "HEIC pictures cannot be shown: make it a JPEG"},
    {"avif", BYTES("\0\0\0\x20" "ftypavif"), 0, "AVIF pictures cannot be shown: make it a JPEG"},
    {"m4a", BYTES("\0\0\0\x20" "ftypM4A "), 0, "there is no picture in it: sound alone is not shown"},
    {"mp3", BYTES("ID3\4"), 0, "there is no picture in it: sound alone is not shown"},
    {"tiff", BYTES("II*\0"), 0, "raw files of cameras and TIFF pictures cannot be shown"},
    {"avi", BYTES("RIFF\0\0\0\0AVI "), 0, "AVI, MPEG, ASF and FLV films cannot be shown: make it an MP4"},
    {"pdf", BYTES("%PDF-1.7"), 0, "PDF files cannot be shown: make it pictures of its pages"},
    {"nothing", BYTES(""), 0, "not a kind of media that is shown"},
    {"two_bytes_of_jpeg", BYTES("\xff\xd8"), 0, "not a kind of media that is shown"},
    {"text", BYTES("Opening hours"), 0, "not a kind of media that is shown"},
};
/* clang-format on */

static void head_is_known(void **state) {
    const struct head *head = *state;
    enum media_kind kind = MEDIA_GIF;
    struct pp_error error = {0};
    bool shown = media_kind_find((const uint8_t *)head->bytes, head->size, &kind, &error);
    assert_int_equal(shown, head->words == NULL);
    if (shown)
        assert_int_equal(kind, head->kind);
    else if (error.code != PP_E_UNSUPPORTED || !strstr(error.message, head->words))
        fail_msg("\"%s\" does not tell \"%s\"", error.message, head->words);
}

int main(void) {
    struct CMUnitTest tests[PP_COUNT(heads)];
    for (size_t i = 0; i < PP_COUNT(heads); i++)
        tests[i] = (struct CMUnitTest){heads[i].test, head_is_known, NULL, NULL, &heads[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Photographs as large as phones make them, and copies of some that were broken off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <zlib.h>

#include "base/mem.h"
#include "object.h"

#define OBJECT_MAX (16 * 1024 * 1024) /* bytes */
#define LINES      16                 /* of the files that a photograph is made of */

static void add(struct pp_buf *buf, const void *data, size_t size) {
    struct pp_error error = {0};
    if (!pp_buf_add(buf, data, size, &error))
        fail_msg("%s", error.message);
}

/* A baseline JPEG with restart markers: where its height stands, where its scan begins and ends. */
struct rows {
    struct pp_buf file;
    size_t height_at, scan_at, end_at;
};

static void rows_load(const char *name, struct rows *rows) {
    rows->file = PP_BUF_INIT(1024 * 1024);
    object_load(name, &rows->file);
    const uint8_t *data = rows->file.data;
    size_t at = 2;
    while (data[at + 1] != 0xda) {
        if (data[at + 1] == 0xc0)
            rows->height_at = at + 5;
        at += 2 + (size_t)(data[at + 2] << 8 | data[at + 3]);
    }
    rows->scan_at = at + 2 + (size_t)(data[at + 2] << 8 | data[at + 3]);
    rows->end_at = rows->file.size - 2;
}

/* The scan, with its restart markers counted on. */
static void add_scan(struct pp_buf *photo, const struct rows *rows, unsigned *restarts) {
    const uint8_t *data = rows->file.data;
    if (*restarts > 0)
        add(photo, (uint8_t[]){0xff, (uint8_t)(0xd0 + (*restarts - 1) % 8)}, 2);
    for (size_t at = rows->scan_at; at < rows->end_at; at++) {
        add(photo, data + at, 1);
        if (at > rows->scan_at && data[at - 1] == 0xff && (data[at] & 0xf8) == 0xd0)
            photo->data[photo->size - 1] = (uint8_t)(0xd0 + (*restarts)++ % 8);
    }
    (*restarts)++;
}

/* `pieces` times LINES high, the upper half of one file and the lower half of the other. */
static void photo_make(const char *upper_name, const char *lower_name, unsigned pieces,
                       struct pp_buf *photo) {
    struct rows upper, lower;
    unsigned restarts = 0, height = pieces * LINES;
    rows_load(upper_name, &upper);
    rows_load(lower_name, &lower);
    add(photo, upper.file.data, upper.scan_at);
    photo->data[upper.height_at] = (uint8_t)(height >> 8);
    photo->data[upper.height_at + 1] = (uint8_t)height;
    for (unsigned piece = 0; piece < pieces; piece++)
        add_scan(photo, piece < pieces / 2 ? &upper : &lower, &restarts);
    add(photo, (uint8_t[]){0xff, 0xd9}, 2);
    pp_buf_finish(&upper.file);
    pp_buf_finish(&lower.file);
}

static void photo_open(struct stage *stage, const struct pp_buf *photo, uint16_t width, uint16_t height) {
    struct ipc_message start;
    object_seal(photo, &start);
    start.start_media.kind = IPC_MEDIA_IMAGE;
    start.start_media.target_width = width;
    start.start_media.target_height = height;
    object_open(stage, &start);
}

/* ---- large ---- */

struct photo {
    const char *test, *upper, *lower;
    unsigned pieces;
    uint16_t target_width, target_height, width, height; /* of the ring */
};

static void photo_is_shown(void **state) {
    const struct photo *photo = *state;
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    photo_make(photo->upper, photo->lower, photo->pieces, &file);
    photo_open(&stage, &file, photo->target_width, photo->target_height);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.ring.layout.width, photo->width);
    assert_int_equal(stage.ring.layout.height, photo->height);
    assert_int_equal(stage.noted, 0);
    object_expect_quarters(&stage, frame.slot, object_quarters, 3);
    stage_close_well(&stage);
}

static struct photo photos[] = {
    {"photo_of_50_megapixels", "row-upper.jpg", "row-lower.jpg", 190, 1920, 1080, 3840, 712},
    {"photo_of_200_megapixels", "row-upper.jpg", "row-lower.jpg", 768, 1920, 1080, 1920, 1440},
    {"photo_of_200_megapixels_for_a_small_place", "row-upper.jpg", "row-lower.jpg", 768, 64, 48, 64, 48},
    {"photo_of_200_megapixels_for_an_unknown_place", "row-upper.jpg", "row-lower.jpg", 768, 0, 0, 4096, 3072},
};

static void photo_over_the_limit_is_refused_in_words(void **state) {
    (void)state;
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    photo_make("row-upper.jpg", "row-lower.jpg", 1200, &file);
    photo_open(&stage, &file, 1920, 1080);
    assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
    assert_string_equal(stage.failed,
                        "a picture of 16384 x 19200 pixels is larger than can be shown: at most 300 million");
    stage_close(&stage);
}

/* The decoder cannot make this kind smaller by itself. */
static void photo_that_is_stored_rarely_is_shown(void **state) {
    (void)state;
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    photo_make("row-rare.jpg", "row-rare.jpg", 250, &file);
    photo_open(&stage, &file, 640, 480);
    stage_expect(&stage, STAGE_FRAME, &frame);
    stage_expect_pixel(&stage, frame.slot, 100, 100, object_quarters[0], 3);
    stage_close_well(&stage);
}

static void add_chunk(struct pp_buf *png, const char *type, const void *data, size_t size) {
    uint8_t head[8] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    memcpy(head + 4, type, 4);
    uLong crc = crc32(crc32(0, head + 4, 4), data, (uInt)size);
    add(png, head, sizeof head);
    add(png, data, size);
    add(png, (uint8_t[]){(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc}, 4);
}

/* One bit a pixel, all white. */
static void png_make(unsigned width, unsigned height, struct pp_buf *png) {
    uint8_t about[13] = {(uint8_t)(width >> 24), (uint8_t)(width >> 16),  (uint8_t)(width >> 8),
                         (uint8_t)width,         (uint8_t)(height >> 24), (uint8_t)(height >> 16),
                         (uint8_t)(height >> 8), (uint8_t)height,         1};
    size_t line = (width + 7) / 8 + 1, size = line * height;
    pp_autofree uint8_t *lines = malloc(size);
    assert_non_null(lines);
    memset(lines, 0xff, size);
    for (size_t y = 0; y < height; y++)
        lines[y * line] = 0;
    uLongf room = compressBound(size);
    pp_autofree uint8_t *packed = malloc(room);
    assert_non_null(packed);
    assert_int_equal(compress2(packed, &room, lines, size, 1), Z_OK);
    add(png, "\x89PNG\r\n\x1a\n", 8);
    add_chunk(png, "IHDR", about, sizeof about);
    add_chunk(png, "IDAT", packed, room);
    add_chunk(png, "IEND", "", 0);
}

static void large_png_is_shown(void **state) {
    (void)state;
    pp_autobuf struct pp_buf png = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    png_make(20000, 3900, &png);
    photo_open(&stage, &png, 1920, 1080);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.noted, 0);
    stage_expect_pixel(&stage, frame.slot, 1000, 500, object_quarters[3], 0);
    stage_close_well(&stage);
}

static void png_over_the_limit_is_refused_in_words(void **state) {
    (void)state;
    pp_autobuf struct pp_buf png = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    png_make(20000, 4100, &png);
    photo_open(&stage, &png, 1920, 1080);
    assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
    assert_string_equal(stage.failed,
                        "a picture of 20000 x 4100 pixels is larger than can be shown: at most 80 million");
    stage_close(&stage);
}

/* ---- damaged ---- */

#define NEUTRAL                                                                                              \
    { 128, 128, 128, 255 }

struct damage {
    const char *test;
    unsigned kept;      /* eighths of the file */
    bool padded, noisy; /* with zeros to its whole length; with something else in the middle */
    struct stage_colour lower;
};

/* The begin of the picture is whole, its end is grey, and somebody is told. */
static void what_is_lost_is_grey(void **state) {
    const struct damage *damage = *state;
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    photo_make("row-upper.jpg", "row-upper.jpg", 16, &file);
    size_t kept = file.size * damage->kept / 8;
    if (damage->padded)
        memset(file.data + kept, 0, file.size - kept);
    else
        file.size = kept;
    photo_open(&stage, &file, 0, 0);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.noted, 1u << IPC_NOTE_DAMAGED);
    assert_string_equal(stage.note, "the picture is damaged: what is lost of it is shown grey");
    stage_expect_pixel(&stage, frame.slot, 1000, 20, object_quarters[0], 3);
    stage_expect_pixel(&stage, frame.slot, 15000, 20, object_quarters[1], 3);
    stage_expect_pixel(&stage, frame.slot, 1000, 250, (struct stage_colour)NEUTRAL, 2);
    stage_expect_pixel(&stage, frame.slot, 15000, 250, (struct stage_colour)NEUTRAL, 2);
    stage_close_well(&stage);
}

static struct damage damages[] = {
    {"half_of_a_jpeg", 4, false, false, NEUTRAL},
    {"seven_eighths_of_a_jpeg", 7, false, false, NEUTRAL},
    {"half_of_a_jpeg_and_zeros", 4, true, false, NEUTRAL},
};

static void jpeg_with_zeros_behind_its_end_is_whole(void **state) {
    (void)state;
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    static const uint8_t zeros[5000] = {0};
    struct stage stage;
    struct ipc_frame frame;
    object_load("quarters.jpg", &file);
    add(&file, zeros, sizeof zeros);
    photo_open(&stage, &file, 0, 0);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.noted, 0);
    object_expect_quarters(&stage, frame.slot, object_quarters, 3);
    stage_close_well(&stage);
}

/* Pixels are not what is damaged: what follows a wrong byte in the middle of a scan is told, whatever it looks like. */
static void wrong_bytes_in_a_jpeg_are_told(void **state) {
    (void)state;
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    struct stage stage;
    struct ipc_frame frame;
    photo_make("row-upper.jpg", "row-upper.jpg", 16, &file);
    memset(file.data + file.size / 2, 0xab, 200);
    photo_open(&stage, &file, 0, 0);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.noted, 1u << IPC_NOTE_DAMAGED);
    stage_expect_pixel(&stage, frame.slot, 1000, 20, object_quarters[0], 3);
    stage_close_well(&stage);
}

static void damaged_picture_of_another_kind_is_never_taken_for_whole(void **state) {
    static const char *const names[] = {"quarters.png", "quarters.webp", "quarters-lossless.webp"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
        struct stage stage;
        struct ipc_frame frame;
        object_load(names[i], &file);
        file.size = file.size * 2 / 3;
        photo_open(&stage, &file, 0, 0);
        if (stage_next(&stage, &frame) == STAGE_FRAME)
            assert_int_equal(stage.noted, 1u << IPC_NOTE_DAMAGED);
        else if (!strstr(stage.failed, "damaged"))
            fail_msg("%s: %s", names[i], stage.failed);
        stage_close(&stage);
    }
}

int main(void) {
    const struct CMUnitTest others[] = {
        cmocka_unit_test(photo_over_the_limit_is_refused_in_words),
        cmocka_unit_test(photo_that_is_stored_rarely_is_shown),
        cmocka_unit_test(large_png_is_shown),
        cmocka_unit_test(png_over_the_limit_is_refused_in_words),
        cmocka_unit_test(jpeg_with_zeros_behind_its_end_is_whole),
        cmocka_unit_test(wrong_bytes_in_a_jpeg_are_told),
        cmocka_unit_test(damaged_picture_of_another_kind_is_never_taken_for_whole),
    };
    struct CMUnitTest large[PP_COUNT(photos)], damaged[PP_COUNT(damages)];
    for (size_t i = 0; i < PP_COUNT(photos); i++)
        large[i] = (struct CMUnitTest){photos[i].test, photo_is_shown, NULL, NULL, &photos[i]};
    for (size_t i = 0; i < PP_COUNT(damages); i++)
        damaged[i] = (struct CMUnitTest){damages[i].test, what_is_lost_is_grey, NULL, NULL, &damages[i]};
    return cmocka_run_group_tests_name("large", large, NULL, NULL) +
           cmocka_run_group_tests_name("damaged", damaged, NULL, NULL) +
           cmocka_run_group_tests_name("others", others, NULL, NULL);
}

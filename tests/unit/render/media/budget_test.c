/* A few bytes that would cost much: memory, or time without anything to see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "object.h"
#include "render/media/budget.h"
#include "render/media/limits.h"

#define OBJECT_MAX  (1024 * 1024) /* bytes */
#define INFLATED    (256u * 1024 * 1024)
#define PEAK_MAX    (128 * 1024) /* KiB, of a renderer with a small picture; less than half of that */
#define LONG_ENOUGH 10000000     /* us: no test film is so long */

static void add(struct pp_buf *buf, const void *data, size_t size) {
    struct pp_error error = {0};
    if (!pp_buf_add(buf, data, size, &error))
        fail_msg("%s", error.message);
}

/* INFLATED zeros, deflated to a thousandth. */
static void add_bomb(struct pp_buf *buf) {
    static const uint8_t zeros[65536];
    uint8_t piece[65536];
    z_stream stream = {0};
    assert_int_equal(deflateInit(&stream, 6), Z_OK);
    for (size_t done = 0; done < INFLATED; done += sizeof zeros) {
        stream.next_in = (uint8_t *)(uintptr_t)zeros;
        stream.avail_in = sizeof zeros;
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        assert_int_equal(deflate(&stream, done + sizeof zeros < INFLATED ? Z_NO_FLUSH : Z_FINISH) < 0, 0);
        add(buf, piece, sizeof piece - stream.avail_out);
    }
    deflateEnd(&stream);
}

static void add_chunk(struct pp_buf *png, const char *type, const struct pp_buf *data) {
    size_t size = data->size;
    uint8_t head[8] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size};
    memcpy(head + 4, type, 4);
    uLong crc = crc32(crc32(0, head + 4, 4), data->data, (uInt)size);
    add(png, head, sizeof head);
    add(png, data->data, size);
    add(png, (uint8_t[]){(uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc}, 4);
}

/* So much memory it had at most, libraries and all. */
static void expect_small(const struct stage *stage) {
#ifdef PP_SANITIZED /* whose shadow is no measure */
    (void)stage;
#else
    char path[64];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    snprintf(path, sizeof path, "/proc/%d/status", (int)stage->pid);
    assert_true(pp_file_read(AT_FDCWD, path, &text, NULL));
    const char *peak = strstr(pp_buf_text(&text), "VmHWM:");
    assert_non_null(peak);
    assert_in_range(strtoul(peak + strlen("VmHWM:"), NULL, 10), 1, PEAK_MAX);
#endif
}

/* The small picture is shown with little memory, and the chunk beside it is never inflated. */
static void bomb_is_not_lit(void **state) {
    const char *type = *state;
    pp_autobuf struct pp_buf small = PP_BUF_INIT(OBJECT_MAX), png = PP_BUF_INIT(OBJECT_MAX),
                             chunk = PP_BUF_INIT(OBJECT_MAX);
    struct ipc_message start;
    struct stage stage;
    struct ipc_frame frame;
    object_load("quarters.png", &small);
    add(&chunk, "x\0\0", 3);
    add_bomb(&chunk);
    add(&png, small.data, 33);
    add_chunk(&png, type, &chunk);
    add(&png, small.data + 33, small.size - 33);
    object_seal(&png, &start);
    start.start_media.kind = IPC_MEDIA_IMAGE;
    object_open(&stage, &start);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.noted, 0);
    object_expect_quarters(&stage, frame.slot, object_quarters, 1);
    expect_small(&stage);
    stage_close_well(&stage);
}

static void expect_refusal(const void *data, size_t size, const char *words) {
    pp_autobuf struct pp_buf file = PP_BUF_INIT(OBJECT_MAX);
    struct ipc_message start;
    struct stage stage;
    struct ipc_frame frame;
    add(&file, data, size);
    object_seal(&file, &start);
    object_open(&stage, &start);
    assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
    assert_string_equal(stage.failed, words);
    stage_close(&stage);
}

/* 8192 x 4882 pixels in a few bytes. */
static void animation_that_is_large_for_its_bytes_is_refused(void **state) {
    (void)state;
    static const uint8_t gif[] = "GIF89a\0\x20\x12\x13\x91\0\0\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff"
                                 "\x21\xf9\4\4\x0a\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0"
                                 "\x21\xf9\4\4\x0a\0\0\0\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;";
    expect_refusal(
        gif, sizeof gif - 1,
        "an animation of 8192 x 4882 pixels is larger than can be shown: at most 8192 a side and 16 million");
}

static void webp_that_is_large_for_its_bytes_is_refused(void **state) {
    (void)state;
    static const uint8_t lossless[] =
        "RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\xff\xff\xff\x0f\0\0\0\0\0\0\0\0\0";
    static const uint8_t extended[] = "RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\0\xff\xff\0\0\0\0\0";
    expect_refusal(lossless, sizeof lossless - 1,
                   "a picture of 16384 x 16384 pixels is larger than can be shown: at most 80 million");
    expect_refusal(extended, sizeof extended - 1,
                   "a picture of 65536 x 65536 pixels is larger than can be shown: at most 80 million");
}

/* A mutated film of a second, whose sound is said to go on half a day later. */
static void film_ends_where_its_sound_would_begin_again_hours_later(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "stall.mp4", .kind = IPC_MEDIA_VIDEO});
    enum stage_event event = stage_next(&stage, &frame);
    while (event == STAGE_FRAME) {
        stage_release(&stage, frame.slot);
        event = stage_next(&stage, &frame);
    }
    assert_int_equal(event, STAGE_END);
    assert_in_range(stage.end_us, 900000, LONG_ENOUGH);
    stage_close_well(&stage);
}

struct costly {
    const char *test, *file, *words;
    enum ipc_media_kind kind;
};

/* A sanitizer computes so long that the limit of CPU time may come before that of packets. */
static bool is_refusal(const char *words, const char *wanted) {
#ifdef PP_SANITIZED
    if (strncmp(wanted, "nothing that can be shown came of", 33) == 0 &&
        strcmp(words, "nothing that can be shown came of 20 s of computing") == 0)
        return true;
#endif
    return strcmp(words, wanted) == 0;
}

/* The films of costly.mjs have more packets than may be read in vain, its JPEG more scans. */
static void costly_file_is_refused(void **state) {
    const struct costly *costly = *state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = costly->file, .kind = costly->kind});
    assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
    if (!is_refusal(stage.failed, costly->words))
        fail_msg("%s", stage.failed);
    stage_close(&stage);
    assert_true(WIFEXITED(stage.status));
}

static struct costly costly[] = {
    {"pictures_that_never_come_are_not_waited_for", "costly-pictures.mp4",
     "nothing that can be shown came of 100000 packets of it", IPC_MEDIA_VIDEO},
    {"search_for_streams_ends", "costly-search.mp4", "nothing that can be shown came of 20000 packets of it",
     IPC_MEDIA_VIDEO},
    {"index_that_is_large_for_its_bytes_is_not_made", "costly-index.mp4", "no picture of it can be decoded",
     IPC_MEDIA_VIDEO},
    {"jpeg_of_many_scans_is_refused", "costly-scans.jpg",
     "a JPEG of 501 scans cannot be shown: save it as an ordinary JPEG", IPC_MEDIA_IMAGE},
};

/* ---- The budget itself ---- */

static const char *words_of(const struct budget *budget) {
    static struct pp_error error;
    return budget_allows(budget, &error) ? "" : error.message;
}

static void packets_and_pixels_are_counted_until_something_comes(void **state) {
    (void)state;
    struct budget budget = {0};
    for (unsigned i = 0; i < MEDIA_PACKETS_MAX; i++)
        budget_add_packet(&budget);
    assert_string_equal(words_of(&budget), "");
    budget_add_packet(&budget);
    assert_string_equal(words_of(&budget), "nothing that can be shown came of 100000 packets of it");
    budget_renew(&budget);
    for (int i = 0; i < 100; i++)
        budget_add_pixels(&budget, 8000, 5000);
    budget_add_pixels(&budget, -8000, 5000);
    assert_string_equal(words_of(&budget), "");
    budget_add_pixels(&budget, 1, 1);
    assert_string_equal(words_of(&budget),
                        "nothing that can be shown came of decoding 4000 million pixels of it");
    budget_renew(&budget);
    assert_string_equal(words_of(&budget), "");
}

static void cpu_time_is_not_renewed_by_what_comes(void **state) {
    (void)state;
    struct budget budget = {0};
    budget_set_cpu(&budget, 600 * 1000);
    assert_string_equal(words_of(&budget), "");
    budget_set_cpu(&budget, 1);
    while (!budget_is_spent(&budget)) {
    }
    budget_renew(&budget);
    assert_string_equal(words_of(&budget), "nothing that can be shown came of 0 s of computing");
}

int main(void) {
    static char text[] = "zTXt", profile[] = "iCCP";
    const struct CMUnitTest tests[] = {
        {"text_of_a_png_is_not_inflated", bomb_is_not_lit, NULL, NULL, text},
        {"profile_of_a_png_is_inflated_to_its_limit", bomb_is_not_lit, NULL, NULL, profile},
        cmocka_unit_test(animation_that_is_large_for_its_bytes_is_refused),
        cmocka_unit_test(webp_that_is_large_for_its_bytes_is_refused),
        cmocka_unit_test(film_ends_where_its_sound_would_begin_again_hours_later),
        {costly[0].test, costly_file_is_refused, NULL, NULL, &costly[0]},
        {costly[1].test, costly_file_is_refused, NULL, NULL, &costly[1]},
        {costly[2].test, costly_file_is_refused, NULL, NULL, &costly[2]},
        {costly[3].test, costly_file_is_refused, NULL, NULL, &costly[3]},
        cmocka_unit_test(packets_and_pixels_are_counted_until_something_comes),
        cmocka_unit_test(cpu_time_is_not_renewed_by_what_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

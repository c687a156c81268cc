/* What is broken, cut, forged or not media at all costs one renderer: FAILED with a reason, or its death,
 * never a hang (stage.h gives up) and never a wrong picture. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "object.h"

#define FILM_FRAMES 25

/* Plays until the end, giving slots back; the count of frames. */
static unsigned play_all(struct stage *stage) {
    struct ipc_frame frame;
    unsigned frames = 0;
    while (stage_next(stage, &frame) == STAGE_FRAME) {
        frames++;
        stage_release(stage, frame.slot);
    }
    return frames;
}

static void expect_failure_of(struct ipc_message *start, bool flash_fails, const char *reason) {
    struct stage stage;
    object_open(&stage, start);
    assert_int_equal(play_all(&stage), 0);
    if (!strstr(stage.failed, reason))
        fail_msg("\"%s\" does not tell \"%s\"", stage.failed, reason);
    assert_int_equal(stage.unread, flash_fails);
    stage_close(&stage);
    assert_true(WIFEXITED(stage.status));
    assert_int_equal(WEXITSTATUS(stage.status), 1);
}

static void expect_failure(struct ipc_message *start, const char *reason) {
    expect_failure_of(start, false, reason);
}

/* Whoever sees the frame socket closed can read why. */
static void the_reason_is_sent_before_the_frame_socket_closes(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_message start, message = {0};
    struct pp_error error = {0};
    object_start("sound-only.mp4", IPC_MEDIA_VIDEO, &start);
    object_open(&stage, &start);
    struct pollfd frames = {.fd = stage.frames, .events = POLLIN};
    assert_int_equal(poll(&frames, 1, STAGE_PATIENCE_MS), 1);
    assert_true(ipc_set_nonblocking(stage.control, &error));
    while (message.type != IPC_FAILED)
        assert_true(ipc_receive(stage.control, &message, &error));
    stage_close(&stage);
}

static void expect_content_failure(const void *content, size_t size, const char *reason) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(1024 * 1024);
    struct pp_error error = {0};
    assert_true(pp_buf_add(&clear, content, size, &error));
    struct ipc_message start;
    object_seal(&clear, &start);
    expect_failure(&start, reason);
}

static void empty_object_fails(void **state) {
    (void)state;
    expect_content_failure("", 0, "not a kind of media that is shown");
}

static void object_of_no_bytes_fails(void **state) {
    (void)state;
    struct ipc_message start;
    object_start("film.mp4", IPC_MEDIA_VIDEO, &start);
    assert_int_equal(ftruncate(start.fds[0], 0), 0);
    start.start_media.object_length = 0;
    expect_failure(&start, "the object: ");
}

/* An unmapped address of our own memory: it gives EIO, as a flash that fails does. */
static void object_that_cannot_be_read_is_told_apart(void **state) {
    (void)state;
    struct ipc_message start;
    object_start("film.mp4", IPC_MEDIA_VIDEO, &start);
    pp_autoclose int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    assert_true(memory >= 0);
    assert_true(dup3(memory, start.fds[0], O_CLOEXEC) >= 0);
    expect_failure_of(&start, true, "Input/output error");
}

static void wrong_key_fails(void **state) {
    (void)state;
    struct ipc_message start;
    object_start("film.mp4", IPC_MEDIA_VIDEO, &start);
    start.start_media.key[31] ^= 1;
    expect_failure(&start, "the object: ");
}

static void cut_object_fails(void **state) {
    (void)state;
    struct ipc_message start;
    object_start("film.mp4", IPC_MEDIA_VIDEO, &start);
    start.start_media.object_length -= 1000;
    assert_int_equal(ftruncate(start.fds[0], (off_t)start.start_media.object_length), 0);
    expect_failure(&start, "the object: ");
}

static void flip_sealed_bit(const struct ipc_message *start, off_t offset) {
    uint8_t byte;
    assert_int_equal(pread(start->fds[0], &byte, 1, offset), 1);
    byte ^= 4;
    assert_int_equal(pwrite(start->fds[0], &byte, 1, offset), 1);
}

/* Puts a long comment before the second frame of a GIF, so that it fills several sealed segments. */
static void lengthen_gif(struct pp_buf *clear) {
    static const uint8_t frame_begin[] = {0x21, 0xf9, 4}, comment_begin[] = {0x21, 0xfe};
    struct pp_error error = {0};
    pp_autobuf struct pp_buf longer = PP_BUF_INIT(1024 * 1024);
    uint8_t *first = memmem(clear->data, clear->size, frame_begin, sizeof frame_begin);
    assert_non_null(first);
    uint8_t *second =
        memmem(first + 1, clear->size - (size_t)(first + 1 - clear->data), frame_begin, sizeof frame_begin);
    assert_non_null(second);
    size_t before = (size_t)(second - clear->data);
    uint8_t block[256] = {255};
    assert_true(pp_buf_add(&longer, clear->data, before, &error));
    assert_true(pp_buf_add(&longer, comment_begin, sizeof comment_begin, &error));
    for (int i = 0; i < 1000; i++)
        assert_true(pp_buf_add(&longer, block, sizeof block, &error));
    assert_true(pp_buf_add(&longer, "", 1, &error));
    assert_true(pp_buf_add(&longer, second, clear->size - before, &error));
    struct pp_buf whole = *clear;
    *clear = longer;
    longer = whole;
}

static void play_lengthened_gif(struct stage *stage, off_t flipped) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(1024 * 1024);
    struct ipc_message start;
    object_load("steps.gif", &clear);
    lengthen_gif(&clear);
    object_seal(&clear, &start);
    if (flipped)
        flip_sealed_bit(&start, flipped);
    object_open(stage, &start);
}

static void object_over_several_segments_is_shown(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    play_lengthened_gif(&stage, 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(stage_next(&stage, &frame), STAGE_FRAME);
    stage_close_well(&stage);
}

static void flipped_bit_in_the_middle_is_a_failure_and_no_end(void **state) {
    (void)state;
    struct stage stage;
    play_lengthened_gif(&stage, 150000);
    assert_true(play_all(&stage) < 3);
    assert_non_null(strstr(stage.failed, "the object: "));
    assert_false(stage.has_end);
    stage_close(&stage);
    assert_true(WIFEXITED(stage.status));
    assert_int_equal(WEXITSTATUS(stage.status), 1);
}

static void text_is_not_media(void **state) {
    (void)state;
    static const char text[] = "Opening hours: 8 to 18. No media at all.\n";
    expect_content_failure(text, sizeof text - 1, "not a kind of media that is shown");
}

static void playlists_that_name_files_are_not_media(void **state) {
    (void)state;
    static const char hls[] =
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    static const char concat[] = "ffconcat version 1.0\nfile /etc/passwd\n";
    expect_content_failure(hls, sizeof hls - 1, "not a kind of media that is shown");
    expect_content_failure(concat, sizeof concat - 1, "not a kind of media that is shown");
}

static void formats_off_the_list_are_not_media(void **state) {
    (void)state;
    static const uint8_t bmp[] = {'B', 'M', 0x3a, 0, 0, 0, 0, 0, 0,  0, 0x36, 0, 0, 0, 40, 0, 0,   0, 1, 0,
                                  0,   0,   1,    0, 0, 0, 1, 0, 24, 0, 0,    0, 0, 0, 4,  0, 0,   0, 0, 0,
                                  0,   0,   0,    0, 0, 0, 0, 0, 0,  0, 0,    0, 0, 0, 0,  0, 255, 0};
    expect_content_failure(bmp, sizeof bmp, "BMP pictures cannot be shown: make it a PNG");
}

/* IHDR of 30,000 x 30,000 pixels. */
static void gigantic_picture_fails(void **state) {
    (void)state;
    static const uint8_t png[] = {0x89, 'P', 'N',  'G',  13,   10,   26,   10,  0,   0,    0,    13,  'I',
                                  'H',  'D', 'R',  0,    0,    0x75, 0x30, 0,   0,   0x75, 0x30, 8,   6,
                                  0,    0,   0,    0x1b, 0xd9, 0x9d, 0x6a, 0,   0,   0,    12,   'I', 'D',
                                  'A',  'T', 0x78, 0x9c, 3,    0,    0,    0,   0,   1,    0,    1,   0,
                                  0,    0,   0,    0,    0,    0,    'I',  'E', 'N', 'D'};
    expect_content_failure(png, sizeof png, "");
}

static void sound_without_a_picture_fails(void **state) {
    (void)state;
    struct ipc_message start;
    object_start("sound-only.mp4", IPC_MEDIA_VIDEO, &start);
    expect_failure(&start, "there is no picture in it: sound alone is not shown");
}

/* What a person can act on, whatever FFmpeg calls it. */
static void picture_of_a_kind_that_is_not_shown_fails_in_words(void **state) {
    static const char *const kinds[][2] = {
        {"not-shown-libx265.mov",
         "its picture is H.265 / HEVC (High Efficiency Video Coding), which cannot be shown: "
         "make it H.264, VP9 or AV1"},
        {"not-shown-mpeg4.mov",
         "its picture is MPEG-4 part 2, which cannot be shown: make it H.264, VP9 or AV1"},
        {"not-shown-prores.mov", "its picture is Apple ProRes (iCodec Pro), which cannot be shown"},
        {"not-shown-arithmetic.jpg", "arithmetic-coded JPEG cannot be shown: save it as an ordinary JPEG"},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        struct ipc_message start;
        object_start(kinds[i][0], IPC_MEDIA_VIDEO, &start);
        expect_failure(&start, kinds[i][1]);
    }
}

/* Cut at many places and properly sealed: some begin, none hangs or dies by anything but its own word. */
static void truncated_films_and_pictures_end(void **state) {
    static const char *const names[] = {"film.mp4",     "film.webm", "quarters.jpg",
                                        "quarters.png", "steps.gif", "quarters.webp"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        pp_autobuf struct pp_buf clear = PP_BUF_INIT(1024 * 1024);
        object_load(names[i], &clear);
        size_t whole = clear.size;
        for (size_t part = 1; part < 8; part += 2) {
            struct ipc_message start;
            struct stage stage;
            clear.size = whole * part / 8;
            object_seal(&clear, &start);
            object_open(&stage, &start);
            assert_true(play_all(&stage) < FILM_FRAMES);
            assert_true(stage.failed[0] || stage.has_end);
            stage_close(&stage);
            assert_true(WIFEXITED(stage.status));
        }
    }
}

/* What is there is shown, and somebody is told that it is not all. */
static void film_that_was_cut_off_says_so(void **state) {
    (void)state;
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(1024 * 1024);
    object_load("film.mp4", &clear);
    size_t whole = clear.size;
    for (unsigned percent = 60; percent <= 100; percent += 20) {
        struct ipc_message start;
        struct stage stage;
        clear.size = whole * percent / 100;
        object_seal(&clear, &start);
        object_open(&stage, &start);
        assert_in_range(play_all(&stage), 5, FILM_FRAMES);
        assert_int_equal(stage.noted, percent < 100 ? 1u << IPC_NOTE_DAMAGED : 0);
        if (percent < 100)
            assert_string_equal(stage.note, "the film is damaged: its end is missing");
        assert_true(stage.has_end);
        stage_close_well(&stage);
    }
}

/* Frames that are damaged are passed over; those after the next key frame are right again. */
static void damage_in_the_middle_of_a_film_is_passed_over(void **state) {
    (void)state;
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(1024 * 1024);
    object_load("film.mp4", &clear);
    for (size_t i = clear.size * 6 / 10; i < clear.size * 6 / 10 + 150; i++)
        clear.data[i] ^= 0x5a;
    struct ipc_message start;
    struct stage stage;
    struct ipc_frame frame;
    object_seal(&clear, &start);
    object_open(&stage, &start);
    unsigned frames = 0;
    struct stage_colour last = {0};
    while (stage_next(&stage, &frame) == STAGE_FRAME) {
        frames++;
        last = stage_pixel(&stage, frame.slot, 80, 60);
        stage_release(&stage, frame.slot);
    }
    assert_true(stage.has_end);
    assert_int_equal(stage.failed[0], 0);
    assert_in_range(frames, 15, FILM_FRAMES);
    int wanted = (int)((40 + 6 * (FILM_FRAMES - 1) - 16) * 255.0 / 219 + 0.5);
    assert_in_range(last.green, wanted - 5, wanted + 5);
    stage_close_well(&stage);
}

/* ---- the cage of the real program ---- */

static void renderer_is_locked_up_before_its_first_frame(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "film.mp4", .kind = IPC_MEDIA_VIDEO});
    assert_int_equal(stage_next(&stage, &frame), STAGE_FRAME);
    assert_true(stage.sandbox_level & IPC_SANDBOX_SECCOMP);
    assert_true(stage.sandbox_level & IPC_SANDBOX_NO_NEW_PRIVS);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/status", (int)stage.pid);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(65536);
    struct pp_error error = {0};
    assert_true(pp_file_read(AT_FDCWD, path, &text, &error));
    static const char *const lines[] = {"NoNewPrivs:\t1", "Seccomp:\t2", "CapPrm:\t0000000000000000",
                                        "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000"};
    for (size_t i = 0; i < PP_COUNT(lines); i++) {
        if (!strstr(pp_buf_text(&text), lines[i]))
            fail_msg("%s is not in\n%s", lines[i], pp_buf_text(&text));
    }
    stage_close_well(&stage);
}

/* Memory that runs out costs a renderer, not the agent or the player. */
static void renderer_is_the_first_to_go_when_memory_is_short(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "quarters.jpg"});
    stage_expect(&stage, STAGE_FRAME, &frame);
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", (int)stage.pid);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(64);
    assert_true(pp_file_read(AT_FDCWD, path, &text, NULL));
    assert_string_equal(pp_buf_text(&text), "1000\n");
    stage_close_well(&stage);
}

#define SLOW_LAYERS 150 /* whose descriptors one socket takes, unread */
#define SLOW_PAIRS  2   /* so that they are more than a renderer's limit (sandbox.c) */

/* So many descriptors of the user's are on their way that a process with a renderer's limits may not send
 * one: it has none to send. */
static void renderer_is_not_held_up_by_descriptors_on_their_way(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    struct pp_error error = {0};
    int pairs[SLOW_PAIRS][2];
    struct ipc_message layer = {.type = IPC_LAYER_ADD,
                                .layer_add = {.layer = 1, .width = 1, .height = 1},
                                .fds = {STDERR_FILENO},
                                .fd_count = 1};
    for (int pair = 0; pair < SLOW_PAIRS; pair++) {
        assert_true(ipc_pair(pairs[pair], &error));
        for (int i = 0; i < SLOW_LAYERS; i++)
            assert_true(ipc_send(pairs[pair][0], &layer, &error));
    }
    object_play(&stage, &(struct object_wish){.name = "quarters.jpg"});
    stage_expect(&stage, STAGE_FRAME, &frame);
    for (int pair = 0; pair < SLOW_PAIRS; pair++) {
        close(pairs[pair][0]);
        close(pairs[pair][1]);
    }
    stage_close_well(&stage);
}

static void renderer_ends_when_the_agent_is_gone(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "quarters.jpg"});
    assert_int_equal(stage_next(&stage, &frame), STAGE_FRAME);
    pp_close(&stage.control);
    assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
    stage_close_well(&stage);
}

static void player_that_breaks_the_protocol_ends_it(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "film.mp4", .kind = IPC_MEDIA_VIDEO});
    assert_int_equal(stage_next(&stage, &frame), STAGE_FRAME);
    stage_release(&stage, 15);
    while (stage_next(&stage, &frame) == STAGE_FRAME) {
    }
    assert_non_null(strstr(stage.failed, "the player sent what is not its to send"));
    stage_close(&stage);
}

static void another_start_message_is_refused(void **state) {
    (void)state;
    struct ipc_message start = {.type = IPC_START_STATUS, .start_status = {.json = "{}"}};
    struct stage stage;
    struct ipc_frame frame;
    stage_open(&stage, OBJECT_PROGRAM, &start);
    assert_int_equal(stage_next(&stage, &frame), STAGE_GONE);
    assert_non_null(strstr(stage.failed, "not the message that starts this renderer"));
    assert_int_equal(stage.sandbox_level, 0);
    stage_close(&stage);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reason_is_sent_before_the_frame_socket_closes),
        cmocka_unit_test(empty_object_fails),
        cmocka_unit_test(object_of_no_bytes_fails),
        cmocka_unit_test(object_that_cannot_be_read_is_told_apart),
        cmocka_unit_test(wrong_key_fails),
        cmocka_unit_test(cut_object_fails),
        cmocka_unit_test(object_over_several_segments_is_shown),
        cmocka_unit_test(flipped_bit_in_the_middle_is_a_failure_and_no_end),
        cmocka_unit_test(text_is_not_media),
        cmocka_unit_test(playlists_that_name_files_are_not_media),
        cmocka_unit_test(formats_off_the_list_are_not_media),
        cmocka_unit_test(gigantic_picture_fails),
        cmocka_unit_test(sound_without_a_picture_fails),
        cmocka_unit_test(picture_of_a_kind_that_is_not_shown_fails_in_words),
        cmocka_unit_test(truncated_films_and_pictures_end),
        cmocka_unit_test(film_that_was_cut_off_says_so),
        cmocka_unit_test(damage_in_the_middle_of_a_film_is_passed_over),
        cmocka_unit_test(renderer_is_locked_up_before_its_first_frame),
        cmocka_unit_test(renderer_is_the_first_to_go_when_memory_is_short),
        cmocka_unit_test(renderer_is_not_held_up_by_descriptors_on_their_way),
        cmocka_unit_test(renderer_ends_when_the_agent_is_gone),
        cmocka_unit_test(player_that_breaks_the_protocol_ends_it),
        cmocka_unit_test(another_start_message_is_refused),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

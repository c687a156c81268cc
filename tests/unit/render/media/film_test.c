/* Films through the real program: each frame's number (in its brightness), time, the sound, colours and
 * shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>

#include "base/clock.h"
#include "base/mem.h"
#include "object.h"

#define FILM_FRAMES 25    /* of the test films */
#define FRAME_US    40000 /* us each */
#define SOUND_STEP  480   /* samples: 10 ms */

/* Matroska counts milliseconds. */
static void expect_near(uint64_t is, uint64_t wanted, uint64_t tolerance) {
    uint64_t distance = is > wanted ? is - wanted : wanted - is;
    if (distance > tolerance)
        fail_msg("%llu instead of %llu", (unsigned long long)is, (unsigned long long)wanted);
}

/* The brightness of frame `number`, as an RGB grey. */
static struct stage_colour grey_of(unsigned number) {
    int grey = (int)((40 + 6 * number - 16) * 255.0 / 219 + 0.5);
    return (struct stage_colour){grey, grey, grey, 255};
}

static void expect_film(struct stage *stage, uint64_t base_us, int tolerance) {
    for (unsigned number = 0; number < FILM_FRAMES; number++) {
        struct ipc_frame frame;
        stage_expect(stage, STAGE_FRAME, &frame);
        expect_near(frame.pts_us, base_us + (uint64_t)number * FRAME_US, 1000);
        stage_expect_pixel(stage, frame.slot, 80, 60, grey_of(number), tolerance);
        stage_release(stage, frame.slot);
    }
}

/* Both channels cross zero upwards 440 times a second. */
static void expect_tone(const struct stage *stage, size_t begin, size_t frames) {
    unsigned crossings[2] = {0, 0};
    for (size_t i = begin + 1; i < begin + frames; i++) {
        for (unsigned channel = 0; channel < 2; channel++)
            crossings[channel] +=
                stage->sound[2 * (i - 1) + channel] < 0 && stage->sound[2 * i + channel] >= 0;
    }
    double wanted = 440.0 * (double)frames / 48000;
    for (unsigned channel = 0; channel < 2; channel++) {
        if (crossings[channel] < wanted - 3 || crossings[channel] > wanted + 3)
            fail_msg("channel %u crosses zero %u times instead of %.0f", channel, crossings[channel], wanted);
    }
}

struct film {
    const char *test, *file;
    bool sound;
    int tolerance; /* of colours */
};

static void film_is_shown(void **state) {
    const struct film *film = *state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = film->file, .kind = IPC_MEDIA_VIDEO});
    expect_film(&stage, 0, film->tolerance);
    stage_expect(&stage, STAGE_END, &frame);
    expect_near(stage.end_us, 1000000, 8000);
    assert_int_equal(stage.ring.layout.format, IPC_PIXEL_I420);
    assert_int_equal(stage.ring.layout.slots, 4);
    assert_int_equal(stage.info.width, 160);
    assert_int_equal(stage.info.height, 120);
    assert_int_equal(stage.info.has_audio, film->sound);
    expect_near(stage.info.duration_ms, 1000, 60);
    if (film->sound) {
        expect_near(stage.sound_frames, 48000, 2048);
        expect_tone(&stage, 4800, 38400);
    }
    stage_close_well(&stage);
}

static struct film films[] = {
    {"mp4_h264_aac_is_shown", "film.mp4", true, 4},
    {"webm_vp9_opus_is_shown", "film.webm", true, 4},
    {"film_that_begins_late_in_its_file_begins_at_once", "film-late.webm", true, 4},
    {"webm_vp8_vorbis_is_shown", "film-vp8.webm", true, 6},
    {"webm_av1_is_shown", "film-av1.webm", false, 6},
    {"mp4_of_422_and_10_bits_is_shown", "film-422-10bit.mp4", false, 4},
    {"mp4_of_444_is_shown", "film-444.mp4", false, 4},
    {"mov_with_pcm_is_shown", "film-pcm_s16le.mov", true, 4},
    {"mov_with_pcm_of_24_bits_is_shown", "film-pcm_s24be.mov", true, 4},
    {"mov_with_alac_is_shown", "film-alac.mov", true, 4},
    {"mov_with_ac3_is_shown", "film-ac3.mov", true, 4},
    {"matroska_with_flac_is_shown", "film-flac.mkv", true, 4},
    {"film_behind_twenty_tracks_of_no_use_is_shown", "film-22-tracks.mkv", true, 4},
};

static void film_whose_sound_is_not_played_says_so(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "film-wma.mkv", .kind = IPC_MEDIA_VIDEO});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(stage.noted, 1u << IPC_NOTE_SILENT);
    assert_string_equal(stage.note,
                        "its sound is Windows Media Audio 2, which is not played: it is shown without");
    assert_int_equal(stage.info.has_audio, 0);
    stage_close_well(&stage);
}

static void no_sound_where_none_is_wanted(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "film.mp4", .kind = IPC_MEDIA_VIDEO, .silent = true});
    expect_film(&stage, 0, 4);
    stage_expect(&stage, STAGE_END, &frame);
    assert_null(stage.audio.memory);
    assert_int_equal(stage.info.has_audio, 0);
    stage_close_well(&stage);
}

static void film_repeats_without_a_seam(const char *file) {
    struct stage stage;
    object_play(&stage, &(struct object_wish){.name = file, .kind = IPC_MEDIA_VIDEO, .loop = true});
    expect_film(&stage, 0, 4);
    expect_film(&stage, 1000000, 4);
    expect_film(&stage, 2000000, 4);
    assert_false(stage.has_end);
    expect_tone(&stage, 0, 96000);
    stage_close_well(&stage);
}

static void mp4_repeats_without_a_seam(void **state) {
    (void)state;
    film_repeats_without_a_seam("film.mp4");
}

static void webm_repeats_without_a_seam(void **state) {
    (void)state;
    film_repeats_without_a_seam("film.webm");
}

/* One of a playlist, whose own 40 ms nobody could see. A time that it is given counts. */
static void film_of_one_frame_lasts_three_seconds(void **state) {
    (void)state;
    static const struct object_wish wishes[] = {
        {.name = "one-frame.mp4", .kind = IPC_MEDIA_VIDEO},
        {.name = "one.gif", .kind = IPC_MEDIA_VIDEO},
        {.name = "one-frame.mp4", .kind = IPC_MEDIA_VIDEO, .duration_ms = 1000}};
    static const uint64_t ends_us[] = {3000000, 3000000, 1000000};
    for (size_t i = 0; i < PP_COUNT(wishes); i++) {
        struct stage stage;
        struct ipc_frame frame;
        object_play(&stage, &wishes[i]);
        stage_expect(&stage, STAGE_FRAME, &frame);
        assert_int_equal(frame.pts_us, 0);
        stage_expect(&stage, STAGE_END, &frame);
        assert_int_equal(stage.end_us, ends_us[i]);
        stage_close_well(&stage);
    }
}

static void film_is_cut_at_its_time(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage,
                &(struct object_wish){.name = "film.mp4", .kind = IPC_MEDIA_VIDEO, .duration_ms = 100});
    for (unsigned number = 0; number < 3; number++) {
        stage_expect(&stage, STAGE_FRAME, &frame);
        stage_release(&stage, frame.slot);
    }
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 100000);
    stage_close_well(&stage);
}

/* ---- begun in the middle ---- */

/* The first loud sample; the film's tone begins 600 ms after its pictures. */
static size_t beep_begin(const struct stage *stage) {
    size_t at = 0;
    while (at < stage->sound_frames && abs(stage->sound[2 * at]) < 2000)
        at++;
    return at;
}

static void play_from(struct stage *stage, const char *file, uint32_t start_ms) {
    struct ipc_frame frame;
    unsigned first = start_ms * 1000 / FRAME_US;
    object_play(stage, &(struct object_wish){.name = file, .kind = IPC_MEDIA_VIDEO, .start_ms = start_ms});
    for (unsigned number = first; number < FILM_FRAMES; number++) {
        stage_expect(stage, STAGE_FRAME, &frame);
        expect_near(frame.pts_us, number == first ? 0 : (uint64_t)number * FRAME_US - start_ms * 1000, 1000);
        stage_expect_pixel(stage, frame.slot, 80, 60, grey_of(number), 4);
        stage_release(stage, frame.slot);
    }
    stage_expect(stage, STAGE_END, &frame);
}

static void film_begins_in_its_middle(const char *file) {
    static const uint32_t starts_ms[] = {0, 20, 79, 200, 210, 360, 450, 520};
    size_t whole_beep = 0; /* where it is when the film is played from its begin */
    struct stage stage;
    for (size_t i = 0; i < PP_COUNT(starts_ms); i++) {
        uint32_t left_ms = 1000 - starts_ms[i];
        play_from(&stage, file, starts_ms[i]);
        expect_near(stage.end_us, left_ms * 1000, 8000);
        expect_near(stage.info.duration_ms, left_ms, 60);
        expect_near(stage.sound_frames, left_ms * 48, 2048);
        whole_beep = i ? whole_beep : beep_begin(&stage);
        expect_near(beep_begin(&stage) + starts_ms[i] * 48, whole_beep, SOUND_STEP);
        stage_close_well(&stage);
    }
}

static void mp4_begins_in_its_middle_with_its_sound_in_step(void **state) {
    (void)state;
    film_begins_in_its_middle("film-beep.mp4");
}

static void webm_begins_in_its_middle_with_its_sound_in_step(void **state) {
    (void)state;
    film_begins_in_its_middle("film-beep.webm");
}

static void film_that_begins_late_in_its_file_is_found_in_its_middle(void **state) {
    (void)state;
    struct stage stage;
    play_from(&stage, "film-late.webm", 500);
    stage_close_well(&stage);
}

static void film_repeats_whole_after_it_began_in_its_middle(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){
                            .name = "film.mp4", .kind = IPC_MEDIA_VIDEO, .loop = true, .start_ms = 960});
    stage_expect(&stage, STAGE_FRAME, &frame);
    stage_expect_pixel(&stage, frame.slot, 80, 60, grey_of(FILM_FRAMES - 1), 4);
    stage_release(&stage, frame.slot);
    expect_film(&stage, FRAME_US, 4);
    stage_close_well(&stage);
}

/* Of an animation every frame is needed for the next. */
static void animation_begins_in_its_middle(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "steps.gif", .kind = IPC_MEDIA_VIDEO, .start_ms = 150});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 0);
    stage_expect_pixel(&stage, frame.slot, 10, 10, object_quarters[1], 4);
    stage_release(&stage, frame.slot);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 150000);
    stage_expect_pixel(&stage, frame.slot, 10, 10, object_quarters[2], 4);
    stage_release(&stage, frame.slot);
    stage_expect(&stage, STAGE_END, &frame);
    assert_int_equal(stage.end_us, 450000);
    stage_close_well(&stage);
}

static void past_its_end_a_film_is_its_last_frame(const char *file, uint32_t start_ms) {
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = file, .kind = IPC_MEDIA_VIDEO, .start_ms = start_ms});
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.pts_us, 0);
    stage_expect_pixel(&stage, frame.slot, 80, 60, grey_of(FILM_FRAMES - 1), 4);
    stage_release(&stage, frame.slot);
    stage_expect(&stage, STAGE_END, &frame);
    expect_near(stage.end_us, FRAME_US, 1000);
    stage_close_well(&stage);
}

static void film_that_is_to_begin_past_its_end_shows_its_last_frame(void **state) {
    (void)state;
    past_its_end_a_film_is_its_last_frame("film.mp4", 1000);
    past_its_end_a_film_is_its_last_frame("film.mp4", UINT32_MAX);
    past_its_end_a_film_is_its_last_frame("film.webm", 5000);
    past_its_end_a_film_is_its_last_frame("film-late.webm", UINT32_MAX);
}

/* The player holds all slots: nothing is overwritten, nothing is sent. */
static void no_frame_without_a_free_slot(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = "film.mp4", .kind = IPC_MEDIA_VIDEO});
    unsigned used = 0;
    for (unsigned number = 0; number < 4; number++) {
        stage_expect(&stage, STAGE_FRAME, &frame);
        assert_int_equal(used & 1u << frame.slot, 0);
        used |= 1u << frame.slot;
    }
    struct pollfd more = {.fd = stage.frames, .events = POLLIN};
    assert_int_equal(poll(&more, 1, 300), 0);
    stage_expect_pixel(&stage, 0, 80, 60, grey_of(0), 4);
    stage_release(&stage, 2);
    stage_expect(&stage, STAGE_FRAME, &frame);
    assert_int_equal(frame.slot, 2);
    stage_close_well(&stage);
}

/* ---- when frames come late ---- */

/* Shows the first four frames late: at `position_us` of the item's clock. */
static void fall_behind(struct stage *stage, uint64_t position_us) {
    struct ipc_frame frame;
    for (unsigned number = 0; number < 4; number++)
        stage_expect(stage, STAGE_FRAME, &frame);
    stage_clock(stage, position_us);
    for (unsigned slot = 0; slot < 4; slot++)
        stage_release(stage, slot);
}

/* The next frame that is not over at `position_us`; one that is comes only twice a second. */
static enum stage_event catch_up(struct stage *stage, uint64_t position_us, unsigned *shown,
                                 struct ipc_frame *frame) {
    int64_t begin_ms = pp_clock_monotonic_ms();
    for (int64_t late = 0; late <= 1 + (pp_clock_monotonic_ms() - begin_ms) / 500; late++) {
        if (stage_next(stage, frame) != STAGE_FRAME)
            return STAGE_END;
        (*shown)++;
        unsigned number = (unsigned)(frame->pts_us / FRAME_US);
        stage_expect_pixel(stage, frame->slot, 80, 60, grey_of(number % FILM_FRAMES), 4);
        stage_release(stage, frame->slot);
        if (frame->pts_us + FRAME_US > position_us)
            return STAGE_FRAME;
    }
    fail_msg("too many frames that are over");
    return STAGE_END;
}

static void late_frames_are_left_out_and_counted(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    unsigned shown = 4;
    object_play(&stage, &(struct object_wish){.name = "film.mp4", .kind = IPC_MEDIA_VIDEO});
    fall_behind(&stage, 500000);
    while (catch_up(&stage, 500000, &shown, &frame) == STAGE_FRAME) {
    }
    assert_true(stage.has_end);
    assert_true(stage.left_out >= 7);
    assert_int_equal(shown + stage.left_out, FILM_FRAMES);
    expect_near(stage.end_us, 1000000, 8000);
    stage_close_well(&stage);
}

static void film_that_is_over_ends(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    unsigned shown = 4;
    object_play(&stage, &(struct object_wish){.name = "film.webm", .kind = IPC_MEDIA_VIDEO});
    fall_behind(&stage, 60000000);
    assert_int_equal(catch_up(&stage, 60000000, &shown, &frame), STAGE_END);
    assert_true(stage.has_end);
    assert_int_equal(shown + stage.left_out, FILM_FRAMES);
    expect_near(stage.end_us, 1000000, 8000);
    stage_close_well(&stage);
}

/* So far behind, and for longer than a second, that whole groups of pictures are not decoded. */
static void film_that_stays_behind_jumps_to_a_key_frame(void **state) {
    (void)state;
    struct stage stage;
    struct ipc_frame frame;
    unsigned shown = 4;
    object_play(&stage, &(struct object_wish){
                            .name = "film.mp4", .kind = IPC_MEDIA_VIDEO, .loop = true, .silent = true});
    for (unsigned number = 0; number < 4; number++)
        stage_expect(&stage, STAGE_FRAME, &frame);
    stage_clock(&stage, 20000000);
    poll(NULL, 0, 1200);
    for (unsigned slot = 0; slot < 4; slot++)
        stage_release(&stage, slot);
    assert_int_equal(catch_up(&stage, 20000000, &shown, &frame), STAGE_FRAME);
    assert_int_equal(shown + stage.left_out, frame.pts_us / FRAME_US + 1);
    stage_close_well(&stage);
}

/* ---- colours and shapes ---- */

struct shape {
    const char *test, *file;
    unsigned width, height, aspect_num, aspect_den;
    enum ipc_matrix matrix;
    bool full_range;
    unsigned order[4]; /* which quarter stands where */
};

static void shape_is_kept(void **state) {
    const struct shape *shape = *state;
    struct stage stage;
    struct ipc_frame frame;
    object_play(&stage, &(struct object_wish){.name = shape->file, .kind = IPC_MEDIA_VIDEO});
    stage_expect(&stage, STAGE_FRAME, &frame);
    const struct ipc_ring *layout = &stage.ring.layout;
    assert_int_equal(layout->width, shape->width);
    assert_int_equal(layout->height, shape->height);
    assert_int_equal(layout->aspect_num, shape->aspect_num);
    assert_int_equal(layout->aspect_den, shape->aspect_den);
    assert_int_equal(layout->matrix, shape->matrix);
    assert_int_equal(layout->full_range, shape->full_range);
    struct stage_colour colours[4];
    for (size_t i = 0; i < 4; i++)
        colours[i] = object_quarters[shape->order[i]];
    object_expect_quarters(&stage, frame.slot, colours, 12);
    stage_close_well(&stage);
}

static struct shape shapes[] = {
    {"bt601_is_told_and_right", "quarters.mp4", 160, 120, 1, 1, IPC_MATRIX_BT601, false, {0, 1, 2, 3}},
    {"bt709_of_full_range_is_told_and_right",
     "quarters-709-full.mp4",
     160,
     120,
     1,
     1,
     IPC_MATRIX_BT709,
     true,
     {0, 1, 2, 3}},
    {"wide_samples_are_told", "quarters-wide.mp4", 160, 120, 4, 3, IPC_MATRIX_BT601, false, {0, 1, 2, 3}},
    {"film_is_turned_as_its_matrix_says",
     "quarters-turned.mp4",
     120,
     160,
     1,
     1,
     IPC_MATRIX_BT601,
     false,
     {1, 3, 0, 2}},
};

int main(void) {
    const struct CMUnitTest others[] = {
        cmocka_unit_test(film_whose_sound_is_not_played_says_so),
        cmocka_unit_test(no_sound_where_none_is_wanted),
        cmocka_unit_test(mp4_repeats_without_a_seam),
        cmocka_unit_test(webm_repeats_without_a_seam),
        cmocka_unit_test(film_of_one_frame_lasts_three_seconds),
        cmocka_unit_test(film_is_cut_at_its_time),
        cmocka_unit_test(mp4_begins_in_its_middle_with_its_sound_in_step),
        cmocka_unit_test(webm_begins_in_its_middle_with_its_sound_in_step),
        cmocka_unit_test(film_that_begins_late_in_its_file_is_found_in_its_middle),
        cmocka_unit_test(film_repeats_whole_after_it_began_in_its_middle),
        cmocka_unit_test(animation_begins_in_its_middle),
        cmocka_unit_test(film_that_is_to_begin_past_its_end_shows_its_last_frame),
        cmocka_unit_test(no_frame_without_a_free_slot),
        cmocka_unit_test(late_frames_are_left_out_and_counted),
        cmocka_unit_test(film_that_is_over_ends),
        cmocka_unit_test(film_that_stays_behind_jumps_to_a_key_frame),
    };
    struct CMUnitTest of_films[PP_COUNT(films)], of_shapes[PP_COUNT(shapes)];
    for (size_t i = 0; i < PP_COUNT(films); i++)
        of_films[i] = (struct CMUnitTest){films[i].test, film_is_shown, NULL, NULL, &films[i]};
    for (size_t i = 0; i < PP_COUNT(shapes); i++)
        of_shapes[i] = (struct CMUnitTest){shapes[i].test, shape_is_kept, NULL, NULL, &shapes[i]};
    return cmocka_run_group_tests_name("films", of_films, NULL, NULL) +
           cmocka_run_group_tests_name("time", others, NULL, NULL) +
           cmocka_run_group_tests_name("colours and shapes", of_shapes, NULL, NULL);
}

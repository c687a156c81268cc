/* Finding the middle of a film, where it would take too long or the file does not have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "base/clock.h"
#include "object.h"
#include "render/media/media.h"
#include "render/media/video.h"

#define FRAME_US 40000 /* of the test films */

struct opened {
    struct pp_buf clear, sealed;
    struct budget budget;
    struct source *source;
    struct container container;
    struct reader reader;
    struct video video;
};

/* The first `percent` of a film's bytes, with its first frame decoded. */
static struct opened *film_open(const char *name, unsigned percent) {
    static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};
    struct pp_error error = {0};
    struct opened *film = calloc(1, sizeof *film);
    assert_non_null(film);
    assert_true(media_prepare(&error)); /* FFmpeg keeps silent */
    film->clear = PP_BUF_INIT(1024 * 1024);
    film->sealed = PP_BUF_INIT(1024 * 1024);
    object_load(name, &film->clear);
    assert_true(seal_encrypt(film->clear.data, film->clear.size * percent / 100, key, SEAL_AD_OBJECT,
                             &film->sealed, &error));
    struct seal_reader *sealed =
        seal_reader_create_memory(film->sealed.data, film->sealed.size, key, SEAL_AD_OBJECT, NULL, &error);
    film->source = source_create(sealed, &film->budget, &error);
    assert_non_null(film->source);
    film->reader.container = &film->container;
    assert_true(container_open(&film->container, film->source, true, &error));
    assert_true(video_open(&film->video, &film->reader, 0, &error));
    assert_int_equal(video_next(&film->video, &error), VIDEO_FRAME);
    return film;
}

static void film_close(struct opened *film) {
    video_close(&film->video);
    reader_finish(&film->reader);
    container_close(&film->container);
    source_destroy(film->source);
    pp_buf_finish(&film->sealed);
    pp_buf_finish(&film->clear);
    free(film);
}

static void expect_two_frames_from_0(struct video *video) {
    struct pp_error error = {0};
    assert_int_equal(video->pts_us, 0);
    assert_int_equal(video->end_us, FRAME_US);
    assert_int_equal(video_next(video, &error), VIDEO_FRAME);
    assert_in_range(video->pts_us, FRAME_US - 1000, FRAME_US + 1000);
}

static void what_was_reached_in_time_is_the_begin(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct opened *film = film_open("film.webm", 100);
    int64_t now_ms = pp_clock_monotonic_ms();
    assert_int_equal(video_seek(&film->video, 800000, now_ms, &error), VIDEO_FRAME);
    assert_int_equal(film->video.base_us, 0); /* its one key frame is the first */
    expect_two_frames_from_0(&film->video);
    film_close(film);
}

static void of_a_file_that_is_cut_the_last_frame_is_shown(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct opened *film = film_open("film.webm", 60);
    int64_t patience_ms = pp_clock_monotonic_ms() + STAGE_PATIENCE_MS;
    assert_int_equal(video_seek(&film->video, 960000, patience_ms, &error), VIDEO_FRAME);
    assert_int_equal(film->video.pts_us, 0);
    assert_true(film->video.base_us < 0 && film->video.base_us > -960000);
    assert_int_equal(video_next(&film->video, &error), VIDEO_END);
    film_close(film);
}

/* A byte of film-av1.webm is another. Frame threads of dav1d 1.0 waited for each other for ever after such a damage
 * and a jump; then the alarm ends this process. */
static void damaged_av1_does_not_stop_its_decoder(void **state) {
    (void)state;
    struct pp_error error = {0};
    alarm(STAGE_PATIENCE_MS / 1000);
    for (int before = 0; before < 12; before++) {
        struct opened *film = film_open("broken-av1.webm", 100);
        for (int i = 0; i < before; i++)
            assert_int_equal(video_next(&film->video, &error), VIDEO_FRAME);
        int64_t patience_ms = pp_clock_monotonic_ms() + STAGE_PATIENCE_MS;
        assert_int_equal(video_seek(&film->video, 500000, patience_ms, &error), VIDEO_FRAME);
        film_close(film);
    }
    alarm(0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_reached_in_time_is_the_begin),
        cmocka_unit_test(of_a_file_that_is_cut_the_last_frame_is_shown),
        cmocka_unit_test(damaged_av1_does_not_stop_its_decoder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

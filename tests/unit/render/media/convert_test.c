/* The form of the frame ring, chosen from a first frame: its size and its colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libavutil/frame.h>

#include "base/mem.h"
#include "render/media/compat.h"
#include "render/media/convert.h"

static struct ipc_ring ring_for(int width, int height) {
    PP_AUTO(frame) AVFrame *frame = av_frame_alloc();
    const struct convert_wish wish = {.slots = 4, .aspect = {1, 1}};
    struct convert convert = {0};
    struct pp_error error = {0};
    assert_non_null(frame);
    frame->width = width;
    frame->height = height;
    frame->format = AV_PIX_FMT_YUV420P;
    if (!convert_init(&convert, frame, &wish, &error))
        fail_msg("%d x %d: %s", width, height, error.message);
    convert_finish(&convert);
    return convert.layout;
}

static void every_film_fits_into_a_ring(void **state) {
    (void)state;
    for (int height = 1024; height <= 8192; height += 192) {
        for (int width = 1024; width <= 8192 && width * height <= 40000000; width++) {
            struct ipc_ring layout = ring_for(width, height);
            struct pp_error error = {0};
            if (!ipc_video_layout(&layout, &error))
                fail_msg("%d x %d: %s", width, height, error.message);
        }
    }
}

static void unmarked_films_have_the_colours_of_their_size(void **state) {
    static const struct {
        int width, height;
        enum ipc_matrix matrix;
    } films[] = {
        {640, 480, IPC_MATRIX_BT601},   {720, 576, IPC_MATRIX_BT601},  {1024, 576, IPC_MATRIX_BT601},
        {1280, 720, IPC_MATRIX_BT709},  {1280, 534, IPC_MATRIX_BT709}, {608, 1080, IPC_MATRIX_BT709},
        {1920, 1080, IPC_MATRIX_BT709},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(films); i++)
        assert_int_equal(ring_for(films[i].width, films[i].height).matrix, films[i].matrix);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_film_fits_into_a_ring),
        cmocka_unit_test(unmarked_films_have_the_colours_of_their_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

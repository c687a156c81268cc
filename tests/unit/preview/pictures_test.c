/* Pictures on their way: whole, each with its size, none where nothing has changed, and fewer for who reads slowly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "preview/pictures.h"

#include <png.h>

#define SIDE 64

struct stage {
    struct net_loop *loop;
    struct pictures pictures;
    int ours, theirs;
    int sent, gone;
};

static void on_sent(void *arg) {
    ((struct stage *)arg)->sent++;
}

static void on_gone(void *arg) {
    ((struct stage *)arg)->gone++;
}

static void stage_open(struct stage *stage) {
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    *stage = (struct stage){.loop = net_loop_create(NULL), .ours = pair[0], .theirs = pair[1]};
    stage->pictures.on_sent = on_sent;
    stage->pictures.on_gone = on_gone;
    stage->pictures.arg = stage;
    assert_true(pictures_init(&stage->pictures, stage->loop, pair[0], NULL));
}

static void stage_close(struct stage *stage) {
    pictures_finish(&stage->pictures);
    net_loop_destroy(stage->loop);
    close(stage->ours);
    if (stage->theirs >= 0)
        close(stage->theirs);
}

static struct pixels made(uint8_t grey) {
    struct pixels pixels = {SIDE, SIDE, malloc(SIDE * SIDE * 3)};
    memset(pixels.rgb, grey, SIDE * SIDE * 3);
    return pixels;
}

static void turn(struct stage *stage) {
    assert_true(net_loop_turn(stage->loop, 1000, NULL));
}

/* One whole picture. */
static size_t take(struct stage *stage) {
    uint8_t head[PICTURES_HEAD];
    uint8_t data[65536];
    assert_int_equal(recv(stage->theirs, head, sizeof head, 0), sizeof head);
    size_t size = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    assert_in_range(size, 4, sizeof data);
    assert_int_equal(recv(stage->theirs, data, size, MSG_WAITALL), size);
    assert_memory_equal(data, "\xff\xd8", 2);
    assert_memory_equal(data + size - 2, "\xff\xd9", 2);
    return size;
}

static void a_picture_is_sent_whole_with_its_size(void **state) {
    (void)state;
    struct stage stage;
    bool changed = false;
    stage_open(&stage);
    pixels_auto struct pixels one = made(10);
    assert_true(pictures_send(&stage.pictures, &one, false, &changed, NULL));
    assert_true(changed);
    assert_null(one.rgb);
    assert_true(pictures_busy(&stage.pictures));
    turn(&stage);
    assert_int_equal(stage.sent, 1);
    assert_false(pictures_busy(&stage.pictures));
    take(&stage);
    stage_close(&stage);
}

static void the_same_is_not_sent_again_unless_it_is_wanted(void **state) {
    (void)state;
    struct stage stage;
    bool changed = false;
    stage_open(&stage);
    for (int i = 0; i < 3; i++) {
        pixels_auto struct pixels one = made(10);
        assert_true(pictures_send(&stage.pictures, &one, i == 2, &changed, NULL));
        assert_int_equal(changed, i == 0);
        assert_int_equal(pictures_busy(&stage.pictures), i != 1);
        if (i != 1)
            turn(&stage);
    }
    take(&stage);
    take(&stage);
    assert_int_equal(stage.sent, 2);
    stage_close(&stage);
}

static void who_reads_slowly_keeps_the_picture_on_its_way(void **state) {
    (void)state;
    struct stage stage;
    bool changed = false;
    int small = 1;
    stage_open(&stage);
    assert_int_equal(setsockopt(stage.ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    for (uint8_t grey = 0; !pictures_busy(&stage.pictures); grey++) {
        pixels_auto struct pixels one = made(grey);
        assert_true(pictures_send(&stage.pictures, &one, false, &changed, NULL));
        assert_true(net_loop_turn(stage.loop, 0, NULL));
    }
    assert_true(pictures_busy(&stage.pictures));
    while (pictures_busy(&stage.pictures)) {
        take(&stage);
        turn(&stage);
    }
    stage_close(&stage);
}

static void that_nobody_looks_any_more_is_told(void **state) {
    (void)state;
    struct stage stage;
    stage_open(&stage);
    close(stage.theirs);
    stage.theirs = -1;
    turn(&stage);
    assert_int_equal(stage.gone, 1);
    stage_close(&stage);
}

static void a_picture_of_the_players_is_read_up_to_its_size(void **state) {
    (void)state;
    pixels_auto struct pixels one = made(77);
    png_image image = {.version = PNG_IMAGE_VERSION, .width = SIDE, .height = SIDE, .format = PNG_FORMAT_RGB};
    uint8_t png[65536];
    png_alloc_size_t size = sizeof png;
    assert_true(png_image_write_to_memory(&image, png, &size, 0, one.rgb, 0, NULL));
    pixels_auto struct pixels read = {0};
    assert_true(pixels_read(png, size, SIDE, &read, NULL));
    assert_true(pixels_equal(&one, &read));
    pixels_finish(&read);
    struct pp_error error = {0};
    assert_false(pixels_read(png, size, SIDE - 1, &read, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_false(pixels_read(png, 20, SIDE, &read, &error));
    assert_false(pixels_read("no PNG", 6, SIDE, &read, &error));
    assert_null(read.rgb);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_picture_is_sent_whole_with_its_size),
        cmocka_unit_test(the_same_is_not_sent_again_unless_it_is_wanted),
        cmocka_unit_test(who_reads_slowly_keeps_the_picture_on_its_way),
        cmocka_unit_test(that_nobody_looks_any_more_is_told),
        cmocka_unit_test(a_picture_of_the_players_is_read_up_to_its_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

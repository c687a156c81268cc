/* The renderer without its program and its sandbox: every kind of media to its end, nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "object.h"
#include "render/common/control.h"
#include "render/media/media.h"

static bool serve(int control, struct pp_error *error) {
    ipc_automessage struct ipc_message start = {0};
    return media_prepare(error) && control_receive(control, IPC_START_MEDIA, &start, error) &&
           media_run(&start, control, error);
}

struct item {
    const char *file;
    enum ipc_media_kind kind;
    uint32_t duration_ms;
    uint32_t start_ms;
    bool loop;
    unsigned frames; /* that come, or that are waited for where it never ends */
    const char *failure;
};

static struct item items[] = {
    {"quarters.jpg", IPC_MEDIA_IMAGE, 1000, 0, false, 1, NULL},
    {"quarters-exif6.jpg", IPC_MEDIA_IMAGE, 1000, 0, false, 1, NULL},
    {"quarters-16bit.png", IPC_MEDIA_IMAGE, 1000, 0, false, 1, NULL},
    {"alpha.png", IPC_MEDIA_IMAGE, 1000, 0, false, 1, NULL},
    {"quarters.webp", IPC_MEDIA_IMAGE, 1000, 0, false, 1, NULL},
    {"one.gif", IPC_MEDIA_IMAGE, 1000, 0, false, 1, NULL},
    {"steps.gif", IPC_MEDIA_IMAGE, 1300, 0, false, 7, NULL},
    {"steps.apng", IPC_MEDIA_IMAGE, 1300, 0, false, 7, NULL},
    {"steps.gif", IPC_MEDIA_VIDEO, 0, 0, true, 20, NULL},
    {"film.mp4", IPC_MEDIA_VIDEO, 0, 0, false, 25, NULL},
    {"film.mp4", IPC_MEDIA_VIDEO, 0, 0, true, 60, NULL},
    {"film.mp4", IPC_MEDIA_VIDEO, 0, 600, false, 10, NULL},
    {"film.webm", IPC_MEDIA_VIDEO, 0, 5000, false, 1, NULL},
    {"film.webm", IPC_MEDIA_VIDEO, 0, 0, false, 25, NULL},
    {"film-vp8.webm", IPC_MEDIA_VIDEO, 0, 0, false, 25, NULL},
    {"film-av1.webm", IPC_MEDIA_VIDEO, 0, 0, false, 25, NULL},
    {"film-422-10bit.mp4", IPC_MEDIA_VIDEO, 0, 0, false, 25, NULL},
    {"quarters-turned.mp4", IPC_MEDIA_VIDEO, 0, 0, false, 5, NULL},
    {"sound-only.mp4", IPC_MEDIA_VIDEO, 0, 0, false, 0,
     "there is no picture in it: sound alone is not shown"},
};

static void item_is_played(void **state) {
    const struct item *item = *state;
    struct stage stage;
    struct ipc_frame frame;
    struct ipc_message start;
    object_start(item->file, item->kind, &start);
    start.start_media.duration_ms = item->duration_ms;
    start.start_media.start_ms = item->start_ms;
    start.start_media.loop = item->loop;
    start.start_media.target_width = 80;
    start.start_media.target_height = 60;
    stage_open_unlocked(&stage, serve, &start);
    close(start.fds[0]);
    unsigned frames = 0;
    while (!(item->loop && frames == item->frames) && stage_next(&stage, &frame) == STAGE_FRAME) {
        frames++;
        stage_release(&stage, frame.slot);
    }
    assert_int_equal(frames, item->frames);
    assert_int_equal(stage.has_end, !item->loop && !item->failure);
    assert_string_equal(stage.failed, item->failure ? item->failure : "");
    stage_close(&stage);
    assert_true(WIFEXITED(stage.status)); /* 23 where something leaked, under the sanitizer */
    assert_int_equal(WEXITSTATUS(stage.status), item->failure != NULL);
}

int main(void) {
    struct CMUnitTest tests[PP_COUNT(items)];
    for (size_t i = 0; i < PP_COUNT(items); i++)
        tests[i] = (struct CMUnitTest){items[i].file, item_is_played, NULL, NULL, &items[i]};
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

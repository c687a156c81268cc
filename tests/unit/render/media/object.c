#include "object.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "base/file.h"
#include "crypto/seal.h"

void object_load(const char *name, struct pp_buf *clear) {
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    assert_true(pp_path_format(path, &error, "%s/media/%s", PP_TEST_DATA, name));
    if (!pp_file_read(AT_FDCWD, path, clear, &error))
        fail_msg("%s", error.message);
}

void object_seal(const struct pp_buf *clear, struct ipc_message *start) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(16 * 1024 * 1024);
    *start = (struct ipc_message){.type = IPC_START_MEDIA, .start_media = {.kind = IPC_MEDIA_VIDEO}};
    for (size_t i = 0; i < IPC_KEY_SIZE; i++)
        start->start_media.key[i] = (uint8_t)(7 * i + 1);
    assert_true(seal_encrypt(clear->size ? clear->data : (const void *)"", clear->size,
                             start->start_media.key, SEAL_AD_OBJECT, &sealed, &error));
    start->fds[0] = memfd_create("object", MFD_CLOEXEC);
    assert_true(start->fds[0] >= 0);
    assert_true(pp_write_all(start->fds[0], sealed.data, sealed.size, &error));
    start->start_media.object_length = sealed.size;
    start->fd_count = 1;
}

void object_start(const char *name, enum ipc_media_kind kind, struct ipc_message *start) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(1024 * 1024);
    object_load(name, &clear);
    object_seal(&clear, start);
    start->start_media.kind = (uint8_t)kind;
    start->start_media.audio = 1;
}

void object_open(struct stage *stage, struct ipc_message *start) {
    stage_open(stage, OBJECT_PROGRAM, start);
    close(start->fds[0]);
}

void object_play(struct stage *stage, const struct object_wish *wish) {
    struct ipc_message start;
    object_start(wish->name, wish->kind, &start);
    start.start_media.loop = wish->loop;
    start.start_media.audio = !wish->silent;
    start.start_media.duration_ms = wish->duration_ms;
    start.start_media.start_ms = wish->start_ms;
    start.start_media.target_width = wish->target_width;
    start.start_media.target_height = wish->target_height;
    object_open(stage, &start);
}

const struct stage_colour object_quarters[4] = {
    {255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}};

void object_expect_quarters(const struct stage *stage, unsigned slot, const struct stage_colour colours[4],
                            int tolerance) {
    unsigned width = stage->ring.layout.width, height = stage->ring.layout.height;
    for (unsigned i = 0; i < 4; i++)
        stage_expect_pixel(stage, slot, width * (1 + 2 * (i % 2)) / 4, height * (1 + 2 * (i / 2)) / 4,
                           colours[i], tolerance);
}

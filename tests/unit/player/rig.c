#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define PLAYER    PP_BUILD_DIR "/firmware/player/pingplay-player"
#define TRACE_MAX (4 << 20)

static void nap(void) {
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void player_start(struct rig *rig, const char *audio_driver) {
    setenv("SDL_VIDEODRIVER", "dummy", 1);
    setenv("SDL_AUDIODRIVER", audio_driver, 1);
    const char *arguments[] = {PLAYER,    "--socket", rig->socket,    "--windowed", "160x90",
                               "--trace", rig->trace, "--screenshot", rig->shot,    NULL};
    char *argv[16] = {0};
    memcpy(argv, arguments, sizeof arguments);
    extern char **environ;
    int failed = posix_spawn(&rig->player, PLAYER, NULL, NULL, argv, environ);
    if (failed)
        fail_msg("%s: %s", PLAYER, strerror(failed));
}

void rig_connect(struct rig *rig) {
    int64_t until = pp_clock_monotonic_ms() + RIG_WAIT_MS;
    while ((rig->agent = ipc_connect(rig->socket, NULL)) < 0 && pp_clock_monotonic_ms() < until)
        nap();
    assert_true(rig->agent >= 0);
    rig_send(rig, &(struct ipc_message){.type = IPC_HELLO, .hello = {IPC_PROTOCOL}});
    rig->display = rig_expect(rig, IPC_DISPLAY).display;
    rig_send(rig, &(struct ipc_message){.type = IPC_CANVAS, .canvas = {160, 90, 0x203040, 0, 0}});
}

void rig_disconnect(struct rig *rig) {
    pp_close(&rig->agent);
}

static int setup(void **state, const char *audio_driver) {
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    strcpy(rig->folder, "/tmp/pp-player-XXXXXX");
    assert_non_null(mkdtemp(rig->folder));
    snprintf(rig->socket, sizeof rig->socket, "%s/socket", rig->folder);
    snprintf(rig->trace, sizeof rig->trace, "%s/trace", rig->folder);
    snprintf(rig->shot, sizeof rig->shot, "%s/shot.png", rig->folder);
    player_start(rig, audio_driver);
    rig_connect(rig);
    *state = rig;
    return 0;
}

int rig_setup(void **state) {
    return setup(state, "dummy");
}

int rig_setup_without_sound(void **state) {
    return setup(state, "no such driver");
}

int rig_setup_with_sound_in_a_pipe(void **state) {
    static char pipe[] = "/tmp/pp-sound-XXXXXX";
    memcpy(pipe + sizeof pipe - 7, "XXXXXX", 6);
    int name = mkstemp(pipe);
    assert_true(name >= 0);
    close(name);
    assert_int_equal(unlink(pipe), 0);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    setenv("SDL_DISKAUDIOFILE", pipe, 1);
    return setup(state, "disk");
}

int rig_teardown(void **state) {
    struct rig *rig = *state;
    cJSON_Delete(rig_stop(rig));
    rig_disconnect(rig);
    unlink(rig->socket);
    unlink(rig->trace);
    unlink(rig->shot);
    rmdir(rig->folder);
    free(rig);
    return 0;
}

void rig_send(struct rig *rig, const struct ipc_message *message) {
    struct pp_error error = {0};
    if (!ipc_send(rig->agent, message, &error))
        fail_msg("to the player: %s", error.message);
}

static bool wait_readable(int fd) {
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    return poll(&wait, 1, RIG_WAIT_MS) == 1;
}

struct ipc_message rig_receive(struct rig *rig) {
    struct ipc_message message = {0};
    struct pp_error error = {0};
    if (!wait_readable(rig->agent))
        fail_msg("no message came");
    if (!ipc_receive(rig->agent, &message, &error))
        fail_msg("instead of a message: %s", error.message);
    return message;
}

struct ipc_message rig_expect(struct rig *rig, unsigned type) {
    for (;;) {
        struct ipc_message message = rig_receive(rig);
        if (message.type == type)
            return message;
        if (message.type == IPC_LAYER_FAILED)
            fail_msg("layer %u failed: %s", message.layer_failed.layer, message.layer_failed.reason);
    }
}

struct image rig_screenshot_by_signal(const struct rig *rig) {
    pp_autoclose int file = -1;
    kill(rig->player, SIGUSR1);
    int64_t until = pp_clock_monotonic_ms() + RIG_WAIT_MS;
    while ((file = open(rig->shot, O_RDONLY | O_CLOEXEC)) < 0 && pp_clock_monotonic_ms() < until)
        nap();
    assert_true(file >= 0);
    unlink(rig->shot);
    return image_load(file);
}

void rig_ping(struct rig *rig) {
    struct image image = rig_screenshot(rig);
    image_free(&image);
}

void rig_expect_disconnect(struct rig *rig) {
    struct ipc_message message = {0};
    struct pp_error error = {0};
    while (wait_readable(rig->agent) && ipc_receive(rig->agent, &message, &error))
        ;
    assert_int_equal(error.code, PP_E_NET);
    rig_disconnect(rig);
}

cJSON *rig_trace(const struct rig *rig) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TRACE_MAX);
    cJSON *lines = cJSON_CreateArray();
    assert_true(pp_file_read(AT_FDCWD, rig->trace, &text, NULL));
    char *rest = NULL;
    for (char *line = strtok_r((char *)text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        cJSON *object = cJSON_Parse(line);
        if (object)
            cJSON_AddItemToArray(lines, object);
    }
    return lines;
}

cJSON *rig_stop(struct rig *rig) {
    int status = 0;
    if (!rig->player)
        return NULL;
    kill(rig->player, SIGTERM);
    assert_int_equal(waitpid(rig->player, &status, 0), rig->player);
    rig->player = 0;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return rig_trace(rig);
}

struct image image_load(int fd) {
    struct image image = {0};
    png_image png = {.version = PNG_IMAGE_VERSION};
    pp_autofile FILE *file = fdopen(dup(fd), "rb");
    assert_non_null(file);
    rewind(file);
    if (!png_image_begin_read_from_stdio(&png, file))
        fail_msg("PNG: %s", png.message);
    png.format = PNG_FORMAT_RGB;
    image.width = (int)png.width;
    image.height = (int)png.height;
    image.pixels = malloc(PNG_IMAGE_SIZE(png));
    assert_true(png_image_finish_read(&png, NULL, image.pixels, 0, NULL));
    return image;
}

struct image rig_screenshot(struct rig *rig) {
    pp_autoclose int file = memfd_create("screenshot", MFD_CLOEXEC);
    struct ipc_message ask = {.type = IPC_SCREENSHOT, .screenshot = {.id = 77}, .fds = {file}, .fd_count = 1};
    rig_send(rig, &ask);
    struct ipc_message done = rig_expect(rig, IPC_SCREENSHOT_DONE);
    assert_int_equal(done.screenshot_done.id, 77);
    assert_int_equal(done.screenshot_done.ok, 1);
    return image_load(file);
}

void image_free(struct image *image) {
    free(image->pixels);
    image->pixels = NULL;
}

void assert_pixel(const struct image *image, int x, int y, uint32_t rgb, int tolerance) {
    const uint8_t *pixel = image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x);
    const int wanted[3] = {(int)(rgb >> 16), (int)(rgb >> 8 & 255), (int)(rgb & 255)};
    for (int i = 0; i < 3; i++) {
        if (abs(pixel[i] - wanted[i]) > tolerance)
            fail_msg("pixel %d,%d is %02x%02x%02x, not %06x", x, y, pixel[0], pixel[1], pixel[2], rgb);
    }
}

void source_add(struct rig *rig, struct source *source, struct ipc_layer_add add) {
    int pair[2];
    assert_true(ipc_pair(pair, NULL));
    *source = (struct source){.layer = add.layer, .socket = pair[0]};
    if (!add.width) {
        add.width = 160;
        add.height = 90;
    }
    struct ipc_message message = {.type = IPC_LAYER_ADD, .layer_add = add, .fds = {pair[1]}, .fd_count = 1};
    rig_send(rig, &message);
    close(pair[1]);
}

void source_send(const struct source *source, const struct ipc_message *message) {
    struct pp_error error = {0};
    if (!ipc_send(source->socket, message, &error))
        fail_msg("to layer %u: %s", source->layer, error.message);
}

int source_memory(const struct source *source, enum ipc_memory_use use) {
    ipc_automessage struct ipc_message message = {0};
    struct pp_error error = {0};
    if (!wait_readable(source->socket))
        fail_msg("layer %u: no memory came", source->layer);
    if (!ipc_receive(source->socket, &message, &error))
        fail_msg("layer %u: %s", source->layer, error.message);
    assert_int_equal(message.type, IPC_MEMORY);
    assert_int_equal(message.memory.use, use);
    return ipc_message_take(&message, 0);
}

struct ipc_message rig_answer(struct rig *rig, const struct source *source) {
    struct ipc_message message = {0};
    struct pollfd both[] = {{.fd = rig->agent, .events = POLLIN}, {.fd = source->socket, .events = POLLIN}};
    struct pp_error error = {0};
    assert_true(poll(both, 2, RIG_WAIT_MS) > 0);
    /* A layer that failed is told to the agent before its socket is closed. */
    if (!ipc_receive(both[1].revents & POLLIN && !(both[1].revents & POLLHUP) ? source->socket : rig->agent,
                     &message, &error))
        fail_msg("%s", error.message);
    return message;
}

void source_ring(struct source *source, struct ipc_ring layout) {
    struct pp_error error = {0};
    layout.width = layout.width ? layout.width : 16;
    layout.height = layout.height ? layout.height : 16;
    layout.slots = layout.slots ? layout.slots : 4;
    layout.aspect_num = layout.aspect_num ? layout.aspect_num : 1;
    layout.aspect_den = layout.aspect_den ? layout.aspect_den : 1;
    if (!ipc_video_layout(&layout, &error))
        fail_msg("%s", error.message);
    struct ipc_message message = {.type = IPC_RING, .ring = layout};
    source_send(source, &message);
    pp_autoclose int fd = source_memory(source, IPC_MEMORY_FRAMES);
    if (!ipc_video_ring_open(&layout, fd, &source->ring, &error))
        fail_msg("%s", error.message);
}

static void release_take(struct source *source) {
    struct ipc_message message = {0};
    struct pp_error error = {0};
    if (!wait_readable(source->socket))
        fail_msg("layer %u: no slot was released", source->layer);
    if (!ipc_receive(source->socket, &message, &error))
        fail_msg("layer %u: %s", source->layer, error.message);
    if (message.type == IPC_CLOCK) { /* on a busy machine */
        source->clock_us = (int64_t)message.clock.position_us;
        return;
    }
    assert_int_equal(message.type, IPC_RELEASE);
    assert_true(source->busy[message.release.slot]);
    source->busy[message.release.slot] = false;
}

static unsigned slot_take(struct source *source) {
    for (;;) {
        for (unsigned slot = 0; slot < source->ring.layout.slots; slot++) {
            if (!source->busy[slot]) {
                source->busy[slot] = true;
                return slot;
            }
        }
        release_take(source);
    }
}

static void slot_fill(struct source *source, unsigned slot, const uint8_t colour[3]) {
    unsigned format = source->ring.layout.format;
    for (unsigned i = 0; i < ipc_pixel_planes(format); i++) {
        struct ipc_plane plane = ipc_video_plane(&source->ring, slot, i);
        for (uint32_t at = 0; at < plane.rows * plane.stride; at++) {
            uint8_t value = colour[i];
            if (format == IPC_PIXEL_NV12 && i == 1)
                value = colour[1 + at % 2];
            if (format == IPC_PIXEL_BGRA)
                value = at % 4 == 3 ? 255 : colour[at % 4];
            plane.data[at] = value;
        }
    }
}

void source_frame(struct source *source, int64_t pts_us, uint8_t a, uint8_t b, uint8_t c) {
    unsigned slot = slot_take(source);
    slot_fill(source, slot, (const uint8_t[]){a, b, c});
    struct ipc_message message = {.type = IPC_FRAME, .frame = {(uint8_t)slot, (uint64_t)pts_us}};
    source_send(source, &message);
}

void source_end(const struct source *source, int64_t duration_us) {
    struct ipc_message message = {.type = IPC_END, .end = {(uint64_t)duration_us}};
    source_send(source, &message);
}

void source_close(struct source *source) {
    pp_close(&source->socket);
    ipc_video_ring_finish(&source->ring);
}

void source_expect_closed(const struct source *source) {
    struct ipc_message message = {0};
    struct pp_error error = {0};
    while (wait_readable(source->socket) && ipc_receive(source->socket, &message, &error))
        ;
    assert_int_equal(error.code, PP_E_NET);
}

void source_picture(struct rig *rig, struct source *source, struct ipc_layer_add add, struct ipc_ring layout,
                    uint8_t a, uint8_t b, uint8_t c) {
    source_add(rig, source, add);
    source_ring(source, layout);
    source_frame(source, 0, a, b, c);
    assert_int_equal(rig_expect(rig, IPC_LAYER_READY).layer_ready.layer, add.layer);
}

void rig_show(struct rig *rig, struct ipc_layer_show show) {
    rig_send(rig, &(struct ipc_message){.type = IPC_LAYER_SHOW, .layer_show = show});
}

void rig_show_now(struct rig *rig, uint32_t layer, uint32_t replaces) {
    rig_show(rig, (struct ipc_layer_show){.layer = layer, .replaces = replaces});
    assert_int_equal(rig_expect(rig, IPC_LAYER_SHOWN).layer_shown.layer, layer);
}

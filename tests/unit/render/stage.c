#include "render/stage.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "render/common/control.h"

static void spawn(struct stage *stage, const char *program, int control) {
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    assert_true(pp_path_format(path, &error, "%s/firmware/%s", PP_BUILD_DIR, program));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int moved = fcntl(control, F_DUPFD_CLOEXEC, 10);
    assert_true(moved >= 0);
    posix_spawn_file_actions_adddup2(&actions, moved, 3);
    char *argv[] = {path, NULL};
    char language[] = "LANG=C.UTF-8", folders[] = "PATH=/usr/bin:/bin";
    char *environment[] = {language, folders, NULL};
    int result = posix_spawn(&stage->pid, path, &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    close(moved);
    if (result != 0)
        fail_msg("%s: %s", path, strerror(result));
}

static void begin(struct stage *stage, int control[2], int frames[2]) {
    struct pp_error error = {0};
    *stage = (struct stage){.status = -1, .sound = calloc(STAGE_SOUND_MAX * 2, sizeof(int16_t))};
    assert_non_null(stage->sound);
    assert_true(ipc_pair(control, &error) && ipc_pair(frames, &error));
    stage->control = control[0];
    stage->frames = frames[0];
}

static void hand_over(struct stage *stage, struct ipc_message *start, int control, int frames) {
    struct pp_error error = {0};
    start->fds[start->fd_count++] = frames;
    bool sent = ipc_send(stage->control, start, &error);
    start->fd_count--;
    close(control);
    close(frames);
    if (!sent)
        fail_msg("%s", error.message);
}

void stage_open(struct stage *stage, const char *program, struct ipc_message *start) {
    int control[2] = {-1, -1}, frames[2] = {-1, -1};
    begin(stage, control, frames);
    spawn(stage, program, control[1]);
    hand_over(stage, start, control[1], frames[1]);
}

void stage_open_unlocked(struct stage *stage, bool (*serve)(int control, struct pp_error *error),
                         struct ipc_message *start) {
    int control[2] = {-1, -1}, frames[2] = {-1, -1};
    begin(stage, control, frames);
    fflush(NULL);
    stage->pid = fork();
    assert_true(stage->pid >= 0);
    if (stage->pid == 0) {
        struct pp_error error = {0};
        free(stage->sound);
        close(control[0]);
        close(frames[0]);
        close(frames[1]);
        serve(control[1], &error);
        exit(control_end(control[1], &error));
    }
    hand_over(stage, start, control[1], frames[1]);
}

static void drain_sound(struct stage *stage) {
    while (stage->audio.memory && stage->sound_frames < STAGE_SOUND_MAX) {
        size_t got = ipc_audio_ring_read(&stage->audio, stage->sound + 2 * stage->sound_frames,
                                         STAGE_SOUND_MAX - stage->sound_frames);
        if (got == 0)
            return;
        stage->sound_frames += got;
    }
}

/* As the player does; it may be gone. */
static void give_memory(const struct stage *stage, enum ipc_memory_use use, int fd) {
    struct pp_error error = {0};
    const struct ipc_message message = {
        .type = IPC_MEMORY, .memory = {.use = (uint8_t)use}, .fds = {fd}, .fd_count = 1};
    if (fd >= 0)
        (void)!ipc_send(stage->frames, &message, &error);
}

static void keep(struct stage *stage, const struct ipc_message *message) {
    struct pp_error error = {0};
    pp_autoclose int memory = -1;
    bool ok = true;
    switch (message->type) {
    case IPC_SANDBOXED:
        stage->sandbox_level = message->sandboxed.level;
        break;
    case IPC_INFO:
        stage->info = message->info;
        break;
    case IPC_FAILED:
        memcpy(stage->failed, message->failed.reason, sizeof stage->failed);
        stage->unread = message->failed.unread;
        break;
    case IPC_NOTE:
        assert_false(stage->noted & 1u << message->note.kind);
        stage->noted |= (uint8_t)(1u << message->note.kind);
        memcpy(stage->note, message->note.reason, sizeof stage->note);
        break;
    case IPC_RING:
        ok = ipc_video_ring_create(&message->ring, &stage->ring, &memory, &error);
        give_memory(stage, IPC_MEMORY_FRAMES, memory);
        break;
    case IPC_AUDIO:
        ok = ipc_audio_ring_create(&message->audio, &stage->audio, &memory, &error);
        give_memory(stage, IPC_MEMORY_SOUND, memory);
        break;
    case IPC_LATE:
        stage->left_out += message->late.frames;
        break;
    case IPC_END:
        stage->has_end = true;
        stage->end_us = message->end.duration_us;
        break;
    default:
        break;
    }
    if (!ok)
        fail_msg("%s", error.message);
}

/* Reads one message of `*fd`; closes it when the renderer is gone. The type, or 0. */
static unsigned take(struct stage *stage, int *fd, struct ipc_frame *frame) {
    struct pp_error error = {0};
    ipc_automessage struct ipc_message message = {0};
    if (!ipc_receive(*fd, &message, &error)) {
        assert_int_equal(error.code, PP_E_NET);
        pp_close(fd);
        return 0;
    }
    keep(stage, &message);
    if (message.type == IPC_FRAME)
        *frame = message.frame;
    return message.type;
}

/* CPU time of the renderer so far, in ms; 0: it is gone. */
static int64_t work_of(const struct stage *stage) {
    clockid_t clock;
    struct timespec time;
    if (clock_getcpuclockid(stage->pid, &clock) != 0 || clock_gettime(clock, &time) < 0)
        return 0;
    return time.tv_sec * INT64_C(1000) + time.tv_nsec / 1000000;
}

/* Whether it still may have something to tell: it has worked since it was looked at last. */
static bool still_works(const struct stage *stage, int64_t *worked, int64_t limit) {
    int64_t before = *worked;
    *worked = work_of(stage);
    return *worked > before && *worked < limit;
}

enum stage_event stage_next(struct stage *stage, struct ipc_frame *frame) {
    int64_t give_up = pp_clock_monotonic_ms() + STAGE_PATIENCE_MS;
    int64_t worked = work_of(stage), limit = worked + STAGE_WORK_MS;
    while (stage->control >= 0 || stage->frames >= 0) {
        drain_sound(stage);
        struct pollfd both[] = {{.fd = stage->control, .events = POLLIN},
                                {.fd = stage->frames, .events = POLLIN}};
        poll(both, 2, 50);
        if (pp_clock_monotonic_ms() > give_up) {
            if (!still_works(stage, &worked, limit))
                fail_msg("the renderer does nothing any more");
            give_up = pp_clock_monotonic_ms() + STAGE_PATIENCE_MS;
        }
        if (both[0].revents)
            take(stage, &stage->control, frame);
        if (!both[1].revents)
            continue;
        unsigned type = take(stage, &stage->frames, frame);
        if (type == IPC_FRAME)
            return STAGE_FRAME;
        if (type == IPC_END)
            return STAGE_END;
    }
    return STAGE_GONE;
}

void stage_expect(struct stage *stage, enum stage_event wanted, struct ipc_frame *frame) {
    enum stage_event event = stage_next(stage, frame);
    if (event != wanted)
        fail_msg("event %d instead of %d: %s", event, wanted, stage->failed);
}

void stage_clock(struct stage *stage, uint64_t position_us) {
    struct pp_error error = {0};
    struct ipc_message message = {.type = IPC_CLOCK, .clock = {.position_us = position_us}};
    if (!ipc_send(stage->frames, &message, &error))
        fail_msg("%s", error.message);
}

void stage_release(struct stage *stage, unsigned slot) {
    struct pp_error error = {0};
    struct ipc_message message = {.type = IPC_RELEASE, .release = {.slot = (uint8_t)slot}};
    (void)!ipc_send(stage->frames, &message, &error); /* it may be gone */
}

static bool has_ended(struct stage *stage) {
    return waitpid(stage->pid, &stage->status, WNOHANG) == stage->pid;
}

void stage_close(struct stage *stage) {
    pp_close(&stage->frames);
    pp_close(&stage->control);
    int64_t give_up = pp_clock_monotonic_ms() + STAGE_PATIENCE_MS;
    bool ended = false;
    while (!(ended = has_ended(stage)) && pp_clock_monotonic_ms() < give_up)
        poll(NULL, 0, 5);
    if (!ended) {
        kill(stage->pid, SIGKILL);
        waitpid(stage->pid, &stage->status, 0);
    }
    ipc_video_ring_finish(&stage->ring);
    ipc_audio_ring_finish(&stage->audio);
    free(stage->sound);
    stage->sound = NULL;
    assert_true(ended);
}

void stage_close_well(struct stage *stage) {
    stage_close(stage);
    if (!WIFEXITED(stage->status) || WEXITSTATUS(stage->status) != 0)
        fail_msg("the renderer ended with %#x: %s", stage->status, stage->failed);
}

static int clamp(double value) {
    return value < 0 ? 0 : value > 255 ? 255 : (int)(value + 0.5);
}

/* ITU-R BT.601, BT.709 */
static struct stage_colour colour_of_yuv(const struct ipc_ring *layout, double y, double u, double v) {
    double kr = layout->matrix == IPC_MATRIX_BT601 ? 0.299 : 0.2126;
    double kb = layout->matrix == IPC_MATRIX_BT601 ? 0.114 : 0.0722;
    double luma = layout->full_range ? y : (y - 16) * 255 / 219;
    double chroma = layout->full_range ? 1 : 255.0 / 224;
    double blue = luma + 2 * (1 - kb) * (u - 128) * chroma;
    double red = luma + 2 * (1 - kr) * (v - 128) * chroma;
    double green = (luma - kr * red - kb * blue) / (1 - kr - kb);
    return (struct stage_colour){clamp(red), clamp(green), clamp(blue), 255};
}

static int sample(const struct stage *stage, unsigned slot, unsigned plane, unsigned x, unsigned y) {
    struct ipc_plane where = ipc_video_plane(&stage->ring, slot, plane);
    return where.data[(size_t)where.stride * y + x];
}

struct stage_colour stage_pixel(const struct stage *stage, unsigned slot, unsigned x, unsigned y) {
    if (stage->ring.layout.format == IPC_PIXEL_I420)
        return colour_of_yuv(&stage->ring.layout, sample(stage, slot, 0, x, y),
                             sample(stage, slot, 1, x / 2, y / 2), sample(stage, slot, 2, x / 2, y / 2));
    return (struct stage_colour){
        .red = sample(stage, slot, 0, 4 * x + 2, y),
        .green = sample(stage, slot, 0, 4 * x + 1, y),
        .blue = sample(stage, slot, 0, 4 * x, y),
        .alpha = sample(stage, slot, 0, 4 * x + 3, y),
    };
}

void stage_expect_pixel(const struct stage *stage, unsigned slot, unsigned x, unsigned y,
                        struct stage_colour wanted, int tolerance) {
    struct stage_colour is = stage_pixel(stage, slot, x, y);
    if (abs(is.red - wanted.red) > tolerance || abs(is.green - wanted.green) > tolerance ||
        abs(is.blue - wanted.blue) > tolerance || abs(is.alpha - wanted.alpha) > tolerance)
        fail_msg("at %u, %u: (%d %d %d %d) instead of (%d %d %d %d)", x, y, is.red, is.green, is.blue,
                 is.alpha, wanted.red, wanted.green, wanted.blue, wanted.alpha);
}

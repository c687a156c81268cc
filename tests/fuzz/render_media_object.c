/* A clear file of any kind, sealed and then played as the media renderer does, up to a few frames and some
 * sound, under the renderer's own budget, of which the CPU time is shorter here: a sanitized run beside others must
 * end. */
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/mem.h"
#include "render/media/audio.h"
#include "render/media/convert.h"
#include "render/media/media.h"
#include "render/media/video.h"

#define FRAMES_MAX 6
#define INPUT_MAX  (256 * 1024) /* bytes */
#define START_US   500000
#define SEEK_MS    200
#define CPU_MS     2000 /* ms */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ring_make(const struct ipc_ring *layout, struct ipc_video_ring *ring, struct pp_error *error) {
    struct ipc_video_ring players = {0};
    pp_autoclose int fd = -1;
    bool ok =
        ipc_video_ring_create(layout, &players, &fd, error) && ipc_video_ring_open(layout, fd, ring, error);
    ipc_video_ring_finish(&players);
    return ok;
}

static void show_frames(struct video *video) {
    struct pp_error error = {0};
    struct convert convert = {0};
    struct ipc_video_ring ring = {0};
    for (int i = 0; i < FRAMES_MAX && video_next(video, &error) == VIDEO_FRAME; i++) {
        const struct convert_wish wish = {
            .target_width = 64,
            .target_height = 48,
            .slots = 1,
            .still = video->reader->container->still,
            .aspect = video_aspect(video),
            .orientation = video_orientation(video),
            .inks = video->picture.inks,
            .colour = ring.memory ? NULL : picture_colour(&video->picture, video->frame)};
        if (!ring.memory &&
            (!convert_init(&convert, video->frame, &wish, &error) ||
             !ipc_video_layout(&convert.layout, &error) || !ring_make(&convert.layout, &ring, &error)))
            break;
        (void)!convert_frame(&convert, video->frame, &ring, 0, &error);
    }
    convert_finish(&convert);
    ipc_video_ring_finish(&ring);
}

static void play_sound(struct reader *reader) {
    const struct ipc_audio layout = {.format = IPC_SAMPLE_S16,
                                     .rate = IPC_AUDIO_RATE,
                                     .channels = IPC_AUDIO_CHANNELS,
                                     .capacity_frames = 16384};
    struct pp_error error = {0};
    struct ipc_audio_ring ring = {0};
    struct audio audio;
    pp_autoclose int memory_fd = -1;
    if (!reader->container->audio || !ipc_audio_ring_create(&layout, &ring, &memory_fd, &error))
        return;
    if (audio_open(&audio, reader, &ring, &error)) {
        audio_fill(&audio, &error);
        audio_close(&audio);
    }
    ipc_audio_ring_finish(&ring);
}

static void begin_in_the_middle(struct video *video) {
    struct pp_error error = {0};
    if (video->frames)
        video_seek(video, START_US, pp_clock_monotonic_ms() + SEEK_MS, &error);
}

static void play(struct source *source) {
    struct pp_error error = {0};
    struct container container;
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader && container_open(&container, source, true, &error)) {
        struct video video;
        reader->container = &container;
        if (video_open(&video, reader, 64, &error)) {
            show_frames(&video);
            play_sound(reader);
            begin_in_the_middle(&video);
            video_close(&video);
        }
        reader_finish(reader);
        container_close(&container);
    }
    free(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint8_t key[SEAL_KEY_SIZE] = {1, 2, 3};
    struct pp_error error = {0};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(2 * INPUT_MAX);
    if (size > INPUT_MAX || !media_prepare(&error) ||
        !seal_encrypt(data, size, key, SEAL_AD_OBJECT, &sealed, &error))
        return 0;
    struct seal_reader *reader =
        seal_reader_create_memory(sealed.data, sealed.size, key, SEAL_AD_OBJECT, NULL, &error);
    struct budget budget = {0};
    budget_set_cpu(&budget, CPU_MS);
    PP_AUTO(source) struct source *source = reader ? source_create(reader, &budget, &error) : NULL;
    if (source)
        play(source);
    return 0;
}

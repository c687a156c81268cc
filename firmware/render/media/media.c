#include "render/media/media.h"

#include <libavutil/cpu.h>
#include <libavutil/log.h>
#include <malloc.h>
#include <sys/time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/seal.h"
#include "ipc/conn.h"
#include "render/common/control.h"
#include "render/common/producer.h"
#include "render/media/audio.h"
#include "render/media/convert.h"
#include "render/media/limits.h"
#include "render/media/look.h"
#include "render/media/video.h"

#define SOUND_CHECK_MS 300    /* ms between two looks at how much sound was played */
#define SOUND_TAIL_US  250000 /* us that the sound may be longer than the picture without counting */
/* So late, and for so long, only leaving out whole groups of pictures helps. */
#define JUMP_LATE_US   2000000 /* us */
#define JUMP_BEHIND_US 1000000 /* us */

struct media {
    const struct ipc_start_media *start; /* borrowed */
    struct producer *producer;           /* borrowed */
    struct budget budget;
    struct look look;
    struct source *source;
    struct container container;
    struct reader reader;
    struct video video;
    struct audio audio; /* reader NULL: no sound */
    struct convert convert;
    int64_t limit_us;            /* the item ends there; 0: by itself */
    bool video_done, audio_done; /* of this pass */
};

static void media_destroy(struct media *media) {
    if (!media)
        return;
    audio_close(&media->audio);
    video_close(&media->video);
    convert_finish(&media->convert);
    reader_finish(&media->reader);
    container_close(&media->container);
    source_destroy(media->source);
    free(media);
}
PP_DEFINE_AUTO(media, struct media, media_destroy)

/* FFmpeg's own messages repeat what strangers wrote; ours say what matters. */
static void ignore_log(void *about, int level, const char *format, va_list args) {
    (void)about;
    (void)level;
    (void)format;
    (void)args;
}

bool media_prepare(struct pp_error *error) {
    av_log_set_callback(ignore_log);
    av_get_cpu_flags();
    av_cpu_count();
    uint8_t key[SEAL_KEY_SIZE] = {0};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(4096);
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(4096);
    return seal_encrypt("", 1, key, SEAL_AD_OBJECT, &sealed, error) &&
           seal_decrypt(sealed.data, sealed.size, key, SEAL_AD_OBJECT, &clear, error);
}

/* CPU time without anything for the player ends the item: nobody shows a film that takes minutes a frame. Where
 * FFmpeg does not come back to be asked, the process is ended (SIGPROF).
 */
static void watchdog_set(struct budget *budget, uint32_t cpu_ms) {
    uint32_t last_ms = cpu_ms + cpu_ms / 4;
    struct itimerval limit = {.it_value = {.tv_sec = last_ms / 1000, .tv_usec = last_ms % 1000 * 1000}};
    budget_set_cpu(budget, cpu_ms);
    setitimer(ITIMER_PROF, &limit, NULL);
}

static void watchdog_feed(struct budget *budget) {
    watchdog_set(budget, MEDIA_CPU_PER_FRAME * 1000);
}

/* The first frame's time is the agent's to say. */
static void watchdog_begin(struct budget *budget, const struct ipc_start_media *start) {
    uint32_t most_ms = MEDIA_CPU_PER_FRAME * 1000;
    watchdog_set(budget,
                 start->first_cpu_ms && start->first_cpu_ms < most_ms ? start->first_cpu_ms : most_ms);
}

static bool look_at_all(struct media *media, struct pp_error *error) {
    uint32_t cpu_ms = media->start->look_cpu_ms;
    if (!cpu_ms)
        return true;
    if (cpu_ms > LOOK_CPU_MS_MAX)
        cpu_ms = LOOK_CPU_MS_MAX;
    watchdog_set(&media->budget, 2 * cpu_ms + MEDIA_CPU_PER_FRAME * 1000);
    if (!look_through(media->source, cpu_ms, &media->look, error) ||
        avio_seek(source_io(media->source), 0, SEEK_SET) < 0)
        return false;
    budget_renew(&media->budget);
    watchdog_begin(&media->budget, media->start);
    return true;
}

static bool open_object(struct media *media, struct seal_reader *reader, struct pp_error *error) {
    media->source = source_create(reader, &media->budget, error);
    if (!media->source || !look_at_all(media, error) ||
        !container_open(&media->container, media->source, media->start->audio != 0, error))
        return false;
    media->reader.container = &media->container;
    unsigned width = media->start->target_width, height = media->start->target_height;
    return video_open(&media->video, &media->reader, width > height ? width : height, error);
}

static bool report_damaged(const struct media *media, struct pp_error *error) {
    const char *what = media->video.damaged ? "the picture is damaged: what is lost of it is shown grey"
                       : container_is_cut(&media->container) ? "the film is damaged: its end is missing"
                                                             : NULL;
    struct pp_error why;
    char end[32];
    look_describe_time(media->look.end_us, end, sizeof end);
    if (what)
        pp_fail(&why, PP_E_INVALID, "%s", what);
    else if (media->look.cut)
        pp_fail(&why, PP_E_INVALID, "the film is damaged: it cannot be read beyond %s", end);
    else
        return true;
    return control_send_note(media->producer->control, IPC_NOTE_DAMAGED, &why, error);
}

static bool report_flaws(const struct media *media, struct pp_error *error) {
    struct pp_error why;
    char places[LOOK_WORDS_MAX];
    if (!media->look.flaws)
        return true;
    look_describe(&media->look, places);
    pp_fail(&why, PP_E_INVALID, "the film is damaged at %s: pictures or sound of it are lost there", places);
    return control_send_note(media->producer->control, IPC_NOTE_FLAWED, &why, error);
}

static bool report_silent(const struct media *media, struct pp_error *error) {
    const AVCodecDescriptor *codec = avcodec_descriptor_get(media->container.audio->codecpar->codec_id);
    struct pp_error why;
    pp_fail(&why, PP_E_UNSUPPORTED, "its sound is %s, which is not played: it is shown without",
            !codec             ? "of an unknown kind"
            : codec->long_name ? codec->long_name
                               : codec->name);
    return control_send_note(media->producer->control, IPC_NOTE_SILENT, &why, error);
}

/* Sound that cannot be decoded does not take the picture away. */
static bool open_sound(struct media *media, struct pp_error *error) {
    struct pp_error why = {0};
    media->audio_done = true;
    if (!media->container.audio)
        return true;
    if (!audio_open(&media->audio, &media->reader, &media->producer->audio, &why)) {
        bool ok = report_silent(media, error);
        media->container.audio->discard = AVDISCARD_ALL;
        media->container.audio = NULL;
        return ok;
    }
    media->audio.first_us = media->video.first_us;
    media->audio.base_us = media->video.base_us;
    media->audio_done = false;
    return producer_open_audio(media->producer, MEDIA_AUDIO_FRAMES, error);
}

static uint32_t milliseconds(int64_t us) {
    int64_t ms = us / 1000;
    return ms < 0 ? 0 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static int64_t file_duration_us(const struct media *media) {
    return container_duration_us(&media->container, media->video.first_us - media->video.base_us);
}

static bool send_info(const struct media *media, struct pp_error *error) {
    struct ipc_info info = {.width = media->convert.layout.width,
                            .height = media->convert.layout.height,
                            .duration_ms = milliseconds(media->container.still ? 0 : file_duration_us(media)),
                            .has_audio = media->audio.reader != NULL};
    return control_send_info(media->producer->control, &info, error);
}

static bool show_frame(struct media *media, unsigned slot, struct pp_error *error) {
    if (!convert_frame(&media->convert, media->video.frame, &media->producer->ring, slot, error) ||
        !producer_send_frame(media->producer, slot, (uint64_t)media->video.pts_us, error))
        return false;
    watchdog_feed(&media->budget);
    return true;
}

/* Moving pictures without sound that are made to go on, which a film is not. */
static bool is_animation(const struct media *media) {
    return media->container.kind == MEDIA_GIF || media->container.kind == MEDIA_APNG;
}

/* Goes on for the whole time that the item has, or until it is taken away. */
static bool fills_its_time(const struct media *media) {
    return media->start->loop || media->start->kind == IPC_MEDIA_IMAGE ||
           (is_animation(media) && media->limit_us > 0);
}

/* The file's first frame, or the one that is on where a film is to begin. */
static enum video_result find_first(struct media *media, struct pp_error *error) {
    enum video_result result = video_next(&media->video, error);
    int64_t start_us = (int64_t)media->start->start_ms * 1000;
    if (is_animation(media) && fills_its_time(media) && file_duration_us(media) > 0)
        start_us %= file_duration_us(media);
    if (result != VIDEO_FRAME || !start_us || media->start->kind != IPC_MEDIA_VIDEO || media->container.still)
        return result;
    return video_seek(&media->video, start_us, pp_clock_monotonic_ms() + MEDIA_SEEK_MS, error);
}

/* The first frame decides what the ring looks like. */
static bool begin(struct media *media, struct pp_error *error) {
    enum video_result result = find_first(media, error);
    if (result == VIDEO_END)
        return pp_fail(error, PP_E_INVALID, "no picture of it can be decoded");
    if (result == VIDEO_FAILED)
        return false;
    const struct convert_wish wish = {.target_width = media->start->target_width,
                                      .target_height = media->start->target_height,
                                      .slots = media->container.still ? 1 : MEDIA_SLOTS,
                                      .still = media->container.still,
                                      .aspect = video_aspect(&media->video),
                                      .orientation = video_orientation(&media->video),
                                      .inks = media->video.picture.inks,
                                      .colour = picture_colour(&media->video.picture, media->video.frame)};
    return convert_init(&media->convert, media->video.frame, &wish, error) &&
           producer_open_video(media->producer, &media->convert.layout, error) && open_sound(media, error) &&
           send_info(media, error) && report_damaged(media, error) && report_flaws(media, error) &&
           show_frame(media, 0, error);
}

static bool over_limit(const struct media *media, int64_t time_us) {
    return media->limit_us > 0 && time_us >= media->limit_us;
}

/* The item's clock does not wait for a slow decoder or display: what is over is left out, and the decoder is
 * told to hurry; but something is shown now and then. */
static bool leave_out(struct media *media) {
    struct producer *producer = media->producer;
    int64_t late_us = producer_late_us(producer, media->video.end_us);
    producer_leave_out(producer, video_take_left_out(&media->video));
    bool jump = late_us > JUMP_LATE_US && producer_behind_us(producer) > JUMP_BEHIND_US;
    video_hurry(&media->video, !late_us ? VIDEO_ALL : jump ? VIDEO_NEXT_KEY : VIDEO_REFERENCES);
    if (!late_us || !producer_may_leave_out(producer))
        return false;
    producer_leave_out(producer, 1);
    return true;
}

/* One frame into a free slot; `*idle` when there is none. */
static bool step_video(struct media *media, bool *idle, struct pp_error *error) {
    int slot = producer_free_slot(media->producer);
    *idle = media->video_done || slot < 0;
    if (*idle)
        return true;
    switch (video_next(&media->video, error)) {
    case VIDEO_FAILED:
        return false;
    case VIDEO_END:
        media->video_done = true;
        producer_leave_out(media->producer, video_take_left_out(&media->video));
        return true;
    case VIDEO_PASSED:
        return true;
    case VIDEO_FRAME:
        break;
    }
    if (!over_limit(media, media->video.pts_us))
        return leave_out(media) || show_frame(media, (unsigned)slot, error);
    media->video_done = media->audio_done = true;
    return true;
}

static bool step_audio(struct media *media, struct pp_error *error) {
    if (media->audio_done)
        return true;
    uint64_t before = media->producer->audio.position;
    enum audio_result result = audio_fill(&media->audio, error);
    if (media->producer->audio.position != before)
        watchdog_feed(&media->budget);
    /* Sound that is said to come long after the picture's end, which holds a damaged film for hours, is none. */
    media->audio_done =
        result == AUDIO_END ||
        (media->video_done && audio_cut(&media->audio, media->video.end_us + MEDIA_SOUND_PAUSE_US));
    return result != AUDIO_FAILED;
}

static int64_t pass_end_us(const struct media *media) {
    int64_t end_us = media->video.end_us;
    int64_t sound_us = media->audio.reader ? audio_end_us(&media->audio) : 0;
    return sound_us > end_us + SOUND_TAIL_US ? sound_us : end_us;
}

/* A pass that took no time is no reason for another. */
static bool repeats(const struct media *media) {
    int64_t end_us = pass_end_us(media);
    return fills_its_time(media) && media->video.frames > 1 && end_us > media->video.base_us &&
           !over_limit(media, end_us);
}

static bool start_over(struct media *media, struct pp_error *error) {
    int64_t base_us = pass_end_us(media);
    if (!reader_rewind(&media->reader, error))
        return false;
    video_restart(&media->video, base_us);
    media->video_done = false;
    if (media->audio.reader) {
        audio_restart(&media->audio, base_us);
        media->audio_done = false;
    }
    return true;
}

/* Frames and sound as the player makes room, until the item is over. */
static bool play(struct media *media, struct pp_error *error) {
    media->video_done = media->container.still;
    for (;;) {
        bool idle = true;
        if (!step_video(media, &idle, error) || !step_audio(media, error))
            return false;
        bool over = media->video_done && media->audio_done;
        if (over && !repeats(media))
            return true;
        if (over && !start_over(media, error))
            return false;
        int timeout_ms = !idle || over ? 0 : media->audio_done ? -1 : SOUND_CHECK_MS;
        if (!producer_wait(media->producer, timeout_ms, error))
            return false;
    }
}

/* When the item ends, or -1: it stays until it is taken away. */
static int64_t end_us(const struct media *media) {
    int64_t own_us = pass_end_us(media);
    if (media->video.frames == 1 && own_us < MEDIA_STILL_FILM_US)
        own_us = MEDIA_STILL_FILM_US;
    if (fills_its_time(media))
        return media->limit_us > 0 ? media->limit_us : -1;
    return over_limit(media, own_us) ? media->limit_us : own_us;
}

static struct media *media_create(const struct ipc_start_media *start, struct producer *producer,
                                  struct pp_error *error) {
    struct media *media = calloc(1, sizeof *media);
    if (!media) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    media->start = start;
    media->producer = producer;
    media->limit_us = (int64_t)start->duration_ms * 1000;
    watchdog_begin(&media->budget, start);
    return media;
}

/* Everything that needs memory; what the player holds stays. */
static bool show_all(struct seal_reader *reader, const struct ipc_start_media *start,
                     struct producer *producer, struct pp_error *error) {
    PP_AUTO(media) struct media *media = media_create(start, producer, error);
    if (!media) {
        seal_reader_destroy(reader);
        return false;
    }
    if (!open_object(media, reader, error) || !begin(media, error) || !play(media, error))
        return false;
    int64_t end = end_us(media);
    return end < 0 || producer_send_end(producer, (uint64_t)end, error);
}

static bool play_object(struct seal_reader *reader, const struct ipc_start_media *start,
                        struct producer *producer, struct pp_error *error) {
    if (!show_all(reader, start, producer, error))
        return false;
    malloc_trim(0);
    while (producer_wait(producer, -1, error)) {
    }
    return false;
}

bool media_run(struct ipc_message *start, int control, struct pp_error *error) {
    struct producer producer;
    pp_autoclose int object = ipc_message_take(start, 0);
    producer_init(&producer, ipc_message_take(start, 1), control);
    struct seal_reader *reader = seal_reader_create(object, 0, start->start_media.object_length,
                                                    start->start_media.key, SEAL_AD_OBJECT, NULL, error);
    pp_wipe(start->start_media.key, sizeof start->start_media.key);
    bool ok =
        reader ? play_object(reader, &start->start_media, &producer, error) : pp_wrap(error, "the object");
    producer_finish(&producer);
    return ok;
}

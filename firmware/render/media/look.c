#include "render/media/look.h"

#include <stdio.h>
#include <string.h>

#include "render/media/compat.h"
#include "render/media/container.h"
#include "render/media/limits.h"
#include "render/media/video.h"

#define FLAWS_APART_US 1000000 /* us: nearer ones are the same */
#define GAP_US         1000000 /* us that picture and sound are both missing: something was passed over */
#define SLACK_MS       500     /* ms of CPU time, before anything is left out */

enum { PICTURE, SOUND, STREAMS };

struct looking {
    struct container container;
    AVCodecContext *decoder;
    AVCodecContext *sound; /* NULL: there is none that can be decoded */
    AVFrame *frame;
    AVPacket *packet;
    struct look *look; /* borrowed */
    int64_t start_us;  /* the file's own time of its begin */
    int64_t begun_ms;  /* CPU time */
    uint32_t cpu_ms;
    bool left_out; /* packets are, up to a key frame */
    int64_t from;  /* pts of the key frame that decoding began with: what is before it has lost its own */
    bool decoded;  /* a picture came since then */
    int64_t end_us[STREAMS]; /* when the time of a stream's latest packet is over */
    int64_t gap_us[STREAMS]; /* the begin of its latest gap */
    bool seen[STREAMS], gap[STREAMS];
};

static void looking_finish(struct looking *looking) {
    avcodec_free_context(&looking->decoder);
    avcodec_free_context(&looking->sound);
    av_frame_free(&looking->frame);
    av_packet_free(&looking->packet);
    container_close(&looking->container);
}

static void add_flaw(struct look *look, int64_t time_us) {
    unsigned kept = look->flaws < LOOK_FLAWS_MAX ? look->flaws : LOOK_FLAWS_MAX;
    for (unsigned i = 0; i < kept; i++) {
        if (llabs(look->flaws_us[i] - time_us) < FLAWS_APART_US)
            return;
    }
    if (look->flaws < LOOK_FLAWS_MAX)
        look->flaws_us[look->flaws] = time_us < 0 ? 0 : time_us;
    look->flaws += look->flaws <= LOOK_FLAWS_MAX;
}

static int64_t film_us(const struct looking *looking, const AVStream *stream, int64_t time) {
    return compat_us(time, stream->time_base) - looking->start_us;
}

static int64_t packet_time(const AVPacket *packet) {
    return packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
}

/* A demuxer that lost its way goes on where it finds it again. */
static void look_for_gap(struct looking *looking, const AVPacket *packet) {
    const AVStream *stream = looking->container.format->streams[packet->stream_index];
    unsigned i = stream == looking->container.video ? PICTURE : SOUND;
    if (packet_time(packet) == AV_NOPTS_VALUE)
        return;
    int64_t time_us = film_us(looking, stream, packet_time(packet));
    if (looking->seen[i] && time_us - looking->end_us[i] > GAP_US) {
        looking->gap[i] = true;
        looking->gap_us[i] = looking->end_us[i];
        if (looking->gap[!i] && llabs(looking->gap_us[!i] - looking->gap_us[i]) < GAP_US)
            add_flaw(looking->look, looking->gap_us[i]);
    }
    time_us += compat_us(packet->duration, stream->time_base);
    if (!looking->seen[i] || time_us > looking->end_us[i])
        looking->end_us[i] = time_us;
    looking->seen[i] = true;
    if (time_us > looking->look->end_us)
        looking->look->end_us = time_us;
}

static bool is_behind(const struct looking *looking) {
    AVIOContext *io = looking->container.format->pb;
    int64_t used_ms = budget_cpu_now_ms() - looking->begun_ms, size = avio_size(io), at = avio_tell(io);
    return size > 0 && used_ms > SLACK_MS + av_rescale(looking->cpu_ms, at < size ? at : size, size);
}

static void take_pictures(struct looking *looking) {
    while (avcodec_receive_frame(looking->decoder, looking->frame) >= 0) {
        const AVFrame *frame = looking->frame;
        if (video_is_damaged(frame) && frame->best_effort_timestamp != AV_NOPTS_VALUE)
            add_flaw(looking->look, film_us(looking, looking->container.video, frame->best_effort_timestamp));
        looking->decoded = true;
    }
}

static void decode(struct looking *looking) {
    const AVPacket *packet = looking->packet;
    int64_t time = packet_time(packet);
    if (time != AV_NOPTS_VALUE && looking->from != AV_NOPTS_VALUE && time < looking->from)
        return;
    int result = avcodec_send_packet(looking->decoder, packet);
    if (((result < 0 && looking->decoded) || packet->flags & AV_PKT_FLAG_CORRUPT) && time != AV_NOPTS_VALUE)
        add_flaw(looking->look, film_us(looking, looking->container.video, time));
    take_pictures(looking);
}

static void look_at_picture(struct looking *looking) {
    const AVPacket *packet = looking->packet;
    bool key = packet->flags & AV_PKT_FLAG_KEY;
    if (is_behind(looking)) {
        looking->left_out = true;
        return;
    }
    if (looking->left_out && !key)
        return;
    if (looking->left_out) {
        avcodec_flush_buffers(looking->decoder);
        looking->left_out = looking->decoded = false;
        looking->from = packet_time(packet);
    }
    decode(looking);
}

static void look_at_sound(struct looking *looking) {
    const AVPacket *packet = looking->packet;
    if (!looking->sound || is_behind(looking))
        return;
    int result = avcodec_send_packet(looking->sound, packet);
    while (result >= 0)
        result = avcodec_receive_frame(looking->sound, looking->frame);
    if (result == AVERROR_INVALIDDATA && packet_time(packet) != AV_NOPTS_VALUE)
        add_flaw(looking->look, film_us(looking, looking->container.audio, packet_time(packet)));
}

static bool looking_open(struct looking *looking, struct source *source) {
    struct pp_error ignored = {0};
    /* A thread for each picture would tell of damage only where it is too late. */
    const struct container_decode how = {.threads = 1, .pixels_max = MEDIA_PIXELS_MAX};
    struct container *container = &looking->container;
    if (!container_open(container, source, true, &ignored) ||
        (container->kind != MEDIA_MP4 && container->kind != MEDIA_MATROSKA))
        return false;
    int64_t start_us = container->format->start_time;
    looking->start_us = start_us == AV_NOPTS_VALUE ? 0 : start_us;
    looking->decoder = container_decoder(container->video, &how, &ignored);
    if (container->audio)
        looking->sound = container_decoder(container->audio, &how, &ignored);
    looking->frame = av_frame_alloc();
    looking->packet = av_packet_alloc();
    return looking->decoder && looking->frame && looking->packet;
}

static bool read_all(struct looking *looking, struct pp_error *error) {
    struct budget *budget = container_budget(&looking->container);
    enum container_result result;
    while ((result = container_read(&looking->container, looking->packet, error)) == CONTAINER_PACKET) {
        budget_renew(budget); /* each is something: the CPU time is what counts */
        look_for_gap(looking, looking->packet);
        if (looking->packet->stream_index == looking->container.video->index)
            look_at_picture(looking);
        else
            look_at_sound(looking);
        av_packet_unref(looking->packet);
    }
    if (result == CONTAINER_FAILED)
        return false;
    looking->look->cut = looking->container.end != AVERROR_EOF;
    if (!looking->left_out && avcodec_send_packet(looking->decoder, NULL) >= 0)
        take_pictures(looking);
    return true;
}

bool look_through(struct source *source, uint32_t cpu_ms, struct look *look, struct pp_error *error) {
    PP_CLEANUP(looking_finish)
    struct looking looking = {
        .look = look, .cpu_ms = cpu_ms, .begun_ms = budget_cpu_now_ms(), .from = AV_NOPTS_VALUE};
    *look = (struct look){0};
    /* One that takes too long has been seen enough of. */
    return !looking_open(&looking, source) || read_all(&looking, error) || error->code == PP_E_LIMIT;
}

void look_describe_time(int64_t time_us, char *words, size_t size) {
    long long s = time_us / 1000000;
    if (s >= 3600)
        snprintf(words, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(words, size, "%lld:%02lld", s / 60, s % 60);
}

void look_describe(const struct look *look, char words[static LOOK_WORDS_MAX]) {
    unsigned kept = look->flaws < LOOK_FLAWS_MAX ? look->flaws : LOOK_FLAWS_MAX;
    size_t used = 0;
    for (unsigned i = 0; i < kept; i++) {
        char time[32];
        bool last = i + 1 == look->flaws;
        look_describe_time(look->flaws_us[i], time, sizeof time);
        used += (size_t)snprintf(words + used, LOOK_WORDS_MAX - used, "%s%s",
                                 !i     ? ""
                                 : last ? " and "
                                        : ", ",
                                 time);
    }
    if (look->flaws > kept)
        snprintf(words + used, LOOK_WORDS_MAX - used, " and more");
}

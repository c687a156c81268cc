#include "render/media/container.h"

#include <libavutil/avstring.h>
#include <libavutil/opt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/wire.h"
#include "render/media/compat.h"
#include "render/media/limits.h"

const char container_formats[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,gif,apng,png_pipe,jpeg_pipe,webp_pipe";
const char container_codecs[] =
    "h264,vp8,vp9,libdav1d,png,apng,mjpeg,webp,gif,aac,opus,vorbis,mp3float,mp3,ac3,eac3,alac,flac,amrnb,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_u8";

/* A file may name others; none is ever opened. */
static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags,
                       AVDictionary **options) {
    (void)format;
    (void)io;
    (void)url;
    (void)flags;
    (void)options;
    return AVERROR(EACCES);
}

/* FFmpeg asks before each packet that it reads in search of the streams. */
static int on_interrupt(void *opaque) {
    struct budget *budget = opaque;
    budget_add_packet(budget);
    return budget_is_spent(budget);
}

static AVFormatContext *create_context(const struct source *source) {
    AVFormatContext *format = avformat_alloc_context();
    if (!format)
        return NULL;
    format->pb = source_io(source);
    format->interrupt_callback = (AVIOInterruptCB){.callback = on_interrupt, .opaque = source_budget(source)};
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = refuse_open;
    format->probesize = MEDIA_PROBE_MAX;
    format->format_probesize = MEDIA_PROBE_MAX;
    format->max_analyze_duration = MEDIA_ANALYZE_MAX_US;
    format->max_streams = MEDIA_STREAMS_MAX;
    format->format_whitelist = av_strdup(container_formats);
    format->codec_whitelist = av_strdup(container_codecs);
    format->protocol_whitelist = av_strdup("none");
    if (format->format_whitelist && format->codec_whitelist && format->protocol_whitelist)
        return format;
    avformat_free_context(format);
    return NULL;
}

/* The source's own reason, where reading failed or costs too much, is the better one. */
static bool open_fail(const struct container *container, int result, const char *what,
                      struct pp_error *error) {
    return !source_failed(container->source, error) && compat_fail(error, result, what);
}

static bool find_kind(struct container *container, struct pp_error *error) {
    AVIOContext *io = source_io(container->source);
    pp_autofree uint8_t *head = malloc(MEDIA_KIND_HEAD);
    if (!head)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    int size = avio_read(io, head, MEDIA_KIND_HEAD);
    if (source_failed(container->source, error))
        return false;
    if (!media_kind_find(head, size > 0 ? (size_t)size : 0, &container->kind, error))
        return false;
    container->still = media_kind_is_still(container->kind);
    return avio_seek(io, 0, SEEK_SET) == 0 ? true : pp_fail(error, PP_E_IO, "it cannot be read");
}

static bool open_input(struct container *container, struct pp_error *error) {
    if (!find_kind(container, error))
        return false;
    container->format = create_context(container->source);
    if (!container->format)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    const AVInputFormat *kind = av_find_input_format(media_kind_format(container->kind));
    av_max_alloc(MEDIA_INDEX_MAX);
    int result = avformat_open_input(&container->format, NULL, kind, NULL);
    av_max_alloc(INT_MAX);
    return result < 0 ? open_fail(container, result, "the file cannot be read", error) : true;
}

struct budget *container_budget(const struct container *container) {
    return source_budget(container->source);
}

static bool is_decodable(const AVStream *stream) {
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    return codec && av_match_name(codec->name, container_codecs);
}

/* How good a choice the stream is, of its type; 0: none. */
static int stream_rank(const AVStream *stream, enum AVMediaType type) {
    if (stream->codecpar->codec_type != type || stream->disposition & AV_DISPOSITION_ATTACHED_PIC)
        return 0;
    return 1 + 2 * is_decodable(stream) + (stream->disposition & AV_DISPOSITION_DEFAULT ? 1 : 0);
}

/* The first of the best: a file may have tracks that nobody can use beside those that are meant. */
static AVStream *choose_stream(const AVFormatContext *format, enum AVMediaType type) {
    AVStream *best = NULL;
    for (unsigned i = 0; i < format->nb_streams; i++) {
        if (stream_rank(format->streams[i], type) > (best ? stream_rank(best, type) : 0))
            best = format->streams[i];
    }
    return best;
}

static bool choose_streams(struct container *container, struct pp_error *error) {
    AVFormatContext *format = container->format;
    container->video = choose_stream(format, AVMEDIA_TYPE_VIDEO);
    container->audio = choose_stream(format, AVMEDIA_TYPE_AUDIO);
    if (!container->video)
        return pp_fail(error, PP_E_INVALID, "there is no picture in it%s",
                       container->audio ? ": sound alone is not shown" : "");
    for (unsigned i = 0; i < format->nb_streams; i++) {
        AVStream *stream = format->streams[i];
        if (stream != container->video && stream != container->audio)
            stream->discard = AVDISCARD_ALL;
    }
    if (is_decodable(container->video))
        return true;
    const AVCodecDescriptor *codec = avcodec_descriptor_get(container->video->codecpar->codec_id);
    return pp_fail(error, PP_E_UNSUPPORTED,
                   "its picture is %s, which cannot be shown: make it H.264, VP9 or AV1",
                   !codec             ? "of an unknown kind"
                   : codec->long_name ? codec->long_name
                                      : codec->name);
}

/* Still pictures tell everything with their first frame; decoding them to find out more would be done twice.
 */
static bool find_streams(struct container *container, struct pp_error *error) {
    struct budget *budget = container_budget(container);
    if (!choose_streams(container, error))
        return false;
    budget->searching = true;
    int result = container->still ? 0 : avformat_find_stream_info(container->format, NULL);
    if (result < 0)
        return open_fail(container, result, "its streams cannot be found", error);
    if (source_failed(container->source, error))
        return false;
    budget->searching = false;
    budget_renew(budget);
    return true;
}

static bool is_animation(const struct container *container) {
    return container->kind == MEDIA_GIF || container->kind == MEDIA_APNG;
}

static bool check_size(const struct container *container, struct pp_error *error) {
    int width = container->video->codecpar->width, height = container->video->codecpar->height;
    int64_t pixels_max = is_animation(container) ? MEDIA_ANIMATION_PIXELS_MAX : MEDIA_PIXELS_MAX;
    if (width <= MEDIA_SIDE_MAX && height <= MEDIA_SIDE_MAX && (int64_t)width * height <= pixels_max)
        return true;
    return pp_fail(error, PP_E_LIMIT,
                   "%s of %d x %d pixels is larger than can be shown: at most %d a side and %d million",
                   is_animation(container) ? "an animation" : "a film", width, height, MEDIA_SIDE_MAX,
                   (int)(pixels_max / 1000000));
}

bool container_open(struct container *container, struct source *source, bool want_audio,
                    struct pp_error *error) {
    *container = (struct container){.source = source};
    if (!open_input(container, error) || !find_streams(container, error) || !check_size(container, error)) {
        container_close(container);
        return false;
    }
    if (!want_audio && container->audio) {
        container->audio->discard = AVDISCARD_ALL;
        container->audio = NULL;
    }
    return true;
}

bool container_is_cut(const struct container *container) {
    int64_t size = avio_size(container->format->pb);
    int count = avformat_index_get_entries_count(container->video);
    for (int i = 0; i < count; i++) {
        const AVIndexEntry *entry = avformat_index_get_entry(container->video, i);
        if (entry->pos > size - entry->size)
            return true;
    }
    return false;
}

void container_close(struct container *container) {
    avformat_close_input(&container->format);
    *container = (struct container){0};
}

enum container_result container_read(struct container *container, AVPacket *packet, struct pp_error *error) {
    for (;;) {
        int result = av_read_frame(container->format, packet);
        budget_add_packet(container_budget(container));
        if (source_failed(container->source, error)) {
            av_packet_unref(packet);
            return CONTAINER_FAILED;
        }
        if (result < 0) {
            container->end = result;
            return CONTAINER_END;
        }
        AVStream *stream = container->format->streams[packet->stream_index];
        if (stream == container->video || stream == container->audio)
            return CONTAINER_PACKET;
        av_packet_unref(packet);
    }
}

bool container_rewind(struct container *container, struct pp_error *error) {
    int64_t start = container->format->start_time;
    if (start == AV_NOPTS_VALUE)
        start = 0;
    int result = avformat_seek_file(container->format, -1, INT64_MIN, start, start, 0);
    if (result >= 0)
        return true;
    /* Formats that cannot seek are opened again. */
    struct source *source = container->source;
    bool want_audio = container->audio != NULL;
    container_close(container);
    if (avio_seek(source_io(source), 0, SEEK_SET) < 0)
        return !source_failed(container->source, error) &&
               pp_fail(error, PP_E_INVALID, "it cannot be read from its begin again");
    return container_open(container, source, want_audio, error);
}

bool container_seek(struct container *container, int64_t time_us, struct pp_error *error) {
    const AVStream *stream = container->video;
    int64_t time = av_rescale_q(time_us, AV_TIME_BASE_Q, stream->time_base);
    if (!is_animation(container) &&
        avformat_seek_file(container->format, stream->index, INT64_MIN, time, time, 0) >= 0)
        return true;
    return container_rewind(container, error);
}

AVCodecContext *container_decoder(const AVStream *stream, const struct container_decode *how,
                                  struct pp_error *error) {
    const AVCodec *codec = avcodec_find_decoder(stream->codecpar->codec_id);
    AVCodecContext *context = codec ? avcodec_alloc_context3(codec) : NULL;
    if (!context) {
        pp_fail(error, PP_E_UNSUPPORTED, "no decoder for %s", avcodec_get_name(stream->codecpar->codec_id));
        return NULL;
    }
    int result = avcodec_parameters_to_context(context, stream->codecpar);
    context->codec_whitelist = av_strdup(container_codecs);
    context->max_pixels = how->pixels_max;
    context->pkt_timebase = stream->time_base;
    context->thread_count = how->threads;
    /* dav1d's threads share a picture, not several: those of 1.0 wait for each other for ever in damaged films. */
    if (strcmp(codec->name, "libdav1d") == 0)
        context->flags |= AV_CODEC_FLAG_LOW_DELAY;
    context->lowres = (int)how->reduction;
    if (how->strict)
        context->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
    if (result >= 0)
        result = context->codec_whitelist ? avcodec_open2(context, codec, NULL) : AVERROR(ENOMEM);
    if (result >= 0)
        return context;
    compat_fail(error, result, avcodec_get_name(stream->codecpar->codec_id));
    avcodec_free_context(&context);
    return NULL;
}

/* Matroska's duration counts from time 0, whatever the file begins with. */
int64_t container_duration_us(const struct container *container, int64_t first_us) {
    const AVFormatContext *format = container->format;
    int64_t end_us = format->duration, start_us = format->start_time;
    if (end_us == AV_NOPTS_VALUE || end_us < 0 || end_us > (int64_t)IPC_TIME_US_MAX)
        return 0;
    if (start_us != AV_NOPTS_VALUE && llabs(start_us) < (int64_t)IPC_TIME_US_MAX &&
        !strstr(format->iformat->name, "matroska"))
        end_us += start_us;
    return end_us > first_us ? end_us - first_us : 0;
}

#include "render/media/video.h"

#include <libavutil/cpu.h>

#include "base/clock.h"

#define FRAME_TIME_US_DEFAULT 40000      /* us: where a file does not say how long a frame stays */
#define FRAME_TIME_US_MAX     3600000000 /* us: an hour */
#define DECODER_DELAY         32         /* frames that a decoder holds back at most: threads, reordering */

static int thread_count(void) {
    int cores = av_cpu_count();
    return cores < MEDIA_THREADS_MAX ? cores : MEDIA_THREADS_MAX;
}

/* How large the picture is, and so how it is best decoded, stands in its only packet. */
static bool read_still(struct video *video, struct pp_error *error) {
    switch (reader_next(video->reader, READER_VIDEO, video->packet, error)) {
    case READER_PACKET:
        video->waiting = true;
        return picture_prepare(&video->picture, video->packet, video->side, error);
    case READER_FAILED:
        return false;
    default:
        return pp_fail(error, PP_E_INVALID, "the picture cannot be decoded: the file ends before it");
    }
}

static bool open_film(struct video *video, struct pp_error *error) {
    const struct container_decode how = {.threads = thread_count(), .pixels_max = MEDIA_PIXELS_MAX};
    picture_prepare_animation(&video->picture, video->reader->container->video->codecpar);
    video->decoder = container_decoder(video->reader->container->video, &how, error);
    return video->decoder != NULL;
}

bool video_open(struct video *video, struct reader *reader, unsigned side, struct pp_error *error) {
    *video = (struct video){.reader = reader,
                            .frame = av_frame_alloc(),
                            .packet = av_packet_alloc(),
                            .picture = PICTURE_INIT(reader->container->kind),
                            .side = side};
    if (!video->frame || !video->packet) {
        video_close(video);
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    if (reader->container->still ? read_still(video, error) : open_film(video, error))
        return true;
    video_close(video);
    return false;
}

void video_close(struct video *video) {
    avcodec_free_context(&video->decoder);
    av_frame_free(&video->frame);
    av_packet_free(&video->packet);
    picture_finish(&video->picture);
}

static struct budget *budget_of(const struct video *video) {
    return container_budget(video->reader->container);
}

/* Damaged packets are passed over, up to a number in a row that says that nothing will come of it. */
static enum video_result send_packet(struct video *video, struct pp_error *error) {
    int result = avcodec_send_packet(video->decoder, video->packet);
    av_packet_unref(video->packet);
    budget_add_pixels(budget_of(video), video->decoder->coded_width, video->decoder->coded_height);
    if (!budget_allows(budget_of(video), error))
        return VIDEO_FAILED;
    if (result == AVERROR(ENOMEM)) {
        compat_fail(error, result, "the picture");
        return VIDEO_FAILED;
    }
    video->failures = result < 0 ? video->failures + 1 : 0;
    if (video->failures > MEDIA_DECODE_FAILURES_MAX) {
        compat_fail(error, result, "the picture cannot be decoded");
        return VIDEO_FAILED;
    }
    return VIDEO_FRAME;
}

static void note_packet(struct video *video) {
    const AVPacket *packet = video->packet;
    AVRational base = video->reader->container->video->time_base;
    int64_t time = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    if (!video->has_first || time == AV_NOPTS_VALUE)
        return;
    int64_t end_us =
        video->base_us - video->first_us + compat_us(time, base) + compat_us(packet->duration, base);
    if (end_us > video->read_end_us)
        video->read_end_us = end_us;
}

/* VIDEO_FRAME: the decoder got something to do. */
static enum video_result feed(struct video *video, struct pp_error *error) {
    switch (reader_next(video->reader, READER_VIDEO, video->packet, error)) {
    case READER_PACKET:
        note_packet(video);
        if (video->to_key && !(video->packet->flags & AV_PKT_FLAG_KEY)) {
            av_packet_unref(video->packet);
            return VIDEO_PASSED;
        }
        video->to_key = false;
        if (!picture_prepare(&video->picture, video->packet, video->side, error))
            return VIDEO_FAILED;
        return send_packet(video, error);
    case READER_FAILED:
        return VIDEO_FAILED;
    case READER_LATER:
    case READER_END:
        break;
    }
    if (video->drained)
        return VIDEO_END;
    video->drained = true;
    avcodec_send_packet(video->decoder, NULL);
    return VIDEO_FRAME;
}

static int64_t frame_time_us(const struct video *video) {
    const AVStream *stream = video->reader->container->video;
    int64_t duration = compat_us(compat_frame_duration(video->frame), stream->time_base);
    if (duration <= 0 && stream->avg_frame_rate.num > 0 && stream->avg_frame_rate.den > 0)
        duration = compat_us(1, av_inv_q(stream->avg_frame_rate));
    if (duration <= 0)
        duration = FRAME_TIME_US_DEFAULT;
    return duration < FRAME_TIME_US_MAX ? duration : FRAME_TIME_US_MAX;
}

/* Counts what should have come between the latest frame's end and `until_us`. */
static void count_gap(struct video *video, int64_t until_us) {
    int64_t frame_us = video->frame_us > 0 ? video->frame_us : FRAME_TIME_US_DEFAULT;
    int64_t missing = (until_us - video->seen_end_us + frame_us / 2) / frame_us;
    if (video->gap_frames == 0 || missing <= 0)
        return;
    video->left_out += missing < UINT32_MAX - video->left_out ? (uint32_t)missing : 0;
}

/* Times of the file, less its first, after all that was shown before; one that is missing or goes back
 * follows on. */
static void set_time(struct video *video) {
    const AVStream *stream = video->reader->container->video;
    int64_t time = video->frame->best_effort_timestamp;
    int64_t pts_us = video->end_us;
    if (time != AV_NOPTS_VALUE) {
        int64_t file_us = compat_us(time, stream->time_base);
        if (!video->has_first)
            video->first_us = file_us;
        video->has_first = true;
        pts_us = video->base_us + file_us - video->first_us;
    }
    if (pts_us < video->base_us || (video->begun && pts_us <= video->pts_us))
        pts_us = video->begun ? video->pts_us + 1 : video->base_us;
    count_gap(video, pts_us);
    video->gap_frames -= video->gap_frames > 0;
    video->begun = true;
    video->pts_us = pts_us;
    video->frame_us = frame_time_us(video);
    video->end_us = video->seen_end_us = pts_us + video->frame_us;
}

static enum video_result at_end(struct video *video) {
    if (video->jumped && video->read_end_us > video->end_us)
        video->end_us = video->read_end_us;
    count_gap(video, video->end_us);
    return VIDEO_END;
}

/* A file may have a picture begun over and over. */
static int bounded_buffer(AVCodecContext *decoder, AVFrame *frame, int flags) {
    const struct video *video = decoder->opaque;
    budget_add_pixels(budget_of(video), frame->width, frame->height);
    return budget_is_spent(budget_of(video)) ? AVERROR_EXIT
                                             : avcodec_default_get_buffer2(decoder, frame, flags);
}

/* Where nothing is decoded stays what was there: neutral grey. */
static int grey_buffer(AVCodecContext *decoder, AVFrame *frame, int flags) {
    int result = bounded_buffer(decoder, frame, flags);
    for (int i = 0; result >= 0 && i < AV_NUM_DATA_POINTERS && frame->buf[i]; i++)
        memset(frame->buf[i]->data, 128, frame->buf[i]->size);
    return result;
}

/* Decodes the waiting packet. An FFmpeg error, or 0 with the frame. */
static int decode_still(struct video *video, const struct container_decode *how, struct pp_error *error) {
    avcodec_free_context(&video->decoder);
    video->decoder = container_decoder(video->reader->container->video, how, error);
    if (!video->decoder)
        return AVERROR(EINVAL);
    video->decoder->opaque = video;
    video->decoder->get_buffer2 = how->strict ? bounded_buffer : grey_buffer;
    int result = avcodec_send_packet(video->decoder, video->packet);
    if (result >= 0)
        result = avcodec_send_packet(video->decoder, NULL);
    if (result >= 0)
        result = avcodec_receive_frame(video->decoder, video->frame);
    if (!budget_allows(budget_of(video), error))
        return AVERROR_EXIT;
    if (result < 0)
        compat_fail(error, result == AVERROR_EOF ? AVERROR_INVALIDDATA : result,
                    "the picture cannot be decoded");
    return result < 0 ? result : 0;
}

/* Whole if it can be, else as much of it as there is; some ways of storing colours cannot be decoded smaller. */
static enum video_result next_still(struct video *video, struct pp_error *error) {
    const struct picture *picture = &video->picture;
    struct container_decode how = {.threads = 1,
                                   .pixels_max = picture->kind == MEDIA_JPEG ? MEDIA_PHOTO_PIXELS_MAX
                                                                             : MEDIA_STILL_PIXELS_MAX,
                                   .reduction = picture->reduction,
                                   .strict = true};
    if (!video->waiting)
        return at_end(video);
    int result = decode_still(video, &how, error);
    if (result == AVERROR_PATCHWELCOME && how.reduction > 0 &&
        (int64_t)picture->width * picture->height <= MEDIA_PIXELS_MAX) {
        how.reduction = 0;
        result = decode_still(video, &how, error);
    }
    if (result == AVERROR_INVALIDDATA || result == AVERROR_EOF) {
        how.strict = false;
        video->damaged = true;
        result = decode_still(video, &how, error);
    }
    av_packet_unref(video->packet);
    video->waiting = false;
    if (result < 0)
        return VIDEO_FAILED;
    set_time(video);
    video->frames++;
    budget_renew(budget_of(video));
    return VIDEO_FRAME;
}

bool video_is_damaged(const AVFrame *frame) {
    return frame->flags & AV_FRAME_FLAG_CORRUPT || frame->decode_error_flags;
}

enum video_result video_next(struct video *video, struct pp_error *error) {
    if (video->reader->container->still)
        return next_still(video, error);
    for (;;) {
        int result = avcodec_receive_frame(video->decoder, video->frame);
        if (result >= 0) {
            if (video_is_damaged(video->frame) || video->frame->width < 1)
                continue;
            set_time(video);
            video->frames++;
            budget_renew(budget_of(video));
            return VIDEO_FRAME;
        }
        if (result == AVERROR_EOF)
            return at_end(video);
        enum video_result fed = feed(video, error);
        if (fed != VIDEO_FRAME)
            return fed == VIDEO_END ? at_end(video) : fed;
    }
}

void video_restart(struct video *video, int64_t base_us) {
    avcodec_flush_buffers(video->decoder);
    video->base_us = video->end_us = video->seen_end_us = video->read_end_us = base_us;
    video->begun = video->drained = video->to_key = video->jumped = false;
}

/* The current frame is the item's begin. */
static void begin_here(struct video *video) {
    int64_t by_us = -video->pts_us;
    video->base_us += by_us;
    video->pts_us = 0;
    video->end_us = video->seen_end_us = video->end_us + by_us;
}

/* Until a frame lasts beyond 0. */
static enum video_result skip_to_begin(struct video *video, int64_t give_up_ms, struct pp_error *error) {
    PP_AUTO(frame) AVFrame *latest = av_frame_alloc();
    if (!latest) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return VIDEO_FAILED;
    }
    for (;;) {
        enum video_result result = video_next(video, error);
        if (result == VIDEO_END && video->begun) {
            av_frame_move_ref(video->frame, latest);
            return VIDEO_FRAME;
        }
        if (result != VIDEO_FRAME || video->end_us > 0 || pp_clock_monotonic_ms() >= give_up_ms)
            return result;
        av_frame_unref(latest);
        av_frame_move_ref(latest, video->frame);
    }
}

enum video_result video_seek(struct video *video, int64_t start_us, int64_t give_up_ms,
                             struct pp_error *error) {
    /* Films are sought by the order of decoding, which is so many frames ahead of that of the pictures. */
    int64_t ahead_us = video->decoder->has_b_frames * video->frame_us;
    if (!reader_seek(video->reader, video->first_us + start_us - ahead_us, error))
        return VIDEO_FAILED;
    video_restart(video, -start_us);
    enum video_result result = skip_to_begin(video, give_up_ms, error);
    if (result == VIDEO_END) {
        if (!reader_rewind(video->reader, error))
            return VIDEO_FAILED;
        video_restart(video, 0);
        result = video_next(video, error);
    }
    if (result == VIDEO_FRAME && video->end_us <= 0)
        begin_here(video);
    if (video->pts_us < 0)
        video->pts_us = 0;
    return result;
}

void video_hurry(struct video *video, enum video_hurry hurry) {
    video->decoder->skip_frame = hurry == VIDEO_ALL ? AVDISCARD_DEFAULT : AVDISCARD_NONREF;
    if (hurry != VIDEO_ALL)
        video->gap_frames = DECODER_DELAY;
    if (hurry != VIDEO_NEXT_KEY || video->drained)
        return;
    avcodec_flush_buffers(video->decoder);
    video->to_key = video->jumped = true;
}

uint32_t video_take_left_out(struct video *video) {
    uint32_t frames = video->left_out;
    video->left_out = 0;
    return frames;
}

struct orientation video_orientation(const struct video *video) {
    const AVFrameSideData *side = av_frame_get_side_data(video->frame, AV_FRAME_DATA_DISPLAYMATRIX);
    if (side && side->size >= 9 * sizeof(int32_t))
        return orientation_of_matrix((const int32_t *)(const void *)side->data);
    const int32_t *matrix = compat_stream_matrix(video->reader->container->video);
    if (matrix)
        return orientation_of_matrix(matrix);
    const AVDictionaryEntry *exif = av_dict_get(video->frame->metadata, "Orientation", NULL, 0);
    return orientation_of_exif(exif ? strtol(exif->value, NULL, 10) : 1);
}

AVRational video_aspect(const struct video *video) {
    const struct container *container = video->reader->container;
    return av_guess_sample_aspect_ratio(container->format, container->video, video->frame);
}

/*
 * The picture: packets to frames with times that begin at 0 and go on growing when the item starts over.
 */
#ifndef PP_RENDER_MEDIA_VIDEO_H
#define PP_RENDER_MEDIA_VIDEO_H

#include "base/error.h"
#include "render/media/compat.h"
#include "render/media/orient.h"
#include "render/media/picture.h"
#include "render/media/reader.h"

struct video {
    struct reader *reader; /* borrowed */
    AVCodecContext *decoder;
    AVFrame *frame; /* the current one, after VIDEO_FRAME */
    AVPacket *packet;
    struct picture picture;
    unsigned side;     /* pixels either way that a photograph need not have more of; 0: all */
    bool waiting;      /* the packet of a still picture was read and not yet decoded */
    bool damaged;      /* what of a still picture is lost is grey */
    int64_t pts_us;    /* of the current frame, from the item's begin */
    int64_t end_us;    /* when the latest frame's time is over */
    int64_t frame_us;  /* us that it stays */
    int64_t base_us;   /* begin of this pass through the file */
    int64_t first_us;  /* the file's own time of its first frame; only once one came */
    bool begun;        /* a frame came in this pass */
    bool has_first;    /* first_us is known */
    bool drained;      /* the decoder was told that the file is over */
    unsigned frames;   /* ever */
    unsigned failures; /* packets in a row that could not be decoded */
    /* Where frames are left out. */
    bool to_key;         /* nothing is decoded until the next key frame */
    bool jumped;         /* that was so in this pass */
    int64_t read_end_us; /* when the time of the latest packet is over */
    int64_t seen_end_us; /* end_us without what was left out behind it */
    unsigned gap_frames; /* so many frames on, a gap is still something left out */
    uint32_t left_out;   /* frames, until video_take_left_out */
};

/* `side`: pixels that a still picture has either way at most on the screen; 0 not known. */
PP_MUST_USE bool video_open(struct video *video, struct reader *reader, unsigned side,
                            struct pp_error *error);
void video_close(struct video *video);

enum video_result {
    VIDEO_FRAME,
    VIDEO_PASSED, /* something was left out; there may be more */
    VIDEO_END,
    VIDEO_FAILED
};
/* The next frame that is whole; damaged ones are passed over. A still picture has one, of which the damaged part is
 * grey. */
enum video_result video_next(struct video *video, struct pp_error *error);
/* Parts of it are lost: it is not shown. */
bool video_is_damaged(const AVFrame *frame);
/* After VIDEO_END: the next frame is the file's first again, at `base_us`. The reader is rewound by the
 * caller. */
void video_restart(struct video *video, int64_t base_us);
/* Goes to the frame that is on `start_us` into the film, or to its last one; the item begins with it, at 0.
 * After the first VIDEO_FRAME, as the file's times count from that one. What has to be decoded on the way
 * may take until `give_up_ms` (CLOCK_MONOTONIC): then the item begins with what was reached, and with the
 * file's begin where it has nothing there. */
enum video_result video_seek(struct video *video, int64_t start_us, int64_t give_up_ms,
                             struct pp_error *error);

enum video_hurry {
    VIDEO_ALL,        /* every frame is decoded */
    VIDEO_REFERENCES, /* those that no other needs are not */
    VIDEO_NEXT_KEY    /* nothing before the next key frame is */
};
/* What the decoder may leave out from now on, because it would be late anyway. */
void video_hurry(struct video *video, enum video_hurry hurry);
/* So many frames the decoder left out since the last call, by their times. */
uint32_t video_take_left_out(struct video *video);

/* How the current frame has to be turned. */
struct orientation video_orientation(const struct video *video);
/* The shape of its samples; 0/1 unknown. */
AVRational video_aspect(const struct video *video);

#endif

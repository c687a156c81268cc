/*
 * From a decoded frame to a slot of the frame ring. The ring's form is chosen once, from the first frame;
 * frames that have it already are copied as they are, all others (high bit depth, 4:2:2, 4:4:4, RGB, another
 * size) go through swscale.
 */
#ifndef PP_RENDER_MEDIA_CONVERT_H
#define PP_RENDER_MEDIA_CONVERT_H

#include <libavutil/frame.h>
#include <libswscale/swscale.h>

#include "base/error.h"
#include "ipc/ring.h"
#include "render/media/colour.h"
#include "render/media/orient.h"
#include "render/media/picture.h"

struct convert_wish {
    unsigned target_width, target_height; /* pixels of the place on the screen; 0: not known */
    unsigned slots;                       /* at most */
    bool still;                           /* one picture: RGB, scaled down well */
    AVRational aspect;                    /* of the samples; 0/1 unknown */
    struct orientation orientation;
    enum picture_inks inks;
    struct colour *colour; /* taken, also on failure; NULL: the colours are sRGB */
};

struct convert {
    struct ipc_ring layout; /* format, size after turning, slots, colours: for producer_open_video */
    struct orientation orientation;
    unsigned width, height; /* pixels before turning */
    bool still;
    struct SwsContext *scaler;       /* NULL until a frame needs it */
    int scaler_width, scaler_height; /* what it was made for */
    enum AVPixelFormat scaler_from;  /* the same */
    int scaler_matrix, scaler_range; /* the same */
    AVFrame *scaled;                 /* between scaling and turning */
    AVFrame *premultiplied;          /* before scaling what is transparent */
    AVFrame *inked;                  /* four inks, before they become colours */
    enum picture_inks inks;
    struct colour *colour;
};

/* Chooses the ring for frames like `frame`. PP_E_LIMIT: larger than is shown. */
PP_MUST_USE bool convert_init(struct convert *convert, const AVFrame *frame, const struct convert_wish *wish,
                              struct pp_error *error);
void convert_finish(struct convert *convert);

/* Writes `frame` into a slot. */
PP_MUST_USE bool convert_frame(struct convert *convert, const AVFrame *frame,
                               const struct ipc_video_ring *ring, unsigned slot, struct pp_error *error);

#endif

/*
 * One layer: what its renderer has sent, what of it is on the display, and its place in time. The renderer's
 * order is checked here (firmware/ipc/README.md); when and where it is shown is the scene's.
 */
#ifndef PP_PLAYER_LAYER_H
#define PP_PLAYER_LAYER_H

#include "ipc/ring.h"
#include "player/audio.h"
#include "player/geometry.h"
#include "player/picture.h"

/* What a renderer may have, at the moment that it asks. */
struct layer_limits {
    uint64_t picture_pixels; /* of one picture */
    uint64_t memory_bytes;   /* left of the budget of all layers: for rings and textures */
};

#define LAYER_STALL_US 10000000 /* us: a film of which nothing comes for so long has failed */

struct layer_frame {
    uint8_t slot;
    int64_t pts_us; /* us from the item's begin */
};

struct layer {
    uint32_t id;    /* the agent's number */
    unsigned owner; /* which agent connection added it */
    /* Place, for good. */
    struct geometry_canvas canvas; /* as it was when the layer was added */
    struct geometry_rect zone;     /* canvas units */
    int32_t z;
    uint64_t order;  /* of adding */
    uint8_t fit;     /* enum ipc_fit */
    uint8_t volume;  /* percent */
    int64_t hold_us; /* us: one picture is shown for at most so long; 0: no limit */
    /* What the renderer sent. */
    int socket; /* -1 when it is closed */
    struct ipc_video_ring ring;
    struct layer_frame queue[IPC_SLOTS_MAX]; /* not yet uploaded, oldest first */
    size_t queued;
    uint32_t frames;     /* ever received */
    int64_t last_pts_us; /* of the last received; -1 none */
    bool late_told;      /* LATE came since */
    bool has_end;
    int64_t duration_us; /* where has_end */
    struct audio_voice *voice;
    uint64_t voice_bytes; /* of its ring */
    /* What is on the display's side. */
    struct picture *picture;
    int64_t picture_pts_us;
    bool picture_fresh;  /* uploaded since the last present */
    int64_t uploaded_us; /* when it was, while shown; 0 not yet */
    int64_t heard_us; /* us from the item's begin: sound that was really there has been played up to here */
    /* Where it is in its life. */
    bool ready;  /* its first picture is uploaded */
    bool failed; /* shows nothing from now on */
    bool shown;
    bool shown_reported;
    bool ended;
    bool ended_reported;
    bool show_pending;
    struct ipc_layer_show show;
    int64_t start_us; /* when pts 0 was shown; where shown */
    int64_t fade_us;  /* us, of its transition; 0 a cut */
    uint32_t presented, late;
};

struct layer *layer_create(const struct ipc_layer_add *add, int socket, struct pp_error *error);
void layer_destroy(struct layer *layer, struct audio *audio);

enum layer_news {
    LAYER_NEWS_NONE,   /* nothing more is waiting */
    LAYER_NEWS_SOME,   /* a message was taken */
    LAYER_NEWS_CLOSED, /* the renderer is gone in good order */
    LAYER_NEWS_LOST,   /* the renderer is gone too early; what there is remains */
    LAYER_NEWS_BROKEN, /* the renderer broke the protocol: the layer must be failed */
};
/* Takes one message from the renderer. `error` says why for LOST and BROKEN. The socket is closed for all but
 * the first two. */
enum layer_news layer_receive(struct layer *layer, struct audio *audio, const struct layer_limits *limits,
                              struct pp_error *error);
/* Bytes of rings and texture that it holds, or has been promised. */
uint64_t layer_memory(const struct layer *layer);

/* Makes the picture as soon as its form is known, while the renderer still works on the first frame. False
 * only when the display cannot have it. */
PP_MUST_USE bool layer_prepare(struct layer *layer, struct display *display, struct pp_error *error);
/* Uploads the newest queued frame with pts <= `until_us` and gives back its slot and all before it, which are
 * counted as late. False only when the display failed. */
PP_MUST_USE bool layer_upload(struct layer *layer, struct display *display, int64_t until_us,
                              struct pp_error *error);
/* Its time is over: what is still queued was late. */
void layer_end(struct layer *layer);
/* It shows nothing any more and takes nothing any more. */
void layer_fail(struct layer *layer, struct audio *audio);

/* Bytes of its texture. */
uint64_t layer_picture_bytes(const struct layer *layer);
/* A queued frame has pts <= `until_us`. */
bool layer_is_due(const struct layer *layer, int64_t until_us);
/* Asks how far its sound was heard. */
void layer_note_sound(struct layer *layer, struct audio *audio);

/* Moments, by its clock; PLAYER_NEVER where there is none. */
/* When its next frame is due, but not within half a refresh of the latest one. */
int64_t layer_next_upload_us(const struct layer *layer, int64_t refresh_us);
/* When END says, or when what was seen and heard of it last was held for hold_us, whatever END says. */
int64_t layer_end_us(const struct layer *layer);
/* When a film has stalled: nothing came to follow what was seen and heard of it last, not even its end. */
int64_t layer_stalled_us(const struct layer *layer);
/* 0 … 255: how far its own transition is. */
unsigned layer_alpha(const struct layer *layer, int64_t now_us);
bool layer_is_fading(const struct layer *layer, int64_t now_us);

#endif

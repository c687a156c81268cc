/*
 * Content is tried out before it is published: pingplay-render-media, started as a screen's agent starts it
 * and in the same cage (firmware/sandbox), gets the sealed object and that object's key. What it cannot show
 * on a screen it cannot show here, and says why in the same words. It decodes up to the first picture (of an
 * image: all of it) and to the first sound where there is some, and looks through all of a film for damage
 * (render/media/look.h). Nothing of the content is parsed in this process, which is that of looker.h.
 */
#ifndef HEADEND_INGEST_CONTENT_CHECK_H
#define HEADEND_INGEST_CONTENT_CHECK_H

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/file.h"
#include "ipc/launcher.h"
#include "ipc/wire.h"

#define CONTENT_RENDERER      "pingplay-render-media"
#define CONTENT_LOOKER        "pingplay-headend-look"
#define CONTENT_CHECK_S       120   /* for one file; the renderer's own limit of CPU time is lower */
#define CONTENT_LOOK_CPU_MS   10000 /* ms of CPU time that all of a film is looked through for */
#define CONTENT_FRAMES_MAX    250   /* pictures that are decoded in search of the first sound */
#define CONTENT_WARNING_MAX   (IPC_REASON_MAX + 1) /* bytes with the NUL */
#define CONTENT_TARGET_WIDTH  3840                 /* pixels, of the display that it is tried out for */
#define CONTENT_TARGET_HEIGHT 2160

struct content_renderers {
    const char *folder;            /* of pingplay-render-media */
    struct ipc_launcher *launcher; /* starts and kills as another user; NULL: we do, as ours */
    struct ingest_lane *lane;      /* to who starts what looks (ask.h); NULL: we do */
};

/* The folder of pingplay-render-media that was installed with this program. */
PP_MUST_USE bool content_renderers_find(char folder[PP_PATH_MAX], struct pp_error *error);

/* What the renderer has told and shown of it. */
struct content_seen {
    uint32_t width, height; /* pixels */
    uint32_t duration_ms;   /* 0: unknown, or none */
    bool sound;
    struct pp_buf
        *thumbnail; /* appended: a PNG of its first picture, THUMBNAIL_SIDE_MAX pixels at most; NULL: none */
};
/* `object` is a descriptor of `length` sealed bytes, borrowed. False, with PP_E_UNSUPPORTED or PP_E_INVALID where
 * screens cannot show it or not all of the picture; other codes where it could not be tried out. Where it is shown but
 * something is lost, `warning` says what; else it is "". *seen is filled. One from `start_ms` on is not looked through
 * for damage. */
PP_MUST_USE bool content_see(const struct content_renderers *renderers, int object, uint64_t length,
                             const uint8_t key[IPC_KEY_SIZE], enum ipc_media_kind kind, uint32_t start_ms,
                             char warning[CONTENT_WARNING_MAX], struct content_seen *seen,
                             struct pp_error *error);

#endif

/* What a piece of content may be; more is refused with a reason. */
#ifndef PP_RENDER_MEDIA_LIMITS_H
#define PP_RENDER_MEDIA_LIMITS_H

#define MEDIA_SIDE_MAX             8192               /* pixels, of films and animations */
#define MEDIA_PIXELS_MAX           (40 * 1000 * 1000) /* of one of their pictures, and of a photograph as decoded */
#define MEDIA_ANIMATION_PIXELS_MAX (4096 * 4096) /* of GIF and APNG, a kilobyte of which may be as large */
#define MEDIA_STILL_SIDE_MAX       65535         /* pixels, of a single picture */
#define MEDIA_STILL_PIXELS_MAX     (80 * 1000 * 1000)  /* of one that can be decoded only whole: PNG, WebP */
#define MEDIA_PHOTO_PIXELS_MAX     (300 * 1000 * 1000) /* of one that can be decoded smaller: JPEG */
#define MEDIA_PHOTO_WHOLE_MAX      (24 * 1000 * 1000)  /* pixels that are decoded whole in any case */
#define MEDIA_COEFFICIENTS_MAX     (640 * 1024 * 1024) /* bytes of them that a progressive JPEG needs */
#define MEDIA_REDUCTION_MAX        3                   /* times that the sides of a JPEG are halved */
#define MEDIA_STREAMS_MAX          256                 /* in one file; one picture and one sound are used */
#define MEDIA_PROBE_MAX            (4 * 1024 * 1024)   /* bytes looked at to find out what it is */
#define MEDIA_ANALYZE_MAX_US       (5 * 1000 * 1000)   /* us of it, the same */
#define MEDIA_SOUND_PAUSE_US       (5 * 1000 * 1000) /* us of silence behind the picture's end, before more sound */
#define MEDIA_PROBE_PACKETS_MAX    20000             /* read to find out what it is */
#define MEDIA_PACKETS_MAX          100000        /* read, and nothing to show came of them: an hour of film */
#define MEDIA_DECODED_PIXELS_MAX   4000000000ull /* the same of what was decoded: 2000 pictures of full HD */
#define MEDIA_INDEX_MAX            (128 * 1024 * 1024) /* bytes of a file's index: half a day of film needs a half */
#define MEDIA_SCANS_MAX            500                 /* of a JPEG; ten are many */
#define MEDIA_SCANNED_MAX          6000000000.0        /* samples that all scans of one go over */
#define MEDIA_QUEUE_PACKETS        4096                /* read ahead of one stream while another is wanted */
#define MEDIA_QUEUE_BYTES          (32 * 1024 * 1024)      /* of them */
#define MEDIA_THREADS_MAX          2                       /* of the video decoder */
#define MEDIA_MEMORY_MAX           (1024ull * 1024 * 1024) /* bytes, RLIMIT_DATA */
#define MEDIA_SEEK_MS              5000 /* ms of decoding on the way to where a film is to begin */
#define MEDIA_STILL_FILM_US        (3 * 1000 * 1000) /* us that a film of a single frame lasts at least */
#define MEDIA_CPU_PER_FRAME        20                /* s of CPU time without a new frame: it is stopped */
#define MEDIA_SLOTS                4                 /* of a frame ring; a still picture has one */
#define MEDIA_SLOTS_MIN            3                 /* a picture too large for so many is scaled down */
#define MEDIA_AUDIO_FRAMES         65536             /* of the sound ring: 1.4 s */
#define MEDIA_DECODE_FAILURES_MAX  500               /* packets in a row */

#endif

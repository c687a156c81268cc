/*
 * The messages between agent, player, renderers and their launcher: one packet of a SOCK_SEQPACKET unix
 * socket each, integers little endian, descriptors beside it by SCM_RIGHTS.
 *
 *      0      2      4
 *      +------+------+---------------------------------------------------------+
 *      | type | ver. | fields, in the order of the struct, without padding     |
 *      +------+------+---------------------------------------------------------+
 *      u8, bool: 1 byte   u16: 2   u32, i32: 4   u64: 8   text: u16 length, bytes (no NUL)   key: 32 bytes
 *
 * Example: LAYER_REMOVE of layer 7 is 05 01 02 00 07 00 00 00. See firmware/ipc/README.md for who sends
 * what when. ipc_decode checks the version, every field's range and that nothing is left over; a packet that
 * does not fit ends the connection, never the process.
 */
#ifndef PP_IPC_WIRE_H
#define PP_IPC_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ipc/packet.h"

#define IPC_VERSION        2
#define IPC_PROTOCOL       4    /* HELLO's: the meaning of the messages, as their form is IPC_VERSION's */
#define IPC_PACKET_MAX     4096 /* bytes */

#define IPC_REASON_MAX     200                 /* bytes */
#define IPC_DRIVER_MAX     32                  /* bytes */
#define IPC_TYPED_MAX      32                  /* bytes of text that one key, or an input method, makes */
#define IPC_TEXT_MAX       3072                /* bytes of START_STATUS's JSON */
#define IPC_PATH_MAX       511                 /* bytes of a program's path */
#define IPC_KEY_SIZE       32                  /* bytes */
#define IPC_SIDE_MAX       16384               /* pixels or canvas units */
#define IPC_TIME_US_MAX    (UINT64_C(1) << 50) /* us: 35 years, so that sums cannot overflow */
#define IPC_TIME_MS_MAX    (UINT64_C(1) << 50) /* ms */
#define IPC_FADE_MS_MAX    60000               /* ms */
#define IPC_LENGTH_MAX     (UINT64_C(1) << 50) /* bytes of a sealed object */
#define IPC_AUDIO_RATE     48000               /* Hz, the only rate */
#define IPC_SLOTS_MAX      16                  /* of a frame ring */
#define IPC_PLANES         3
#define IPC_RING_MAX       (64u * 1024 * 1024)   /* bytes of a frame ring */
#define IPC_MEMORY_MIB_MAX 65536                 /* MiB that a renderer may use */
#define IPC_CAPACITY_MIN   1024                  /* frames of an audio ring */
#define IPC_CAPACITY_MAX   (10 * IPC_AUDIO_RATE) /* frames of an audio ring */
#define IPC_REFRESH_MAX    1000000               /* mHz */
#define IPC_LAYERS_MAX     87 /* of one agent at a time: the player refuses more with LAYER_FAILED */

/* Blocks of 256 by direction. Numbers never change and are never used again. */
enum ipc_type {
    /* agent -> player */
    IPC_HELLO = 0x0101,
    IPC_CANVAS,
    IPC_LAYER_ADD, /* + frame socket */
    IPC_LAYER_SHOW,
    IPC_LAYER_REMOVE,
    IPC_SCREENSHOT, /* + file to write a PNG to */
    IPC_MARK,
    IPC_CONTROL,
    IPC_KEYBOARD,
    /* player -> agent */
    IPC_DISPLAY = 0x0201,
    IPC_LAYER_READY,
    IPC_LAYER_SHOWN,
    IPC_LAYER_ENDED,
    IPC_LAYER_FAILED,
    IPC_SCREENSHOT_DONE,
    IPC_LEAVING,
    IPC_CONTROLLED,
    IPC_TYPED,
    /* renderer -> player, on the layer's frame socket */
    IPC_RING = 0x0301,
    IPC_FRAME,
    IPC_AUDIO,
    IPC_END,
    IPC_LATE,
    /* player -> renderer, on the layer's frame socket */
    IPC_RELEASE = 0x0401,
    IPC_CLOCK,
    IPC_MEMORY, /* + memfd */
    /* agent -> renderer, on its control socket */
    IPC_START_MEDIA = 0x0501, /* + object, frame socket */
    IPC_START_STATUS,         /* + frame socket */
    IPC_DATA,                 /* what it draws has changed */
    /* renderer -> agent, on its control socket */
    IPC_SANDBOXED = 0x0601,
    IPC_INFO,
    IPC_FAILED,
    IPC_NOTE,
    /* agent -> launcher */
    IPC_LAUNCH = 0x0701, /* + control socket, pipe for standard error */
    IPC_KILL,            /* + pidfd */
    /* launcher -> agent */
    IPC_LAUNCHED = 0x0801,
};

enum ipc_fit { IPC_FIT_CONTAIN, IPC_FIT_COVER, IPC_FIT_FILL };
enum ipc_trigger {
    IPC_TRIGGER_READY, /* as soon as its first frame is there */
    IPC_TRIGGER_TIME,  /* at `at_ms`, or when its first frame is there if that is later */
    IPC_TRIGGER_END,   /* at the frame where the layer `replaces` ends (or fails, or is gone) */
};
enum ipc_transition { IPC_TRANSITION_CUT, IPC_TRANSITION_CROSSFADE };
enum ipc_pixel_format {
    IPC_PIXEL_I420,
    IPC_PIXEL_NV12,
    IPC_PIXEL_BGRA /* straight, not premultiplied, alpha */
};
enum ipc_matrix { IPC_MATRIX_BT601, IPC_MATRIX_BT709 };
enum ipc_sample_format { IPC_SAMPLE_S16, IPC_SAMPLE_F32 }; /* interleaved, native endian */
enum ipc_memory_use { IPC_MEMORY_FRAMES, IPC_MEMORY_SOUND };
enum ipc_media_kind { IPC_MEDIA_IMAGE, IPC_MEDIA_VIDEO };
enum ipc_note_kind {
    IPC_NOTE_SILENT,  /* there is sound, and none of it is played */
    IPC_NOTE_DAMAGED, /* parts of the picture are lost, or the end of the film */
    IPC_NOTE_FLAWED,  /* some pictures of a film are lost */
};
#define IPC_NOTE_KINDS 3
enum ipc_control_kind {
    IPC_CONTROL_POWER,   /* value 0: nothing is shown but black; else the picture */
    IPC_CONTROL_VOLUME,  /* value: percent, of all sound */
    IPC_CONTROL_RESTART, /* the player ends in good order, for whoever started it to start it again; value 0 */
    IPC_CONTROL_DUCK,    /* value: percent of that volume, while something else is to be heeded */
};
#define IPC_CONTROL_VALUE_MAX 100
enum ipc_typed_kind {
    IPC_TYPED_TEXT,
    IPC_TYPED_ERASE, /* the last character: Backspace */
    IPC_TYPED_CLEAR, /* all of it: Escape */
    IPC_TYPED_ENTER, /* that was it */
};
/* SANDBOXED's bits */
enum {
    IPC_SANDBOX_SECCOMP = 1,
    IPC_SANDBOX_USERNS = 2,
    IPC_SANDBOX_NO_NEW_PRIVS = 4,
    IPC_SANDBOX_LANDLOCK = 8
};

struct ipc_hello {
    uint32_t protocol; /* IPC_PROTOCOL; the agent's first message */
};
struct ipc_canvas {
    uint16_t width, height; /* canvas units; scaled to the display as turned */
    uint32_t background;    /* 0xRRGGBB */
    uint8_t fill;           /* bool: it takes the display's shape instead of keeping its own */
    uint8_t turn;           /* quarters clockwise that everything is turned by on the display, 0 … 3 */
};
struct ipc_layer_add {
    uint32_t layer;         /* the agent's number for it, not 0, never used twice on a connection */
    int32_t x, y;           /* canvas units, of the zone's rectangle, which also clips */
    uint32_t width, height; /* canvas units */
    int32_t z;              /* greater is nearer; equal: the one added later is nearer */
    uint8_t fit;            /* enum ipc_fit */
    uint8_t volume;         /* percent */
    uint32_t hold_ms;       /* ms: it has ended when one picture was shown for so long; 0: no limit */
};
struct ipc_layer_show {
    uint32_t layer;
    uint32_t replaces;    /* this layer is removed when the transition is over; 0 none */
    uint8_t trigger;      /* enum ipc_trigger */
    uint64_t at_ms;       /* ms, CLOCK_MONOTONIC; IPC_TRIGGER_TIME only */
    uint8_t transition;   /* enum ipc_transition */
    uint32_t duration_ms; /* of a crossfade */
};
struct ipc_layer_remove {
    uint32_t layer;
};
struct ipc_screenshot {
    uint32_t id;
};
struct ipc_mark {
    uint8_t offline; /* bool: the small "offline" mark is shown */
};
/* Answered by CONTROLLED, but for RESTART. Holds for this player, whichever agent asks. */
struct ipc_control {
    uint8_t control; /* enum ipc_control_kind */
    uint8_t value;   /* at most IPC_CONTROL_VALUE_MAX */
};
/* Whether what is typed on the display's keyboards is wanted; not at first. */
struct ipc_keyboard {
    uint8_t wanted; /* bool */
};

struct ipc_display {
    uint16_t width, height;          /* pixels */
    uint32_t refresh_mhz;            /* mHz; 60000 where the driver does not say */
    char driver[IPC_DRIVER_MAX + 1]; /* SDL's names: "video/renderer" */
};
struct ipc_layer_ready {
    uint32_t layer; /* its first frame is on the player's side: it can be shown at once */
};
struct ipc_layer_shown {
    uint32_t layer;
    uint64_t at_ms; /* ms, CLOCK_MONOTONIC, of the first present that contained it */
};
struct ipc_layer_ended {
    uint32_t layer;
    uint64_t at_ms; /* ms, CLOCK_MONOTONIC */
    uint32_t frames_presented;
    uint32_t frames_late; /* dropped because a later one was due as well */
};
struct ipc_layer_failed {
    uint32_t layer;
    uint8_t gone;   /* bool: its renderer hung up, and knows why */
    uint8_t broken; /* bool: what its renderer sent breaks the protocol */
    char reason[IPC_REASON_MAX + 1];
};
struct ipc_screenshot_done {
    uint32_t id;
    uint8_t ok; /* bool: the whole PNG is in the file */
};

/* The player ends in good order; without it, a connection that breaks is the player's death. */
struct ipc_leaving {
    uint8_t reason; /* 0: it was told to */
};

/* It holds from the next picture on, or from the next sound. */
struct ipc_controlled {
    uint8_t control; /* enum ipc_control_kind */
    uint8_t value;
};

/* Only while KEYBOARD wants it; may cross one that no longer does. Secret. */
struct ipc_typed {
    uint8_t kind;                 /* enum ipc_typed_kind */
    char text[IPC_TYPED_MAX + 1]; /* UTF-8; "" but for TEXT */
};

/* What the frames will be: the player answers with MEMORY, or drops a layer that asks for too much. Slot n
 * begins at n x slot_size; see ring.h for what is checked. Once per layer. */
struct ipc_ring {
    uint8_t format;                  /* enum ipc_pixel_format */
    uint16_t width, height;          /* pixels */
    uint8_t slots;                   /* 1 … IPC_SLOTS_MAX */
    uint32_t offsets[IPC_PLANES];    /* bytes, from the slot's begin; I420: Y U V, NV12: Y UV, BGRA: one */
    uint32_t strides[IPC_PLANES];    /* bytes a row; unused planes: 0 and 0 */
    uint32_t slot_size;              /* bytes */
    uint8_t matrix;                  /* enum ipc_matrix */
    uint8_t full_range;              /* bool */
    uint16_t aspect_num, aspect_den; /* sample aspect ratio, 1:1 for square pixels */
};
struct ipc_frame {
    uint8_t slot;    /* the renderer writes it again only after RELEASE */
    uint64_t pts_us; /* us from the item's begin, growing */
};
/* Once per layer, before the first FRAME; the player answers with MEMORY. Sample 0 belongs to pts 0. */
struct ipc_audio {
    uint8_t format;           /* enum ipc_sample_format */
    uint32_t rate;            /* Hz, IPC_AUDIO_RATE */
    uint8_t channels;         /* 2 */
    uint32_t capacity_frames; /* of the ring, a power of two */
};
/* No FRAME comes after it. A layer without END (a picture that stays) never ends by itself. */
struct ipc_end {
    uint64_t duration_us; /* us from the item's begin: the layer ends when its clock is there */
};
/* Before a FRAME or END: so many frames were left out, because their time had passed (CLOCK). */
struct ipc_late {
    uint32_t frames;
};
struct ipc_release {
    uint8_t slot;
};
/* A frame came late: the layer's clock was here when this was sent. What is over by then need not come. */
struct ipc_clock {
    uint64_t position_us; /* us from the item's begin */
};

/* The memory for what RING or AUDIO described: sealed, of the size that follows from it. */
struct ipc_memory {
    uint8_t use; /* enum ipc_memory_use */
};

struct ipc_start_media {
    uint8_t key[IPC_KEY_SIZE];
    uint8_t kind;                         /* enum ipc_media_kind */
    uint64_t object_length;               /* bytes of ciphertext */
    uint8_t loop;                         /* bool: start over at its end, pts going on, no END */
    uint8_t audio;                        /* bool: sound is wanted */
    uint16_t target_width, target_height; /* pixels; what is larger may be scaled down to it; 0 0: any */
    uint32_t duration_ms;  /* ms: animations repeat until then, films end no later; 0: a film ends by itself,
                              an image stays, no END */
    uint32_t start_ms;     /* ms into a film, where it begins: pts 0 and END count from there */
    uint32_t memory_mib;   /* MiB of private memory it may use; 0: the renderer's own limit */
    uint32_t first_cpu_ms; /* ms of CPU time to its first frame; 0: the renderer's own limit */
    uint32_t
        look_cpu_ms; /* ms of CPU time that all of a film is looked through for before, for damage; 0: it is not */
};
struct ipc_start_status {
    char json[IPC_TEXT_MAX + 1]; /* JSON */
};

/* After START_STATUS of what lives: the same JSON with other values, drawn in place of the former. */
struct ipc_data {
    char json[IPC_TEXT_MAX + 1]; /* JSON */
};

struct ipc_sandboxed {
    uint8_t level; /* IPC_SANDBOX_… */
};
struct ipc_info {
    uint16_t width, height; /* pixels */
    uint32_t duration_ms;   /* ms; 0 unknown or none */
    uint8_t has_audio;      /* bool */
};
struct ipc_failed {
    uint8_t unread; /* bool: the object could not be read, which says nothing about it */
    char reason[IPC_REASON_MAX + 1];
};
/* Something of the item is lost, and the rest is shown. Each kind at most once. */
struct ipc_note {
    uint8_t kind; /* enum ipc_note_kind */
    char reason[IPC_REASON_MAX + 1];
};

/* The program is started with these two descriptors (program.h); LAUNCHED answers. */
struct ipc_launch {
    char path[IPC_PATH_MAX + 1];
};
/* Nothing answers. */
struct ipc_kill {
    uint8_t signal; /* SIGKILL */
};
/* The launcher's first is of itself. */
struct ipc_launched {
    uint32_t pid; /* 0: no process, for the reason given */
    char reason[IPC_REASON_MAX + 1];
};

struct ipc_message {
    uint16_t type; /* enum ipc_type: which member of the union */
    union {
        struct ipc_hello hello;
        struct ipc_canvas canvas;
        struct ipc_layer_add layer_add;
        struct ipc_layer_show layer_show;
        struct ipc_layer_remove layer_remove;
        struct ipc_screenshot screenshot;
        struct ipc_mark mark;
        struct ipc_control control;
        struct ipc_keyboard keyboard;
        struct ipc_display display;
        struct ipc_layer_ready layer_ready;
        struct ipc_layer_shown layer_shown;
        struct ipc_layer_ended layer_ended;
        struct ipc_layer_failed layer_failed;
        struct ipc_screenshot_done screenshot_done;
        struct ipc_leaving leaving;
        struct ipc_controlled controlled;
        struct ipc_typed typed;
        struct ipc_ring ring;
        struct ipc_frame frame;
        struct ipc_audio audio;
        struct ipc_end end;
        struct ipc_late late;
        struct ipc_release release;
        struct ipc_clock clock;
        struct ipc_memory memory;
        struct ipc_start_media start_media;
        struct ipc_start_status start_status;
        struct ipc_data data;
        struct ipc_sandboxed sandboxed;
        struct ipc_info info;
        struct ipc_failed failed;
        struct ipc_note note;
        struct ipc_launch launch;
        struct ipc_kill kill;
        struct ipc_launched launched;
    };
    int fds[IPC_FDS_MAX]; /* received: the message's until taken (conn.h); to send: borrowed */
    size_t fd_count;
};

/* "LAYER_ADD", or NULL for a number that is no type. */
const char *ipc_type_name(unsigned type);
/* Exactly so many descriptors travel with the type; 0 also for a number that is no type. */
size_t ipc_type_fds(unsigned type);

/* Fails with PP_E_INVALID or PP_E_LIMIT, naming the field, for a message that decode would refuse. */
PP_MUST_USE bool ipc_encode(const struct ipc_message *message, uint8_t packet[IPC_PACKET_MAX], size_t *size,
                            struct pp_error *error);
/* Fills everything but the descriptors (fd_count is 0). On failure the content of `message` is unspecified.
 */
PP_MUST_USE bool ipc_decode(const void *packet, size_t size, struct ipc_message *message,
                            struct pp_error *error);

#endif

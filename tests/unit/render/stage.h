/*
 * Plays agent and player for one renderer program: starts it, hands it its START message, keeps what it
 * sends, looks at its frames, gives slots back. A renderer that hangs fails the test: one that has nothing to tell for
 * STAGE_PATIENCE_MS in which it did not work, or for STAGE_WORK_MS of work. How long work takes is the machine's
 * affair: a sanitizer's on a slow one is ten times that of the product.
 */
#ifndef TESTS_UNIT_RENDER_STAGE_H
#define TESTS_UNIT_RENDER_STAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/conn.h"
#include "ipc/ring.h"

#define STAGE_PATIENCE_MS 30000
#define STAGE_WORK_MS     120000      /* CPU time */
#define STAGE_SOUND_MAX   (48000 * 8) /* frames kept */

struct stage {
    pid_t pid;
    int control, frames; /* our ends */
    struct ipc_video_ring ring;
    struct ipc_audio_ring audio;
    uint8_t sandbox_level; /* of SANDBOXED */
    struct ipc_info info;
    char failed[IPC_REASON_MAX + 1]; /* "" where there was no FAILED */
    bool unread;                     /* FAILED said that it could not read */
    uint8_t noted;                   /* bit n: a NOTE of kind n */
    char note[IPC_REASON_MAX + 1];   /* of the last NOTE */
    uint64_t end_us;                 /* of END */
    bool has_end;
    uint32_t left_out; /* frames, of LATE */
    int16_t *sound;    /* STAGE_SOUND_MAX interleaved stereo frames */
    size_t sound_frames;
    int status; /* of waitpid, after stage_close */
};

/* `program` is relative to the build folder's firmware/. The fds of `start` are borrowed, its last one, the
 * frame socket, is added here. */
void stage_open(struct stage *stage, const char *program, struct ipc_message *start);

/* The same with `serve` in a child of this process, without a sandbox: where coverage and leaks are seen. It
 * gets the control socket and returns as media_run does. */
void stage_open_unlocked(struct stage *stage, bool (*serve)(int control, struct pp_error *error),
                         struct ipc_message *start);

enum stage_event { STAGE_FRAME, STAGE_END, STAGE_GONE };
/* What happens next; other messages are kept in the stage on the way. */
enum stage_event stage_next(struct stage *stage, struct ipc_frame *frame);
/* The next event, which must be this one. */
void stage_expect(struct stage *stage, enum stage_event wanted, struct ipc_frame *frame);
void stage_release(struct stage *stage, unsigned slot);
/* The player says that frames come late. */
void stage_clock(struct stage *stage, uint64_t position_us);

/* Hangs up, waits for the process and keeps its status. */
void stage_close(struct stage *stage);
/* As stage_close, and the process must have ended by itself with 0. */
void stage_close_well(struct stage *stage);

struct stage_colour {
    int red, green, blue, alpha;
};
struct stage_colour stage_pixel(const struct stage *stage, unsigned slot, unsigned x, unsigned y);
/* Each within `tolerance`. */
void stage_expect_pixel(const struct stage *stage, unsigned slot, unsigned x, unsigned y,
                        struct stage_colour wanted, int tolerance);

#endif

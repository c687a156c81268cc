/*
 * Drives the real pingplay-player without a display: the test is its agent and its renderers. Everything here
 * fails the test by itself, with a reason; nothing needs to be checked by the caller.
 */
#ifndef PP_TEST_PLAYER_RIG_H
#define PP_TEST_PLAYER_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>
#include <cmocka.h>
#include <sys/types.h>

#include "base/mem.h"
#include "ipc/conn.h"
#include "ipc/ring.h"

#define RIG_WAIT_MS 20000 /* until something that must happen is given up */

struct rig {
    char folder[64];
    char socket[96], trace[96], shot[96];
    pid_t player;
    int agent; /* the connection, -1 none */
    struct ipc_display display;
};

/* cmocka set-up and tear-down: a player with a window of 160 x 90 and a connected agent, canvas 160 x 90. The
 * tear-down stops the player and expects exit status 0. */
int rig_setup(void **state);
int rig_setup_without_sound(void **state);        /* there is no sound device */
int rig_setup_with_sound_in_a_pipe(void **state); /* named by SDL_DISKAUDIOFILE; the test removes it */
int rig_teardown(void **state);

void rig_connect(struct rig *rig);
void rig_disconnect(struct rig *rig);
void rig_send(struct rig *rig, const struct ipc_message *message);
struct ipc_message rig_receive(struct rig *rig);
/* Waits for a message of this type, passing over others; a LAYER_FAILED that was not waited for fails. */
struct ipc_message rig_expect(struct rig *rig, unsigned type);
/* The player is alive and answers. */
void rig_ping(struct rig *rig);
void rig_expect_disconnect(struct rig *rig);
/* Stops the player in good order; returns the trace's lines as an array, the caller deletes it. */
cJSON *rig_stop(struct rig *rig);
/* The trace as it is now. */
cJSON *rig_trace(const struct rig *rig);

struct image {
    int width, height;
    uint8_t *pixels; /* RGB */
};
/* What the player composes, through a SCREENSHOT message. */
struct image rig_screenshot(struct rig *rig);
/* The same through SIGUSR1 and --screenshot. */
struct image rig_screenshot_by_signal(const struct rig *rig);
struct image image_load(int fd);
void image_free(struct image *image);
/* Each channel of the pixel is within `tolerance` of 0xRRGGBB. */
void assert_pixel(const struct image *image, int x, int y, uint32_t rgb, int tolerance);

/* A renderer in the test: its end of a frame socket and its ring. */
struct source {
    uint32_t layer;
    int socket;
    struct ipc_video_ring ring;
    bool busy[IPC_SLOTS_MAX]; /* the player's */
    int64_t clock_us;         /* of the latest CLOCK */
};

/* LAYER_ADD with a zone on the canvas. */
void source_add(struct rig *rig, struct source *source, struct ipc_layer_add add);
/* Sends RING and maps the memory that the player gives; zero fields get: I420, 16 x 16, 4 slots, BT.709
 * limited, 1:1. */
void source_ring(struct source *source, struct ipc_ring layout);
/* The memory that the player gives for a RING or AUDIO that was sent; the caller closes it. */
int source_memory(const struct source *source, enum ipc_memory_use use);
/* The next message of the player, to the agent or to this renderer. */
struct ipc_message rig_answer(struct rig *rig, const struct source *source);
void source_send(const struct source *source, const struct ipc_message *message);
/* A frame of one colour: Y, U, V (or B, G, R and opaque) into a free slot, waiting for one. */
void source_frame(struct source *source, int64_t pts_us, uint8_t a, uint8_t b, uint8_t c);
void source_end(const struct source *source, int64_t duration_us);
void source_close(struct source *source);
/* The player closed the socket. */
void source_expect_closed(const struct source *source);

/* LAYER_ADD over the whole canvas, ring, one frame, waits for LAYER_READY. */
void source_picture(struct rig *rig, struct source *source, struct ipc_layer_add add, struct ipc_ring layout,
                    uint8_t a, uint8_t b, uint8_t c);
void rig_show(struct rig *rig, struct ipc_layer_show show);
/* Shows, and waits for LAYER_SHOWN. */
void rig_show_now(struct rig *rig, uint32_t layer, uint32_t replaces);

#endif

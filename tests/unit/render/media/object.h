/* Sealed objects of the test media, and the START message that plays them. */
#ifndef TESTS_UNIT_RENDER_MEDIA_OBJECT_H
#define TESTS_UNIT_RENDER_MEDIA_OBJECT_H

#include "base/buf.h"
#include "render/stage.h"

#define OBJECT_PROGRAM "render/media/pingplay-render-media"

/* The clear bytes of tests/data/media/NAME. */
void object_load(const char *name, struct pp_buf *clear);
/* Seals them and fills `start` for a film without sound, loop or limit; `start->fds[0]` is the object, the
 * test's. */
void object_seal(const struct pp_buf *clear, struct ipc_message *start);
/* Both, then kind and sound are set. */
void object_start(const char *name, enum ipc_media_kind kind, struct ipc_message *start);

/* Starts the renderer with `start`, whose object is closed here. */
void object_open(struct stage *stage, struct ipc_message *start);

/* What is wanted of one of the test media; what is left out is as the agent's is: no loop, no limit, sound.
 */
struct object_wish {
    const char *name;
    enum ipc_media_kind kind;
    bool loop, silent;
    uint32_t duration_ms, start_ms;
    uint16_t target_width, target_height;
};
void object_play(struct stage *stage, const struct object_wish *wish);

/* Red, lime, blue and white: the four quarters of the test pictures, from the top left to the bottom right.
 */
extern const struct stage_colour object_quarters[4];
void object_expect_quarters(const struct stage *stage, unsigned slot, const struct stage_colour colours[4],
                            int tolerance);

#endif

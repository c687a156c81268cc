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

#endif

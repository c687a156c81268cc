/* The picture of a layer on the display's side: a texture, filled from slots of a frame ring. */
#ifndef PP_PLAYER_PICTURE_H
#define PP_PLAYER_PICTURE_H

#include "ipc/ring.h"
#include "player/display.h"
#include "player/geometry.h"

struct picture;

/* One that is larger than the display's textures can be is shown with fewer pixels. */
struct picture *picture_create(struct display *display, const struct ipc_ring *layout,
                               struct pp_error *error);
void picture_destroy(struct picture *picture);

/* Copies a slot; the slot may be given back at once. */
PP_MUST_USE bool picture_upload(struct picture *picture, const struct ipc_video_ring *ring, unsigned slot,
                                struct pp_error *error);
/* Draws it at `target`, turned by so many quarters clockwise, and cut to `clip`. `alpha` 0 … 255. */
void picture_draw(const struct picture *picture, struct geometry_rect target, struct geometry_rect clip,
                  unsigned turn, unsigned alpha);
struct geometry_picture picture_shape(const struct picture *picture);
/* Nothing shines through what was uploaded last. */
bool picture_is_opaque(const struct picture *picture);

#endif

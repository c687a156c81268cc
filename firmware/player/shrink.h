/* Pictures larger than the display's textures (2048 pixels on some boards), made smaller by a whole number:
 * each pixel is the mean of those it stands for. */
#ifndef PP_PLAYER_SHRINK_H
#define PP_PLAYER_SHRINK_H

#include "ipc/ring.h"

/* The least by which both sides are at most `most` pixels; 1: they are. */
unsigned shrink_factor(const struct ipc_ring *layout, int most);
/* The layout of one slot of the smaller picture; with factor 1, of the picture itself. */
PP_MUST_USE bool shrink_layout(const struct ipc_ring *layout, unsigned factor, struct ipc_ring *small,
                               struct pp_error *error);
/* Fills the plane of the smaller picture; colours of BGRA count by their alpha. */
void shrink_plane(unsigned format, unsigned plane, struct ipc_plane from, struct ipc_plane to,
                  unsigned factor);

#endif

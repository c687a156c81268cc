/* Draws a scene as it is at a moment: background, layers from the bottom up, crossfades, the offline mark. */
#ifndef PP_PLAYER_COMPOSE_H
#define PP_PLAYER_COMPOSE_H

#include "player/scene.h"

/* Draws without presenting. `trace` gets the layers drawn; NULL for a drawing that nobody will see. */
void compose_draw(const struct scene *scene, int64_t now_us, struct trace *trace);

#endif

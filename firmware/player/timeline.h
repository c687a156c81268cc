/* Moves a scene through time: carries out shows at their moment, brings each layer to the picture that is
 * due, ends layers, and says when something is due next. */
#ifndef PP_PLAYER_TIMELINE_H
#define PP_PLAYER_TIMELINE_H

#include "player/scene.h"

/* Brings the scene to `now_us`; sets scene->dirty when it must be presented. */
void timeline_advance(struct scene *scene, int64_t now_us);
/* After a present of the moment `now_us`, or without one when nothing was dirty: counts and reports. */
void timeline_settle(struct scene *scene, bool presented, int64_t now_us);
/* When to advance next at the latest; PLAYER_NEVER: when a message comes. */
int64_t timeline_due_us(const struct scene *scene);

#endif

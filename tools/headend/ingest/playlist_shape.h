/* The form of playlist descriptions: what may stand where. Inside of playlist.c. */
#ifndef HEADEND_INGEST_PLAYLIST_SHAPE_H
#define HEADEND_INGEST_PLAYLIST_SHAPE_H

#include "base/json.h"

#define PLAYLIST_SINGLE "main" /* the one playlist, layout and zone where there is only one */

/* What an item names: a file, or content of the library, of which it may also say how often it comes and when. */
enum playlist_names { PLAYLIST_NAMES_FILES, PLAYLIST_NAMES_CONTENT };
#define PLAYLIST_WEIGHT_MAX 10 /* times that an item comes in a round */

/* Refuses what is not known, missing or of the wrong kind, naming the place. Of content a list may be empty as yet. */
PP_MUST_USE bool playlist_shape_check(const cJSON *description, enum playlist_names names,
                                      struct pp_error *error);

/* Whether an item shows a value of a feed (kind "metric"), and so no file. */
bool playlist_shape_is_metric(const cJSON *item);

/* Canvas and one layout of one zone that fills it; `description` may be NULL. A canvas that is not described takes the
 * display's shape. */
void playlist_shape_single(cJSON *manifest, const cJSON *description);
/* Canvas, layouts, schedule and default layout as they were described. */
void playlist_shape_copy(cJSON *manifest, const cJSON *description);

#endif

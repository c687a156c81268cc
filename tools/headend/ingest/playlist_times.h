/*
 * How often items of the library come, and when, said in what manifests and so screens know, who keep to it without a
 * network:
 *
 *   "weight": 2               the item comes twice in a round, as far from itself as can be: a b c becomes a b a c
 *   "valid_from", "valid_to"  of plain items: one layout for each span of time between two such moments, scheduled from
 *                             its first moment on for ever, of which the later one has the higher priority
 *
 * Beside layouts, items may say when that are shown by the default layout alone: it is that one of which there are
 * several, with priorities below all that is scheduled, behind the events that are described. In an event of the
 * schedule such a moment would come at another wall time on each screen, which manifests cannot say.
 *
 * Items keep their ids in all of them ("i3" is the third of the description); the second time one comes in a round it
 * is "i3.2".
 */
#ifndef HEADEND_INGEST_PLAYLIST_TIMES_H
#define HEADEND_INGEST_PLAYLIST_TIMES_H

#include "base/json.h"

#define PLAYLIST_MOMENTS_MAX 63 /* at which the list changes; a manifest has at most 64 layouts */

/* A description whose items say neither, as it counts from `now` on (s since 1970), of one whose shape was looked at
 * (playlist_shape.h). The caller deletes it. NULL with PP_E_LIMIT where there are too many moments, and with
 * PP_E_UNSUPPORTED where an item of a layout that is scheduled says when. */
cJSON *playlist_times_expand(const cJSON *description, int64_t now, struct pp_error *error);

#endif

/*
 * A draft made ready to be published: its content looked up in the library, how often and when items come said as
 * manifests know it, and looked at as a screen would. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_PUBLICATION_H
#define HEADEND_OPS_PUBLICATION_H

#include "channel/manifest.h"
#include "headend/ingest/playlist.h"
#include "headend/ops/content.h"
#include "headend/ops/publish_object.h"

struct publication {
    struct playlist playlist;           /* of what is shown now or later; `files` are content's ids */
    struct publish_original *originals; /* of each of them */
    cJSON *pins;                        /* of each content that is named, shown now or not (publish_pin.h) */
    uint64_t bytes;                     /* of the originals, sealed */
};
void publication_finish(struct publication *publication);
#define publication_auto PP_CLEANUP(publication_finish)

/* As it counts at `now` (s since 1970), with the content that is pinned as it was then; `pins` NULL: the newest.
 * PP_E_INVALID, PP_E_LIMIT or PP_E_UNSUPPORTED, naming the place, where it is no draft or screens would refuse it;
 * PP_E_STATE where content is in the bin or a pinned version has gone: then nothing in it can be used, and it is
 * finished all the same. Without the keys of the originals. */
PP_MUST_USE bool publication_make(struct db *db, const cJSON *document, const cJSON *pins, int64_t now,
                                  struct publication *publication, struct pp_error *error);
/* What was published as that version, again: its manifest, and its content out of the library or of the objects that it
 * became. PP_E_NOTFOUND where the version is not kept. With the keys of those that are in the library. */
PP_MUST_USE bool publication_of_version(struct db *db, const char *channel, int64_t number,
                                        struct publication *publication, struct pp_error *error);
/* A manifest without objects, as screens read it: such as stand for those to come, `objects` of them. The caller
 * destroys it. NULL where screens would refuse it. */
struct channel_manifest *publication_parse(const cJSON *manifest, size_t objects, struct pp_error *error);
/* Reads the keys of those that are in the library. */
PP_MUST_USE bool publication_open_keys(struct db *db, struct publication *publication,
                                       struct pp_error *error);

#endif

/* Content files as sealed objects of the repository. */
#ifndef HEADEND_OPS_PUBLISH_OBJECT_H
#define HEADEND_OPS_PUBLISH_OBJECT_H

#include "headend/base/home.h"
#include "headend/ingest/content_check.h"
#include "headend/ingest/media_type.h"

#define OBJECT_KEY_SIZE 32 /* bytes */

struct published_object {
    uint8_t sha256[32]; /* of the sealed object */
    uint8_t key[OBJECT_KEY_SIZE];
    uint64_t length; /* bytes, sealed */
    bool kept;       /* the same content was there already, and is used again with its key */
    bool checked;    /* by this version of the program: screens can show it */
    char warning[CONTENT_WARNING_MAX]; /* what of it screens cannot show; "" nothing */
};

/* Seals the file under a fresh key into objects/ab/<sha256>, synced, unless its content (by SHA-256) was
 * published before and no screen has left a channel that it was on: such a screen has the object's key. What
 * this version of the program has not tried out yet is tried out, with `renderers`, before it has its
 * place (content_check.h); PP_E_UNSUPPORTED or PP_E_INVALID where screens could not
 * show it. Whoever calls holds the publish lock. */
PP_MUST_USE bool publish_object(struct home *home, const char *path, const struct media_type *type,
                                const struct content_renderers *renderers, struct published_object *object,
                                struct pp_error *error);

/* Notes that the object is on the channel, before that is public. */
PP_MUST_USE bool publish_object_note(struct home *home, const struct published_object *object,
                                     const char *channel, struct pp_error *error);

#endif

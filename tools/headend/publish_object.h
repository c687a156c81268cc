/* Content files as sealed objects of the repository. */
#ifndef HEADEND_PUBLISH_OBJECT_H
#define HEADEND_PUBLISH_OBJECT_H

#include "headend/home.h"

#define OBJECT_KEY_SIZE 32 /* bytes */

struct published_object {
    uint8_t sha256[32]; /* of the sealed object */
    uint8_t key[OBJECT_KEY_SIZE];
    uint64_t length; /* bytes, sealed */
    bool kept;       /* the same content was there already, and is used again with its key */
};

/* Seals the file under a fresh key into objects/ab/<sha256>, synced, unless its content (by SHA-256) was
 * published before. Holds the publish lock. */
bool publish_object(struct home *home, const char *path, const char *media_type,
                    struct published_object *object, struct pp_error *error);

#endif

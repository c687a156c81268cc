/* Content files as sealed objects of the repository. */
#ifndef HEADEND_OPS_PUBLISH_OBJECT_H
#define HEADEND_OPS_PUBLISH_OBJECT_H

#include "headend/ingest/media_type.h"
#include "headend/ops/content_store.h"

#define OBJECT_KEY_SIZE 32 /* bytes */

struct published_object {
    uint8_t clear[32];  /* SHA-256 of the content */
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

/* Who hears of each piece that is read, and may say that it is enough: false with PP_E_CANCELLED. */
struct publish_watch {
    bool (*read)(void *arg, uint64_t bytes, struct pp_error *error);
    void *arg;
};

/* Content that is no file of somebody's: of the library, or of a former publish. */
struct publish_original {
    uint8_t clear[32]; /* SHA-256 of its clear bytes */
    char content[UUID_TEXT_SIZE];
    int64_t version;              /* of the content's file; 0: not of the library */
    char name[TEXT_NAME_MAX + 1]; /* for people */
    struct content_file file;     /* of the library, with its key; file.file "": it has gone there */
};
/* The same of such content. The library's sealed file becomes the object as it is, under its own key, unless a screen
 * has left a channel that had it; else it is sealed anew, out of what is there of it, and no clear byte of it is
 * written. PP_E_NOTFOUND where nothing of it is left. `watch` may be NULL. */
PP_MUST_USE bool publish_object_again(struct home *home, const struct publish_original *original,
                                      const struct media_type *type,
                                      const struct content_renderers *renderers,
                                      const struct publish_watch *watch, struct published_object *object,
                                      struct pp_error *error);

/* Notes that the object is on the channel, before that is public. */
PP_MUST_USE bool publish_object_note(struct home *home, const struct published_object *object,
                                     const char *channel, struct pp_error *error);

#endif

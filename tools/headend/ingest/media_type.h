/* What a content file is, by its first bytes. */
#ifndef HEADEND_INGEST_MEDIA_TYPE_H
#define HEADEND_INGEST_MEDIA_TYPE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define MEDIA_TYPE_PROBE (1024 * 1024) /* bytes of the file's beginning that are looked at */

#define MEDIA_TYPE_SHOWN ": save it as JPEG, PNG, WebP, GIF, MP4 or WebM"

struct media_type {
    const char *name; /* RFC 6838: "image/jpeg" */
    const char *kind; /* of a manifest's item: "image", "video" */
    bool moves;       /* it may be a "video": a film or an animation */
};

/* PP_E_UNSUPPORTED for what no display plays. `size` is what there is of the first MEDIA_TYPE_PROBE bytes. */
PP_MUST_USE bool media_type_detect(const uint8_t *data, size_t size, struct media_type *type,
                                   struct pp_error *error);
/* The same of one that was looked at before: its name and kind as they were kept. PP_E_INVALID for what is none. */
PP_MUST_USE bool media_type_of(const char *name, const char *kind, struct media_type *type,
                               struct pp_error *error);

#endif

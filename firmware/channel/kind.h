/* The kinds of content, a row each: what an item of it needs, and how it is shown. */
#ifndef PP_CHANNEL_KIND_H
#define PP_CHANNEL_KIND_H

#include "channel/manifest.h"

struct channel_kind_row {
    const char *name;    /* in manifests */
    bool object;         /* it needs one; */
    bool feed;           /* or a feed, and what is shown of it */
    bool moves;          /* it ends by itself, can be begun in its middle, and keeps its last picture */
    int64_t duration_ms; /* where the manifest gives none; 0: its own length */
};

const struct channel_kind_row *channel_kind_row(enum channel_kind kind);
/* False for a kind that this version does not have. */
bool channel_kind_find(const char *name, enum channel_kind *kind);

/* What an item is remembered by where it has failed: its object's hash, or for one without an object its own id. */
void channel_item_mark(const struct channel_item *item, uint8_t mark[CHANNEL_HASH_SIZE]);

#endif

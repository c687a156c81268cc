#include "headend/device/feeds_made.h"

#include <stdlib.h>
#include <string.h>

struct document {
    char channel[CHANNEL_ID_MAX + 1];
    char site[TEXT_NAME_MAX + 1];
    char tag[FEED_CHANNEL_TAG_SIZE];
    struct pp_buf sealed;
    uint64_t used;
};

struct feeds_made {
    struct document documents[FEEDS_MADE_MAX];
    uint64_t clock; /* counts uses */
};

struct feeds_made *feeds_made_create(struct pp_error *error) {
    struct feeds_made *made = calloc(1, sizeof *made);
    if (!made)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return made;
}

void feeds_made_destroy(struct feeds_made *made) {
    if (!made)
        return;
    for (size_t i = 0; i < FEEDS_MADE_MAX; i++)
        pp_buf_finish(&made->documents[i].sealed);
    free(made);
}

/* That channel's at that site, whatever its tag, or the one that was used longest ago. */
static struct document *place_of(struct feeds_made *made, const struct device *device) {
    struct document *oldest = &made->documents[0];
    for (size_t i = 0; i < FEEDS_MADE_MAX; i++) {
        struct document *document = &made->documents[i];
        if (strcmp(document->channel, device->channel) == 0 && strcmp(document->site, device->site) == 0)
            return document;
        if (document->used < oldest->used)
            oldest = document;
    }
    return oldest;
}

const struct pp_buf *feeds_made_get(struct feeds_made *made, struct db *db, const struct device *device,
                                    const char *tag, struct pp_error *error) {
    struct document *document = place_of(made, device);
    document->used = ++made->clock;
    if (strcmp(document->channel, device->channel) == 0 && strcmp(document->site, device->site) == 0 &&
        strcmp(document->tag, tag) == 0)
        return &document->sealed;
    pp_buf_finish(&document->sealed);
    document->sealed = PP_BUF_INIT(FEED_CHANNEL_SEALED_MAX);
    *document->channel = 0;
    if (!feed_channel_seal(db, device->channel, device->site, &document->sealed, error))
        return NULL;
    snprintf(document->channel, sizeof document->channel, "%s", device->channel);
    snprintf(document->site, sizeof document->site, "%s", device->site);
    snprintf(document->tag, sizeof document->tag, "%s", tag);
    return &document->sealed;
}

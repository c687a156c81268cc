#include "channel/kind.h"

#include <string.h>

static const struct channel_kind_row rows[CHANNEL_KINDS] = {
    [CHANNEL_IMAGE] = {.name = "image", .object = true, .duration_ms = 10000},
    [CHANNEL_VIDEO] = {.name = "video", .object = true, .moves = true},
    [CHANNEL_METRIC] = {.name = "metric", .feed = true, .duration_ms = 10000},
};

const struct channel_kind_row *channel_kind_row(enum channel_kind kind) {
    return &rows[kind];
}

bool channel_kind_find(const char *name, enum channel_kind *kind) {
    for (size_t i = 0; i < CHANNEL_KINDS; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *kind = (enum channel_kind)i;
            return true;
        }
    }
    return false;
}

void channel_item_mark(const struct channel_item *item, uint8_t mark[CHANNEL_HASH_SIZE]) {
    if (item->object) {
        memcpy(mark, item->object->sha256, CHANNEL_HASH_SIZE);
        return;
    }
    memset(mark, 0, CHANNEL_HASH_SIZE);
    memcpy(mark, item->id, strnlen(item->id, CHANNEL_HASH_SIZE));
}

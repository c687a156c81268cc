/*
 * The values of a channel's feeds, as the headend gives them, all in one document:
 *
 *   {"format": 1, "channel": "lobby", "feeds": {"sales": {"version": 1764532800123, "time": 1764532800,
 *                                                         "stale_after_s": 300, "value": {"today": 1240.5}}}}
 *
 * It comes as a sealed stream (crypto/seal.h) under the channel's key, with "pingplay/feeds/" and the channel's id as
 * associated data, so that nobody between reads a value, makes one, or gives another channel's. An older document is
 * found by its versions, which only grow: no value of one that was taken is gone behind.
 */
#ifndef PP_FEEDS_DOCUMENT_H
#define PP_FEEDS_DOCUMENT_H

#include "base/json.h"
#include "channel/manifest.h"

#define FEEDS_VALUE_MAX    (60 * 1024) /* bytes of a value */
#define FEEDS_DOCUMENT_MAX (CHANNEL_FEEDS_MAX * (FEEDS_VALUE_MAX + 512))
#define FEEDS_SEALED_MAX   (FEEDS_DOCUMENT_MAX + 1024) /* bytes */
#define FEEDS_AD           "pingplay/feeds/"
#define FEEDS_STALE_MAX_S  (30 * 86400)

struct feed {
    char name[CHANNEL_NAME_MAX + 1];
    int64_t version;
    int64_t time;          /* s since 1970, by the headend's clock */
    int64_t stale_after_s; /* after which it is old */
    cJSON *value;
    cJSON *before; /* the value before it, where one was seen; NULL */
};

/* What is known of all feeds of one channel. Belongs to one thread. */
struct feeds {
    char channel[CHANNEL_NAME_MAX + 1]; /* "" none */
    struct feed list[CHANNEL_FEEDS_MAX];
    size_t count;
};

void feeds_clear(struct feeds *feeds);

/* Takes a document of the channel: all of it, or nothing. PP_E_AUTH: it is not sealed for this channel with this key;
 * PP_E_ROLLBACK: a value is older than the one that is had; PP_E_INVALID, PP_E_LIMIT. What it does not name stays as it
 * was. */
PP_MUST_USE bool feeds_take(struct feeds *feeds, const char *channel, const uint8_t key[CHANNEL_KEY_SIZE],
                            const void *sealed, size_t size, struct pp_error *error);
/* The same of the clear text (for those who fuzz it). */
PP_MUST_USE bool feeds_take_text(struct feeds *feeds, const char *channel, const void *text, size_t size,
                                 struct pp_error *error);

/* NULL where nothing is known of it. */
const struct feed *feeds_find(const struct feeds *feeds, const char *name);

#endif

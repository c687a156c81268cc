/*
 * What the screens of a channel get of the feeds that its manifest names: all of them in one document
 *
 *   {"format": 1, "channel": "lobby", "feeds": {"sales": {"version": 1764532800123, "time": 1764532800,
 *                                                         "stale_after_s": 300, "value": {"today": 1240.5}}}}
 *
 * sealed (crypto/seal.h) under the channel's key, which its screens alone have, with "pingplay/feeds/" and the
 * channel's id as associated data. Whoever ends TLS on the way reads no value, makes none, and has none of another
 * channel taken; an older document has a lower version of some feed, which screens refuse. When a screen has left a
 * channel, its next key is the feeds' as well. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_FEED_CHANNEL_H
#define HEADEND_OPS_FEED_CHANNEL_H

#include "headend/ops/channel.h"
#include "headend/ops/feed.h"

#define FEED_CHANNEL_MAX          16 /* feeds of one channel; manifests name no more */
#define FEED_CHANNEL_DOCUMENT_MAX (FEED_CHANNEL_MAX * (FEED_VALUE_MAX + 512))
#define FEED_CHANNEL_SEALED_MAX   (FEED_CHANNEL_DOCUMENT_MAX + 1024)
#define FEED_CHANNEL_TAG_SIZE     24 /* bytes with the NUL: of what it is made of */
#define FEED_CHANNEL_AD           "pingplay/feeds/"

/* The channel's screens get those of a manifest that is being published as well, in the transaction before it is
 * public. PP_E_INVALID where one is not there. */
PP_MUST_USE bool feed_channel_add(struct db *db, const char *channel, const cJSON *manifest,
                                  struct pp_error *error);
/* Once it is public, or was not: those of its present version alone, and of one that is rolled out. */
PP_MUST_USE bool feed_channel_settle(struct db *db, const char *channel, struct pp_error *error);
/* The same for all channels with a publish that is to be settled. Before their rows change. */
PP_MUST_USE bool feed_channels_settle(struct db *db, struct pp_error *error);
PP_MUST_USE bool feed_channel_empty(struct db *db, const char *channel, struct pp_error *error);
/* The channels that show a feed, of which so many are told; `all` where there are more, or it cannot be found out. */
#define FEED_CHANNELS_MAX 64
struct feed_channels {
    char ids[FEED_CHANNELS_MAX][CHANNEL_ID_MAX + 1];
    size_t count;
    bool all;
};
void feed_channels_find(struct db *db, const char *feed, struct feed_channels *channels);
bool feed_channels_has(const struct feed_channels *channels, const char *channel);
/* What the document would be made of now, for screens at that site: another value, another feed or another key of the
 * channel give another tag. */
PP_MUST_USE bool feed_channel_tag(struct db *db, const char *channel, const char *site,
                                  char tag[FEED_CHANNEL_TAG_SIZE], struct pp_error *error);
/* Makes and seals it. */
PP_MUST_USE bool feed_channel_seal(struct db *db, const char *channel, const char *site,
                                   struct pp_buf *sealed, struct pp_error *error);

#endif

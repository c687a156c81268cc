/*
 * A channel's key after a screen has left it (was retired, or moved to another channel): what the screen knew must not
 * open what is published from then on. The trigger device_leaves counts who left, and marks the objects that were ever
 * on the channel as exposed: when their content is published again, it becomes a new object with a new key
 * (publish_object.c). A change of the key goes with one of the repository, where the manifest is sealed anew:
 *
 *   next key in the database -> manifest under it, public with the repository's next snapshot -> key in the database
 *
 * Who was interrupted is settled by the snapshot: public, the change is finished; else it is begun anew. Callers hold
 * db_lock and, but for channel_key_wanted, the publish lock.
 */
#ifndef HEADEND_OPS_CHANNEL_KEY_H
#define HEADEND_OPS_CHANNEL_KEY_H

#include "headend/ops/channel.h"

/* A channel that wants a new key; "" where none does. */
PP_MUST_USE bool channel_key_wanted(struct db *db, char id[CHANNEL_ID_MAX + 1], struct pp_error *error);

/* As if a screen had left it. PP_E_NOTFOUND where there is no such channel. */
PP_MUST_USE bool channel_key_want(struct db *db, const char *id, struct pp_error *error);

/* Begins: channel->key is then the next key, to seal with; the present one stays in effect until ... */
PP_MUST_USE bool channel_key_begin(struct db *db, struct channel *channel, int64_t snapshot,
                                   struct pp_error *error);
/* ... this, which also tells the channel's screens that their state has changed. */
PP_MUST_USE bool channel_key_finish(struct db *db, const char *id, struct pp_error *error);

/* Finishes what was made public with this snapshot, and forgets what was not. *changed: any was finished. */
PP_MUST_USE bool channel_key_settle(struct db *db, int64_t snapshot, bool *changed, struct pp_error *error);

#endif

/*
 * The vault record that says what is current: one record, so one atomic replacement is the switch. JSON, with
 * the channel key each manifest was sealed under, so that what is on flash opens without the headend.
 *
 *   {"format": 1, "current": {"channel": "lobby", "version": 7, "sha256": "…", "length": 2041, "key": "…"},
 *    "previous": {…}, "rejected": "…"}
 *
 * Internal.
 */
#ifndef PP_SYNC_RECORD_H
#define PP_SYNC_RECORD_H

#include "base/buf.h"
#include "sync/sync.h"

#define RECORD_SIZE_MAX 4096 /* bytes */

/* One manifest, as an object in the store. */
struct sync_stored {
    bool there;
    char channel[CHANNEL_NAME_MAX + 1];
    int64_t version;                   /* as the manifest says itself */
    uint8_t sha256[CHANNEL_HASH_SIZE]; /* of the sealed manifest */
    uint64_t length;                   /* bytes, sealed */
    uint8_t key[CHANNEL_KEY_SIZE];     /* the channel key it is sealed under, secret */
};

struct sync_record {
    struct sync_stored current, previous;
    bool has_rejected;
    uint8_t rejected[CHANNEL_HASH_SIZE]; /* a sealed manifest that must not become current again */
};

/* Wipes. */
void sync_record_finish(struct sync_record *record);
#define sync_autorecord PP_CLEANUP(sync_record_finish)

PP_MUST_USE bool sync_record_parse(const void *json, size_t size, struct sync_record *out,
                                   struct pp_error *error);
PP_MUST_USE bool sync_record_print(const struct sync_record *record, struct pp_buf *out,
                                   struct pp_error *error);

/* Whether the manifest must not become current. */
bool sync_record_rejects(const struct sync_record *record, const struct sync_stored *manifest);

/* A vault without the record gives an empty one. */
PP_MUST_USE bool sync_record_load(struct vault *vault, struct sync_record *out, struct pp_error *error);
PP_MUST_USE bool sync_record_save(struct vault *vault, const struct sync_record *record,
                                  struct pp_error *error);

#endif

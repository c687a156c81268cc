/* A sorted list of files that are named by a hash: what the store knows of its folders. Internal. */
#ifndef PP_STORE_INDEX_H
#define PP_STORE_INDEX_H

#include "store/store.h"

struct store_entry {
    uint8_t sha256[STORE_HASH_SIZE];
    uint64_t length;    /* bytes; of an open partial, what it will have */
    int64_t used_ms;    /* last use, ms since 1970; grows with every use */
    int64_t touched_ms; /* the time its file carries */
    bool open;          /* a struct store_partial writes it */
    unsigned unread;    /* times in a row that the flash did not let it be read */
};

struct store_index {
    struct store_entry *entries; /* sorted by hash */
    size_t count, room;
    uint64_t bytes; /* sum of the lengths */
};

void store_index_finish(struct store_index *index);

/* NULL where there is none. Borrowed until the next put or remove. */
struct store_entry *store_index_find(const struct store_index *index, const uint8_t sha256[STORE_HASH_SIZE]);
/* Adds or replaces. */
PP_MUST_USE bool store_index_put(struct store_index *index, const struct store_entry *entry,
                                 struct pp_error *error);
void store_index_remove(struct store_index *index, const uint8_t sha256[STORE_HASH_SIZE]);

/* The first entry whose hash is not below `sha256`, or NULL. */
const struct store_entry *store_index_from(const struct store_index *index,
                                           const uint8_t sha256[STORE_HASH_SIZE]);

#endif

#include "store/index.h"

#define INDEX_ROOM_FIRST 64

void store_index_finish(struct store_index *index) {
    free(index->entries);
    *index = (struct store_index){0};
}

/* Where the hash stands, or would stand. */
static size_t position_of(const struct store_index *index, const uint8_t *sha256) {
    size_t low = 0;
    size_t high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(index->entries[middle].sha256, sha256, STORE_HASH_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct store_index *index, size_t at, const uint8_t *sha256) {
    return at < index->count && memcmp(index->entries[at].sha256, sha256, STORE_HASH_SIZE) == 0;
}

struct store_entry *store_index_find(const struct store_index *index, const uint8_t sha256[STORE_HASH_SIZE]) {
    size_t at = position_of(index, sha256);
    return is_at(index, at, sha256) ? &index->entries[at] : NULL;
}

const struct store_entry *store_index_from(const struct store_index *index,
                                           const uint8_t sha256[STORE_HASH_SIZE]) {
    size_t at = position_of(index, sha256);
    return at < index->count ? &index->entries[at] : NULL;
}

static bool grow(struct store_index *index, struct pp_error *error) {
    if (index->count >= STORE_OBJECTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d objects", STORE_OBJECTS_MAX);
    if (index->count < index->room)
        return true;
    size_t room = index->room ? index->room * 2 : INDEX_ROOM_FIRST;
    struct store_entry *entries = reallocarray(index->entries, room, sizeof *entries);
    if (!entries)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    index->entries = entries;
    index->room = room;
    return true;
}

bool store_index_put(struct store_index *index, const struct store_entry *entry, struct pp_error *error) {
    size_t at = position_of(index, entry->sha256);
    if (is_at(index, at, entry->sha256)) {
        index->bytes -= index->entries[at].length;
    } else {
        if (!grow(index, error))
            return false;
        memmove(&index->entries[at + 1], &index->entries[at], (index->count - at) * sizeof *entry);
        index->count++;
    }
    index->entries[at] = *entry;
    index->bytes += entry->length;
    return true;
}

void store_index_remove(struct store_index *index, const uint8_t sha256[STORE_HASH_SIZE]) {
    size_t at = position_of(index, sha256);
    if (!is_at(index, at, sha256))
        return;
    index->bytes -= index->entries[at].length;
    index->count--;
    memmove(&index->entries[at], &index->entries[at + 1], (index->count - at) * sizeof *index->entries);
}

/* What may stay and what has to go. */
#include <errno.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/log.h"
#include "store/internal.h"

static int compare_hashes(const void *a, const void *b) {
    return memcmp(a, b, STORE_HASH_SIZE);
}

static bool pins_hold(const struct store_pins *pins, const uint8_t *sha256) {
    return pins->count && bsearch(sha256, pins->hashes, pins->count, STORE_HASH_SIZE, compare_hashes) != NULL;
}

bool store_pinned(const struct store *store, const uint8_t sha256[STORE_HASH_SIZE]) {
    for (size_t i = 0; i < STORE_PIN_SETS; i++) {
        if (pins_hold(&store->pins[i], sha256))
            return true;
    }
    return false;
}

static bool pins_make(const struct store_need *needs, size_t count, struct store_pins *pins,
                      struct pp_error *error) {
    if (count > STORE_PIN_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d objects to keep", STORE_PIN_MAX);
    pins->hashes = calloc(count + 1, STORE_HASH_SIZE);
    if (!pins->hashes)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    pins->count = count;
    for (size_t i = 0; i < count; i++)
        memcpy(pins->hashes[i], needs[i].sha256, STORE_HASH_SIZE);
    qsort(pins->hashes, count, STORE_HASH_SIZE, compare_hashes);
    return true;
}

bool store_pin(struct store *store, enum store_pin_set set, const struct store_need *needs, size_t count,
               struct pp_error *error) {
    struct store_pins pins;
    if (!pins_make(needs, count, &pins, error))
        return false;
    pthread_mutex_lock(&store->lock);
    struct store_pins old = store->pins[set];
    store->pins[set] = pins;
    pthread_mutex_unlock(&store->lock);
    free(old.hashes);
    return true;
}

static uint64_t on_flash(uint64_t length) {
    return (length + STORE_FLASH_UNIT - 1) / STORE_FLASH_UNIT * STORE_FLASH_UNIT;
}

static uint64_t bytes_held(const struct store *store) {
    return store->objects.bytes + store->partials.bytes + store->quarantine.bytes;
}

static uint64_t flash_available(const struct store *store) {
    struct statvfs info;
    return fstatvfs(store->dir, &info) < 0 ? 0 : (uint64_t)info.f_bavail * info.f_frsize;
}

static uint64_t flash_free(const struct store *store) {
    uint64_t available = flash_available(store);
    return available > store->config.reserve_bytes ? available - store->config.reserve_bytes : 0;
}

void store_usage(struct store *store, struct store_usage *out) {
    pthread_mutex_lock(&store->lock);
    *out = (struct store_usage){
        .bytes = bytes_held(store),
        .max_bytes = store->config.max_bytes,
        .free_bytes = flash_free(store),
        .objects = store->objects.count,
        .quarantined = store->quarantine.count,
    };
    pthread_mutex_unlock(&store->lock);
}

/* ---- What one call reckons with ---- */

struct plan {
    struct store_pins needed; /* hashes of `needs`, sorted */
    uint64_t missing;         /* bytes of them that are still to come */
    uint64_t held, room;      /* bytes the store holds; bytes that are free for it under both caps */
    uint64_t evictable;       /* bytes that may go */
};

static uint64_t missing_of(const struct store *store, const struct store_need *need) {
    const struct store_entry *entry = store_index_find(&store->objects, need->sha256);
    if (entry && entry->length == need->length)
        return 0;
    uint64_t length = on_flash(need->length);
    const struct store_entry *partial = store_index_find(&store->partials, need->sha256);
    /* An open partial is reckoned with its whole length already. */
    if (!partial || partial->length >= length)
        return partial ? 0 : length;
    return length - partial->length;
}

static bool may_go(const struct store *store, const struct plan *plan, const struct store_entry *entry) {
    return !entry->open && !pins_hold(&plan->needed, entry->sha256) && !store_pinned(store, entry->sha256);
}

static uint64_t evictable_of(const struct store *store, const struct plan *plan,
                             const struct store_index *index) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < index->count; i++) {
        if (may_go(store, plan, &index->entries[i]))
            bytes += index->entries[i].length;
    }
    return bytes;
}

/* Each object once, however often it is named. */
static bool missing_sum(const struct store *store, const struct store_need *needs, size_t count,
                        uint64_t *sum, struct pp_error *error) {
    struct store_index seen = {0};
    bool ok = true;
    *sum = 0;
    for (size_t i = 0; ok && i < count; i++) {
        struct store_entry entry = {0};
        if (store_index_find(&seen, needs[i].sha256))
            continue;
        memcpy(entry.sha256, needs[i].sha256, sizeof entry.sha256);
        ok = store_index_put(&seen, &entry, error);
        if (needs[i].length > STORE_OBJECT_LENGTH_MAX)
            ok = pp_fail(error, PP_E_LIMIT, "an object of %llu bytes", (unsigned long long)needs[i].length);
        *sum += missing_of(store, &needs[i]);
    }
    store_index_finish(&seen);
    return ok;
}

static uint64_t room_of(const struct store *store, uint64_t held) {
    uint64_t room = flash_free(store);
    uint64_t max = store->config.max_bytes;
    uint64_t under_cap = held >= max ? 0 : max - held;
    return max && under_cap < room ? under_cap : room;
}

/* Bytes that have to go before anything comes: those over max_bytes, or those that eat the reserve. */
static uint64_t excess_of(const struct store *store, const struct plan *plan) {
    uint64_t max = store->config.max_bytes;
    uint64_t over_cap = max && plan->held > max ? plan->held - max : 0;
    uint64_t available = flash_available(store);
    uint64_t reserve = store->config.reserve_bytes;
    uint64_t eaten = available < reserve ? reserve - available : 0;
    return over_cap > eaten ? over_cap : eaten;
}

static bool plan_make(const struct store *store, const struct store_need *needs, size_t count,
                      struct plan *plan, struct pp_error *error) {
    *plan = (struct plan){0};
    if (!missing_sum(store, needs, count, &plan->missing, error) ||
        !pins_make(needs, count, &plan->needed, error))
        return false;
    plan->held = bytes_held(store);
    plan->room = room_of(store, plan->held);
    plan->evictable = store->quarantine.bytes + evictable_of(store, plan, &store->objects) +
                      evictable_of(store, plan, &store->partials);
    return true;
}

static bool plan_check(const struct store *store, const struct plan *plan, struct pp_error *error) {
    uint64_t want = plan->missing + excess_of(store, plan);
    uint64_t available = plan->room + plan->evictable;
    if (plan->missing == 0 || want <= available)
        return true;
    return pp_fail(error, PP_E_NOSPACE, "needs %llu bytes more, %llu can be had",
                   (unsigned long long)plan->missing, (unsigned long long)available);
}

bool store_space_check(struct store *store, const struct store_need *needs, size_t count,
                       struct pp_error *error) {
    struct plan plan;
    pthread_mutex_lock(&store->lock);
    bool ok = plan_make(store, needs, count, &plan, error) && plan_check(store, &plan, error);
    pthread_mutex_unlock(&store->lock);
    free(plan.needed.hashes);
    return ok;
}

/* ---- Eviction ---- */

/* In the order in which they go: rotten objects, downloads that nobody waits for, then objects. */
enum rank { RANK_QUARANTINE, RANK_PARTIAL, RANK_OBJECT };

struct candidate {
    enum rank rank;
    struct store_entry entry;
};

struct candidates {
    struct candidate *list;
    size_t count;
};

static void collect(const struct store *store, const struct plan *plan, const struct store_index *index,
                    enum rank rank, struct candidates *out) {
    for (size_t i = 0; i < index->count; i++) {
        const struct store_entry *entry = &index->entries[i];
        if (rank == RANK_QUARANTINE || may_go(store, plan, entry))
            out->list[out->count++] = (struct candidate){.rank = rank, .entry = *entry};
    }
}

/* Within a rank the least recently used first. */
static int compare_candidates(const void *a, const void *b) {
    const struct candidate *left = a;
    const struct candidate *right = b;
    if (left->rank != right->rank)
        return left->rank < right->rank ? -1 : 1;
    return (left->entry.used_ms > right->entry.used_ms) - (left->entry.used_ms < right->entry.used_ms);
}

static bool candidates_make(const struct store *store, const struct plan *plan, struct candidates *out,
                            struct pp_error *error) {
    out->count = 0;
    out->list =
        calloc(store->objects.count + store->partials.count + store->quarantine.count + 1, sizeof *out->list);
    if (!out->list)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    collect(store, plan, &store->quarantine, RANK_QUARANTINE, out);
    collect(store, plan, &store->partials, RANK_PARTIAL, out);
    collect(store, plan, &store->objects, RANK_OBJECT, out);
    qsort(out->list, out->count, sizeof *out->list, compare_candidates);
    return true;
}

/* What the removal freed; 0 for one that somebody began to need meanwhile. Lock held. */
static uint64_t drop_locked(struct store *store, const struct plan *plan, const struct candidate *candidate) {
    struct store_index *index = candidate->rank == RANK_OBJECT    ? &store->objects
                                : candidate->rank == RANK_PARTIAL ? &store->partials
                                                                  : &store->quarantine;
    const uint8_t *sha256 = candidate->entry.sha256;
    const struct store_entry *entry = store_index_find(index, sha256);
    if (!entry || (candidate->rank != RANK_QUARANTINE && !may_go(store, plan, entry)))
        return 0;
    char path[PP_PATH_MAX];
    uint64_t length = entry->length;
    if (candidate->rank == RANK_OBJECT)
        store_object_path(sha256, path);
    else
        store_side_path(candidate->rank == RANK_PARTIAL ? STORE_PARTIAL : STORE_QUARANTINE, sha256, path);
    if (unlinkat(store->dir, path, 0) < 0 && errno != ENOENT) {
        pp_log_warning("store: cannot remove %s: %s", path, strerror(errno));
        return 0;
    }
    store_index_remove(index, sha256);
    return length;
}

/* File systems may give space back late, so what was freed is counted here and not asked for. The lock is
 * taken for each file alone: others may open objects in between. */
static void drop_until_it_fits(struct store *store, const struct plan *plan, uint64_t want,
                               const struct candidates *candidates) {
    uint64_t freed = 0;
    for (size_t i = 0; i < candidates->count && plan->room + freed < want; i++) {
        pthread_mutex_lock(&store->lock);
        freed += drop_locked(store, plan, &candidates->list[i]);
        pthread_mutex_unlock(&store->lock);
    }
}

bool store_evict(struct store *store, const struct store_need *needs, size_t count, struct pp_error *error) {
    struct plan plan;
    struct candidates candidates = {0};
    uint64_t want = 0;
    pthread_mutex_lock(&store->lock);
    bool ok = plan_make(store, needs, count, &plan, error) && plan_check(store, &plan, error) &&
              candidates_make(store, &plan, &candidates, error);
    if (ok)
        want = plan.missing + excess_of(store, &plan);
    pthread_mutex_unlock(&store->lock);
    if (ok)
        drop_until_it_fits(store, &plan, want, &candidates);
    free(candidates.list);
    free(plan.needed.hashes);
    return ok;
}

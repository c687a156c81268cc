/* What may stay and what has to go. */
#include <errno.h>
#include <fcntl.h>
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

bool store_pinned_in(const struct store *store, enum store_pin_set set,
                     const uint8_t sha256[STORE_HASH_SIZE]) {
    return pins_hold(&store->pins[set], sha256);
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

/* Objects that have left the set were in use until now. */
static void touch_departed(struct store *store, enum store_pin_set set, const struct store_pins *before) {
    for (size_t i = 0; i < before->count; i++) {
        pthread_mutex_lock(&store->lock);
        struct store_entry *entry = store_index_find(&store->objects, before->hashes[i]);
        if (entry && !store_pinned_in(store, set, before->hashes[i]))
            store_touch(store, entry);
        pthread_mutex_unlock(&store->lock);
    }
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
    if (set == STORE_PIN_CURRENT)
        touch_departed(store, set, &old);
    free(old.hashes);
    return true;
}

/* What a flash can run out of. */
struct amount {
    uint64_t bytes;
    uint64_t files; /* inodes, and places in the index */
};

static void amount_add(struct amount *sum, struct amount more) {
    sum->bytes += more.bytes;
    sum->files += more.files;
}

static bool amount_fits(struct amount want, struct amount room) {
    return want.bytes <= room.bytes && want.files <= room.files;
}

static uint64_t on_flash(uint64_t length) {
    return (length + STORE_FLASH_UNIT - 1) / STORE_FLASH_UNIT * STORE_FLASH_UNIT;
}

static struct amount amount_held(const struct store *store) {
    return (struct amount){
        .bytes = store->objects.bytes + store->partials.bytes + store->quarantine.bytes,
        .files = store->objects.count + store->partials.count + store->quarantine.count,
    };
}

/* Of the flash, for this user. A file system without an inode table says 0 of 0. */
static struct amount flash_available(const struct store *store) {
    struct statvfs info;
    if (fstatvfs(store->dir, &info) < 0)
        return (struct amount){0};
    return (struct amount){
        .bytes = (uint64_t)info.f_bavail * info.f_frsize,
        .files = info.f_files ? info.f_favail : UINT32_MAX,
    };
}

static uint64_t above(uint64_t a, uint64_t b) {
    return a > b ? a - b : 0;
}

static uint64_t least(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

void store_usage(struct store *store, struct store_usage *out) {
    pthread_mutex_lock(&store->lock);
    *out = (struct store_usage){
        .bytes = amount_held(store).bytes,
        .max_bytes = store->config.max_bytes,
        .free_bytes = above(flash_available(store).bytes, store->config.reserve_bytes),
        .objects = store->objects.count,
        .quarantined = store->quarantine.count,
    };
    pthread_mutex_unlock(&store->lock);
}

/* ---- What one call reckons with ---- */

struct plan {
    struct store_pins needed; /* hashes of `needs`, sorted */
    struct amount missing;    /* of them, still to come */
    struct amount excess;     /* has to go before anything comes: over the caps, or eating the reserve */
    struct amount room;       /* free under caps and reserve */
    struct amount evictable;  /* may go */
};

static struct amount missing_of(const struct store *store, const struct store_need *need) {
    const struct store_entry *entry = store_index_find(&store->objects, need->sha256);
    if (entry && entry->length == need->length)
        return (struct amount){0};
    const struct store_entry *partial = store_index_find(&store->partials, need->sha256);
    /* An open partial is reckoned with its whole length already. */
    return (struct amount){
        .bytes = above(on_flash(need->length), partial ? partial->length : 0),
        .files = partial ? 0 : 1,
    };
}

static bool is_removable(const struct store *store, const struct plan *plan,
                         const struct store_entry *entry) {
    return !entry->open && !pins_hold(&plan->needed, entry->sha256) && !store_pinned(store, entry->sha256);
}

static struct amount evictable_of(const struct store *store, const struct plan *plan,
                                  const struct store_index *index) {
    struct amount sum = {0};
    for (size_t i = 0; i < index->count; i++) {
        if (is_removable(store, plan, &index->entries[i]))
            amount_add(&sum, (struct amount){.bytes = index->entries[i].length, .files = 1});
    }
    return sum;
}

/* Counts each object once, however often it is named. */
static bool missing_sum(const struct store *store, const struct store_need *needs, size_t count,
                        struct amount *sum, struct pp_error *error) {
    struct store_index seen = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        struct store_entry entry = {0};
        if (store_index_find(&seen, needs[i].sha256))
            continue;
        memcpy(entry.sha256, needs[i].sha256, sizeof entry.sha256);
        ok = store_index_put(&seen, &entry, error);
        if (needs[i].length > STORE_OBJECT_LENGTH_MAX)
            ok = pp_fail(error, PP_E_LIMIT, "an object of %llu bytes", (unsigned long long)needs[i].length);
        amount_add(sum, missing_of(store, &needs[i]));
    }
    store_index_finish(&seen);
    return ok;
}

static void plan_reckon(const struct store *store, struct plan *plan) {
    uint64_t max_bytes = store->config.max_bytes ? store->config.max_bytes : UINT64_MAX;
    uint64_t reserve = store->config.reserve_bytes;
    struct amount held = amount_held(store);
    struct amount available = flash_available(store);
    plan->room = (struct amount){
        .bytes = least(above(available.bytes, reserve), above(max_bytes, held.bytes)),
        .files = least(above(available.files, STORE_FILES_RESERVE), above(STORE_FILES_MAX, held.files)),
    };
    plan->excess = (struct amount){
        .bytes = most(above(reserve, available.bytes), above(held.bytes, max_bytes)),
        .files = most(above(STORE_FILES_RESERVE, available.files), above(held.files, STORE_FILES_MAX)),
    };
    plan->evictable = (struct amount){.bytes = store->quarantine.bytes, .files = store->quarantine.count};
    amount_add(&plan->evictable, evictable_of(store, plan, &store->objects));
    amount_add(&plan->evictable, evictable_of(store, plan, &store->partials));
}

static bool plan_make(const struct store *store, const struct store_need *needs, size_t count,
                      struct plan *plan, struct pp_error *error) {
    *plan = (struct plan){0};
    if (!missing_sum(store, needs, count, &plan->missing, error) ||
        !pins_make(needs, count, &plan->needed, error))
        return false;
    plan_reckon(store, plan);
    return true;
}

static struct amount plan_want(const struct plan *plan) {
    struct amount want = plan->missing;
    amount_add(&want, plan->excess);
    return want;
}

static bool plan_check(const struct plan *plan, struct pp_error *error) {
    struct amount available = plan->room;
    amount_add(&available, plan->evictable);
    if (plan->missing.bytes + plan->missing.files == 0 || amount_fits(plan_want(plan), available))
        return true;
    if (plan_want(plan).bytes > available.bytes)
        return pp_fail(error, PP_E_NOSPACE, "needs %llu bytes more, %llu can be had",
                       (unsigned long long)plan->missing.bytes, (unsigned long long)available.bytes);
    return pp_fail(error, PP_E_NOSPACE, "needs %llu files more, %llu can be had",
                   (unsigned long long)plan->missing.files, (unsigned long long)available.files);
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
        if (rank == RANK_QUARANTINE || is_removable(store, plan, entry))
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

/* What the removal freed; nothing for one that somebody began to need meanwhile. `*held` gets a descriptor
 * that keeps the bytes alive, or -1: closing it is what takes its time with a large file, and nobody waits
 * for that. Lock held. */
static struct amount drop_locked(struct store *store, const struct plan *plan,
                                 const struct candidate *candidate, int *held) {
    struct store_index *index = candidate->rank == RANK_OBJECT    ? &store->objects
                                : candidate->rank == RANK_PARTIAL ? &store->partials
                                                                  : &store->quarantine;
    const uint8_t *sha256 = candidate->entry.sha256;
    const struct store_entry *entry = store_index_find(index, sha256);
    if (!entry || (candidate->rank != RANK_QUARANTINE && !is_removable(store, plan, entry)))
        return (struct amount){0};
    char path[PP_PATH_MAX];
    struct amount freed = {.bytes = entry->length, .files = 1};
    if (candidate->rank == RANK_OBJECT)
        store_object_path(sha256, path);
    else
        store_side_path(candidate->rank == RANK_PARTIAL ? STORE_PARTIAL : STORE_QUARANTINE, sha256, path);
    *held = openat(store->dir, path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
    if (unlinkat(store->dir, path, 0) < 0 && errno != ENOENT) {
        pp_log_warning("store: cannot remove %s: %s", path, strerror(errno));
        return (struct amount){0};
    }
    store_index_remove(index, sha256);
    return freed;
}

/* File systems may give space back late, so what was freed is counted here and not asked for. The lock is
 * taken for each file alone: others may open objects in between. */
static void drop_until_it_fits(struct store *store, const struct plan *plan,
                               const struct candidates *candidates) {
    struct amount room = plan->room;
    for (size_t i = 0; i < candidates->count && !amount_fits(plan_want(plan), room); i++) {
        pp_autoclose int held = -1;
        pthread_mutex_lock(&store->lock);
        amount_add(&room, drop_locked(store, plan, &candidates->list[i], &held));
        pthread_mutex_unlock(&store->lock);
    }
}

bool store_evict(struct store *store, const struct store_need *needs, size_t count, struct pp_error *error) {
    struct plan plan;
    struct candidates candidates = {0};
    pthread_mutex_lock(&store->lock);
    bool ok = plan_make(store, needs, count, &plan, error) && plan_check(&plan, error) &&
              candidates_make(store, &plan, &candidates, error);
    pthread_mutex_unlock(&store->lock);
    if (ok)
        drop_until_it_fits(store, &plan, &candidates);
    free(candidates.list);
    free(plan.needed.hashes);
    return ok;
}

bool store_clear(struct store *store, struct store_cleared *cleared, struct pp_error *error) {
    struct plan plan = {0};
    struct candidates candidates = {0};
    struct amount freed = {0};
    pthread_mutex_lock(&store->lock);
    bool ok = candidates_make(store, &plan, &candidates, error);
    pthread_mutex_unlock(&store->lock);
    for (size_t i = 0; ok && i < candidates.count; i++) {
        pp_autoclose int held = -1;
        pthread_mutex_lock(&store->lock);
        amount_add(&freed, drop_locked(store, &plan, &candidates.list[i], &held));
        pthread_mutex_unlock(&store->lock);
    }
    free(candidates.list);
    *cleared = (struct store_cleared){.bytes = freed.bytes, .files = freed.files};
    return ok;
}

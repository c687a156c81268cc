/* Looking for rot: all objects are read and hashed again, in slices, in the order of their hashes. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "crypto/bulk.h"
#include "store/internal.h"

void store_quarantine_drop(struct store *store, const uint8_t sha256[STORE_HASH_SIZE]) {
    char path[PP_PATH_MAX];
    uint8_t name[STORE_HASH_SIZE]; /* the argument may stand in the list */
    memcpy(name, sha256, sizeof name);
    store_side_path(STORE_QUARANTINE, name, path);
    unlinkat(store->dir, path, 0);
    store_index_remove(&store->quarantine, name);
}

static void quarantine_make_room(struct store *store) {
    while (store->quarantine.count >= STORE_QUARANTINE_MAX) {
        const struct store_entry *oldest = &store->quarantine.entries[0];
        for (size_t i = 1; i < store->quarantine.count; i++) {
            if (store->quarantine.entries[i].used_ms < oldest->used_ms)
                oldest = &store->quarantine.entries[i];
        }
        store_quarantine_drop(store, oldest->sha256);
    }
}

bool store_quarantine_locked(struct store *store, const struct store_entry *entry, struct pp_error *error) {
    char from[PP_PATH_MAX];
    char to[PP_PATH_MAX];
    struct store_entry moved = *entry;
    quarantine_make_room(store);
    store_object_path(moved.sha256, from);
    store_side_path(STORE_QUARANTINE, moved.sha256, to);
    store_index_remove(&store->objects, moved.sha256);
    moved.used_ms = store_tick(store);
    if (renameat(store->dir, from, store->dir, to) < 0) {
        pp_fail_errno(error, "set aside %s", from);
        /* Whatever happens, bad bytes must not come back at the next opening. */
        unlinkat(store->dir, from, 0);
        return false;
    }
    return store_index_put(&store->quarantine, &moved, error);
}

bool store_quarantine(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], struct pp_error *error) {
    pthread_mutex_lock(&store->lock);
    const struct store_entry *entry = store_index_find(&store->objects, sha256);
    bool ok = entry ? store_quarantine_locked(store, entry, error)
                    : pp_fail(error, PP_E_NOTFOUND, "no such object");
    pthread_mutex_unlock(&store->lock);
    char path[PP_PATH_MAX];
    store_object_path(sha256, path);
    return ok && pp_dir_sync_of(store->dir, path, error);
}

/* The hash after this one; false behind the last. */
static bool hash_next(uint8_t sha256[STORE_HASH_SIZE]) {
    for (size_t i = STORE_HASH_SIZE; i-- > 0;) {
        if (++sha256[i])
            return true;
    }
    return false;
}

static void scrub_close(struct store_scrubber *scrubber) {
    pp_close(&scrubber->fd);
    crypto_sha256_destroy(scrubber->hash);
    scrubber->hash = NULL;
}

/* Goes to the next object; false at the end of the pass, which begins anew. */
static bool scrub_advance(struct store *store) {
    struct store_scrubber *scrubber = &store->scrubber;
    pthread_mutex_lock(&store->lock);
    const struct store_entry *entry = store_index_from(&store->objects, scrubber->next);
    if (entry)
        scrubber->entry = *entry;
    pthread_mutex_unlock(&store->lock);
    memset(scrubber->next, 0, sizeof scrubber->next);
    if (!entry)
        return false;
    memcpy(scrubber->next, scrubber->entry.sha256, sizeof scrubber->next);
    scrubber->offset = 0;
    return true;
}

static bool scrub_open(struct store *store, struct pp_error *error) {
    struct store_scrubber *scrubber = &store->scrubber;
    char path[PP_PATH_MAX];
    store_object_path(scrubber->entry.sha256, path);
    scrubber->fd = store_file_open(store, path);
    return scrubber->fd >= 0 || pp_fail_errno(error, "%s", path);
}

/* Without this the page cache would answer for the flash. */
static void forget_cached(int fd, uint64_t offset, size_t size) {
    (void)posix_fadvise(fd, (off_t)offset, (off_t)size, POSIX_FADV_DONTNEED);
}

/* Hashes up to `budget` bytes on. False where a read failed (PP_E_IO, say), or the file has another length
 * (PP_E_AUTH). */
static bool scrub_read(struct store_scrubber *scrubber, uint64_t budget, uint64_t *read_bytes, uint8_t *block,
                       struct pp_error *error) {
    struct stat info;
    if (fstat(scrubber->fd, &info) < 0)
        return pp_fail_errno(error, "object");
    if ((uint64_t)info.st_size != scrubber->entry.length)
        return pp_fail(error, PP_E_AUTH, "object has another length");
    while (scrubber->offset < scrubber->entry.length && *read_bytes < budget) {
        uint64_t left = scrubber->entry.length - scrubber->offset;
        size_t step = left < STORE_BLOCK_SIZE ? (size_t)left : STORE_BLOCK_SIZE;
        forget_cached(scrubber->fd, scrubber->offset, step);
        if (!pp_pread_all(scrubber->fd, block, step, scrubber->offset, error) ||
            !crypto_sha256_update(scrubber->hash, block, step, error))
            return false;
        scrubber->offset += step;
        *read_bytes += step;
    }
    return true;
}

static bool scrub_check(struct store_scrubber *scrubber, struct pp_error *error) {
    uint8_t digest[STORE_HASH_SIZE];
    if (!crypto_sha256_finish(scrubber->hash, digest, error))
        return false;
    return memcmp(digest, scrubber->entry.sha256, sizeof digest) == 0 ||
           pp_fail(error, PP_E_AUTH, "bytes have changed");
}

/* Whether the name still leads to the file that was read. */
static bool is_same_file(const struct store *store, int fd, const char *path) {
    struct stat opened;
    struct stat named;
    return fstat(fd, &opened) == 0 && fstatat(store->dir, path, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* An object that was evicted, or replaced, while it was read is nobody's business any more. */
static void scrub_set_aside(struct store *store, struct store_scrub *out, const struct pp_error *why) {
    struct store_scrubber *scrubber = &store->scrubber;
    struct pp_error error = {0};
    char path[PP_PATH_MAX];
    store_object_path(scrubber->entry.sha256, path);
    pthread_mutex_lock(&store->lock);
    const struct store_entry *entry = store_index_find(&store->objects, scrubber->entry.sha256);
    out->bad = entry && (scrubber->fd < 0 || is_same_file(store, scrubber->fd, path));
    bool moved = !out->bad || store_quarantine_locked(store, entry, &error);
    pthread_mutex_unlock(&store->lock);
    memcpy(out->sha256, scrubber->entry.sha256, sizeof out->sha256);
    if (out->bad)
        pp_log_warning("store: %s is bad: %s", path, why->message);
    if (!moved || (out->bad && !pp_dir_sync_of(store->dir, path, &error)))
        pp_log_warning("store: %s", error.message);
}

/* What the flash, or this process, could not do says nothing about the object: it stays, and is counted. */
static void scrub_pass_over(struct store *store, struct store_scrub *out, const struct pp_error *why) {
    const struct store_entry *read = &store->scrubber.entry;
    out->unread = true;
    out->length = read->length;
    memcpy(out->sha256, read->sha256, sizeof out->sha256);
    pp_log_warning("store: an object cannot be read now: %s", why->message);
    pthread_mutex_lock(&store->lock);
    struct store_entry *entry = store_index_find(&store->objects, read->sha256);
    if (entry && entry->unread < STORE_UNREAD_MAX)
        entry->unread++;
    pthread_mutex_unlock(&store->lock);
}

static void scrub_note_good(struct store *store) {
    pthread_mutex_lock(&store->lock);
    struct store_entry *entry = store_index_find(&store->objects, store->scrubber.entry.sha256);
    if (entry)
        entry->unread = 0;
    pthread_mutex_unlock(&store->lock);
}

/* One object, or the part of it that the budget allows. False where the step is over. */
static bool scrub_some(struct store *store, uint64_t budget, struct store_scrub *out, uint8_t *block,
                       struct pp_error *error) {
    struct store_scrubber *scrubber = &store->scrubber;
    struct pp_error why = {0};
    if (!scrubber->hash) {
        scrubber->hash = crypto_sha256_create(error);
        if (!scrubber->hash || !scrub_advance(store)) {
            out->wrapped = error->code == PP_OK;
            scrub_close(scrubber);
            return false;
        }
        (void)!scrub_open(store, &why);
    }
    bool good = !why.code && scrub_read(scrubber, budget, &out->bytes, block, &why);
    if (good && scrubber->offset < scrubber->entry.length)
        return false;
    good = good && scrub_check(scrubber, &why);
    if (why.code == PP_E_NOMEM) {
        *error = why;
        scrub_close(scrubber);
        return false;
    }
    if (good)
        scrub_note_good(store);
    else if (why.code == PP_E_AUTH || why.code == PP_E_NOTFOUND)
        scrub_set_aside(store, out, &why);
    else
        scrub_pass_over(store, out, &why);
    scrub_close(scrubber);
    if (!hash_next(scrubber->next))
        out->wrapped = true;
    return good && !out->wrapped && out->bytes < budget;
}

void store_scrub_from(struct store *store, const uint8_t sha256[STORE_HASH_SIZE]) {
    pthread_mutex_lock(&store->scrub_lock);
    scrub_close(&store->scrubber);
    memcpy(store->scrubber.next, sha256, STORE_HASH_SIZE);
    pthread_mutex_unlock(&store->scrub_lock);
}

bool store_scrub_step(struct store *store, uint64_t budget, struct store_scrub *out, struct pp_error *error) {
    *out = (struct store_scrub){0};
    pp_autofree uint8_t *block = malloc(STORE_BLOCK_SIZE);
    if (!block)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    struct pp_error why = {0};
    pthread_mutex_lock(&store->scrub_lock);
    while (scrub_some(store, budget, out, block, &why))
        continue;
    pthread_mutex_unlock(&store->scrub_lock);
    if (why.code != PP_OK) {
        if (error)
            *error = why;
        return false;
    }
    return true;
}

/* An object on its way: appended to a file of partial/, hashed while it arrives, renamed when it is whole. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/log.h"
#include "crypto/bulk.h"
#include "store/internal.h"

#define PARTIAL_FILE_MODE   0600
#define PARTIAL_OBJECT_MODE 0400
#define PARTIAL_BEHIND_STEP (4 * 1024 * 1024) /* bytes after which the kernel is asked to begin writing */

static void partial_free(struct store_partial *partial) {
    if (!partial)
        return;
    pp_close(&partial->fd);
    crypto_sha256_destroy(partial->hash);
    free(partial);
}
PP_DEFINE_AUTO(partial, struct store_partial, partial_free)

/* One writer for each object, and its whole length reckoned from the start; `*before` gets what was there. */
static bool claim(struct store *store, const uint8_t *sha256, uint64_t length, uint64_t *before,
                  struct pp_error *error) {
    struct store_entry entry = {.length = length, .open = true};
    memcpy(entry.sha256, sha256, sizeof entry.sha256);
    pthread_mutex_lock(&store->lock);
    const struct store_entry *there = store_index_find(&store->partials, sha256);
    entry.used_ms = store_tick(store);
    *before = there ? there->length : 0;
    bool ok = (there && there->open) ? pp_fail(error, PP_E_STATE, "object is being written already")
                                     : store_index_put(&store->partials, &entry, error);
    pthread_mutex_unlock(&store->lock);
    return ok;
}

/* Keeps the claim's place in the list with the bytes that really are there, or drops it at 0 bytes. */
static void release_claim(struct store *store, const uint8_t *sha256, uint64_t length) {
    pthread_mutex_lock(&store->lock);
    const struct store_entry *there = store_index_find(&store->partials, sha256);
    if (there && length) {
        struct store_entry entry = *there;
        entry.open = false;
        entry.length = length;
        (void)!store_index_put(&store->partials, &entry, NULL);
    } else if (there) {
        store_index_remove(&store->partials, sha256);
    }
    pthread_mutex_unlock(&store->lock);
}

static bool hash_restart(struct store_partial *partial, struct pp_error *error) {
    crypto_sha256_destroy(partial->hash);
    partial->hash = crypto_sha256_create(error);
    return partial->hash != NULL;
}

static bool hash_what_is_there(struct store_partial *partial, uint64_t size, const atomic_bool *cancel,
                               struct pp_error *error) {
    pp_autofree uint8_t *block = malloc(STORE_BLOCK_SIZE);
    if (!block)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    while (partial->offset < size) {
        if (cancel && atomic_load(cancel))
            return pp_fail(error, PP_E_CANCELLED, "cancelled");
        uint64_t left = size - partial->offset;
        size_t step = left < STORE_BLOCK_SIZE ? (size_t)left : STORE_BLOCK_SIZE;
        if (!pp_pread_all(partial->fd, block, step, partial->offset, error) ||
            !crypto_sha256_update(partial->hash, block, step, error))
            return false;
        partial->offset += step;
    }
    partial->behind = partial->offset;
    return lseek(partial->fd, (off_t)size, SEEK_SET) >= 0 || pp_fail_errno(error, "%s", partial->path);
}

/* What an earlier attempt left may be too long, or unreadable on bad flash: then it begins anew. */
static bool resume(struct store_partial *partial, const atomic_bool *cancel, struct pp_error *error) {
    struct stat info;
    if (fstat(partial->fd, &info) < 0)
        return pp_fail_errno(error, "%s", partial->path);
    struct pp_error why = {0};
    if ((uint64_t)info.st_size <= partial->length) {
        if (hash_what_is_there(partial, (uint64_t)info.st_size, cancel, &why))
            return true;
        if (why.code == PP_E_CANCELLED)
            return pp_fail(error, why.code, "%s", why.message);
        pp_log_warning("store: %s begins anew: %s", partial->path, why.message);
    }
    return store_partial_restart(partial, error);
}

/* A commit that was cut between the file's mode and its new name leaves one that not even we may write to. */
static int open_file(int dir, const char *path) {
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(dir, path, flags, PARTIAL_FILE_MODE);
    if (fd < 0 && errno == EACCES && fchmodat(dir, path, PARTIAL_FILE_MODE, 0) == 0)
        fd = openat(dir, path, flags, PARTIAL_FILE_MODE);
    return fd;
}

static struct store_partial *partial_open(struct store *store, const uint8_t *sha256, uint64_t length,
                                          const atomic_bool *cancel, struct pp_error *error) {
    PP_AUTO(partial) struct store_partial *partial = calloc(1, sizeof *partial);
    if (!partial) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    partial->store = store;
    partial->length = length;
    memcpy(partial->sha256, sha256, sizeof partial->sha256);
    store_side_path(STORE_PARTIAL, sha256, partial->path);
    partial->fd = open_file(store->dir, partial->path);
    if (partial->fd < 0) {
        pp_fail_errno(error, "%s", partial->path);
        return NULL;
    }
    if (!hash_restart(partial, error) || !resume(partial, cancel, error))
        return NULL;
    return pp_steal(&partial);
}

struct store_partial *store_partial_begin(struct store *store, const uint8_t sha256[STORE_HASH_SIZE],
                                          uint64_t length, const atomic_bool *cancel,
                                          struct pp_error *error) {
    if (length == 0 || length > STORE_OBJECT_LENGTH_MAX) {
        pp_fail(error, PP_E_LIMIT, "an object of %llu bytes", (unsigned long long)length);
        return NULL;
    }
    uint64_t before = 0;
    if (!claim(store, sha256, length, &before, error))
        return NULL;
    struct store_partial *partial = partial_open(store, sha256, length, cancel, error);
    if (!partial)
        release_claim(store, sha256, before);
    return partial;
}

uint64_t store_partial_offset(const struct store_partial *partial) {
    return partial->offset;
}

uint64_t store_partial_length(const struct store_partial *partial) {
    return partial->length;
}

/* Starts the flash early, so that the fsync at the end has little left to wait for. A hint: its failure means
 * nothing. */
static void write_behind(struct store_partial *partial) {
    if (partial->offset - partial->behind < PARTIAL_BEHIND_STEP)
        return;
    (void)sync_file_range(partial->fd, (off_t)partial->behind, (off_t)(partial->offset - partial->behind),
                          SYNC_FILE_RANGE_WRITE);
    partial->behind = partial->offset;
}

bool store_partial_write(struct store_partial *partial, const void *data, size_t size,
                         struct pp_error *error) {
    if (size > partial->length - partial->offset)
        return pp_fail(error, PP_E_LIMIT, "object longer than its %llu bytes",
                       (unsigned long long)partial->length);
    if (!pp_write_all(partial->fd, data, size, error)) {
        /* Some of it may have been written: what is there and what was hashed must stay the same. */
        if (ftruncate(partial->fd, (off_t)partial->offset) < 0 ||
            lseek(partial->fd, (off_t)partial->offset, SEEK_SET) < 0)
            return pp_fail_errno(error, "%s", partial->path);
        return pp_wrap(error, "%s", partial->path);
    }
    partial->offset += size;
    if (!crypto_sha256_update(partial->hash, data, size, error))
        return false;
    write_behind(partial);
    return true;
}

bool store_partial_restart(struct store_partial *partial, struct pp_error *error) {
    if (ftruncate(partial->fd, 0) < 0 || lseek(partial->fd, 0, SEEK_SET) < 0)
        return pp_fail_errno(error, "%s", partial->path);
    partial->offset = partial->behind = 0;
    return hash_restart(partial, error);
}

static bool verify(struct store_partial *partial, struct pp_error *error) {
    uint8_t digest[STORE_HASH_SIZE];
    if (partial->offset != partial->length)
        return pp_fail(error, PP_E_INVALID, "object ends after %llu of %llu bytes",
                       (unsigned long long)partial->offset, (unsigned long long)partial->length);
    if (!crypto_sha256_finish(partial->hash, digest, error))
        return false;
    if (memcmp(digest, partial->sha256, sizeof digest) != 0)
        return pp_fail(error, PP_E_AUTH, "object has the wrong hash");
    return true;
}

/* A failed fsync tells of lost bytes once; the kernel's own copy of them counts as clean from then on, so
 * they would hash well and the next fsync succeed. Nothing of them is kept. */
static bool sync_bytes(struct store_partial *partial, struct pp_error *error) {
    if (fchmod(partial->fd, PARTIAL_OBJECT_MODE) < 0)
        return pp_fail_errno(error, "sync %s", partial->path);
    if (fsync(partial->fd) == 0)
        return true;
    partial->offset = 0;
    return pp_fail_errno(error, "sync %s", partial->path);
}

/* The folder is there since the store was opened, unless it could not be made, or a repair of the file system
 * took it. */
static bool rename_into(int dir, const char *from, const char *to, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    if (renameat(dir, from, dir, to) == 0)
        return true;
    if (errno != ENOENT)
        return pp_fail_errno(error, "rename %s", from);
    snprintf(folder, sizeof folder, "%s", to);
    *strrchr(folder, '/') = 0;
    if (!pp_dir_make(dir, folder, STORE_FOLDER_MODE, error))
        return false;
    return renameat(dir, from, dir, to) == 0 || pp_fail_errno(error, "rename %s", from);
}

static bool make_durable(struct store_partial *partial, struct pp_error *error) {
    int dir = partial->store->dir;
    char path[PP_PATH_MAX];
    store_object_path(partial->sha256, path);
    return sync_bytes(partial, error) && rename_into(dir, partial->path, path, error) &&
           pp_dir_sync_of(dir, path, error);
}

static bool enter(struct store *store, const struct store_partial *partial, struct pp_error *error) {
    struct store_entry entry = {.length = partial->length};
    memcpy(entry.sha256, partial->sha256, sizeof entry.sha256);
    pthread_mutex_lock(&store->lock);
    entry.used_ms = entry.touched_ms = store_tick(store);
    store_index_remove(&store->partials, partial->sha256);
    bool ok = store_index_put(&store->objects, &entry, error);
    pthread_mutex_unlock(&store->lock);
    return ok;
}

bool store_partial_commit(struct store_partial *partial, struct pp_error *error) {
    struct pp_error why = {0};
    if (verify(partial, &why) && make_durable(partial, &why) && enter(partial->store, partial, &why)) {
        partial_free(partial);
        return true;
    }
    if (error)
        *error = why;
    if (why.code == PP_E_AUTH)
        store_partial_discard(partial);
    else
        store_partial_keep(partial);
    return false;
}

void store_partial_keep(struct store_partial *partial) {
    if (!partial)
        return;
    if (partial->offset == 0) {
        store_partial_discard(partial);
        return;
    }
    release_claim(partial->store, partial->sha256, partial->offset);
    partial_free(partial);
}

void store_partial_discard(struct store_partial *partial) {
    if (!partial)
        return;
    unlinkat(partial->store->dir, partial->path, 0);
    release_claim(partial->store, partial->sha256, 0);
    partial_free(partial);
}

#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/bulk.h"
#include "crypto/random.h"
#include "store/internal.h"

void store_object_path(const uint8_t sha256[STORE_HASH_SIZE], char path[PP_PATH_MAX]) {
    char name[STORE_NAME_SIZE];
    pp_hex_encode(sha256, STORE_HASH_SIZE, name);
    snprintf(path, PP_PATH_MAX, STORE_OBJECTS "/%.2s/%s", name, name);
}

void store_side_path(const char *folder, const uint8_t sha256[STORE_HASH_SIZE], char path[PP_PATH_MAX]) {
    char name[STORE_NAME_SIZE];
    pp_hex_encode(sha256, STORE_HASH_SIZE, name);
    snprintf(path, PP_PATH_MAX, "%s/%s", folder, name);
}

int64_t store_tick(struct store *store) {
    int64_t now = pp_time_now_ms(&store->config.time);
    store->clock_ms = now > store->clock_ms ? now : store->clock_ms + 1;
    return store->clock_ms;
}

/* All of objects/00 … objects/ff, made together: one fsync in all, and none for them while objects arrive.
 * Where one cannot be made there is no room for new objects; those that are there are good all the same. */
static void make_object_folders(int objects) {
    bool made = false;
    for (unsigned first = 0; first < STORE_FOLDERS; first++) {
        char name[STORE_FOLDER_NAME_SIZE];
        snprintf(name, sizeof name, "%02x", first);
        if (mkdirat(objects, name, STORE_FOLDER_MODE) == 0)
            made = true;
        else if (errno != EEXIST)
            pp_log_warning("store: make folder " STORE_OBJECTS "/%s: %s", name, strerror(errno));
    }
    if (made && fsync(objects) < 0)
        pp_log_warning("store: sync " STORE_OBJECTS ": %s", strerror(errno));
}

static bool open_folders(struct store *store, const char *state_dir, struct pp_error *error) {
    static const char *const folders[] = {STORE_OBJECTS, STORE_PARTIAL, STORE_QUARANTINE};
    store->dir = pp_dir_open(AT_FDCWD, state_dir, error);
    if (store->dir < 0)
        return false;
    for (size_t i = 0; i < PP_COUNT(folders); i++) {
        if (!pp_dir_make(store->dir, folders[i], STORE_FOLDER_MODE, error))
            return pp_wrap(error, "%s", state_dir);
    }
    store->lock_fd = pp_dir_open(store->dir, STORE_OBJECTS, error);
    if (store->lock_fd < 0)
        return false;
    if (flock(store->lock_fd, LOCK_EX | LOCK_NB) < 0)
        return pp_fail(error, PP_E_STATE, "%s: another process has this store open", state_dir);
    make_object_folders(store->lock_fd);
    return true;
}

/* The lists end with the newest use, so that the clock may have gone back since. */
static void start_clock(struct store *store) {
    int64_t now = pp_time_now_ms(&store->config.time);
    for (size_t i = 0; i < store->objects.count; i++) {
        int64_t used = store->objects.entries[i].used_ms;
        if (used > store->clock_ms && used <= now)
            store->clock_ms = used;
    }
}

struct store *store_open(const char *state_dir, const struct store_config *config, struct pp_error *error) {
    PP_AUTO(store) struct store *store = calloc(1, sizeof *store);
    if (!store) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    store->dir = store->lock_fd = store->scrubber.fd = -1;
    store->config = *config;
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->scrub_lock, NULL);
    /* A screen that is switched off every night still scrubs all of its flash in time. */
    if (!crypto_random(store->scrubber.next, sizeof store->scrubber.next, error) ||
        !open_folders(store, state_dir, error) || !store_list(store, error))
        return NULL;
    start_clock(store);
    return pp_steal(&store);
}

void store_close(struct store *store) {
    if (!store)
        return;
    pp_close(&store->scrubber.fd);
    crypto_sha256_destroy(store->scrubber.hash);
    for (size_t i = 0; i < STORE_PIN_SETS; i++)
        free(store->pins[i].hashes);
    store_index_finish(&store->objects);
    store_index_finish(&store->partials);
    store_index_finish(&store->quarantine);
    pp_close(&store->lock_fd);
    pp_close(&store->dir);
    pthread_mutex_destroy(&store->scrub_lock);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

bool store_has(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], uint64_t length) {
    pthread_mutex_lock(&store->lock);
    const struct store_entry *entry = store_find(store, sha256);
    bool has = entry && entry->length == length && entry->unread < STORE_UNREAD_MAX;
    pthread_mutex_unlock(&store->lock);
    return has;
}

/* Only the owner may have the time of last access left alone, which would be a write for each object a day.
 */
int store_file_open(const struct store *store, const char *path) {
    const int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW;
    int fd = openat(store->dir, path, flags | O_NOATIME);
    return fd < 0 && errno == EPERM ? openat(store->dir, path, flags) : fd;
}

void store_touch(struct store *store, struct store_entry *entry) {
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_NOW}};
    char path[PP_PATH_MAX];
    store_object_path(entry->sha256, path);
    entry->used_ms = store_tick(store);
    if (utimensat(store->dir, path, times, AT_SYMLINK_NOFOLLOW) == 0)
        entry->touched_ms = entry->used_ms;
}

/* What the current manifest needs does not go anyway, and is played all day: its use is written when it
 * leaves the manifest. */
static void note_use(struct store *store, struct store_entry *entry) {
    entry->used_ms = store_tick(store);
    if (!store_pinned_in(store, STORE_PIN_CURRENT, entry->sha256) &&
        llabs(entry->used_ms - entry->touched_ms) >= STORE_TOUCH_INTERVAL_S * 1000)
        store_touch(store, entry);
}

static int object_open_locked(struct store *store, const uint8_t *sha256, struct pp_error *error) {
    char path[PP_PATH_MAX];
    store_object_path(sha256, path);
    struct store_entry *entry = store_find(store, sha256);
    if (!entry) {
        pp_fail(error, store->unlisted[sha256[0]] ? PP_E_IO : PP_E_NOTFOUND, "%s: no such object", path);
        return -1;
    }
    int fd = store_file_open(store, path);
    if (fd >= 0) {
        note_use(store, entry);
        return fd;
    }
    if (errno == ENOENT)
        store_index_remove(&store->objects, sha256);
    pp_fail_errno(error, "%s", path);
    return -1;
}

int store_object_open(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], struct pp_error *error) {
    pthread_mutex_lock(&store->lock);
    int fd = object_open_locked(store, sha256, error);
    pthread_mutex_unlock(&store->lock);
    return fd;
}

static bool read_whole(int fd, struct pp_buf *out, struct pp_error *error) {
    struct stat info;
    if (fstat(fd, &info) < 0)
        return pp_fail_errno(error, "object");
    if (info.st_size < 0 || (uint64_t)info.st_size > out->max - out->size)
        return pp_fail(error, PP_E_LIMIT, "object larger than %zu bytes", out->max - out->size);
    size_t size = (size_t)info.st_size;
    uint8_t *place = pp_buf_reserve(out, size, error);
    if (!place || !pp_pread_all(fd, place, size, 0, error))
        return false;
    out->size += size;
    out->data[out->size] = 0;
    return true;
}

bool store_object_read(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], struct pp_buf *out,
                       struct pp_error *error) {
    pp_autoclose int fd = store_object_open(store, sha256, error);
    size_t before = out->size;
    if (fd < 0 || !read_whole(fd, out, error))
        return false;
    uint8_t digest[STORE_HASH_SIZE];
    if (crypto_sha256(out->size == before ? "" : (const char *)out->data + before, out->size - before, digest,
                      error)) {
        if (memcmp(digest, sha256, sizeof digest) == 0)
            return true;
        pp_fail(error, PP_E_AUTH, "object on flash does not have its hash");
    }
    out->size = before;
    return false;
}

bool store_object_put(struct store *store, const uint8_t sha256[STORE_HASH_SIZE], const void *data,
                      size_t size, struct pp_error *error) {
    if (store_has(store, sha256, size))
        return true;
    struct store_partial *partial = store_partial_begin(store, sha256, size, NULL, error);
    if (!partial)
        return false;
    if (!store_partial_restart(partial, error) || !store_partial_write(partial, data, size, error)) {
        store_partial_discard(partial);
        return false;
    }
    return store_partial_commit(partial, error);
}

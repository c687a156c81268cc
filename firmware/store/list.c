/* What an opening finds on the flash. Files that cannot be ours to keep are removed. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "store/internal.h"

static int64_t file_time_ms(const struct stat *info) {
    return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

/* Lower-case hex only: there is one name for each hash. */
static bool name_is_hash(const char *name, uint8_t sha256[STORE_HASH_SIZE]) {
    char again[STORE_NAME_SIZE];
    if (!pp_hex_decode(name, sha256, STORE_HASH_SIZE, NULL))
        return false;
    pp_hex_encode(sha256, STORE_HASH_SIZE, again);
    return strcmp(name, again) == 0;
}

static bool length_fits(off_t size) {
    return size > 0 && (uint64_t)size <= STORE_OBJECT_LENGTH_MAX;
}

/* Never through a link: what is no object is removed. */
static int folder_open(const struct store *store, const char *folder, struct pp_error *error) {
    int fd = openat(store->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        pp_fail_errno(error, "%s", folder);
    return fd;
}

/* Lists one folder of files into `index`; `prefix` is what their names must begin with. */
static bool list_files(struct store *store, const char *folder, const char *prefix, struct store_index *index,
                       struct pp_error *error) {
    int fd = folder_open(store, folder, error);
    if (fd < 0)
        return false;
    pp_autodir DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return pp_fail_errno(error, "%s", folder);
    }
    errno = 0;
    for (struct dirent *file = readdir(dir); file; errno = 0, file = readdir(dir)) {
        struct store_entry entry = {0};
        struct stat info;
        if (strcmp(file->d_name, ".") == 0 || strcmp(file->d_name, "..") == 0)
            continue;
        if (fstatat(fd, file->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0) {
            if (errno == ENOENT)
                continue;
            return pp_fail_errno(error, "%s/%.80s", folder, file->d_name);
        }
        if (!S_ISREG(info.st_mode) || !length_fits(info.st_size) ||
            !name_is_hash(file->d_name, entry.sha256) || strncmp(file->d_name, prefix, strlen(prefix)) != 0) {
            if (info.st_size != 0) /* an interrupted download may have left an empty one */
                pp_log_warning("store: removing %s/%.80s, which is no object", folder, file->d_name);
            unlinkat(fd, file->d_name, 0);
            continue;
        }
        entry.length = (uint64_t)info.st_size;
        entry.used_ms = entry.touched_ms = file_time_ms(&info);
        struct pp_error why = {0};
        if (store_index_put(index, &entry, &why))
            continue;
        if (why.code != PP_E_LIMIT)
            return pp_fail(error, why.code, "%s: %s", folder, why.message);
        unlinkat(fd, file->d_name, 0);
    }
    return errno == 0 || pp_fail_errno(error, "list %s", folder);
}

/* On bad flash a folder that cannot be read costs what is in it, and not the screen; `*unlisted` says so. */
static bool list_folder(struct store *store, const char *folder, const char *prefix,
                        struct store_index *index, bool *unlisted, struct pp_error *error) {
    struct pp_error why = {0};
    *unlisted = !list_files(store, folder, prefix, index, &why);
    if (!*unlisted)
        return true;
    if (why.code == PP_E_NOMEM)
        return pp_fail(error, why.code, "%s", why.message);
    pp_log_warning("store: %s", why.message);
    return true;
}

static void object_folder(unsigned first, char prefix[STORE_FOLDER_NAME_SIZE], char folder[PP_PATH_MAX]) {
    snprintf(prefix, STORE_FOLDER_NAME_SIZE, "%02x", first);
    snprintf(folder, PP_PATH_MAX, STORE_OBJECTS "/%s", prefix);
}

static bool list_objects(struct store *store, struct pp_error *error) {
    for (unsigned first = 0; first < STORE_FOLDERS; first++) {
        char prefix[STORE_FOLDER_NAME_SIZE];
        char folder[PP_PATH_MAX];
        object_folder(first, prefix, folder);
        if (!list_folder(store, folder, prefix, &store->objects, &store->unlisted[first], error))
            return false;
    }
    return true;
}

struct store_entry *store_find(struct store *store, const uint8_t sha256[STORE_HASH_SIZE]) {
    struct store_entry *entry = store_index_find(&store->objects, sha256);
    if (entry || !store->unlisted[sha256[0]])
        return entry;
    char prefix[STORE_FOLDER_NAME_SIZE];
    char folder[PP_PATH_MAX];
    object_folder(sha256[0], prefix, folder);
    store->unlisted[sha256[0]] = !list_files(store, folder, prefix, &store->objects, NULL);
    return store_index_find(&store->objects, sha256);
}

static const struct store_entry *oldest_of(const struct store_index *index) {
    const struct store_entry *oldest = NULL;
    for (size_t i = 0; i < index->count; i++) {
        if (!oldest || index->entries[i].used_ms < oldest->used_ms)
            oldest = &index->entries[i];
    }
    return oldest;
}

static void drop_partial(struct store *store, const struct store_entry *entry) {
    char path[PP_PATH_MAX];
    store_side_path(STORE_PARTIAL, entry->sha256, path);
    unlinkat(store->dir, path, 0);
    store_index_remove(&store->partials, entry->sha256);
}

/* A file whose time lies in the future is as old as the clock is wrong: nothing is known of it, it stays. */
static void drop_stray_partials(struct store *store) {
    int64_t horizon = pp_time_now_ms(&store->config.time) - STORE_PARTIAL_AGE_MAX_S * 1000;
    const struct store_entry *oldest;
    while ((oldest = oldest_of(&store->partials)) &&
           (oldest->used_ms < horizon || store->partials.count > STORE_PARTIALS_MAX)) {
        struct store_entry entry = *oldest;
        drop_partial(store, &entry);
    }
}

bool store_list(struct store *store, struct pp_error *error) {
    bool ignored;
    if (!list_objects(store, error) ||
        !list_folder(store, STORE_PARTIAL, "", &store->partials, &ignored, error) ||
        !list_folder(store, STORE_QUARANTINE, "", &store->quarantine, &ignored, error))
        return false;
    drop_stray_partials(store);
    while (store->quarantine.count > STORE_QUARANTINE_MAX)
        store_quarantine_drop(store, oldest_of(&store->quarantine)->sha256);
    return true;
}

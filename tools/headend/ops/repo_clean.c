#include "headend/ops/repo_clean.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/encode.h"
#include "channel/manifest.h"
#include "crypto/seal.h"
#include "headend/ops/publish_manifest.h"

#define HASH_SIZE  32 /* bytes, SHA-256 */
#define OBJECTS    HOME_REPO "/objects"
#define SEALED_MAX (CHANNEL_MANIFEST_SIZE_MAX + 1024 * 1024) /* bytes of a sealed manifest */

struct cleaning {
    struct home *home;
    const struct tuf_repo *repo;
    struct pp_buf manifests, objects; /* hashes of the sealed files that stay; sorted before they are used */
    struct repo_cleaned *cleaned;
};

static void cleaning_finish(struct cleaning *cleaning) {
    pp_buf_finish(&cleaning->manifests);
    pp_buf_finish(&cleaning->objects);
}

/* ---- Sets of hashes ---- */
static int hash_compare(const void *a, const void *b) {
    return memcmp(a, b, HASH_SIZE);
}

static void hashes_sort(struct pp_buf *hashes) {
    if (hashes->size)
        qsort(hashes->data, hashes->size / HASH_SIZE, HASH_SIZE, hash_compare);
}

static bool hashes_have(const struct pp_buf *hashes, const uint8_t hash[HASH_SIZE]) {
    return hashes->size && bsearch(hash, hashes->data, hashes->size / HASH_SIZE, HASH_SIZE, hash_compare);
}

/* ---- What stays ---- */
static bool older(const struct cleaning *cleaning, const struct stat *status, int64_t age_s) {
    return (int64_t)status->st_mtim.tv_sec + age_s < cleaning->repo->now;
}

/* Whether a version of a role is the public one, the one before, or was public a short time ago. */
static bool version_is_kept(const struct cleaning *cleaning, const char *role, int64_t public,
                            int64_t version) {
    char next[PP_PATH_MAX];
    struct stat status;
    if (version + 1 >= public)
        return true;
    return pp_path_format(next, NULL, TUF_METADATA "/%lld.%s.json", (long long)version + 1, role) &&
           fstatat(cleaning->home->fd, next, &status, 0) == 0 && !older(cleaning, &status, CLEAN_VERSION_S);
}

static bool keep_manifest_objects(struct cleaning *cleaning, const char *channel, const struct pp_buf *sealed,
                                  struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CHANNEL_MANIFEST_SIZE_MAX);
    bool open = publish_manifest_open(cleaning->home, channel, sealed, &text, error);
    PP_AUTO(channel_manifest)
    struct channel_manifest *manifest = open ? channel_manifest_parse(text.data, text.size, error) : NULL;
    if (!manifest)
        return false;
    for (size_t i = 0; i < manifest->object_count; i++) {
        if (!pp_buf_add(&cleaning->objects, manifest->objects[i].sha256, HASH_SIZE, error))
            return false;
    }
    return true;
}

static bool keep_manifest_at(struct cleaning *cleaning, const char *channel, const cJSON *body,
                             enum publish_place place, struct pp_error *error) {
    uint8_t hash[HASH_SIZE];
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(SEALED_MAX);
    return publish_manifest_read(cleaning->home, channel, body, place, hash, &sealed, error) &&
           pp_buf_add(&cleaning->manifests, hash, HASH_SIZE, error) &&
           keep_manifest_objects(cleaning, channel, &sealed, error);
}

/* The manifest that a version of a channel's role names, its next one where there is one, and the objects of both. */
static bool keep_manifest(struct cleaning *cleaning, const char *channel, const cJSON *body,
                          struct pp_error *error) {
    struct tuf_target next = {.channel = channel};
    return keep_manifest_at(cleaning, channel, body, PUBLISH_PRESENT, error) &&
           (!publish_manifest_named(body, PUBLISH_NEXT, &next) ||
            keep_manifest_at(cleaning, channel, body, PUBLISH_NEXT, error));
}

/* What was published was taken back: there is nothing to keep. */
static bool is_withdrawn(const cJSON *role) {
    const cJSON *targets = cJSON_GetObjectItemCaseSensitive(role, "targets");
    return cJSON_IsObject(targets) && !targets->child;
}

/* All versions of a channel's role that stay. Only of the public one must everything be there. */
static bool keep_channel(struct cleaning *cleaning, const char *role, struct pp_error *error) {
    int64_t public = tuf_repo_version(cleaning->repo, role);
    for (int64_t version = public; version > 0 && version_is_kept(cleaning, role, public, version);
         version--) {
        struct pp_error failure = {0};
        pp_autojson cJSON *body = tuf_repo_read(cleaning->home, version, role, &failure);
        if (body && is_withdrawn(body))
            continue;
        if (body && keep_manifest(cleaning, role + strlen(TUF_CHANNEL_ROLE), body, &failure))
            continue;
        if (version == public || failure.code != PP_E_NOTFOUND)
            return pp_fail(error, failure.code, "clean: %lld.%s: %s", (long long)version, role,
                           failure.message);
    }
    return true;
}

static bool keep_channels(struct cleaning *cleaning, struct pp_error *error) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(cleaning->repo->snapshot, "meta")) {
        char role[PP_PATH_MAX];
        size_t length = strlen(entry->string);
        if (strncmp(entry->string, TUF_CHANNEL_ROLE, strlen(TUF_CHANNEL_ROLE)) != 0 || length < 5)
            continue;
        if (!pp_path_format(role, error, "%.*s", (int)(length - 5), entry->string) ||
            !keep_channel(cleaning, role, error))
            return false;
    }
    return true;
}

/* ---- The database's objects ---- */
/* Sorts the objects of the database into those in use, those that were a short time ago, and the others. */
static bool objects_sort(const struct cleaning *cleaning, struct pp_buf *used, struct pp_buf *recent,
                         struct pp_buf *others, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(cleaning->home->db, error, DB_OBJECT_EACH);
    struct pp_error end = {0};
    uint8_t hash[HASH_SIZE];
    if (!row)
        return false;
    while (db_next(row, "object", &end)) {
        if (!db_bytes(row, 0, hash, sizeof hash, error))
            return false;
        bool stays = db_int(row, 1) + CLEAN_OBJECT_S >= cleaning->repo->now;
        bool kept = stays || db_int(row, 2); /* or of a version that can be published again */
        struct pp_buf *list = hashes_have(&cleaning->objects, hash) ? used : kept ? recent : others;
        if (!pp_buf_add(list, hash, sizeof hash, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND ? true : pp_fail(error, end.code, "%s", end.message);
}

static bool objects_run(const struct cleaning *cleaning, const struct pp_buf *hashes,
                        enum db_statement statement, struct pp_error *error) {
    for (size_t at = 0; at < hashes->size; at += HASH_SIZE) {
        if (!db_run(cleaning->home->db, error, statement, DB_BLOB(hashes->data + at, HASH_SIZE),
                    DB_INT(cleaning->repo->now)))
            return false;
    }
    return true;
}

/* Notes the use of objects, forgets the keys of those that go, and adds those that may come back soon to what
 * stays. */
static bool objects_settle(struct cleaning *cleaning, struct pp_error *error) {
    const size_t max = (size_t)CLEAN_NAMES_MAX * HASH_SIZE;
    pp_autobuf struct pp_buf used = PP_BUF_INIT(max);
    pp_autobuf struct pp_buf recent = PP_BUF_INIT(max);
    pp_autobuf struct pp_buf others = PP_BUF_INIT(max);
    db_autochange struct db_change change = {0};
    if (!db_change_begin(&change, cleaning->home->db, error) ||
        !objects_sort(cleaning, &used, &recent, &others, error) ||
        !objects_run(cleaning, &used, DB_OBJECT_USED, error) ||
        !objects_run(cleaning, &others, DB_OBJECT_REMOVE_UNUSED, error) ||
        !db_run(cleaning->home->db, error, DB_OBJECT_CHANNEL_CLEAN) ||
        !db_run(cleaning->home->db, error, DB_PUBLISH_CLEAN) || !db_change_commit(&change, error) ||
        (recent.size && !pp_buf_add(&cleaning->objects, recent.data, recent.size, error)))
        return false;
    hashes_sort(&cleaning->objects);
    return true;
}

/* ---- What goes ---- */
typedef bool clean_rule(const struct cleaning *cleaning, const char *name, const struct stat *status);

/* What a killed pp_file_replace leaves; while the lock is held, nobody writes one. */
static bool draft_is_removable(const struct cleaning *cleaning, const char *name, const struct stat *status) {
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".new") == 0 && older(cleaning, status, CLEAN_VERSION_S);
}

static bool hash_name(const char *name, const char *suffix, uint8_t hash[HASH_SIZE]) {
    char hex[PP_HEX_SIZE(HASH_SIZE)];
    if (strlen(name) != 2 * HASH_SIZE + strlen(suffix) || strcmp(name + 2 * HASH_SIZE, suffix) != 0)
        return false;
    snprintf(hex, sizeof hex, "%s", name);
    return pp_hex_decode(hex, hash, HASH_SIZE, NULL);
}

/* "12.snapshot.json", "3.channel-lobby.json" */
static bool metadata_is_removable(const struct cleaning *cleaning, const char *name,
                                  const struct stat *status) {
    if (draft_is_removable(cleaning, name, status))
        return true;
    char role[PP_PATH_MAX];
    size_t digits = strspn(name, "0123456789");
    size_t length = strlen(name);
    if (!digits || digits > 15 || name[digits] != '.' || length < digits + 7 ||
        strcmp(name + length - 5, ".json") != 0 ||
        !pp_path_format(role, NULL, "%.*s", (int)(length - 5 - digits - 1), name + digits + 1))
        return false;
    bool ours =
        strcmp(role, "targets") == 0 || strncmp(role, TUF_CHANNEL_ROLE, strlen(TUF_CHANNEL_ROLE)) == 0;
    int64_t public = strcmp(role, "snapshot") == 0 ? tuf_repo_snapshot_version(cleaning->repo)
                     : ours                        ? tuf_repo_version(cleaning->repo, role)
                                                   : 0;
    int64_t version = strtoll(name, NULL, 10);
    return version < public && !version_is_kept(cleaning, role, public, version);
}

static bool manifest_is_removable(const struct cleaning *cleaning, const char *name,
                                  const struct stat *status) {
    uint8_t hash[HASH_SIZE];
    bool ours = hash_name(name, publish_manifest_suffix(PUBLISH_PRESENT), hash) ||
                hash_name(name, publish_manifest_suffix(PUBLISH_NEXT), hash);
    return draft_is_removable(cleaning, name, status) ||
           (ours && !hashes_have(&cleaning->manifests, hash) && older(cleaning, status, CLEAN_VERSION_S));
}

static bool object_goes(const struct cleaning *cleaning, const char *name, const struct stat *status) {
    uint8_t hash[HASH_SIZE];
    return hash_name(name, "", hash) && !hashes_have(&cleaning->objects, hash) &&
           older(cleaning, status, CLEAN_OBJECT_S);
}

/* The content that a killed publish was sealing. */
static bool sealing_is_removable(const struct cleaning *cleaning, const char *name,
                                 const struct stat *status) {
    return strcmp(name, "draft") == 0 && older(cleaning, status, CLEAN_VERSION_S);
}

/* *dir is NULL where there is no such folder. */
static bool folder_open(const struct cleaning *cleaning, const char *path, DIR **dir,
                        struct pp_error *error) {
    struct pp_error failure = {0};
    pp_autoclose int fd = pp_dir_open(cleaning->home->fd, path, &failure);
    if (fd < 0)
        return failure.code == PP_E_NOTFOUND ? true : pp_fail(error, failure.code, "%s", failure.message);
    *dir = fdopendir(fd);
    if (!*dir)
        return pp_fail_errno(error, "%s", path);
    pp_steal_fd(&fd);
    return true;
}

/* Removes the files of a folder that go. */
static bool folder_clean(const struct cleaning *cleaning, const char *path, clean_rule *goes,
                         struct pp_error *error) {
    struct repo_cleaned *cleaned = cleaning->cleaned;
    pp_autodir DIR *dir = NULL;
    if (!folder_open(cleaning, path, &dir, error))
        return false;
    for (const struct dirent *entry; dir && !cleaned->more && (entry = readdir(dir));) {
        struct stat status;
        if (fstatat(dirfd(dir), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
            !S_ISREG(status.st_mode) || !goes(cleaning, entry->d_name, &status))
            continue;
        if (unlinkat(dirfd(dir), entry->d_name, 0) < 0)
            return pp_fail_errno(error, "remove %s/%s", path, entry->d_name);
        cleaned->bytes += (uint64_t)status.st_size;
        cleaned->more = ++cleaned->files == CLEAN_FILES_MAX;
    }
    return true;
}

/* The same for each folder in a folder. */
static bool folders_clean(const struct cleaning *cleaning, const char *path, clean_rule *goes,
                          struct pp_error *error) {
    char inner[PP_PATH_MAX];
    pp_autodir DIR *dir = NULL;
    if (!folder_open(cleaning, path, &dir, error))
        return false;
    for (const struct dirent *entry; dir && (entry = readdir(dir));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        if (!pp_path_format(inner, error, "%s/%s", path, entry->d_name) ||
            !folder_clean(cleaning, inner, goes, error))
            return false;
    }
    return true;
}

bool repo_clean(struct home *home, const struct tuf_repo *repo, struct repo_cleaned *cleaned,
                struct pp_error *error) {
    const size_t max = (size_t)CLEAN_NAMES_MAX * HASH_SIZE;
    *cleaned = (struct repo_cleaned){0};
    PP_CLEANUP(cleaning_finish)
    struct cleaning cleaning = {.home = home,
                                .repo = repo,
                                .manifests = PP_BUF_INIT(max),
                                .objects = PP_BUF_INIT(max),
                                .cleaned = cleaned};
    bool known = keep_channels(&cleaning, error);
    hashes_sort(&cleaning.manifests);
    hashes_sort(&cleaning.objects);
    /* The database last: where the disk is full, it cannot be written before something has gone. */
    return known && folder_clean(&cleaning, TUF_METADATA, metadata_is_removable, error) &&
           folders_clean(&cleaning, PUBLISH_MANIFESTS, manifest_is_removable, error) &&
           folder_clean(&cleaning, OBJECTS, sealing_is_removable, error) &&
           objects_settle(&cleaning, error) && folders_clean(&cleaning, OBJECTS, object_goes, error);
}

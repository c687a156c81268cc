#include "headend/public/tuf_files.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"

void tuf_repo_close(struct tuf_repo *repo) {
    cJSON_Delete(repo->timestamp);
    cJSON_Delete(repo->snapshot);
    repo->timestamp = repo->snapshot = NULL;
}

/* The `signed` part of a metadata file. The caller deletes it. */
static cJSON *metadata_read(const struct home *home, const char *name, struct pp_error *error) {
    char path[PP_PATH_MAX];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TUF_METADATA_MAX);
    if (!pp_path_format(path, error, TUF_METADATA "/%s", name) || !pp_file_read(home->fd, path, &text, error))
        return NULL;
    pp_autojson cJSON *file = pp_json_parse(text.data, text.size, TUF_METADATA_MAX, error);
    cJSON *body = file ? cJSON_DetachItemFromObjectCaseSensitive(file, "signed") : NULL;
    if (!body)
        pp_wrap(error, "%s", path);
    return body;
}

/* "channel-lobby.json" at version 3 is read as "3.channel-lobby.json". */
static cJSON *metadata_read_version(const struct home *home, int64_t version, const char *name,
                                    struct pp_error *error) {
    char versioned[PP_PATH_MAX];
    return pp_path_format(versioned, error, "%lld.%s", (long long)version, name)
               ? metadata_read(home, versioned, error)
               : NULL;
}

int64_t tuf_meta_version(const cJSON *list, const char *name) {
    const cJSON *meta = cJSON_GetObjectItemCaseSensitive(list, "meta");
    return tuf_body_version(cJSON_GetObjectItemCaseSensitive(meta, name));
}

int64_t tuf_body_version(const cJSON *body) {
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(body, "version");
    return cJSON_IsNumber(version) ? (int64_t)version->valuedouble : 0;
}

bool tuf_repo_load(struct tuf_repo *repo, const struct home *home, struct pp_error *error) {
    repo->home = home;
    repo->now = pp_clock_realtime_s();
    repo->timestamp = metadata_read(home, "timestamp.json", error);
    if (!repo->timestamp)
        return false;
    int64_t version = tuf_meta_version(repo->timestamp, "snapshot.json");
    repo->snapshot = metadata_read_version(home, version, "snapshot.json", error);
    return repo->snapshot != NULL;
}

cJSON *tuf_repo_read(const struct home *home, int64_t version, const char *role, struct pp_error *error) {
    char name[PP_PATH_MAX];
    return pp_path_format(name, error, "%s.json", role) ? metadata_read_version(home, version, name, error)
                                                        : NULL;
}

int64_t tuf_repo_version(const struct tuf_repo *repo, const char *role) {
    char name[PP_PATH_MAX];
    return pp_path_format(name, NULL, "%s.json", role) ? tuf_meta_version(repo->snapshot, name) : 0;
}

int64_t tuf_repo_snapshot_version(const struct tuf_repo *repo) {
    return tuf_body_version(repo->snapshot);
}

bool tuf_repo_has_root(const struct home *home, int64_t version) {
    char path[PP_PATH_MAX];
    return pp_path_format(path, NULL, TUF_METADATA "/%lld.root.json", (long long)version) &&
           faccessat(home->fd, path, F_OK, 0) == 0;
}

cJSON *tuf_repo_root(const struct home *home, struct pp_error *error) {
    int64_t version = 1;
    while (tuf_repo_has_root(home, version + 1))
        version++;
    return tuf_repo_read(home, version, "root", error);
}

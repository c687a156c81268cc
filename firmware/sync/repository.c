/* The repository's metadata and manifests, through TUF, over the worker's client. */
#include <fcntl.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "net/problem.h"
#include "sync/internal.h"
#include "sync/trust_floors.h"
#include "trust/trust.h"

#define METADATA_TIMEOUT_MS 60000 /* for one file */
#define TRUST_DIR_MODE      0700
#define STATUS_UNAUTHORIZED 401
#define STATUS_FORBIDDEN    403

struct sync_repository {
    struct sync *sync;
    struct trust *trust;
    struct trust_target target;
    int last_status;   /* HTTP status of the last answer */
    bool fetch_failed; /* the last file did not come */
    int64_t retry_after_s;
    char metadata_url[SYNC_URL_MAX];
    char target_url[SYNC_URL_MAX];
};

static bool status_is_absence(int status) {
    return status == STATUS_FORBIDDEN || status == 404 || status == 410;
}

static enum trust_fetch_result fetch_file(void *arg, const char *url, size_t max_bytes, struct pp_buf *out,
                                          struct pp_error *error) {
    struct sync_repository *repository = arg;
    struct sync *sync = repository->sync;
    net_autoresponse struct net_response response = {0};
    struct net_request request = {
        .path = url,
        .response_max = max_bytes,
        .timeout_ms = METADATA_TIMEOUT_MS,
        .send_cookie = true,
        .use_identity = true,
        .cancel = &sync->cancel,
    };
    repository->fetch_failed = true;
    bool came = net_client_fetch(sync->client, &request, &response, error);
    repository->last_status = came ? response.status : 0;
    repository->retry_after_s = came ? response.retry_after_s : -1;
    if (!came)
        return TRUST_FETCH_FAILED;
    if (status_is_absence(response.status)) {
        (void)!net_response_check(&response, error);
        repository->fetch_failed = false;
        return TRUST_FETCH_NOT_FOUND;
    }
    if (!net_response_check(&response, error) ||
        !pp_buf_add(out, response.body.data, response.body.size, error))
        return TRUST_FETCH_FAILED;
    repository->fetch_failed = false;
    return TRUST_FETCH_OK;
}

/* The first root comes with the installation. It stands in as well for a kept one that no longer verifies: a
 * worn flash must not keep the screen from its channel for good, and the chain leads to the newest again. */
static bool install_root(const struct sync *sync, struct pp_error *error) {
    pp_autobuf struct pp_buf root = PP_BUF_INIT(TRUST_ROOT_MAX);
    return pp_dir_make(AT_FDCWD, sync->trust_dir, TRUST_DIR_MODE, error) &&
           pp_file_read(AT_FDCWD, sync->root_file, &root, error) &&
           trust_init_root(sync->trust_dir, root.data, root.size, error);
}

static bool open_trust(struct sync_repository *repository, struct pp_error *error) {
    struct sync *sync = repository->sync;
    struct pp_error kept = {0};
    struct trust_config config = {
        .metadata_dir = sync->trust_dir,
        .metadata_url = repository->metadata_url,
        .target_base_url = repository->target_url,
        .fetch = fetch_file,
        .fetch_arg = repository,
        .now = pp_time_now_s(&sync->time),
    };
    repository->trust = trust_open(&config, &kept);
    if (repository->trust)
        return true;
    if (kept.code == PP_E_NOMEM || !sync->root_file)
        return pp_fail(error, kept.code, "there is no trusted root: %s", kept.message);
    if (!install_root(sync, error))
        return false;
    repository->trust = trust_open(&config, error);
    return repository->trust != NULL;
}

/* TUF takes "forbidden" for "not there"; for people it makes a difference. */
static void explain_denial(const struct sync_repository *repository, struct pp_error *error) {
    if (error && error->code == PP_E_NOTFOUND && repository->last_status == STATUS_FORBIDDEN) {
        error->code = PP_E_DENIED;
        pp_wrap(error, "HTTP %d", repository->last_status);
    }
}

/* The metadata folder may have been put back, or lost and begun anew. */
static bool apply_trust_floors(const struct sync_repository *repository, struct pp_error *error) {
    const struct trust *trust = repository->trust;
    struct sync_trust_floors seen = {.root = trust_root_version(trust),
                                     .timestamp = trust_timestamp_version(trust),
                                     .snapshot = trust_snapshot_version(trust),
                                     .targets = trust_targets_version(trust)};
    return sync_trust_floors_raise(repository->sync->vault, &seen, error);
}

/* That signed metadata names no such target is an answer; that a file of it did not come is none. */
static bool find_target(struct sync_repository *repository, const char *path, struct sync_newest *newest,
                        struct pp_error *error) {
    struct pp_error why = {0};
    repository->last_status = 0;
    if (trust_target_find(repository->trust, path, &repository->target, &why))
        return true;
    newest->nothing = why.code == PP_E_NOTFOUND && !status_is_absence(repository->last_status);
    return newest->nothing || pp_fail(error, why.code, "%s", why.message);
}

/* Told once; and again where it would be needed. */
static void tell_time_statement(const struct sync_repository *repository, bool expired) {
    struct sync *sync = repository->sync;
    struct sync_result result = {.kind = SYNC_TIME, .retry_ms = -1, .expired = expired};
    trust_root_time(repository->trust, &result.statement);
    if (!result.statement.epoch || (result.statement.epoch == sync->told_time_epoch && !expired))
        return;
    sync->told_time_epoch = result.statement.epoch;
    sync_push_result(sync, &result);
}

/* Whoever keeps the repository, or stands in front of it, gives out what was not signed for it. Not so where a file did
 * not come, or something of ours went wrong. Told once for each reason, until metadata is accepted again. */
static void tell_refusal(const struct sync_repository *repository, const struct pp_error *why) {
    struct sync *sync = repository->sync;
    struct sync_result result = {.kind = SYNC_REFUSED, .retry_ms = -1, .error = *why};
    bool refused = why->code == PP_E_AUTH || why->code == PP_E_ROLLBACK || why->code == PP_E_EXPIRED ||
                   why->code == PP_E_INVALID || why->code == PP_E_LIMIT;
    if (!refused || repository->fetch_failed || strcmp(sync->told_refusal, why->message) == 0)
        return;
    memcpy(sync->told_refusal, why->message, sizeof sync->told_refusal);
    sync_push_result(sync, &result);
}

static bool refresh(const struct sync_repository *repository, struct pp_error *error) {
    struct pp_error why = {0};
    bool ok = trust_refresh(repository->trust, &why);
    if (trust_root_version(repository->trust) > atomic_load(&repository->sync->root_version))
        atomic_store(&repository->sync->root_version, trust_root_version(repository->trust));
    tell_time_statement(repository, !ok && why.code == PP_E_EXPIRED);
    return ok || pp_fail(error, why.code, "%s", why.message);
}

static bool find_manifest(struct sync_repository *repository, const char *channel, struct sync_newest *newest,
                          struct pp_error *error) {
    char path[TRUST_TARGET_PATH_MAX];
    *newest = (struct sync_newest){0};
    snprintf(path, sizeof path, "channels/%s/manifest.sealed", channel);
    if (!find_target(repository, path, newest, error)) {
        explain_denial(repository, error);
        return false;
    }
    if (newest->nothing)
        return true;
    if (!repository->target.has_sha256)
        return pp_fail(error, PP_E_UNSUPPORTED, "%s has no SHA-256", path);
    if (repository->target.length == 0 || repository->target.length > SYNC_MANIFEST_MAX)
        return pp_fail(error, PP_E_LIMIT, "%s is %llu bytes long, at most %d are allowed", path,
                       (unsigned long long)repository->target.length, SYNC_MANIFEST_MAX);
    memcpy(newest->sha256, repository->target.sha256, sizeof newest->sha256);
    newest->length = repository->target.length;
    return true;
}

struct sync_repository *sync_repository_open(struct sync *sync, int64_t *retry_after_s,
                                             struct pp_error *error) {
    PP_AUTO(sync_repository) struct sync_repository *repository = calloc(1, sizeof *repository);
    if (!repository) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    repository->sync = sync;
    repository->retry_after_s = -1;
    snprintf(repository->metadata_url, sizeof repository->metadata_url, "%s/metadata", sync->repo_url);
    snprintf(repository->target_url, sizeof repository->target_url, "%s/targets", sync->repo_url);
    if (!open_trust(repository, error))
        return NULL;
    struct pp_error why = {0};
    bool ok = refresh(repository, &why) && apply_trust_floors(repository, &why);
    *retry_after_s = repository->retry_after_s;
    if (!ok) {
        tell_refusal(repository, &why);
        pp_fail(error, why.code, "%s", why.message);
    }
    if (!ok) {
        explain_denial(repository, error);
        return NULL;
    }
    sync_documents_follow(sync, repository->trust);
    return pp_steal(&repository);
}

bool sync_repository_find(struct sync_repository *repository, const char *channel, struct sync_newest *newest,
                          int64_t *retry_after_s, struct pp_error *error) {
    struct pp_error why = {0};
    bool ok = find_manifest(repository, channel, newest, &why);
    if (ok) {
        *repository->sync->told_refusal = 0;
    } else {
        tell_refusal(repository, &why);
        pp_fail(error, why.code, "%s", why.message);
    }
    *retry_after_s = repository->retry_after_s;
    return ok;
}

bool sync_repository_download(struct sync_repository *repository, struct pp_buf *out, int64_t *retry_after_s,
                              struct pp_error *error) {
    struct pp_error why = {0};
    bool ok = trust_target_download(repository->trust, &repository->target, out, &why);
    if (!ok) {
        tell_refusal(repository, &why);
        pp_fail(error, why.code, "%s", why.message);
    }
    *retry_after_s = repository->retry_after_s;
    return ok;
}

void sync_repository_close(struct sync_repository *repository) {
    if (!repository)
        return;
    trust_target_finish(&repository->target);
    trust_close(repository->trust);
    free(repository);
}

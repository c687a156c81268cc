#include "sync/repository.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "net/problem.h"
#include "sync/trust_floors.h"

#define TRUST_DIR_MODE   0700
#define STATUS_FORBIDDEN 403
#define STATUS_NOT_FOUND 404
#define STATUS_GONE      410

struct sync_repository {
    struct net_client *client;
    struct vault *vault;
    char metadata_url[NET_URL_MAX];
    char target_url[NET_URL_MAX];
    char *trust_dir, *root_file;
    struct pp_time_source time;
    const atomic_bool *cancel;
    struct trust *trust; /* of the last refresh; NULL: none, or it has no root */
    bool is_refreshed;   /* and all of it may be used */
    bool fetch_failed;   /* the last file did not come; that it is not there is an answer */
    struct sync_repository_answer answer;
};

/* ---- Life ---- */

static bool copy_config(struct sync_repository *repository, const struct sync_repository_config *config,
                        struct pp_error *error) {
    size_t size = sizeof repository->metadata_url;
    int length = snprintf(repository->metadata_url, size, "%s/metadata", config->url);
    if (length < 0 || (size_t)length >= size)
        return pp_fail(error, PP_E_LIMIT, "%.60s…: too long", config->url);
    snprintf(repository->target_url, sizeof repository->target_url, "%s/targets", config->url);
    repository->client = config->client;
    repository->vault = config->vault;
    repository->time = config->time;
    repository->cancel = config->cancel;
    return pp_text_copy(&repository->trust_dir, config->trust_dir, error) &&
           pp_text_copy(&repository->root_file, config->root_file, error);
}

struct sync_repository *sync_repository_create(const struct sync_repository_config *config,
                                               struct pp_error *error) {
    PP_AUTO(sync_repository) struct sync_repository *repository = calloc(1, sizeof *repository);
    if (!repository) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    return copy_config(repository, config, error) ? pp_steal(&repository) : NULL;
}

void sync_repository_forget(struct sync_repository *repository) {
    trust_close(pp_steal(&repository->trust));
    repository->is_refreshed = false;
}

void sync_repository_destroy(struct sync_repository *repository) {
    if (!repository)
        return;
    sync_repository_forget(repository);
    free(repository->trust_dir);
    free(repository->root_file);
    free(repository);
}

/* ---- What an operation meets ---- */

static void begin(struct sync_repository *repository) {
    repository->answer = (struct sync_repository_answer){.retry_after_s = -1};
    repository->fetch_failed = false;
}

/* Whoever keeps the repository, or stands in front of it, gives out what was not signed for it. */
static bool is_refusal(enum pp_code code) {
    return code == PP_E_AUTH || code == PP_E_ROLLBACK || code == PP_E_EXPIRED || code == PP_E_INVALID ||
           code == PP_E_LIMIT;
}

static bool fail(struct sync_repository *repository, const struct pp_error *why, struct pp_error *error) {
    repository->answer.refused = is_refusal(why->code) && !repository->fetch_failed;
    return pp_fail(error, why->code, "%s", why->message);
}

static bool status_is_absence(int status) {
    return status == STATUS_FORBIDDEN || status == STATUS_NOT_FOUND || status == STATUS_GONE;
}

/* Until the caller has the whole file, it has not come. */
static enum trust_fetch_result fetch(struct sync_repository *repository, struct net_request *request,
                                     struct net_response *response, struct pp_error *error) {
    request->send_cookie = request->use_identity = true;
    request->cancel = repository->cancel;
    repository->fetch_failed = true;
    bool came = net_client_fetch(repository->client, request, response, error);
    repository->answer.status = came ? response->status : 0;
    repository->answer.retry_after_s = came ? response->retry_after_s : -1;
    if (!came)
        return TRUST_FETCH_FAILED;
    if (net_response_check(response, error))
        return TRUST_FETCH_OK;
    repository->fetch_failed = !status_is_absence(response->status);
    return repository->fetch_failed ? TRUST_FETCH_FAILED : TRUST_FETCH_NOT_FOUND;
}

static enum trust_fetch_result fetch_into_memory(void *arg, const char *url, size_t max_bytes,
                                                 struct pp_buf *out, struct pp_error *error) {
    struct sync_repository *repository = arg;
    net_autoresponse struct net_response response = {0};
    struct net_request request = {
        .path = url, .response_max = max_bytes, .timeout_ms = SYNC_REPOSITORY_TIMEOUT_MS};
    enum trust_fetch_result result = fetch(repository, &request, &response, error);
    if (result == TRUST_FETCH_OK && !pp_buf_add(out, response.body.data, response.body.size, error))
        return TRUST_FETCH_FAILED;
    repository->fetch_failed = result == TRUST_FETCH_FAILED;
    return result;
}

const struct sync_repository_answer *sync_repository_answer(const struct sync_repository *repository) {
    return &repository->answer;
}

/* ---- Refresh ---- */

/* The first root comes with the installation. It stands in as well for a kept one that no longer verifies: a
 * worn flash must not keep the screen from its channel for good, and the chain leads to the newest again. */
static bool install_root(const struct sync_repository *repository, struct pp_error *error) {
    pp_autobuf struct pp_buf root = PP_BUF_INIT(TRUST_ROOT_MAX);
    return pp_dir_make(AT_FDCWD, repository->trust_dir, TRUST_DIR_MODE, error) &&
           pp_file_read(AT_FDCWD, repository->root_file, &root, error) &&
           trust_init_root(repository->trust_dir, root.data, root.size, error);
}

static bool open_trust(struct sync_repository *repository, struct pp_error *error) {
    struct pp_error kept = {0};
    struct trust_config config = {
        .metadata_dir = repository->trust_dir,
        .metadata_url = repository->metadata_url,
        .target_base_url = repository->target_url,
        .fetch = fetch_into_memory,
        .fetch_arg = repository,
        .now = pp_time_now_s(&repository->time),
    };
    repository->trust = trust_open(&config, &kept);
    if (repository->trust)
        return true;
    if (kept.code == PP_E_NOMEM || !repository->root_file)
        return pp_fail(error, kept.code, "there is no trusted root: %s", kept.message);
    if (!install_root(repository, error))
        return false;
    repository->trust = trust_open(&config, error);
    return repository->trust != NULL;
}

/* The metadata folder may have been put back, or lost and begun anew. */
static bool apply_trust_floors(const struct sync_repository *repository, struct pp_error *error) {
    const struct trust *trust = repository->trust;
    struct sync_trust_floors seen = {.root = trust_root_version(trust),
                                     .timestamp = trust_timestamp_version(trust),
                                     .snapshot = trust_snapshot_version(trust),
                                     .targets = trust_targets_version(trust)};
    return sync_trust_floors_raise(repository->vault, &seen, error);
}

bool sync_repository_refresh(struct sync_repository *repository, struct pp_error *error) {
    struct pp_error why = {0};
    sync_repository_forget(repository);
    begin(repository);
    if (!open_trust(repository, error))
        return false;
    if (!trust_refresh(repository->trust, &why) || !apply_trust_floors(repository, &why))
        return fail(repository, &why, error);
    repository->is_refreshed = true;
    return true;
}

int64_t sync_repository_root_version(const struct sync_repository *repository) {
    return repository->trust ? trust_root_version(repository->trust) : 0;
}

void sync_repository_root_time(const struct sync_repository *repository, struct trust_time_statement *out) {
    *out = (struct trust_time_statement){0};
    if (repository->trust)
        trust_root_time(repository->trust, out);
}

/* ---- Targets ---- */

static bool check_is_refreshed(const struct sync_repository *repository, struct pp_error *error) {
    return repository->is_refreshed ||
           pp_fail(error, PP_E_STATE, "targets are asked for after a refresh that succeeded");
}

static bool check_target(const struct trust_target *target, size_t bytes_max, struct pp_error *error) {
    if (!target->has_sha256)
        return pp_fail(error, PP_E_UNSUPPORTED, "%s has no SHA-256", target->path);
    return target->length <= bytes_max ||
           pp_fail(error, PP_E_LIMIT, "%s is %llu bytes long, at most %zu are allowed", target->path,
                   (unsigned long long)target->length, bytes_max);
}

enum sync_find sync_repository_find(struct sync_repository *repository, const char *path, size_t bytes_max,
                                    struct trust_target *out, struct pp_error *error) {
    struct pp_error why = {0};
    *out = (struct trust_target){0};
    begin(repository);
    if (!check_is_refreshed(repository, error))
        return SYNC_FIND_FAILED;
    if (!trust_target_find(repository->trust, path, out, &why)) {
        fail(repository, &why, error);
        bool is_answer = why.code == PP_E_NOTFOUND && !status_is_absence(repository->answer.status);
        return is_answer ? SYNC_NOT_NAMED : SYNC_FIND_FAILED;
    }
    if (check_target(out, bytes_max, &why))
        return SYNC_FOUND;
    trust_target_finish(out);
    fail(repository, &why, error);
    return SYNC_FIND_FAILED;
}

bool sync_repository_download(struct sync_repository *repository, const struct trust_target *target,
                              struct pp_buf *out, struct pp_error *error) {
    struct pp_error why = {0};
    begin(repository);
    if (!check_is_refreshed(repository, error))
        return false;
    return trust_target_download(repository->trust, target, out, &why) || fail(repository, &why, error);
}

#include "sync/sync.h"

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "sync/internal.h"
#include "sync/trust_floors.h"

#define REPO_PATH_DEFAULT "/repo"
#define CONNECTIONS_MAX   4

static bool join_text(char **out, struct pp_error *error, const char *first, const char *second) {
    size_t size = strlen(first) + strlen(second) + 1;
    if (size > SYNC_URL_MAX - 64)
        return pp_fail(error, PP_E_LIMIT, "%.60s…: too long", first);
    *out = malloc(size);
    if (!*out)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    snprintf(*out, size, "%s%s", first, second);
    return true;
}

static void copy_config(struct sync *sync, const struct sync_config *config) {
    sync->vault = config->vault;
    sync->store = config->store;
    sync->stall_s = config->stall_s ? config->stall_s : SYNC_STALL_DEFAULT;
    sync->scrub_step_bytes = config->scrub_step_bytes ? config->scrub_step_bytes : SYNC_SCRUB_STEP_DEFAULT;
    sync->look_pause_ms = config->look_pause_ms ? config->look_pause_ms : SYNC_LOOK_PAUSE_DEFAULT;
    sync->scrub_pause_ms = config->scrub_pause_ms ? config->scrub_pause_ms : SYNC_SCRUB_PAUSE_DEFAULT;
}

static bool make_client(struct sync *sync, const struct sync_config *config, struct pp_error *error) {
    struct net_client_config client = {
        .base_url = config->base_url,
        .ca_file = config->ca_file,
        .authorities = config->authorities,
        .proxy = config->proxy,
        .max_connections_per_host = CONNECTIONS_MAX,
        .clocks = config->clocks,
    };
    sync->loop = net_loop_create(error);
    if (!sync->loop)
        return false;
    sync->client = net_client_create(sync->loop, &client, error);
    return sync->client != NULL;
}

static bool make_repository(struct sync *sync, const struct sync_config *config, struct pp_error *error) {
    const char *path = config->repo_path ? config->repo_path : REPO_PATH_DEFAULT;
    pp_autofree char *trust_dir = NULL;
    if (!join_text(&trust_dir, error, config->state_dir, "/trust") ||
        !join_text(&sync->repo_url, error, config->base_url, path))
        return false;
    struct sync_repository_config repository = {
        .client = sync->client,
        .vault = config->vault,
        .url = sync->repo_url,
        .trust_dir = trust_dir,
        .root_file = config->root_file,
        .time = config->clocks.time,
        .cancel = &sync->cancel,
    };
    sync->repository = sync_repository_create(&repository, error);
    return sync->repository != NULL;
}

static bool start_worker(struct sync *sync, struct pp_error *error) {
    sync->worker_started = pp_thread_start(&sync->worker, "sync", sync_worker_main, sync, error);
    return sync->worker_started;
}

static void init_locks(struct sync *sync) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&sync->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&sync->lock, NULL);
    pthread_mutex_init(&sync->record_lock, NULL);
}

struct sync *sync_create(const struct sync_config *config, struct pp_error *error) {
    PP_AUTO(sync) struct sync *sync = calloc(1, sizeof *sync);
    if (!sync) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    init_locks(sync);
    net_retry_init_random(&sync->retry);
    net_retry_init_random(&sync->documents_retry);
    sync->manifest = PP_BUF_INIT(SYNC_MANIFEST_MAX);
    sync->result_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (sync->result_fd < 0) {
        pp_fail_errno(error, "eventfd");
        return NULL;
    }
    copy_config(sync, config);
    if (!make_client(sync, config, error) || !make_repository(sync, config, error))
        return NULL;
    sync_pin_recorded(sync);
    sync->root_version = sync_trust_floors_root(sync->vault);
    return start_worker(sync, error) ? pp_steal(&sync) : NULL;
}

static void cancel_pass(struct sync *sync) {
    atomic_store(&sync->cancel, true);
    net_loop_wake(sync->loop);
}

static void join_worker(struct sync *sync) {
    if (!sync->worker_started)
        return;
    pthread_mutex_lock(&sync->lock);
    sync->stop = true;
    cancel_pass(sync);
    pthread_cond_signal(&sync->wake);
    pthread_mutex_unlock(&sync->lock);
    pthread_join(sync->worker, NULL);
}

static void identity_clear(struct sync_identity *identity) {
    free(identity->certificate);
    crypto_key_destroy(identity->key);
    pp_secret_text_destroy(identity->cookie);
    *identity = (struct sync_identity){0};
}

void sync_destroy(struct sync *sync) {
    if (!sync)
        return;
    join_worker(sync);
    sync_repository_destroy(sync->repository);
    net_client_destroy(sync->client);
    net_loop_destroy(sync->loop);
    struct sync_result result;
    while (sync_take_result(sync, &result))
        sync_result_finish(&result);
    pp_close(&sync->result_fd);
    identity_clear(&sync->identity);
    pp_wipe(&sync->target, sizeof sync->target);
    pp_buf_finish(&sync->manifest);
    free(sync->repo_url);
    pthread_mutex_destroy(&sync->record_lock);
    pthread_mutex_destroy(&sync->lock);
    pthread_cond_destroy(&sync->wake);
    free(sync);
}

bool sync_set_identity(struct sync *sync, const char *certificate_chain_pem, struct crypto_key *key,
                       struct pp_error *error) {
    char *certificate = NULL;
    if (!certificate_chain_pem != !key)
        return pp_fail(error, PP_E_INVALID, "a certificate and its key go together");
    if (!pp_text_copy(&certificate, certificate_chain_pem, error))
        return false;
    pthread_mutex_lock(&sync->lock);
    free(sync->identity.certificate);
    crypto_key_destroy(sync->identity.key);
    sync->identity.certificate = certificate;
    sync->identity.key = key ? crypto_key_ref(key) : NULL;
    pthread_mutex_unlock(&sync->lock);
    return true;
}

void sync_set_cookie(struct sync *sync, struct pp_secret_text *cookie) {
    pthread_mutex_lock(&sync->lock);
    pp_secret_text_destroy(sync->identity.cookie);
    sync->identity.cookie = pp_secret_text_ref(cookie);
    pthread_mutex_unlock(&sync->lock);
}

void sync_set_prover(struct sync *sync, const struct net_prover *prover) {
    pthread_mutex_lock(&sync->lock);
    sync->identity.prover = prover ? *prover : (struct net_prover){0};
    pthread_mutex_unlock(&sync->lock);
}

static bool same_target(const struct sync_target *a, const struct sync_target *b) {
    return strcmp(a->channel, b->channel) == 0 && memcmp(a->key, b->key, sizeof a->key) == 0 &&
           a->has_take == b->has_take && (!a->has_take || memcmp(a->take, b->take, sizeof a->take) == 0);
}

void sync_request(struct sync *sync, const struct sync_target *target) {
    pthread_mutex_lock(&sync->lock);
    if (sync->has_target && !same_target(&sync->target, target))
        cancel_pass(sync);
    sync->target = *target;
    sync->has_target = sync->requested = true;
    atomic_store(&sync->asked_again, true);
    net_loop_wake(sync->loop);
    pthread_cond_signal(&sync->wake);
    pthread_mutex_unlock(&sync->lock);
}

void sync_suspect(struct sync *sync, const struct store_need *object) {
    pthread_mutex_lock(&sync->lock);
    sync->suspect = *object;
    sync->suspected = true;
    pthread_cond_signal(&sync->wake);
    pthread_mutex_unlock(&sync->lock);
}

void sync_stop(struct sync *sync) {
    pthread_mutex_lock(&sync->lock);
    sync->has_target = sync->requested = false;
    pp_wipe(&sync->target, sizeof sync->target);
    cancel_pass(sync);
    pthread_mutex_unlock(&sync->lock);
}

/* ---- Results ---- */

void sync_result_finish(struct sync_result *result) {
    channel_manifest_destroy(result->manifest);
    result->manifest = NULL;
    free(result->text);
    result->text = NULL;
}

void sync_push_result(struct sync *sync, struct sync_result *result) {
    uint64_t one = 1;
    pthread_mutex_lock(&sync->lock);
    if (sync->result_count == SYNC_RESULTS_MAX) {
        sync_result_finish(&sync->results[sync->result_first]);
        sync->result_first = (sync->result_first + 1) % SYNC_RESULTS_MAX;
        sync->result_count--;
    }
    sync->results[(sync->result_first + sync->result_count++) % SYNC_RESULTS_MAX] = *result;
    result->manifest = NULL;
    result->text = NULL;
    /* Fails only where the counter is full, and then the descriptor is readable anyway. */
    ssize_t written = write(sync->result_fd, &one, sizeof one);
    (void)written;
    pthread_mutex_unlock(&sync->lock);
}

int sync_result_fd(const struct sync *sync) {
    return sync->result_fd;
}

bool sync_take_result(struct sync *sync, struct sync_result *out) {
    uint64_t count = 0;
    pthread_mutex_lock(&sync->lock);
    bool any = sync->result_count > 0;
    if (any) {
        *out = sync->results[sync->result_first];
        sync->result_first = (sync->result_first + 1) % SYNC_RESULTS_MAX;
        sync->result_count--;
    }
    if (sync->result_count == 0) {
        ssize_t drained = read(sync->result_fd, &count, sizeof count);
        (void)drained;
    }
    pthread_mutex_unlock(&sync->lock);
    return any;
}

int64_t sync_root_version(struct sync *sync) {
    return atomic_load(&sync->root_version);
}

void sync_progress(struct sync *sync, struct sync_progress *out) {
    *out = (struct sync_progress){
        .objects_total = atomic_load(&sync->counters.objects_total),
        .objects_done = atomic_load(&sync->counters.objects_done),
        .bytes_total = atomic_load(&sync->counters.bytes_total),
        .bytes_done = atomic_load(&sync->counters.bytes_done),
    };
}

#include "headend/device/provider_keys.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "jose/discovery.h"
#include "net/client.h"
#include "net/problem.h"

struct provider {
    char issuer[DISCOVERY_ISSUER_MAX + 1]; /* "" free */
    struct key_set keys;
    bool fetched;            /* once, and `keys` are of it */
    int64_t tried_ms;        /* CLOCK_MONOTONIC, of the last fetch; 0 none */
    bool wanted;             /* a fetch is due, or under way */
    struct pp_error failure; /* of the last one */
};

struct provider_keys {
    const char *ca_file;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    pthread_t thread;
    bool running, stopping;
    atomic_bool cancel;
    struct net_loop *loop; /* of the thread; others only wake it */
    struct provider providers[PROVIDERS_MAX];
};

/* ---- Fetching, without the lock ---- */

static bool fetch(struct provider_keys *all, struct net_client *client, const char *address, size_t max,
                  struct net_response *response, struct pp_error *error) {
    static const char *const headers[] = {"Accept: application/json", NULL};
    const struct net_request request = {.path = address,
                                        .headers = headers,
                                        .response_max = max,
                                        .timeout_ms = PROVIDER_FETCH_MAX_MS,
                                        .cancel = &all->cancel};
    return net_client_fetch(client, &request, response, error) && net_response_check(response, error);
}

static bool fetch_keys(struct provider_keys *all, const char *issuer, struct key_set *keys,
                       struct pp_error *error) {
    const struct net_client_config config = {.ca_file = all->ca_file};
    char address[DISCOVERY_ADDRESS_SIZE];
    struct discovery found = {0};
    net_autoresponse struct net_response configuration = {0};
    net_autoresponse struct net_response set = {0};
    PP_AUTO(net_client) struct net_client *client = net_client_create(all->loop, &config, error);
    if (!client)
        return false;
    discovery_address(issuer, address);
    return fetch(all, client, address, DISCOVERY_DOCUMENT_MAX, &configuration, error) &&
           discovery_parse(configuration.body.data, configuration.body.size, issuer, &found, error) &&
           fetch(all, client, found.keys, KEY_SET_DOCUMENT_MAX, &set, error) &&
           key_set_parse(set.body.data, set.body.size, keys, error);
}

/* ---- The thread ---- */

static struct provider *provider_wanted(struct provider_keys *all) {
    for (size_t i = 0; i < PROVIDERS_MAX; i++) {
        if (all->providers[i].wanted)
            return &all->providers[i];
    }
    return NULL;
}

static void *run(void *arg) {
    struct provider_keys *all = arg;
    pthread_mutex_lock(&all->mutex);
    while (!all->stopping) {
        struct provider *provider = provider_wanted(all);
        if (!provider) {
            pthread_cond_wait(&all->wake, &all->mutex);
            continue;
        }
        char issuer[sizeof provider->issuer];
        struct key_set keys = {0};
        struct pp_error error = {0};
        memcpy(issuer, provider->issuer, sizeof issuer);
        pthread_mutex_unlock(&all->mutex);
        bool ok = fetch_keys(all, issuer, &keys, &error);
        if (!ok)
            pp_log_warning("provider %s: %s", issuer, error.message);
        pthread_mutex_lock(&all->mutex);
        provider->wanted = false;
        provider->tried_ms = pp_clock_monotonic_ms();
        provider->failure = error;
        if (ok) {
            key_set_finish(&provider->keys);
            provider->keys = keys;
            provider->fetched = true;
        }
    }
    pthread_mutex_unlock(&all->mutex);
    return NULL;
}

/* ---- From other threads ---- */

struct provider_keys *provider_keys_create(const char *ca_file, struct pp_error *error) {
    struct provider_keys *all = calloc(1, sizeof *all);
    if (!all) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    all->ca_file = ca_file;
    atomic_init(&all->cancel, false);
    pthread_mutex_init(&all->mutex, NULL);
    pthread_cond_init(&all->wake, NULL);
    all->loop = net_loop_create(error);
    all->running = all->loop && pp_thread_start(&all->thread, "provider-keys", run, all, error);
    if (all->running)
        return all;
    provider_keys_destroy(all);
    return NULL;
}

void provider_keys_destroy(struct provider_keys *all) {
    if (!all)
        return;
    pthread_mutex_lock(&all->mutex);
    all->stopping = true;
    atomic_store(&all->cancel, true);
    if (all->loop)
        net_loop_wake(all->loop);
    pthread_cond_signal(&all->wake);
    pthread_mutex_unlock(&all->mutex);
    if (all->running)
        pthread_join(all->thread, NULL);
    for (size_t i = 0; i < PROVIDERS_MAX; i++)
        key_set_finish(&all->providers[i].keys);
    net_loop_destroy(all->loop);
    pthread_cond_destroy(&all->wake);
    pthread_mutex_destroy(&all->mutex);
    free(all);
}

/* The issuer's place, in place of the oldest where there is none; NULL while all are being fetched. */
static struct provider *provider_of(struct provider_keys *all, const char *issuer) {
    struct provider *oldest = NULL;
    for (size_t i = 0; i < PROVIDERS_MAX; i++) {
        struct provider *provider = &all->providers[i];
        if (strcmp(provider->issuer, issuer) == 0)
            return provider;
        if (!provider->wanted && (!oldest || provider->tried_ms < oldest->tried_ms))
            oldest = provider;
    }
    if (!oldest || strlen(issuer) > DISCOVERY_ISSUER_MAX)
        return NULL;
    key_set_finish(&oldest->keys);
    *oldest = (struct provider){0};
    strcpy(oldest->issuer, issuer);
    return oldest;
}

static void want(struct provider_keys *all, struct provider *provider, int64_t now_ms) {
    if (provider->wanted || (provider->tried_ms && now_ms - provider->tried_ms < PROVIDER_AGAIN_MS))
        return;
    provider->wanted = true;
    pthread_cond_signal(&all->wake);
}

static bool verify(struct provider_keys *all, struct provider *provider, const char *token, size_t size,
                   const struct id_token_demands *demands, struct id_token *out, bool *pending,
                   struct pp_error *error) {
    int64_t now_ms = pp_clock_monotonic_ms();
    struct pp_error failure = {0};
    bool ok = provider->fetched && id_token_read(token, size, &provider->keys, demands, out, &failure);
    bool unknown = !provider->fetched || failure.code == PP_E_NOTFOUND;
    if (unknown || now_ms - provider->tried_ms > PROVIDER_KEEP_MS)
        want(all, provider, now_ms);
    *pending = !ok && unknown && provider->wanted;
    if (ok || *pending)
        return ok || pp_fail(error, PP_E_STATE, "the provider's keys are being fetched");
    const struct pp_error *why = provider->fetched ? &failure : &provider->failure;
    return pp_fail(error, provider->fetched ? why->code : PP_E_NET, "%s", why->message);
}

bool provider_keys_verify(struct provider_keys *all, const char *token, size_t size,
                          const struct id_token_demands *demands, struct id_token *out, bool *pending,
                          struct pp_error *error) {
    *pending = false;
    pthread_mutex_lock(&all->mutex);
    struct provider *provider = provider_of(all, demands->issuer);
    *pending = !provider;
    bool ok = provider ? verify(all, provider, token, size, demands, out, pending, error)
                       : pp_fail(error, PP_E_STATE, "too many providers' keys are being fetched");
    pthread_mutex_unlock(&all->mutex);
    return ok;
}

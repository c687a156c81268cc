#include "headend/serve/maintenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "headend/db/home_open.h"
#include "headend/http/connections.h"
#include "headend/ops/publish.h"
#include "headend/signing/signing.h"

#define LOOK_MS     1000 /* for another authority */
#define REFRESH_MS  60000
#define MAINTAIN_MS (6 * 3600 * 1000) /* what takes years to be due, and what can wait for a day */

struct maintenance {
    const struct app *app;
    struct home *home;               /* with a connection of its own */
    struct credentials *credentials; /* held: what is shown now */
    uint8_t issuer[CA_HASH_SIZE];    /* the authority that it was looked at with */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    bool running, ending;
    int64_t refresh_at, maintain_at; /* ms, CLOCK_MONOTONIC */
};

/* Issues the server's certificate anew where that is due, and shows what lies there now, renewed here or laid there by
 * somebody, to whoever connects from now on. Who is connected keeps the one he saw. */
static bool present(struct maintenance *maintenance, struct pp_error *error) {
    const struct app *app = maintenance->app;
    struct host_list hosts = {0};
    bool renewed = false;
    PP_AUTO(ca) struct ca *ca = authorities_now(app->authorities);
    memcpy(maintenance->issuer, ca->authorities[0].sha256, sizeof maintenance->issuer);
    if (!home_hosts_load(app->home, &hosts, error) ||
        !signing_certify_server(app->home->signing, &hosts, &renewed, error))
        return false;
    if (renewed)
        pp_log_info("the server's certificate was renewed");
    struct credentials *now = credentials_load(app->home, &hosts, error);
    if (!now)
        return false;
    connections_show(app->connections, now);
    credentials_release(maintenance->credentials);
    maintenance->credentials = now;
    return true;
}

static void due_set(struct maintenance *maintenance, int64_t *due, int64_t in_ms) {
    pthread_mutex_lock(&maintenance->mutex);
    *due = pp_clock_monotonic_ms() + in_ms;
    pthread_mutex_unlock(&maintenance->mutex);
}

/* Where there are two servers, the repository is the concern of the one that publishes. */
static bool publishes(const struct maintenance *maintenance) {
    return maintenance->app->part != APP_SCREENS;
}

static void refresh(struct maintenance *maintenance) {
    struct pp_error error = {0};
    due_set(maintenance, &maintenance->refresh_at, REFRESH_MS);
    if (publishes(maintenance) && !publish_refresh(maintenance->home, &error))
        pp_log_warning("housekeeping: %s", error.message);
}

/* Every few hours and at SIGHUP. What fails is left as it was. */
static void maintain(struct maintenance *maintenance) {
    struct pp_error failure = {0};
    bool again = false;
    due_set(maintenance, &maintenance->maintain_at, MAINTAIN_MS);
    if (publishes(maintenance) &&
        !publish_maintain(maintenance->home, pp_clock_realtime_s(), &again, &failure))
        pp_log_warning("maintenance: %s", failure.message);
    if (again)
        due_set(maintenance, &maintenance->maintain_at, REFRESH_MS);
    if (!present(maintenance, &failure))
        pp_log_error("the server's certificate: %s; the one before it is shown", failure.message);
}

/* Another authority issues: the server's certificate is by that one from now on. */
static void check_authorities(struct maintenance *maintenance) {
    struct pp_error failure = {0};
    PP_AUTO(ca) struct ca *ca = authorities_now(maintenance->app->authorities);
    if (memcmp(ca->authorities[0].sha256, maintenance->issuer, sizeof maintenance->issuer) == 0)
        return;
    pp_log_info("another certificate authority issues from now on");
    if (present(maintenance, &failure))
        return;
    pp_log_error("the server's certificate: %s; the one before it is shown", failure.message);
    due_set(maintenance, &maintenance->maintain_at, REFRESH_MS); /* again */
}

/* Until something is due, or it is time to look. False at the end. */
static bool rest(struct maintenance *maintenance, bool *refresh_due, bool *maintain_due) {
    int64_t until_ms = pp_clock_monotonic_ms() + LOOK_MS;
    const struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000L};
    pthread_mutex_lock(&maintenance->mutex);
    for (int late = 0; !late && !maintenance->ending;) {
        int64_t now = pp_clock_monotonic_ms();
        if (now >= maintenance->refresh_at || now >= maintenance->maintain_at)
            break;
        late = pthread_cond_timedwait(&maintenance->more, &maintenance->mutex, &until);
    }
    *refresh_due = pp_clock_monotonic_ms() >= maintenance->refresh_at;
    *maintain_due = pp_clock_monotonic_ms() >= maintenance->maintain_at;
    bool going = !maintenance->ending;
    pthread_mutex_unlock(&maintenance->mutex);
    return going;
}

static void *run(void *arg) {
    struct maintenance *maintenance = arg;
    bool refresh_due, maintain_due;
    while (rest(maintenance, &refresh_due, &maintain_due)) {
        check_authorities(maintenance);
        if (refresh_due)
            refresh(maintenance);
        if (maintain_due)
            maintain(maintenance);
    }
    return NULL;
}

static void prepare(struct maintenance *maintenance) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&maintenance->mutex, NULL);
    pthread_cond_init(&maintenance->more, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct maintenance *maintenance_create(const struct app *app, struct pp_error *error) {
    struct maintenance *maintenance = calloc(1, sizeof *maintenance);
    if (!maintenance) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    maintenance->app = app;
    prepare(maintenance);
    maintenance->home = home_open_with(app->home->path, app->home->signing, error);
    if (maintenance->home && present(maintenance, error))
        return maintenance;
    maintenance_destroy(maintenance);
    return NULL;
}

bool maintenance_start(struct maintenance *maintenance, struct pp_error *error) {
    maintenance->running = pp_thread_start(&maintenance->thread, "maintenance", run, maintenance, error);
    return maintenance->running;
}

void maintenance_destroy(struct maintenance *maintenance) {
    if (!maintenance)
        return;
    pthread_mutex_lock(&maintenance->mutex);
    maintenance->ending = true;
    pthread_cond_signal(&maintenance->more);
    pthread_mutex_unlock(&maintenance->mutex);
    if (maintenance->running)
        pthread_join(maintenance->thread, NULL);
    credentials_release(maintenance->credentials);
    home_close(maintenance->home);
    pthread_cond_destroy(&maintenance->more);
    pthread_mutex_destroy(&maintenance->mutex);
    free(maintenance);
}

const struct credentials *maintenance_credentials(const struct maintenance *maintenance) {
    return maintenance->credentials;
}

static void wake(struct maintenance *maintenance, bool all) {
    pthread_mutex_lock(&maintenance->mutex);
    maintenance->refresh_at = 0;
    if (all)
        maintenance->maintain_at = 0;
    pthread_cond_signal(&maintenance->more);
    pthread_mutex_unlock(&maintenance->mutex);
}

void maintenance_refresh(struct maintenance *maintenance) {
    wake(maintenance, false);
}

void maintenance_hurry(struct maintenance *maintenance) {
    wake(maintenance, true);
}

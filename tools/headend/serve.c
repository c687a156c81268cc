/* The process around the server: starts it, wakes long polls, keeps house, stops it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/admin_session.h"
#include "headend/connections.h"
#include "headend/enrolment.h"
#include "headend/listen.h"
#include "headend/publish.h"
#include "headend/server.h"
#include "headend/strings.h"
#include "headend/throttle.h"
#include "headend/waiters.h"

#define SERVE_TICK_MS      1000
#define SERVE_HOUSEKEEP_MS 60000
#define SERVE_DRAIN_MS     300 /* at the end, for answers to those that waited */

struct serving {
    struct app app;
    struct MHD_Daemon *daemon;
    int signals, notices; /* signalfd, inotify */
    int64_t data_version, housekeep_at;
};

static void serving_finish(struct serving *serving) {
    struct app *app = &serving->app;
    if (serving->daemon) {
        waiters_stop(app->waiters);
        poll(NULL, 0, SERVE_DRAIN_MS);
        MHD_stop_daemon(serving->daemon);
    }
    waiters_destroy(app->waiters);
    connections_destroy(app->connections);
    strings_destroy(app->strings);
    ca_close(app->ca);
    pp_close(&app->repo_fd);
    pp_close(&serving->signals);
    pp_close(&serving->notices);
}

static bool serving_signals(struct serving *serving, struct pp_error *error) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    /* Before any thread starts, so that none of them takes the signals. */
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0 ||
        (serving->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)) < 0)
        return pp_fail_errno(error, "signals");
    serving->notices = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (serving->notices < 0 ||
        inotify_add_watch(serving->notices, serving->app.home->path, IN_CLOSE_WRITE) < 0)
        return pp_fail_errno(error, "watch %s", serving->app.home->path);
    return true;
}

static void raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool serving_load(struct serving *serving, struct pp_error *error) {
    struct app *app = &serving->app;
    app->ca = ca_open(app->home, error);
    if (!app->ca || !home_hosts_load(app->home, &app->hosts, error))
        return false;
    bool renewed = false;
    if (!ca_renew_server(app->ca, app->home, &app->hosts, &renewed, error))
        return false;
    if (renewed)
        pp_log_info("the server's certificate was renewed");
    app->repo_fd = pp_dir_open(app->home->fd, HOME_REPO, error);
    return app->repo_fd >= 0 && (app->waiters = waiters_create(error)) &&
           (app->connections = connections_create(app->options.request_s, error)) &&
           (app->strings = strings_create(error));
}

static bool serving_start(struct serving *serving, struct pp_error *error) {
    struct app *app = &serving->app;
    struct server_files files = {.certificate = PP_BUF_INIT(CA_PEM_MAX), .key = PP_BUF_INIT(CA_PEM_MAX)};
    pp_autoclose int fd = listen_open(&app->options, &app->port, error);
    if (fd >= 0 && pp_file_read(app->home->fd, HOME_SERVER_CERTIFICATE, &files.certificate, error) &&
        pp_file_read(app->home->fd, HOME_SERVER_KEY, &files.key, error))
        serving->daemon = server_start(app, fd, &files, error);
    pp_buf_finish(&files.certificate);
    pp_buf_finish(&files.key);
    if (serving->daemon)
        pp_steal_fd(&fd);
    return serving->daemon != NULL;
}

static void serving_announce(const struct serving *serving) {
    const struct app *app = &serving->app;
    const char *host = app->hosts.names[0];
    const char *bracket = strchr(host, ':') ? "[" : "";
    printf("Pingplay headend: https://%s%s%s:%u/admin/\n", bracket, host, *bracket ? "]" : "", app->port);
    fflush(stdout);
}

static void serving_housekeep(struct serving *serving) {
    struct pp_error error;
    struct db *db = serving->app.db;
    db_lock(db);
    if (!enrolment_purge(db, &error) || !admin_session_purge(db, &error) ||
        !throttle_purge(db, pp_clock_realtime_s(), &error))
        pp_log_warning("housekeeping: %s", error.message);
    db_unlock(db);
    if (!publish_refresh(serving->app.home, &error))
        pp_log_warning("housekeeping: %s", error.message);
}

static void drain(int fd) {
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

/* Another process (publish, approve…) has changed the database. */
static void serving_look(struct serving *serving) {
    struct db *db = serving->app.db;
    db_lock(db);
    int64_t version = db_data_version(db);
    db_unlock(db);
    if (version == serving->data_version)
        return;
    serving->data_version = version;
    waiters_wake(serving->app.waiters);
}

static int serving_timeout(struct serving *serving) {
    int64_t now = pp_clock_monotonic_ms();
    int64_t due = waiters_expire(serving->app.waiters);
    return due - now < SERVE_TICK_MS ? (due > now ? (int)(due - now) : 0) : SERVE_TICK_MS;
}

static void serving_run(struct serving *serving) {
    for (;;) {
        struct pollfd fds[] = {{.fd = serving->signals, .events = POLLIN},
                               {.fd = serving->notices, .events = POLLIN}};
        if (poll(fds, PP_COUNT(fds), serving_timeout(serving)) < 0 && errno != EINTR)
            return;
        if (fds[0].revents)
            return;
        if (fds[1].revents)
            drain(serving->notices);
        serving_look(serving);
        connections_cut(serving->app.connections);
        if (pp_clock_monotonic_ms() >= serving->housekeep_at) {
            serving->housekeep_at = pp_clock_monotonic_ms() + SERVE_HOUSEKEEP_MS;
            serving_housekeep(serving);
        }
    }
}

bool serve(struct home *home, const struct serve_options *options, struct pp_error *error) {
    PP_CLEANUP(serving_finish)
    struct serving serving = {.app = {.home = home, .db = home->db, .options = *options, .repo_fd = -1},
                              .signals = -1,
                              .notices = -1};
    raise_descriptor_limit();
    if (!serving_signals(&serving, error) || !serving_load(&serving, error) ||
        !serving_start(&serving, error))
        return false;
    serving_announce(&serving);
    serving_run(&serving);
    return true;
}

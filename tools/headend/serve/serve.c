/* The process around the server: starts it, wakes long polls, keeps house, stops it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "headend/api/routes.h"
#include "headend/db/home_open.h"
#include "headend/device/feeds_made.h"
#include "headend/device/handlers.h"
#include "headend/device/proof.h"
#include "headend/device/proof_guard.h"
#include "headend/device/provider_keys.h"
#include "headend/device/routes.h"
#include "headend/device/told.h"
#include "headend/http/connections.h"
#include "headend/http/credentials.h"
#include "headend/http/listen.h"
#include "headend/http/tus.h"
#include "headend/ingest/ask.h"
#include "headend/ops/admin_session.h"
#include "headend/ops/channel_key.h"
#include "headend/ops/contacts.h"
#include "headend/ops/content.h"
#include "headend/ops/content_ingest.h"
#include "headend/ops/content_upload.h"
#include "headend/ops/enrolment.h"
#include "headend/ops/passkey_challenge.h"
#include "headend/ops/person_session.h"
#include "headend/ops/plays.h"
#include "headend/ops/publish_job.h"
#include "headend/ops/publish_worker.h"
#include "headend/ops/screen_changes.h"
#include "headend/ops/screen_settings.h"
#include "headend/ops/screen_uploads.h"
#include "headend/ops/setup_link.h"
#include "headend/ops/throttle.h"
#include "headend/pages/admin.h"
#include "headend/pages/console.h"
#include "headend/pages/embedded.h"
#include "headend/pages/page.h"
#include "headend/pages/routes.h"
#include "headend/pages/time_zones.h"
#include "headend/push/routes.h"
#include "headend/serve/alerts.h"
#include "headend/serve/maintenance.h"
#include "headend/serve/serve.h"
#include "headend/serve/well_known.h"
#include "headend/server/allowance.h"
#include "headend/server/hasher.h"
#include "headend/server/metrics.h"
#include "headend/server/open_files.h"
#include "headend/server/previews.h"
#include "headend/server/server.h"
#include "headend/server/streams.h"
#include "headend/server/waiters.h"
#include "headend/server/workers.h"
#include "headend/server/writer.h"
#include "headend/signing/signing.h"
#include "page/strings.h"

#define SERVE_TICK_MS       1000
#define SERVE_LOOK_AGAIN_MS 100 /* after news of the database's */
#define SERVE_HOUSEKEEP_MS  60000
#define SERVE_DRAIN_MS      300    /* at the end, for answers to those that waited */
#define SERVE_SPREAD_MS     200    /* of settings to screens, at a time */
#define SERVE_FILES         128    /* descriptors for all but connections and their files */
#define SERVE_LEAST         16     /* connections, or it is not worth while */
#define SERVE_MOST          262144 /* connections, where nobody says how many */
#define SERVE_MOST_PEOPLE   16384  /* of a server that is for people alone */

struct serving {
    struct app app;
    struct site site;
    struct time_zones time_zones;
    struct home *keeper; /* the same, with a database connection of its own, which waits for the disk */
    struct MHD_Daemon *daemon;
    int listener;         /* the listening socket, before and after the daemon has it */
    int signals, notices; /* signalfd, inotify */
    struct maintenance *maintenance;
    struct ingest_lane *looks;             /* borrowed */
    bool look_again;                       /* soon: not each connection may have heard of what one has */
    int64_t data_version, streams_version; /* that waiters, and streams, have heard of */
    struct settings_spread spread;         /* of settings to the screens below */
    bool spreading;                        /* more of them are to hear of it */
    int64_t housekeep_at;                  /* ms, CLOCK_MONOTONIC */
};

static void serving_halt(struct serving *serving) {
    if (!serving->daemon)
        return;
    /* Nobody comes in any more; those inside get their answers. */
    serving->listener = MHD_quiesce_daemon(serving->daemon);
    waiters_stop(serving->app.waiters);
    streams_stop(serving->app.streams);
    hasher_stop(serving->app.hasher);
    poll(NULL, 0, SERVE_DRAIN_MS);
    writer_stop(serving->app.writer);
    MHD_stop_daemon(serving->daemon);
    serving->daemon = NULL;
}

static void serving_finish(struct serving *serving) {
    struct app *app = &serving->app;
    serving_halt(serving);
    maintenance_destroy(serving->maintenance);
    alerts_destroy(app->alerts);
    waiters_destroy(app->waiters);
    hasher_destroy(app->hasher);
    workers_destroy(app->workers);
    ingest_lane_stop(serving->looks);
    content_ingest_destroy(app->ingest);
    publish_worker_destroy(app->publisher);
    content_uploads_destroy(app->uploads);
    previews_destroy(app->previews);
    streams_destroy(app->streams);
    open_files_destroy(app->files);
    screen_changes_destroy(app->changes);
    allowance_destroy(app->allowance);
    allowance_destroy(app->feed_keys);
    feeds_made_destroy(app->feeds);
    proof_guard_destroy(app->proofs);
    provider_keys_destroy(app->providers);
    told_destroy(app->unsealed);
    writer_destroy(app->writer);
    if (app->contacts)
        (void)!contacts_write(app->contacts, app->db, NULL);
    contacts_destroy(app->contacts);
    db_close(app->reader);
    db_close(app->watcher);
    connections_destroy(app->connections);
    strings_destroy(app->strings);
    console_destroy(app->console);
    time_zones_finish(&serving->time_zones);
    metrics_destroy(app->metrics);
    site_finish(&serving->site);
    authorities_close(app->authorities);
    home_close(serving->keeper);
    pp_close(&app->repo_fd);
    pp_close(&serving->listener);
    pp_close(&serving->signals);
    pp_close(&serving->notices);
}

static bool serving_signals(struct serving *serving, struct pp_error *error) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
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

/* Bytes of memory; 0 where the system does not say. */
static uint64_t machine_memory(void) {
    long pages = sysconf(_SC_PHYS_PAGES);
    long size = sysconf(_SC_PAGE_SIZE);
    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

/* As many descriptors as are needed, where they can be had; those that there are. */
static uint64_t descriptors_raise(uint64_t needed) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return needed;
    if (limit.rlim_cur < needed) {
        limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0 && getrlimit(RLIMIT_NOFILE, &limit) < 0)
            return needed;
    }
    return limit.rlim_cur;
}

/* For each four connections there is a file that they download or send (open_files.h). Where nobody says how many
 * there may be, as many as the machine carries; where somebody does, no more than there are descriptors for. */
static bool serving_descriptors(struct serving *serving, struct pp_error *error) {
    uint64_t *connections = &serving->app.options.connections;
    const uint64_t spare = CONNECTIONS_SPARE + SERVE_FILES;
    uint64_t most = serving->app.part == APP_PEOPLE ? SERVE_MOST_PEOPLE : SERVE_MOST;
    uint64_t wanted = *connections ? *connections : most;
    uint64_t descriptors = descriptors_raise(wanted + wanted / 4 + spare);
    uint64_t carried = admission_carried(descriptors, spare, *connections ? 0 : machine_memory());
    if (carried < SERVE_LEAST)
        return pp_fail(error, PP_E_LIMIT, "at most %llu files may be open here, which is too few to serve",
                       (unsigned long long)descriptors);
    if (carried < *connections)
        pp_log_warning("at most %llu connections at a time: only %llu files may be open here",
                       (unsigned long long)carried, (unsigned long long)descriptors);
    else if (!*connections)
        pp_log_info("at most %llu connections at a time",
                    (unsigned long long)(carried < wanted ? carried : wanted));
    *connections = carried < wanted ? carried : wanted;
    serving->app.files = open_files_create(descriptors - spare - *connections, error);
    return serving->app.files;
}

/* The files of the console, where they are. */
static bool serving_load_console(struct app *app, struct pp_error *error) {
    char folder[PP_PATH_MAX];
    return app->part == APP_SCREENS ||
           (console_folder(folder, error) && (app->console = console_load(folder, error)));
}

/* What becomes content, and what is published of it. */
static bool serving_load_content(struct serving *serving, struct pp_error *error) {
    struct app *app = &serving->app;
    return (app->ingest =
                content_ingest_create(app->uploads, app->home, tus_metadata_text, serving->looks, error)) &&
           (app->publisher = publish_worker_create(app->home, serving->looks, error));
}

static bool serving_load(struct serving *serving, struct pp_error *error) {
    struct app *app = &serving->app;
    app->authorities = authorities_open(app->home, error);
    if (!app->authorities || !signing_ready(app->home->signing, error))
        return false;
    app->repo_fd = pp_dir_open(app->home->fd, HOME_REPO, error);
    const struct connection_limits limits = {.connections = app->options.connections,
                                             .per_address = app->options.per_address,
                                             .request_s = app->options.request_s};
    return app->repo_fd >= 0 &&
           (serving->keeper = home_open_with(app->home->path, app->home->signing, error)) &&
           (app->waiters = waiters_create(error)) &&
           (app->connections = connections_create(&limits, app->authorities, error)) &&
           (serving->maintenance = maintenance_create(app, error)) &&
           (app->writer = writer_create(app->db, error)) && (app->reader = db_open_again(app->db, error)) &&
           (app->watcher = db_open_again(app->db, error)) && (app->contacts = contacts_create(error)) &&
           (app->hasher = hasher_create(error)) && (app->workers = workers_create(error)) &&
           (app->streams = streams_create(app->workers, error)) &&
           (app->previews = previews_create(app->streams, error)) &&
           (app->changes = screen_changes_create(error)) &&
           (app->part == APP_PEOPLE || screen_uploads_tidy(app->home, error)) &&
           (app->proofs = proof_guard_create(error)) && (app->unsealed = told_create(error)) &&
           (app->providers = provider_keys_create(app->options.provider_ca, error)) &&
           (app->allowance = allowance_create(&ALLOWANCE_OF_SCREENS, error)) &&
           (app->feeds = feeds_made_create(error)) &&
           (app->feed_keys = allowance_create(&ALLOWANCE_OF_FEED_KEYS, error)) &&
           (app->uploads = content_uploads_create(app->home, error)) &&
           (app->part == APP_SCREENS || serving_load_content(serving, error)) &&
           (app->strings = strings_create(embedded_files, error)) && serving_load_console(app, error) &&
           time_zones_load(&serving->time_zones, TIME_ZONES_DIR, error);
}

static bool serving_start(struct serving *serving, struct pp_error *error) {
    serving->daemon = server_start(&serving->app, serving->listener, error);
    if (serving->daemon)
        serving->listener = -1;
    return serving->daemon != NULL;
}

static void serving_announce(const struct serving *serving) {
    const struct app *app = &serving->app;
    const char *host = credentials_hosts(maintenance_credentials(serving->maintenance))->names[0];
    const char *bracket = strchr(host, ':') ? "[" : "";
    bool wanted = false;
    db_lock(app->db);
    bool known = setup_link_wanted(app->db, &wanted, NULL);
    db_unlock(app->db);
    if (app->part == APP_SCREENS) {
        printf("Pingplay headend, for screens: https://%s%s%s:%u/\n", bracket, host, *bracket ? "]" : "",
               app->port);
        fflush(stdout);
        return;
    }
    printf("Pingplay headend: https://%s%s%s:%u/admin/\n", bracket, host, *bracket ? "]" : "", app->port);
    /* A link itself would stand in the service's log. */
    if (known && wanted)
        printf("There is no account yet: \"pingplay-headend setup-link %s --port %u\" prints a link to make "
               "one\n",
               app->home->path, app->port);
    fflush(stdout);
}

/* Of people at screens, whose time is over. */
static void serving_end_sessions(struct serving *serving) {
    struct pp_error error = {0};
    bool ended = false;
    if (!person_sessions_purge(serving->app.db, pp_clock_realtime_s(), &ended, &error))
        pp_log_warning("housekeeping: %s", error.message);
    if (ended)
        waiters_wake(serving->app.waiters);
}

/* Uploads that nobody goes on with, and what has been in the bin for long. */
static void serving_tidy_content(struct serving *serving) {
    struct pp_error error = {0};
    struct app *app = &serving->app;
    int64_t now = pp_clock_realtime_s();
    bool again = false;
    uint64_t commits;
    if (!content_uploads_tidy(app->uploads, app->db, now, &error))
        pp_log_warning("housekeeping: %s", error.message);
    db_lock(app->db);
    commits = db_commits(app->db);
    if (!content_bin_empty(app->db, now - CONTENT_BIN_S, &again, &error))
        pp_log_warning("housekeeping: %s", error.message);
    bool removed = db_commits(app->db) != commits;
    db_unlock(app->db);
    if (removed)
        content_ingest_tidy(app->ingest);
    else
        content_ingest_wake(app->ingest);
}

static void serving_housekeep(struct serving *serving) {
    struct pp_error error;
    struct db *db = serving->app.db;
    db_lock(db);
    if (!enrolment_purge(db, &error) || !admin_session_purge(db, &error) ||
        !passkey_challenge_purge(db, &error) || !throttle_purge(db, pp_clock_realtime_s(), &error) ||
        !publish_job_purge(db, pp_clock_realtime_s(), &error))
        pp_log_warning("housekeeping: %s", error.message);
    serving_end_sessions(serving);
    allowance_purge(serving->app.allowance, pp_clock_monotonic_ms());
    allowance_purge(serving->app.feed_keys, pp_clock_monotonic_ms());
    db_unlock(db);
    if (serving->app.part != APP_SCREENS)
        serving_tidy_content(serving);
    db_lock(serving->keeper->db);
    if (!presence_note(serving->keeper->db, pp_clock_realtime_s(), &error))
        pp_log_warning("housekeeping: %s", error.message);
    db_unlock(serving->keeper->db);
    if (serving->app.publisher)
        publish_worker_wake(serving->app.publisher); /* of another headend, which may be gone */
}

/* Whether a signal says to stop. SIGHUP: maintenance is due. */
static bool serving_signalled(struct serving *serving) {
    struct signalfd_siginfo signal;
    while (read(serving->signals, &signal, sizeof signal) == (ssize_t)sizeof signal) {
        if (signal.ssi_signo != SIGHUP)
            return true;
        maintenance_hurry(serving->maintenance);
    }
    return false;
}

static void drain(int fd) {
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0)
        ;
}

/* Somebody, this server too, has changed the database: those who listen hear of it once it is time to look. */
static void serving_check_streams(struct serving *serving) {
    int64_t version = db_data_version(serving->keeper->db);
    if (version == serving->streams_version ||
        pp_clock_monotonic_ms() < screen_changes_due(serving->app.changes))
        return;
    serving->streams_version = version;
    streams_wake(serving->app.streams);
}

/* Another process (publish, approve…) has changed the database. */
static void serving_check(struct serving *serving) {
    struct pp_error error;
    if (!contacts_write(serving->app.contacts, serving->app.db, &error))
        pp_log_warning("%s", error.message);
    struct db *db = serving->app.db;
    db_lock(db);
    int64_t version = db_data_version(db);
    db_unlock(db);
    if (version == serving->data_version)
        return;
    serving->data_version = version;
    waiters_wake(serving->app.waiters);
}

/* Somebody has changed something, in another process or on a page. A channel that a screen has left does not wait for
 * its new key until the next housekeeping. */
static void serving_notice(struct serving *serving) {
    char id[CHANNEL_ID_MAX + 1];
    drain(serving->notices);
    if (serving->app.alerts)
        alerts_wake(serving->app.alerts);
    if (channel_key_wanted(serving->keeper->db, id, NULL) && *id)
        maintenance_refresh(serving->maintenance);
}

/* Settings that were changed for many screens get to them, some at each turn: between two hundreds others write. */
static void serving_spread(struct serving *serving) {
    struct pp_error error = {0};
    struct db *db = serving->keeper->db;
    int64_t until = pp_clock_monotonic_ms() + SERVE_SPREAD_MS;
    do {
        db_lock(db);
        bool ok = screen_settings_spread(db, &serving->spread, &serving->spreading, &error);
        db_unlock(db);
        if (!ok) {
            pp_log_warning("settings for many screens: %s; once more later", error.message);
            serving->spreading = false;
        }
    } while (serving->spreading && pp_clock_monotonic_ms() < until);
}

static int serving_timeout(struct serving *serving) {
    if (serving->spreading)
        return 0;
    int64_t now = pp_clock_monotonic_ms();
    int64_t due = waiters_expire(serving->app.waiters);
    int64_t beat = streams_expire(serving->app.streams);
    if (beat < due)
        due = beat;
    if (serving->look_again && due > now + SERVE_LOOK_AGAIN_MS)
        due = now + SERVE_LOOK_AGAIN_MS;
    return due - now < SERVE_TICK_MS ? (due > now ? (int)(due - now) : 0) : SERVE_TICK_MS;
}

static bool serving_run(struct serving *serving, struct pp_error *error) {
    for (;;) {
        struct pollfd fds[] = {{.fd = serving->signals, .events = POLLIN},
                               {.fd = serving->notices, .events = POLLIN},
                               {.fd = db_news(serving->keeper->db), .events = POLLIN}};
        if (poll(fds, PP_COUNT(fds), serving_timeout(serving)) < 0 && errno != EINTR)
            return pp_fail_errno(error, "poll");
        if (fds[0].revents && serving_signalled(serving))
            return true;
        if (fds[1].revents)
            serving_notice(serving);
        /* The keeper's connection hears of it, and those of the others do in the same moment or the next. */
        serving->look_again = fds[2].revents != 0;
        serving_check(serving);
        serving_check_streams(serving);
        if (serving->app.part != APP_SCREENS)
            serving_spread(serving);
        if (pp_clock_monotonic_ms() >= serving->housekeep_at) {
            serving->housekeep_at = pp_clock_monotonic_ms() + SERVE_HOUSEKEEP_MS;
            serving_housekeep(serving);
        }
    }
}

/* Who has a port of their own finds what is for others nowhere on it. */
static void serving_connect(struct serving *serving) {
    static const struct route_table none;
    bool screens = serving->app.part != APP_PEOPLE;
    bool people = serving->app.part != APP_SCREENS;
    serving->site = (struct site){.tables = {well_known_routes, screens ? device_routes : none,
                                             people ? page_routes : none, people ? api_routes : none,
                                             people ? push_routes : none},
                                  .authenticate_device = device_authenticate,
                                  .authenticate_admin = admin_authenticate,
                                  .authenticate_api = api_authenticate,
                                  .complete = device_proof_offer,
                                  .message = page_message};
    serving->app.site = &serving->site;
    serving->app.time_zones = &serving->time_zones;
}

bool serve(struct home *home, const struct serve_options *options, const struct serve_hand *hand,
           struct pp_error *error) {
    PP_CLEANUP(serving_finish)
    struct serving serving = {
        .app = {.home = home, .db = home->db, .options = *options, .part = hand->part, .repo_fd = -1},
        .listener = hand->listener,
        .looks = hand->looks,
        .signals = -1,
        .notices = -1};
    serving_connect(&serving);
    db_share(home->db);
    if (!site_connect(&serving.site, error) ||
        !(serving.app.metrics = metrics_create(&serving.site, error)) ||
        !serving_descriptors(&serving, error) || !serving_signals(&serving, error) ||
        !serving_load(&serving, error) || !listen_port(hand->listener, &serving.app.port, error) ||
        (hand->part != APP_SCREENS && !(serving.app.alerts = alerts_create(&serving.app, error))) ||
        !serving_start(&serving, error))
        return false;
    serving_announce(&serving);
    if (!maintenance_start(serving.maintenance, error))
        return false;
    if (send(hand->ready, "", 1, MSG_NOSIGNAL) != 1)
        pp_log_warning("nobody hears that it serves");
    return serving_run(&serving, error);
}

#include "headend/serve/alerts.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "headend/db/db.h"
#include "headend/db/home_open.h"
#include "headend/ops/alert_watch.h"
#include "headend/ops/mail_account.h"
#include "headend/serve/alert_words.h"

#define ADDRESS_MAX (HOME_HOST_MAX + 32) /* bytes */
#define ROOT_MAX    (256 * 1024)         /* bytes */
#define FORGET_S    3600                 /* s, between two times that what is old goes */
#define SENDER      "Pingplay"

struct alerts {
    const struct app *app;
    struct home *home; /* with a connection of its own */
    struct reach reach;
    char address[ADDRESS_MAX]; /* of this headend, for people */
    int64_t begun, forgotten;  /* s since 1970 */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t more;
    bool running, woken;
    atomic_bool ending;
};

/* ---- What the server knows of itself ---- */

static int64_t disk_free(const struct home *home) {
    struct statvfs status;
    if (fstatvfs(home->fd, &status) != 0 || !status.f_blocks)
        return -1;
    return (int64_t)(100.0 * (double)status.f_bavail / (double)status.f_blocks);
}

/* The newest root's number; 0 without. */
static long root_newest(DIR *folder) {
    long newest = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char *end = NULL;
        long number = strtol(entry->d_name, &end, 10);
        if (strcmp(end, ".root.json") == 0 && number > newest)
            newest = number;
    }
    return newest;
}

static void folder_close(DIR **folder) {
    if (*folder)
        closedir(*folder);
}

static int64_t root_expires(const struct home *home) {
    char path[PP_PATH_MAX];
    int64_t expires = 0;
    const cJSON *signed_part;
    pp_autobuf struct pp_buf text = PP_BUF_INIT(ROOT_MAX);
    if (!pp_path_format(path, NULL, "%s/" HOME_REPO "/metadata", home->path))
        return 0;
    DIR *folder PP_CLEANUP(folder_close) = opendir(path);
    long newest = folder ? root_newest(folder) : 0;
    if (!newest ||
        !pp_path_format(path, NULL, "%s/" HOME_REPO "/metadata/%ld.root.json", home->path, newest) ||
        !pp_file_read(AT_FDCWD, path, &text, NULL))
        return 0;
    pp_autojson cJSON *root = pp_json_parse(pp_buf_text(&text), text.size, ROOT_MAX, NULL);
    if (!root || !pp_json_object(root, "signed", &signed_part, NULL) ||
        !pp_json_time(signed_part, "expires", &expires, NULL))
        return 0;
    return expires;
}

/* ---- Delivery ---- */

static bool send_mail(struct alerts *alerts, const struct alert_rule *rule,
                      const struct alert_message *message, const struct delivery *delivery,
                      struct pp_error *error) {
    mail_server_auto struct mail_server server = {0};
    alert_words_auto struct alert_words words;
    alert_words_begin(&words);
    db_lock(alerts->home->db);
    bool known = mail_account_load(alerts->home->db, &server, error);
    db_unlock(alerts->home->db);
    if (!known)
        return error->code == PP_E_NOTFOUND ? pp_fail(error, PP_E_NOTFOUND, "no mail server is named")
                                            : false;
    if (!alert_words_write(alerts->app->strings, rule, message, alerts->address, &words, error))
        return false;
    const struct mail mail = {.id = message->id,
                              .from = server.from,
                              .to = message->target,
                              .sender = SENDER,
                              .subject = words.subject,
                              .text = pp_buf_text(&words.text),
                              .html = pp_buf_text(&words.html),
                              .time = message->created};
    return deliver_mail(delivery, &server, &mail, error);
}

static bool send_webhook(struct alerts *alerts, const struct alert_message *message,
                         const struct delivery *delivery, struct pp_error *error) {
    uint8_t secret[WEBHOOK_SECRET_SIZE];
    char id[UUID_TEXT_SIZE + 8];
    pp_autobuf struct pp_buf document = PP_BUF_INIT(WEBHOOK_BODY_MAX);
    if (!alert_document_write(message, alerts->address, &document, error))
        return false;
    db_lock(alerts->home->db);
    bool known = alert_rule_secret(alerts->home->db, message->rule, secret, error);
    db_unlock(alerts->home->db);
    snprintf(id, sizeof id, "msg_%s", message->id);
    const struct webhook_message post = {
        .id = id, .time = pp_clock_realtime_s(), .body = pp_buf_text(&document)};
    bool sent = known && deliver_webhook(delivery, message->target, &post, secret, error);
    pp_wipe(secret, sizeof secret);
    return sent;
}

static bool deliver_message(struct alerts *alerts, const struct alert_message *message,
                            struct pp_error *error) {
    struct alert_rule rule;
    const struct delivery delivery = {
        .ca_file = alerts->app->options.alert_ca, .reach = &alerts->reach, .cancel = &alerts->ending};
    db_lock(alerts->home->db);
    bool known = alert_rule_find(alerts->home->db, message->rule, &rule, error);
    db_unlock(alerts->home->db);
    return known && (message->webhook ? send_webhook(alerts, message, &delivery, error)
                                      : send_mail(alerts, &rule, message, &delivery, error));
}

static bool settle(struct alerts *alerts, const struct alert_message *message, const struct pp_error *failure,
                   struct pp_error *error) {
    struct db *db = alerts->home->db;
    int64_t now = pp_clock_realtime_s();
    db_lock(db);
    bool ok = failure && failure->code == PP_E_CANCELLED
                  ? alert_queue_return(db, message, now, error)
                  : alert_queue_settle(db, message, now, failure, error);
    db_unlock(db);
    return ok;
}

/* Whether there was one more. */
static bool deliver_next(struct alerts *alerts, struct pp_error *error) {
    alert_message_auto struct alert_message message = {0};
    struct pp_error failure = {0};
    bool found = false;
    db_lock(alerts->home->db);
    bool looked = alert_queue_take(alerts->home->db, pp_clock_realtime_s(), &message, &found, error);
    db_unlock(alerts->home->db);
    if (!looked || !found)
        return false;
    bool sent = deliver_message(alerts, &message, &failure);
    if (!sent && failure.code != PP_E_CANCELLED)
        pp_log_warning("alert %s, attempt %lld: %s", message.id, (long long)message.attempts,
                       failure.message);
    return settle(alerts, &message, sent ? NULL : &failure, error);
}

/* ---- The thread ---- */

static void look(struct alerts *alerts) {
    struct pp_error error = {0};
    int64_t now = pp_clock_realtime_s();
    const struct alert_own own = {.disk_free = disk_free(alerts->home),
                                  .root_expires = root_expires(alerts->home),
                                  .begun = alerts->begun};
    if (!alert_watch(alerts->home->db, &own, now, &error))
        pp_log_warning("alerts: %s", error.message);
    if (now - alerts->forgotten < FORGET_S)
        return;
    alerts->forgotten = now;
    db_lock(alerts->home->db);
    if (!alert_queue_forget(alerts->home->db, now, &error))
        pp_log_warning("alerts: %s", error.message);
    db_unlock(alerts->home->db);
}

/* Until it is time to look again: a mail server that does not answer keeps nobody from being looked at. */
static void deliver_all(struct alerts *alerts) {
    struct pp_error error = {0};
    int64_t until = pp_clock_monotonic_ms() + 1000 * ALERTS_LOOK_S;
    while (!atomic_load(&alerts->ending) && pp_clock_monotonic_ms() < until && deliver_next(alerts, &error))
        ;
    if (error.code != PP_OK)
        pp_log_warning("alerts: %s", error.message);
}

/* Until it is time to look again, somebody wakes us, or the server stops. */
static void rest(struct alerts *alerts) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ALERTS_LOOK_S;
    pthread_mutex_lock(&alerts->mutex);
    while (!alerts->woken && !atomic_load(&alerts->ending) &&
           pthread_cond_timedwait(&alerts->more, &alerts->mutex, &until) == 0)
        ;
    alerts->woken = false;
    pthread_mutex_unlock(&alerts->mutex);
}

static void *run(void *arg) {
    struct alerts *alerts = arg;
    while (!atomic_load(&alerts->ending)) {
        look(alerts);
        deliver_all(alerts);
        rest(alerts);
    }
    return NULL;
}

/* Where people reach it: as it was configured, or by its first name. */
static bool address_write(struct alerts *alerts, struct pp_error *error) {
    struct host_list hosts = {0};
    const struct app *app = alerts->app;
    if (app->options.public_address) {
        if (strlen(app->options.public_address) >= sizeof alerts->address ||
            !webhook_url_check(app->options.public_address, error))
            return pp_fail(error, PP_E_INVALID, "--public-address: must be like https://screens.example.org");
        snprintf(alerts->address, sizeof alerts->address, "%s", app->options.public_address);
        return true;
    }
    if (!home_hosts_load(alerts->home, &hosts, error))
        return false;
    const char *bracket = strchr(hosts.names[0], ':') ? "[" : "";
    snprintf(alerts->address, sizeof alerts->address, "https://%s%s%s:%u", bracket, hosts.names[0],
             *bracket ? "]" : "", app->port);
    return true;
}

static bool begin(struct alerts *alerts, struct pp_error *error) {
    pthread_condattr_t monotonic;
    pthread_mutex_init(&alerts->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&alerts->more, &monotonic);
    pthread_condattr_destroy(&monotonic);
    alerts->begun = pp_clock_realtime_s();
    if (!reach_read(alerts->app->options.webhook_networks ? alerts->app->options.webhook_networks : "",
                    &alerts->reach, error))
        return pp_wrap(error, "--webhook-networks");
    return (alerts->home = home_open_with(alerts->app->home->path, alerts->app->home->signing, error)) &&
           address_write(alerts, error) && pp_thread_start(&alerts->thread, "alerts", run, alerts, error);
}

struct alerts *alerts_create(const struct app *app, struct pp_error *error) {
    struct alerts *alerts = calloc(1, sizeof *alerts);
    if (!alerts) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    alerts->app = app;
    atomic_init(&alerts->ending, false);
    alerts->running = begin(alerts, error);
    if (alerts->running)
        return alerts;
    alerts_destroy(alerts);
    return NULL;
}

void alerts_destroy(struct alerts *alerts) {
    if (!alerts)
        return;
    pthread_mutex_lock(&alerts->mutex);
    atomic_store(&alerts->ending, true);
    pthread_cond_signal(&alerts->more);
    pthread_mutex_unlock(&alerts->mutex);
    if (alerts->running)
        pthread_join(alerts->thread, NULL);
    home_close(alerts->home);
    pthread_cond_destroy(&alerts->more);
    pthread_mutex_destroy(&alerts->mutex);
    free(alerts);
}

void alerts_wake(struct alerts *alerts) {
    pthread_mutex_lock(&alerts->mutex);
    alerts->woken = true;
    pthread_cond_signal(&alerts->more);
    pthread_mutex_unlock(&alerts->mutex);
}

#include "diagnose/diagnose.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/json.h"
#include "diagnose/checks.h"

void diagnosis_add(struct diagnosis *diagnosis, const char *check, const char *name, const char *format,
                   ...) {
    const struct finding *finding = finding_find(name);
    char detail[DIAGNOSE_DETAIL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    pp_json_tidy(detail);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", check);
    cJSON_AddStringToObject(object, "verdict", verdict_name(finding->verdict));
    cJSON_AddStringToObject(object, "finding", name);
    cJSON_AddStringToObject(object, "detail", detail);
    cJSON_AddItemToArray(diagnosis->checks, object);
    if (finding->verdict > diagnosis->worst)
        diagnosis->worst = finding->verdict;
}

bool diagnose_split(const char *url, char host[DIAGNOSE_HOST_MAX], char port[8]) {
    const char *scheme = strstr(url, "://");
    const char *name = scheme ? scheme + 3 : url;
    const char *user = strchr(name, '@');
    bool secure = strncmp(url, "https://", 8) == 0;
    name = user ? user + 1 : name;
    bool literal = *name == '[';
    size_t size = literal ? strcspn(name + 1, "]") : strcspn(name, ":/");
    const char *rest = literal ? name + 1 + size + 1 : name + size;
    if (!size || size >= DIAGNOSE_HOST_MAX || (literal && name[1 + size] != ']'))
        return false;
    snprintf(host, DIAGNOSE_HOST_MAX, "%.*s", (int)size, name + literal);
    snprintf(port, 8, "%.*s", *rest == ':' ? (int)strspn(rest + 1, "0123456789") : 4,
             *rest == ':' ? rest + 1
             : secure     ? "443"
                          : "1080"); /* libcurl's */
    return true;
}

cJSON *diagnose(const struct diagnose_config *config) {
    static void (*const checks[])(struct diagnosis *) = {
        check_link,     check_address, check_route,   check_dns,    check_connection,  check_ca,
        check_password, check_ticket,  check_answer,  check_portal, check_certificate, check_time,
        check_storage,  check_display, check_sandbox, check_agent};
    cJSON *document = cJSON_CreateObject();
    cJSON *list = cJSON_CreateArray();
    if (!document || !list) {
        cJSON_Delete(document);
        cJSON_Delete(list);
        return NULL;
    }
    struct diagnosis diagnosis = {.config = config, .checks = list, .worst = VERDICT_OK};
    for (size_t i = 0; i < PP_COUNT(checks); i++)
        checks[i](&diagnosis);
    if (diagnosis.addresses)
        freeaddrinfo(diagnosis.addresses);
    bool bad = diagnosis.worst >= VERDICT_WARNING;
    cJSON_AddNumberToObject(document, "format", DIAGNOSE_FORMAT);
    cJSON_AddStringToObject(document, "by", config->by);
    cJSON_AddStringToObject(document, "verdict", verdict_name(bad ? diagnosis.worst : VERDICT_OK));
    cJSON_AddItemToObject(document, "checks", list);
    return document;
}

/* ---- On a thread of its own ---- */

/* Of the thread and of who wanted it; the last of them frees it. A resolver cannot be interrupted, and nobody waits
 * for it. */
struct diagnose_run {
    pthread_mutex_t lock;
    unsigned holders;
    int fd; /* eventfd: the document is there */
    cJSON *document;
    struct diagnose_config config;
    /* the loop's */
    struct net_loop *loop;
    struct net_watch *watch;
    void (*on_done)(void *arg, cJSON *document);
    void *arg;
};

static void run_release(struct diagnose_run *run) {
    pthread_mutex_lock(&run->lock);
    bool last = --run->holders == 0;
    pthread_mutex_unlock(&run->lock);
    if (!last)
        return;
    net_proxy_destroy(run->config.through);
    net_authorities_destroy(run->config.authorities);
    cJSON_Delete(run->document);
    pp_close(&run->fd);
    pthread_mutex_destroy(&run->lock);
    free(run);
}

static void *run_thread(void *arg) {
    struct diagnose_run *run = arg;
    uint64_t one = 1;
    cJSON *document = diagnose(&run->config);
    pthread_mutex_lock(&run->lock);
    run->document = document;
    pthread_mutex_unlock(&run->lock);
    if (write(run->fd, &one, sizeof one) < 0) {
        /* An eventfd takes a first one. */
    }
    run_release(run);
    return NULL;
}

static void on_ready(void *arg, short revents) {
    struct diagnose_run *run = arg;
    (void)revents;
    pthread_mutex_lock(&run->lock);
    cJSON *document = pp_steal(&run->document);
    pthread_mutex_unlock(&run->lock);
    void (*on_done)(void *, cJSON *) = run->on_done;
    void *done_arg = run->arg;
    diagnose_abandon(run);
    on_done(done_arg, document);
}

static bool run_begin(struct diagnose_run *run, struct pp_error *error) {
    pthread_t thread;
    pthread_attr_t attributes;
    run->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (run->fd < 0)
        return pp_fail_errno(error, "eventfd");
    run->watch = net_loop_watch(run->loop, run->fd, POLLIN, on_ready, run, error);
    if (!run->watch)
        return false;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    run->holders++;
    int failure = pthread_create(&thread, &attributes, run_thread, run);
    pthread_attr_destroy(&attributes);
    if (failure == 0)
        return true;
    run->holders--;
    return pp_fail(error, PP_E_NOMEM, "no thread for a diagnosis");
}

struct diagnose_run *diagnose_start(struct net_loop *loop, const struct diagnose_config *config,
                                    void (*on_done)(void *arg, cJSON *document), void *arg,
                                    struct pp_error *error) {
    struct diagnose_run *run = calloc(1, sizeof *run);
    if (!run) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *run = (struct diagnose_run){
        .holders = 1, .fd = -1, .config = *config, .loop = loop, .on_done = on_done, .arg = arg};
    net_proxy_ref(run->config.through);
    net_authorities_ref(run->config.authorities);
    pthread_mutex_init(&run->lock, NULL);
    if (run_begin(run, error))
        return run;
    diagnose_abandon(run);
    return NULL;
}

void diagnose_abandon(struct diagnose_run *run) {
    if (!run)
        return;
    net_loop_unwatch(run->loop, run->watch);
    run_release(run);
}

#include "agent/proxy.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/secret.h"

/* ---- The record ---- */

static void keep(struct proxy_record *record, struct vault *vault) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(PROXY_RECORD_MAX);
    struct pp_error error = {0};
    if (!proxy_record_write(record, &json, &error) ||
        !vault_put_later(vault, PROXY_RECORD, json.data, json.size, NULL, NULL, &error))
        pp_log_warning("the proxy is not kept: %s", error.message);
}

/* One that is lost or damaged strands no screen: what is configured counts then. */
static bool load(struct proxy_record *record, struct vault *vault, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(PROXY_RECORD_MAX);
    struct pp_error why = {0};
    if (!vault_get(vault, PROXY_RECORD, &json, &why)) {
        if (why.code != PP_E_NOTFOUND && why.code != PP_E_AUTH)
            return pp_fail(error, why.code, "proxy: %s", why.message);
        if (why.code == PP_E_AUTH)
            pp_log_warning("record \"" PROXY_RECORD "\": %s", why.message);
        return true;
    }
    if (!proxy_record_parse(json.data, json.size, record, &why))
        pp_log_warning("%s", why.message);
    return true;
}

/* A keytab may be taken away once the vault has it. */
static bool read_keytab(const char *path, char text[NET_TICKET_KEYTAB_TEXT], struct pp_error *error) {
    pp_autobuf struct pp_buf keytab = PP_BUF_INIT(NET_TICKET_KEYTAB_MAX);
    struct pp_error why = {0};
    *text = 0;
    if (!*path)
        return true;
    if (!pp_file_read(AT_FDCWD, path, &keytab, &why))
        return why.code == PP_E_NOTFOUND || pp_fail(error, why.code, "proxy-keytab: %s", why.message);
    pp_base64_encode(keytab.data, keytab.size, text);
    return true;
}

/* It is asked for at each start: nothing of it is secret, and what it says may have been changed. */
static bool read_ca(const char *path, char text[NET_PROXY_CA_MAX], struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(NET_PROXY_CA_MAX - 1);
    struct pp_error why = {0};
    *text = 0;
    if (!*path)
        return true;
    if (!pp_file_read(AT_FDCWD, path, &pem, &why))
        return pp_fail(error, why.code, "proxy-ca: %s", why.message);
    snprintf(text, NET_PROXY_CA_MAX, "%s", pp_buf_text(&pem));
    return true;
}

static bool configure(struct agent *agent, struct pp_error *error) {
    const struct agent_config *config = &agent->config;
    struct proxy_choice choice = {0};
    bool changed = false;
    snprintf(choice.net.address, sizeof choice.net.address, "%s", config->proxy);
    snprintf(choice.net.user, sizeof choice.net.user, "%s", config->proxy_user);
    snprintf(choice.net.password, sizeof choice.net.password, "%s", config->proxy_password);
    snprintf(choice.net.except, sizeof choice.net.except, "%s", config->no_proxy);
    snprintf(choice.principal, sizeof choice.principal, "%s", config->proxy_principal);
    snprintf(choice.kdc, sizeof choice.kdc, "%s", config->proxy_kdc);
    bool ok = read_ca(config->proxy_ca, choice.net.ca, error) &&
              read_keytab(config->proxy_keytab, choice.keytab, error) &&
              proxy_record_configure(agent->proxy.record, &choice, &changed, error);
    pp_wipe(&choice, sizeof choice);
    if (ok && changed) {
        const char *address = agent->proxy.record->chosen.net.address;
        pp_log_info("proxy: %s (%s)", *address ? address : "none",
                    proxy_phase_name(agent->proxy.record->phase));
        keep(agent->proxy.record, agent->vault);
    }
    return ok;
}

/* ---- The ticket ---- */

/* Of the thread and of the loop; the last of them frees it. A KDC that does not answer is waited for by nobody. */
struct proxy_fetch {
    pthread_mutex_t lock;
    unsigned holders;
    int fd; /* eventfd: it is over */
    struct net_tickets *tickets;
    uint32_t number;             /* net_ticket_begin's */
    struct proxy_choice *choice; /* in memory for secrets */
    char host[NET_PROXY_TEXT_MAX];
    bool ok;
    int64_t expires_s;
    struct pp_error error;
    /* the loop's */
    struct agent *agent;
    struct net_watch *watch;
};

static void fetch_release(struct proxy_fetch *fetch) {
    pthread_mutex_lock(&fetch->lock);
    bool last = --fetch->holders == 0;
    pthread_mutex_unlock(&fetch->lock);
    if (!last)
        return;
    pp_secret_destroy(fetch->choice, sizeof *fetch->choice);
    net_tickets_destroy(fetch->tickets);
    pp_close(&fetch->fd);
    pthread_mutex_destroy(&fetch->lock);
    free(fetch);
}

static void *run_fetch(void *arg) {
    struct proxy_fetch *fetch = arg;
    uint8_t keytab[NET_TICKET_KEYTAB_MAX];
    uint64_t one = 1;
    struct net_ticket_request request = {.host = fetch->host,
                                         .principal = fetch->choice->principal,
                                         .kdc = fetch->choice->kdc,
                                         .password = fetch->choice->net.password,
                                         .keytab = keytab,
                                         .number = fetch->number};
    const char *text = fetch->choice->keytab;
    fetch->ok = (!*text || pp_base64_decode(text, strlen(text), keytab, sizeof keytab, &request.keytab_size,
                                            &fetch->error)) &&
                net_ticket_fetch(fetch->tickets, &request, &fetch->expires_s, &fetch->error);
    pp_wipe(keytab, sizeof keytab);
    if (write(fetch->fd, &one, sizeof one) < 0) {
        /* An eventfd takes a first one. */
    }
    fetch_release(fetch);
    return NULL;
}

static void fetch_abandon(struct agent *agent) {
    struct proxy_fetch *fetch = pp_steal(&agent->proxy.fetch);
    if (!fetch)
        return;
    net_loop_unwatch(agent->loop, fetch->watch);
    fetch_release(fetch);
}

static void fetch_begin(void *arg);

static void ask_again(struct agent *agent, int64_t wait_ms) {
    net_timer_start_in(&agent->proxy.ticket_timer, agent->loop, wait_ms, fetch_begin, agent);
}

static void tell_ticket(struct agent_proxy *proxy, const struct pp_error *why) {
    bool same = strcmp(proxy->trouble.message, why->message) == 0;
    proxy->trouble = *why;
    net_proxy_set_ticket_trouble(proxy->shared, why);
    if (why->code && !same)
        pp_log_warning("no Kerberos ticket for the proxy: %s", why->message);
}

static void on_fetched(void *arg, short revents) {
    struct proxy_fetch *fetch = arg;
    struct agent *agent = fetch->agent;
    struct agent_proxy *proxy = &agent->proxy;
    bool ok = fetch->ok;
    int64_t left_s = fetch->expires_s - pp_clock_realtime_s();
    struct pp_error error = fetch->error;
    (void)revents;
    fetch_abandon(agent);
    if (!ok) {
        tell_ticket(proxy, &error);
        ask_again(agent, net_retry_next_ms(&proxy->retry, -1));
        return;
    }
    bool missed = proxy->trouble.code || !proxy->retry.last_ms;
    net_retry_reset(&proxy->retry);
    tell_ticket(proxy, &(struct pp_error){0});
    int64_t wait_s = left_s > 2 * PROXY_TICKET_AHEAD_S ? left_s - PROXY_TICKET_AHEAD_S : left_s / 2;
    ask_again(agent, 1000 * (wait_s > PROXY_TICKET_LEAST_S ? wait_s : PROXY_TICKET_LEAST_S));
    if (missed)
        connection_route_changed(agent); /* what had to fail without it */
}

static bool fetch_prepare(struct agent *agent, struct proxy_fetch *fetch, struct pp_error *error) {
    fetch->choice = pp_secret_create(sizeof *fetch->choice, NULL, error);
    fetch->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!fetch->choice || fetch->fd < 0)
        return fetch->choice ? pp_fail_errno(error, "eventfd") : false;
    *fetch->choice = *proxy_record_in_use(agent->proxy.record);
    fetch->agent = agent;
    fetch->tickets = net_tickets_ref(agent->proxy.tickets);
    fetch->number = net_ticket_begin(fetch->tickets);
    fetch->watch = net_loop_watch(agent->loop, fetch->fd, POLLIN, on_fetched, fetch, error);
    return fetch->watch && net_proxy_host(&fetch->choice->net, fetch->host);
}

static bool fetch_start(struct agent *agent, struct pp_error *error) {
    pthread_t thread;
    pthread_attr_t attributes;
    struct proxy_fetch *fetch = calloc(1, sizeof *fetch);
    if (!fetch)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    pthread_mutex_init(&fetch->lock, NULL);
    fetch->holders = 1;
    fetch->fd = -1;
    agent->proxy.fetch = fetch;
    if (!fetch_prepare(agent, fetch, error))
        return false;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    fetch->holders++;
    int failure = pthread_create(&thread, &attributes, run_fetch, fetch);
    pthread_attr_destroy(&attributes);
    if (failure == 0)
        return true;
    fetch->holders--;
    return pp_fail(error, PP_E_NOMEM, "no thread for a Kerberos ticket");
}

static void fetch_begin(void *arg) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    fetch_abandon(agent);
    if (fetch_start(agent, &error))
        return;
    fetch_abandon(agent);
    tell_ticket(&agent->proxy, &error);
    ask_again(agent, net_retry_next_ms(&agent->proxy.retry, -1));
}

/* ---- In use ---- */

static void use(struct agent *agent) {
    struct agent_proxy *proxy = &agent->proxy;
    const struct proxy_choice *choice = proxy_record_in_use(proxy->record);
    struct pp_error none = {0};
    fetch_abandon(agent);
    net_timer_stop(&proxy->ticket_timer);
    net_retry_init_random(&proxy->retry);
    net_proxy_set(proxy->shared, &choice->net);
    net_ticket_forget(proxy->tickets);
    tell_ticket(proxy, &none);
    if (*choice->principal) {
        pp_fail(&none, PP_E_STATE, "it is being asked for");
        net_proxy_set_ticket_trouble(proxy->shared, &none);
        fetch_begin(agent);
    }
}

static void on_route_changed(void *arg) {
    connection_route_changed(arg);
}

bool proxy_choose(struct agent *agent, struct proxy_choice *choice, enum proxy_source source,
                  struct pp_error *error) {
    struct agent_proxy *proxy = &agent->proxy;
    if (!proxy_choice_check(choice, error) || !net_proxy_check(&choice->net, error))
        return false;
    proxy->record->source = source;
    bool changed = proxy_record_set(proxy->record, choice);
    keep(agent->proxy.record, agent->vault);
    if (!changed)
        return true;
    const char *address = choice->net.address;
    pp_log_info("proxy: %s (%s), by %s", *address ? address : "none", proxy_phase_name(proxy->record->phase),
                proxy_source_name(source));
    proxy->fallback_reported = false;
    use(agent);
    net_timer_start_in(&proxy->route_timer, agent->loop, 0, on_route_changed, agent);
    return true;
}

/* A password that is not said anew is the one that is kept for that proxy. */
static bool choose_wanted(struct agent *agent, const struct state_proxy *wanted, struct proxy_choice *choice,
                          struct pp_error *error) {
    memcpy(choice->net.address, wanted->address, sizeof choice->net.address);
    memcpy(choice->net.ca, wanted->ca, sizeof choice->net.ca);
    memcpy(choice->net.except, wanted->except, sizeof choice->net.except);
    memcpy(choice->net.user, wanted->user, sizeof choice->net.user);
    if (*wanted->credentials && !control_read_password(agent, wanted->credentials, choice->net.password,
                                                       sizeof choice->net.password, error))
        return pp_wrap(error, "its password cannot be read");
    if (!*wanted->user && !*wanted->credentials)
        proxy_record_take_credentials(agent->proxy.record, choice);
    return proxy_choose(agent, choice, PROXY_HEADEND, error);
}

/* Of this moment, and not of what is wanted. */
static bool may_pass(enum pp_code code) {
    return code == PP_E_IO || code == PP_E_NOMEM || code == PP_E_TPM || code == PP_E_TPM_ABSENT;
}

void proxy_follow(struct agent *agent, const struct state_proxy *wanted) {
    struct proxy_record *record = agent->proxy.record;
    char hash[PP_HEX_SIZE(32)];
    struct pp_error error = {0};
    if (!record || !state_proxy_hash(wanted, hash, &error) || strcmp(hash, record->directed) == 0)
        return;
    char before[sizeof hash];
    memcpy(before, record->directed, sizeof before);
    memcpy(record->directed, hash, sizeof hash);
    struct proxy_choice *choice = wanted->given ? pp_secret_create(sizeof *choice, NULL, &error) : NULL;
    if (choice && !choose_wanted(agent, wanted, choice, &error))
        reporter_event(agent->reporter, "proxy-refused", "%s: %s",
                       *wanted->address ? wanted->address : "none", error.message);
    if (may_pass(error.code)) /* with the next state */
        memcpy(record->directed, before, sizeof before);
    else if (!choice || error.code)
        keep(agent->proxy.record, agent->vault);
    pp_secret_destroy(choice, sizeof *choice);
}

cJSON *proxy_document(const struct proxy_record *record) {
    const struct proxy_choice *chosen = &record->chosen;
    bool trying = record->phase == PROXY_TRYING || record->phase == PROXY_FALLEN_BACK;
    cJSON *document = cJSON_CreateObject();
    cJSON_AddNumberToObject(document, "format", ANSWERS_FORMAT);
    cJSON_AddStringToObject(document, "address", chosen->net.address);
    cJSON_AddStringToObject(document, "except", chosen->net.except);
    cJSON_AddStringToObject(document, "user", chosen->net.user);
    cJSON_AddBoolToObject(document, "password", *chosen->net.password != 0);
    cJSON_AddStringToObject(document, "principal", chosen->principal);
    cJSON_AddStringToObject(document, "kdc", chosen->kdc);
    cJSON_AddBoolToObject(document, "keytab", *chosen->keytab != 0);
    cJSON_AddBoolToObject(document, "ca", *chosen->net.ca != 0);
    cJSON_AddStringToObject(document, "phase", proxy_phase_name(record->phase));
    cJSON_AddStringToObject(document, "source", proxy_source_name(record->source));
    cJSON_AddStringToObject(document, "in_use", proxy_record_in_use(record)->net.address);
    if (trying)
        cJSON_AddStringToObject(document, "former", record->former.net.address);
    else
        cJSON_AddNullToObject(document, "former");
    return document;
}

static void tell_phase(const struct agent_proxy *proxy) {
    static const char *const words[PROXY_PHASES] = {
        [PROXY_SETTLED] = "reaches the headend, and is kept",
        [PROXY_TRYING] = "is tried again",
        [PROXY_FALLEN_BACK] = "does not reach the headend: the former one is tried"};
    const struct proxy_record *record = proxy->record;
    const char *address = record->chosen.net.address;
    pp_log_info("proxy: %s %s", *address ? address : "none", words[record->phase]);
}

/* Not while nothing is reached by either: then it is the network. */
static void report_fallback(struct agent *agent) {
    struct agent_proxy *proxy = &agent->proxy;
    const char *address = proxy->record->chosen.net.address;
    if (proxy->record->phase != PROXY_FALLEN_BACK || proxy->fallback_reported)
        return;
    proxy->fallback_reported = true;
    reporter_event(agent->reporter, "proxy-fallback",
                   "%s does not reach the headend, and the former one does", *address ? address : "no proxy");
}

void proxy_hear(void *arg, bool reached, uint32_t number, const struct pp_error *error) {
    struct agent *agent = arg;
    struct agent_proxy *proxy = &agent->proxy;
    struct net_proxy_settings now;
    (void)error;
    bool current = net_proxy_get(proxy->shared, &now) == number;
    pp_wipe(&now, sizeof now);
    if (!current)
        return;
    if (reached)
        report_fallback(agent);
    enum proxy_phase before = proxy->record->phase;
    if (!proxy_record_hear(proxy->record, reached))
        return;
    tell_phase(&agent->proxy);
    /* Going to and fro is nothing to write to flash for: a start tries the chosen one anyway. */
    if (proxy->record->phase == PROXY_SETTLED)
        keep(agent->proxy.record, agent->vault);
    if (proxy->record->phase == PROXY_FALLEN_BACK || before == PROXY_FALLEN_BACK)
        use(agent);
}

void proxy_describe(const struct agent *agent, char address[PP_CONFIG_VALUE_MAX]) {
    const char *text =
        agent->proxy.record ? proxy_record_in_use(agent->proxy.record)->net.address : agent->config.proxy;
    snprintf(address, PP_CONFIG_VALUE_MAX, "%s", text);
}

/* ---- Life ---- */

bool proxy_prepare(struct agent_proxy *proxy, struct pp_error *error) {
    proxy->tickets = net_tickets_create(error);
    return proxy->tickets;
}

bool proxy_open(struct agent *agent, struct pp_error *error) {
    struct agent_proxy *proxy = &agent->proxy;
    proxy->record = pp_secret_create(sizeof *proxy->record, NULL, error);
    proxy->shared = proxy->record ? net_proxy_create(NULL, error) : NULL;
    if (!proxy->shared || !load(agent->proxy.record, agent->vault, error) || !configure(agent, error))
        return false;
    use(agent);
    return true;
}

void proxy_close(struct agent *agent) {
    struct agent_proxy *proxy = &agent->proxy;
    fetch_abandon(agent);
    net_timer_stop(&proxy->ticket_timer);
    net_timer_stop(&proxy->route_timer);
    net_proxy_destroy(pp_steal(&proxy->shared));
    pp_secret_destroy(pp_steal(&proxy->record), sizeof *proxy->record);
    if (proxy->tickets)
        net_ticket_forget(proxy->tickets);
}

void proxy_finish(struct agent_proxy *proxy) {
    net_tickets_destroy(pp_steal(&proxy->tickets));
}

/* Whether the headend can be trusted, and answers: a request of no account, with nothing of ours in it. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "diagnose/checks.h"
#include "net/bundle.h"
#include "net/client.h"
#include "net/portal.h"

#define ANSWER_PATH "/.well-known/est/cacerts" /* anybody may ask: RFC 7030 §4.1 */

/* The agent's two clocks, as they were and what has passed since (net/client.h). */
struct frozen_clock {
    int64_t at_ms;    /* ms since 1970 */
    int64_t taken_ms; /* CLOCK_BOOTTIME */
};

static int64_t frozen_now_ms(void *arg) {
    const struct frozen_clock *clock = arg;
    return clock->at_ms + pp_clock_boottime_ms() - clock->taken_ms;
}

/* RFC 9110 §5.6.7, in the one form that is written today. */
static bool date_parse(const char *text, int64_t *seconds) {
    struct tm parts = {0};
    const char *end = text ? strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &parts) : NULL;
    if (!end || *end)
        return false;
    *seconds = timegm(&parts);
    return true;
}

static void add_verified(struct diagnosis *diagnosis) {
    const char *trusted = diagnosis->config->trusted;
    diagnosis_add(diagnosis, "tls", "tls-verified", "%s%s%s", diagnosis->config->url,
                  *trusted ? "; trusted: " : "", trusted);
}

static void add_answer(struct diagnosis *diagnosis, const struct net_response *response) {
    bool good = response->status / 100 == 2;
    diagnosis->has_date = date_parse(net_response_header(response, "date"), &diagnosis->date_s);
    add_verified(diagnosis);
    diagnosis_add(diagnosis, "answer", good ? "answer-good" : "answer-error", "HTTP %d", response->status);
}

static void add_failure(struct diagnosis *diagnosis, bool verified, const struct pp_error *error) {
    bool untrusted = error->code == PP_E_TLS;
    diagnosis->answer = error->code;
    if (verified) {
        add_verified(diagnosis);
        diagnosis_add(diagnosis, "answer", "answer-none", "%s", error->message);
        return;
    }
    diagnosis_add(diagnosis, "tls", untrusted ? "tls-untrusted" : "tls-broken", "%s", error->message);
    diagnosis_add(diagnosis, "answer", "skipped", "%s", "");
}

static void ask(struct diagnosis *diagnosis, struct net_loop *loop, struct net_client *client) {
    const struct net_request request = {.path = ANSWER_PATH, .timeout_ms = DIAGNOSE_ANSWER_MS};
    net_autoresponse struct net_response response = {0};
    struct pp_error error = {0};
    (void)loop;
    if (net_client_fetch(client, &request, &response, &error))
        add_answer(diagnosis, &response);
    else
        add_failure(diagnosis, response.verified, &error);
}

/* The file of the setting "ca", as whoever has put it there should hear of it. */
void check_ca(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    int64_t now_ms = config->now_ms ? config->now_ms : pp_clock_realtime_ms();
    struct pp_error error = {0};
    if (!*config->ca)
        diagnosis_add(diagnosis, "ca", "skipped", "%s", "");
    else if (net_bundle_check_file(config->ca, now_ms / 1000, &error))
        diagnosis_add(diagnosis, "ca", "ca-good", "%s", config->ca);
    else
        diagnosis_add(diagnosis, "ca", error.code == PP_E_EXPIRED ? "ca-expired" : "ca-flawed", "%s",
                      error.message);
}

/* By whom the proxy knows us, as far as that is known here. */
void check_password(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    struct net_proxy_settings settings = {0};
    if (config->through)
        net_proxy_get(config->through, &settings);
    if (*config->proxy && *config->through_trouble)
        diagnosis_add(diagnosis, "password", "password-unread", "%s", config->through_trouble);
    else if (*config->proxy && *settings.user)
        diagnosis_add(diagnosis, "password", "password-held", "%s", settings.user);
    else
        diagnosis_add(diagnosis, "password", "password-none", "%s", "");
    pp_wipe(&settings, sizeof settings);
}

static bool uses_kerberos(struct net_proxy *proxy) {
    struct net_proxy_settings settings = {0};
    if (proxy)
        net_proxy_get(proxy, &settings);
    bool uses = *settings.address && settings.auth == NET_PROXY_NEGOTIATE;
    pp_wipe(&settings, sizeof settings);
    return uses;
}

/* Whoever owns the proxy asks for its ticket; what came of that is what there is to see. */
static const char *finding_of_ticket(enum pp_code code) {
    switch (code) {
    case PP_OK:
        return "ticket-held";
    case PP_E_STATE:
        return "ticket-awaited";
    case PP_E_AUTH:
    case PP_E_INVALID:
        return "ticket-refused";
    case PP_E_EXPIRED:
        return "ticket-clock";
    default:
        return "ticket-no-kdc";
    }
}

void check_ticket(struct diagnosis *diagnosis) {
    struct net_proxy *proxy = diagnosis->config->through;
    struct pp_error why = {0};
    if (!uses_kerberos(proxy)) {
        diagnosis_add(diagnosis, "ticket", "ticket-none", "%s", "");
        return;
    }
    (void)!net_proxy_ticket_trouble(proxy, &why);
    diagnosis_add(diagnosis, "ticket", finding_of_ticket(why.code), "%s", why.message);
}

void check_answer(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    int64_t now_ms = config->now_ms ? config->now_ms : pp_clock_realtime_ms();
    struct frozen_clock time = {.at_ms = now_ms, .taken_ms = pp_clock_boottime_ms()};
    struct frozen_clock system = {.at_ms = pp_clock_realtime_ms(), .taken_ms = pp_clock_boottime_ms()};
    struct net_proxy_settings settings = {0};
    snprintf(settings.address, sizeof settings.address, "%s", config->proxy);
    PP_AUTO(net_proxy)
    struct net_proxy *proxy =
        config->through ? net_proxy_ref(config->through) : net_proxy_create(&settings, NULL);
    struct net_client_config client_config = {.base_url = config->url,
                                              .ca_file = config->ca,
                                              .authorities = config->authorities,
                                              .proxy = proxy,
                                              .connect_timeout_ms = DIAGNOSE_ANSWER_MS,
                                              .clocks = {.time = {.now_ms = frozen_now_ms, .arg = &time},
                                                         .other = {.now_ms = frozen_now_ms, .arg = &system}}};
    struct pp_error error = {0};
    if (!diagnosis->connected) {
        diagnosis_add(diagnosis, "tls", "skipped", "%s", "");
        diagnosis_add(diagnosis, "answer", "skipped", "%s", "");
        return;
    }
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(&error);
    PP_AUTO(net_client)
    struct net_client *client = loop ? net_client_create(loop, &client_config, &error) : NULL;
    if (client) {
        ask(diagnosis, loop, client);
        return;
    }
    diagnosis_add(diagnosis, "tls", "ca-unreadable", "%s", error.message);
    diagnosis_add(diagnosis, "answer", "skipped", "%s", "");
}

/* ---- Who stands between ---- */

struct portal_look {
    bool over;
    struct pp_error found;
};

static void on_looked(void *arg, const struct pp_error *found) {
    struct portal_look *look = arg;
    look->over = true;
    look->found = *found;
}

static void look_for_portal(const char *url, struct pp_error *found) {
    struct portal_look look = {0};
    struct pp_error error = {0};
    PP_AUTO(net_loop) struct net_loop *loop = net_loop_create(&error);
    struct net_portal *probe = loop ? net_portal_start(loop, url, on_looked, &look, &error) : NULL;
    while (probe && !look.over) {
        if (net_loop_turn(loop, -1, &error))
            continue;
        net_portal_cancel(look.over ? NULL : probe);
        break;
    }
    *found = look.found;
}

/* Only where the headend has not answered: else nobody does. What a proxy has said to us counts as well. */
void check_portal(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    struct pp_error found = {0};
    if (!diagnosis->connected || (diagnosis->answer && *config->proxy && diagnosis->answer != PP_E_PORTAL)) {
        diagnosis_add(diagnosis, "portal", "skipped", "%s", "");
        return;
    }
    if (diagnosis->answer && !*config->proxy)
        look_for_portal(config->url, &found);
    bool portal = found.code || diagnosis->answer == PP_E_PORTAL;
    diagnosis_add(diagnosis, "portal", portal ? "portal-found" : "portal-none", "%s", found.message);
}

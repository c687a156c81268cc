/* Whether the headend can be trusted, and answers: a request of no account, with nothing of ours in it. */
#include <time.h>

#include "base/clock.h"
#include "diagnose/checks.h"
#include "net/client.h"

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

static void add_answer(struct diagnosis *diagnosis, const struct net_response *response) {
    const char *url = diagnosis->config->url;
    bool good = response->status / 100 == 2;
    diagnosis->has_date = date_parse(net_response_header(response, "date"), &diagnosis->date_s);
    diagnosis_add(diagnosis, "tls", "tls-verified", "%s", url);
    diagnosis_add(diagnosis, "answer", good ? "answer-good" : "answer-error", "HTTP %d", response->status);
}

static void add_failure(struct diagnosis *diagnosis, const struct pp_error *error) {
    bool untrusted = error->code == PP_E_TLS;
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
        add_failure(diagnosis, &error);
}

void check_answer(struct diagnosis *diagnosis) {
    const struct diagnose_config *config = diagnosis->config;
    int64_t now_ms = config->now_ms ? config->now_ms : pp_clock_realtime_ms();
    struct frozen_clock time = {.at_ms = now_ms, .taken_ms = pp_clock_boottime_ms()};
    struct frozen_clock system = {.at_ms = pp_clock_realtime_ms(), .taken_ms = pp_clock_boottime_ms()};
    struct net_client_config client_config = {.base_url = config->url,
                                              .ca_file = config->ca,
                                              .proxy = config->proxy,
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

#include "agent/poller.h"

#include <stdlib.h>
#include <string.h>

#include "agent/state_document.h"
#include "base/clock.h"
#include "net/problem.h"
#include "net/retry.h"

struct poller {
    struct net_loop *loop;
    struct net_client *client;
    struct poller_events events;
    void *arg;
    struct net_retry retry;
    struct net_call *call;
    struct net_timer *timer;
    char etag[POLLER_ETAG_MAX];
};

static void poller_ask(void *arg);

static void poller_later(struct poller *poller, int64_t wait_ms) {
    net_loop_cancel_timer(poller->loop, poller->timer);
    poller->timer = net_loop_timer(poller->loop, pp_clock_monotonic_ms() + wait_ms, poller_ask, poller, NULL);
}

static void poller_take(struct poller *poller, const struct net_response *response) {
    poller->events.on_contact(poller->arg);
    if (!poller->events.on_state(poller->arg, response->body.data, response->body.size)) {
        poller_later(poller, net_retry_next_ms(&poller->retry, response->retry_after_s));
        return;
    }
    snprintf(poller->etag, sizeof poller->etag, "%s",
             strlen(response->etag) < sizeof poller->etag ? response->etag : "");
    net_retry_reset(&poller->retry);
    poller_later(poller, POLLER_PAUSE_MS);
}

static void on_answer(void *arg, const struct net_response *response) {
    struct poller *poller = arg;
    poller->call = NULL;
    struct pp_error error = {0};
    if (response->ok && response->status == 200) {
        poller_take(poller, response);
    } else if (response->ok && response->status == 304) {
        net_retry_reset(&poller->retry);
        poller_later(poller, POLLER_PAUSE_MS);
        poller->events.on_contact(poller->arg);
    } else {
        if (net_response_check(response, &error))
            pp_fail(&error, PP_E_HTTP, "HTTP %d is no answer to GET /v1/state", response->status);
        pp_wrap(&error, "state");
        poller_later(poller, net_retry_next_ms(&poller->retry, response->retry_after_s));
        poller->events.on_trouble(poller->arg, &error, response->status);
    }
}

static void poller_ask(void *arg) {
    static const char *const headers[] = {"Prefer: wait=50", "Accept: application/json", NULL};
    _Static_assert(POLLER_WAIT_S == 50, "the header says so");
    struct poller *poller = arg;
    poller->timer = NULL;
    struct net_request request = {
        .path = "/v1/state",
        .headers = headers,
        .if_none_match = poller->etag,
        .response_max = STATE_DOCUMENT_MAX,
        .timeout_ms = POLLER_TIMEOUT_MS,
        .send_cookie = true,
        .use_identity = true,
        .on_done = on_answer,
        .arg = poller,
    };
    struct pp_error error = {0};
    poller->call = net_client_start(poller->client, &request, &error);
    if (poller->call)
        return;
    poller_later(poller, net_retry_next_ms(&poller->retry, -1));
    poller->events.on_trouble(poller->arg, &error, 0);
}

struct poller *poller_start(struct net_loop *loop, struct net_client *client,
                            const struct poller_events *events, void *arg, struct pp_error *error) {
    struct poller *poller = calloc(1, sizeof *poller);
    if (!poller) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *poller = (struct poller){.loop = loop, .client = client, .events = *events, .arg = arg};
    net_retry_init_random(&poller->retry);
    poller_later(poller, 0);
    return poller;
}

void poller_stop(struct poller *poller) {
    if (!poller)
        return;
    net_loop_cancel_timer(poller->loop, poller->timer);
    net_call_cancel(poller->call);
    free(poller);
}

void poller_hurry(struct poller *poller) {
    if (!poller->call)
        poller_later(poller, 0);
}

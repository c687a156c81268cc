#include "agent/poller.h"

#include <stdlib.h>
#include <string.h>

#include "agent/state_document.h"
#include "base/clock.h"
#include "crypto/bulk.h"
#include "net/problem.h"
#include "net/retry.h"

struct poller {
    struct net_loop *loop;
    struct net_client *client;
    struct poller_events events;
    void *arg;
    struct net_retry retry;
    struct net_call *call;
    struct net_timer timer;
    int64_t asked_ms;                /* CLOCK_MONOTONIC, of the last request */
    int64_t documents_until_ms;      /* CLOCK_MONOTONIC: the documents so far are paid for until then */
    char nonce[ACCESS_NONCE_SIZE];   /* of the last request */
    char etag[POLLER_ETAG_MAX];      /* of the last document taken, as `taken` */
    uint8_t taken[BULK_SHA256_SIZE]; /* zeros: none */
    /* Of the document that is being looked at. */
    bool settling;
    char next_etag[POLLER_ETAG_MAX];
    uint8_t next_taken[BULK_SHA256_SIZE];
    int64_t next_retry_after_s;
};

static void poller_ask(void *arg);

static void poller_schedule_in(struct poller *poller, int64_t wait_ms) {
    net_timer_start_in(&poller->timer, poller->loop, wait_ms, poller_ask, poller);
}

/* Nothing new: after the whole wait it is asked again; a headend that did not wait is not asked in a circle.
 */
static void poller_schedule_next(struct poller *poller) {
    bool waited = pp_clock_monotonic_ms() - poller->asked_ms >= POLLER_SOON_MS;
    net_retry_reset(&poller->retry);
    poller_schedule_in(poller, waited ? POLLER_PAUSE_MS : POLLER_IDLE_MS);
}

/* The wait after a new document: each costs POLLER_DOCUMENT_MS, of which so many may be owed. */
static int64_t poller_pause_after_document_ms(struct poller *poller) {
    int64_t now_ms = pp_clock_monotonic_ms();
    poller->documents_until_ms =
        (poller->documents_until_ms > now_ms ? poller->documents_until_ms : now_ms) + POLLER_DOCUMENT_MS;
    int64_t wait_ms =
        poller->documents_until_ms - now_ms - (int64_t)POLLER_DOCUMENT_BURST * POLLER_DOCUMENT_MS;
    return wait_ms > POLLER_PAUSE_MS ? wait_ms : POLLER_PAUSE_MS;
}

static bool poller_is_known(const struct poller *poller, const struct net_response *response,
                            const uint8_t sha256[BULK_SHA256_SIZE]) {
    return memcmp(poller->taken, sha256, BULK_SHA256_SIZE) == 0 ||
           (*poller->etag && strcmp(poller->etag, response->etag) == 0);
}

static void poller_handle_document(struct poller *poller, const struct net_response *response) {
    uint8_t sha256[BULK_SHA256_SIZE] = {0};
    (void)!crypto_sha256(response->body.data, response->body.size, sha256, NULL);
    if (poller_is_known(poller, response, sha256)) {
        poller_schedule_next(poller);
        poller->events.on_contact(poller->arg);
        return;
    }
    snprintf(poller->next_etag, sizeof poller->next_etag, "%s",
             strlen(response->etag) < sizeof poller->next_etag ? response->etag : "");
    memcpy(poller->next_taken, sha256, sizeof poller->next_taken);
    poller->next_retry_after_s = response->retry_after_s;
    poller->settling = true;
    enum poller_verdict verdict =
        poller->events.on_state(poller->arg, response->body.data, response->body.size, poller->nonce);
    if (verdict != POLLER_LATER)
        poller_settle(poller, verdict == POLLER_TAKEN);
}

void poller_settle(struct poller *poller, bool taken) {
    if (!poller->settling)
        return;
    poller->settling = false;
    if (!taken) {
        poller_schedule_in(poller, net_retry_next_ms(&poller->retry, poller->next_retry_after_s));
        return;
    }
    memcpy(poller->etag, poller->next_etag, sizeof poller->etag);
    memcpy(poller->taken, poller->next_taken, sizeof poller->taken);
    net_retry_reset(&poller->retry);
    poller_schedule_in(poller, poller_pause_after_document_ms(poller));
    poller->events.on_contact(poller->arg);
}

/* What a captive portal or a proxy answers with 200 is no signed token at all. Whose word one is, on_state decides. */
static bool is_token(const struct net_response *response, struct pp_error *error) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    const char *text = pp_buf_text(&response->body);
    size_t dots = 0;
    for (const char *at = text; (at = strchr(at, '.')); at++)
        dots++;
    if (net_response_has_type(response, "application/jose") && dots == 2 &&
        strspn(text, alphabet) == response->body.size)
        return true;
    return pp_fail(error, PP_E_HTTP, "HTTP 200 with \"%.60s\" is no answer to GET /v1/state",
                   response->content_type);
}

/* `response` is NULL where no request could be made. */
static void poller_fail(struct poller *poller, const struct net_response *response, struct pp_error *error) {
    poller_schedule_in(poller, net_retry_next_ms(&poller->retry, response ? response->retry_after_s : -1));
    poller->events.on_trouble(poller->arg, error, response ? response->status : 0,
                              response ? poller->events.refusal_of(poller->arg, response, poller->nonce)
                                       : ACCESS_REFUSAL_NONE);
}

static void on_answer(void *arg, const struct net_response *response) {
    struct poller *poller = arg;
    poller->call = NULL;
    struct pp_error error = {0};
    bool nothing_new = response->ok && response->status == 304 && *poller->etag;
    if (nothing_new) {
        poller_schedule_next(poller);
        poller->events.on_contact(poller->arg);
    } else if (!net_response_check(response, &error)) {
        pp_wrap(&error, "state");
        poller_fail(poller, response, &error);
    } else if (response->status != 200) {
        pp_fail(&error, PP_E_HTTP, "state: HTTP %d is no answer to GET /v1/state", response->status);
        poller_fail(poller, response, &error);
    } else if (!is_token(response, &error)) {
        poller_fail(poller, response, &error);
    } else {
        poller_handle_document(poller, response);
    }
}

static void poller_ask(void *arg) {
    struct poller *poller = arg;
    struct pp_error error = {0};
    char nonce_line[ACCESS_NONCE_HEADER_SIZE];
    const char *const headers[] = {"Prefer: wait=50", "Accept: application/jose", nonce_line, NULL};
    _Static_assert(POLLER_WAIT_S == 50, "the header says so");
    if (!access_nonce_make(poller->nonce, &error)) {
        poller_fail(poller, NULL, &error);
        return;
    }
    access_nonce_line(poller->nonce, nonce_line);
    poller->asked_ms = pp_clock_monotonic_ms();
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
    poller->call = net_client_start(poller->client, &request, &error);
    if (poller->call)
        return;
    poller_fail(poller, NULL, &error);
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
    poller_schedule_in(poller, 0);
    return poller;
}

/* False where there is none, or where its end has come. */
static bool drop_document(struct poller *poller) {
    if (!poller->settling || !poller->events.on_dropped || !poller->events.on_dropped(poller->arg))
        return false;
    poller->settling = false;
    return true;
}

void poller_stop(struct poller *poller) {
    if (!poller)
        return;
    drop_document(poller);
    net_timer_stop(&poller->timer);
    net_call_cancel(poller->call);
    free(poller);
}

void poller_ask_now(struct poller *poller) {
    if (!poller->call && !poller->settling)
        poller_schedule_in(poller, 0);
}

void poller_forget(struct poller *poller) {
    *poller->etag = 0;
    memset(poller->taken, 0, sizeof poller->taken);
    /* The request that waits tells of what is newer than that alone. */
    if (!poller->call && !drop_document(poller))
        return;
    net_call_cancel(pp_steal(&poller->call));
    poller_schedule_in(poller, 0);
}

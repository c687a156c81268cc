#include "identity/est.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/encode.h"
#include "identity/identity_internal.h"
#include "net/problem.h"
#include "net/retry.h"

#define CALL_TIMEOUT_MS   60000
#define CSR_ROOM          4096                             /* bytes, DER */
#define CSR_TEXT_ROOM     (CSR_ROOM / 3 * 5)               /* bytes of base64 with line ends */
#define ANSWER_MAX        (IDENTITY_CHAIN_DER_MAX / 3 * 5) /* bytes of base64 with line ends */
#define ANSWER_MEDIA_TYPE "application/pkcs7-mime"

enum est_operation { EST_ENROLL, EST_REENROLL, EST_CACERTS };

struct est {
    struct est_config config;
    enum est_operation operation;
    char *bearer; /* wiped; NULL: none */
    struct net_call *call;
    struct net_timer timer;
    struct net_retry retry;
    bool keeping; /* the certificate is on its way to flash */
};

static const char *const paths[] = {
    [EST_ENROLL] = "/.well-known/est/simpleenroll",
    [EST_REENROLL] = "/.well-known/est/simplereenroll",
    [EST_CACERTS] = "/.well-known/est/cacerts",
};

void est_cancel(struct est *est) {
    if (!est)
        return;
    if (est->keeping)
        identity_when_kept(est->config.identity, NULL, NULL);
    net_call_cancel(est->call);
    net_timer_stop(&est->timer);
    pp_secret_free(est->bearer);
    free(est);
}

static void finish(struct est *est, const struct pp_error *error) {
    struct est_config config = est->config;
    est_cancel(est);
    config.on_done(config.arg, error);
}

static void ask(void *arg);

static void wait_and_ask(struct est *est, int64_t wait_ms, const struct pp_error *why) {
    net_timer_start_in(&est->timer, est->config.loop, wait_ms, ask, est);
    if (est->config.on_wait)
        est->config.on_wait(est->config.arg, wait_ms, why);
}

static int64_t pending_ms(int64_t retry_after_s) {
    int64_t seconds = retry_after_s < 0 ? EST_PENDING_DEFAULT_S : retry_after_s;
    if (seconds < EST_PENDING_LEAST_S)
        seconds = EST_PENDING_LEAST_S;
    return (seconds < EST_PENDING_MAX_S ? seconds : EST_PENDING_MAX_S) * 1000;
}

static bool is_certs_only(const char *content_type) {
    size_t length = strlen(ANSWER_MEDIA_TYPE);
    if (strncasecmp(content_type, ANSWER_MEDIA_TYPE, length) != 0)
        return false;
    const char *parameters = content_type + length;
    if (*parameters && *parameters != ';' && *parameters != ' ')
        return false;
    /* The parameter may be absent (cacerts of some servers), but not another. */
    const char *kind = strcasestr(parameters, "smime-type");
    return !kind || strcasestr(kind, "certs-only");
}

static bool take_answer(struct est *est, const struct net_response *response, struct pp_error *error) {
    uint8_t der[IDENTITY_CHAIN_DER_MAX];
    size_t size = 0;
    if (response->status != 200)
        return pp_fail(error, PP_E_HTTP, "answer with unexpected status %d", response->status);
    if (!is_certs_only(response->content_type))
        return pp_fail(error, PP_E_INVALID, "answer of type \"%.80s\", not " ANSWER_MEDIA_TYPE,
                       response->content_type);
    if (!pp_base64_decode(pp_buf_text(&response->body), response->body.size, der, sizeof der, &size, error))
        return pp_wrap(error, "answer");
    if (est->operation == EST_CACERTS)
        return identity_check_authorities(der, size, est->config.ca_file, error);
    bool (*accept)(struct identity *, const uint8_t *, size_t, const char *, int64_t, struct pp_error *) =
        est->operation == EST_REENROLL ? identity_accept_renewal : identity_accept_certificate;
    return accept(est->config.identity, der, size, est->config.ca_file, pp_time_now_s(&est->config.time),
                  error);
}

/* What may be better next time: no connection, no trusted server yet, an
 * overloaded or broken one. */
static bool passing(const struct net_response *response, const struct pp_error *error) {
    if (!response->ok)
        return error->code == PP_E_NET || error->code == PP_E_TLS;
    return response->status >= 500 || response->status == 429 || response->status == 408;
}

static void on_kept(void *arg, const struct pp_error *failure) {
    struct est *est = arg;
    struct pp_error error = failure ? *failure : (struct pp_error){0};
    est->keeping = false;
    if (failure)
        pp_wrap(&error, "EST");
    finish(est, failure ? &error : NULL);
}

static void take(struct est *est, const struct net_response *response) {
    struct pp_error error = {0};
    if (!take_answer(est, response, &error)) {
        pp_wrap(&error, "EST");
        finish(est, &error);
    } else if (est->operation == EST_CACERTS) {
        finish(est, NULL);
    } else {
        est->keeping = true;
        identity_when_kept(est->config.identity, on_kept, est);
    }
}

static void on_answer(void *arg, const struct net_response *response) {
    struct est *est = arg;
    struct pp_error error = {0};
    est->call = NULL;
    if (response->ok && response->status == 202) {
        net_retry_reset(&est->retry);
        wait_and_ask(est, pending_ms(response->retry_after_s), NULL);
    } else if (net_response_check(response, &error)) {
        take(est, response);
    } else {
        pp_wrap(&error, "EST");
        if (passing(response, &error))
            wait_and_ask(est, net_retry_next_ms(&est->retry, response->retry_after_s), &error);
        else
            finish(est, &error);
    }
}

static struct net_call *start_call(struct est *est, const char *body, struct pp_error *error) {
    static const char *const headers[] = {"Accept: " ANSWER_MEDIA_TYPE, "Content-Transfer-Encoding: base64",
                                          NULL};
    static const char *const get_headers[] = {"Accept: " ANSWER_MEDIA_TYPE, NULL};
    struct net_request request = {.path = paths[est->operation],
                                  .headers = body ? headers : get_headers,
                                  .content_type = body ? "application/pkcs10" : NULL,
                                  .bearer = est->bearer,
                                  .body = body,
                                  .body_size = body ? strlen(body) : 0,
                                  .response_max = ANSWER_MAX,
                                  .timeout_ms = CALL_TIMEOUT_MS,
                                  .use_identity = est->operation == EST_REENROLL,
                                  .on_done = on_answer,
                                  .arg = est};
    return net_client_start(est->config.client, &request, error);
}

static bool csr_of_enrolment(struct identity *identity, struct pp_buf *der, struct pp_error *error) {
    return identity_csr(identity, der, error);
}

static bool ask_now(struct est *est, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CSR_TEXT_ROOM);
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CSR_ROOM);
    bool with_request = est->operation != EST_CACERTS;
    /* libest's server wants lines: one line without an end is nothing to it. */
    bool (*csr)(struct identity *, struct pp_buf *, struct pp_error *) =
        est->operation == EST_REENROLL ? identity_csr_renewal : csr_of_enrolment;
    if (with_request && (!csr(est->config.identity, &der, error) ||
                         !pp_base64_encode_lines(der.data, der.size, &text, error)))
        return false;
    est->call = start_call(est, with_request ? pp_buf_text(&text) : NULL, error);
    return est->call;
}

static void ask(void *arg) {
    struct est *est = arg;
    struct pp_error error = {0};
    if (!ask_now(est, &error))
        finish(est, &error);
}

static struct est *start(const struct est_config *config, enum est_operation operation, const char *bearer,
                         struct pp_error *error) {
    struct est *est = calloc(1, sizeof *est);
    if (!est) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    est->config = *config;
    est->operation = operation;
    net_retry_init_random(&est->retry);
    if (!pp_text_copy(&est->bearer, bearer, error) || !ask_now(est, error)) {
        est_cancel(est);
        return NULL;
    }
    return est;
}

struct est *est_enroll_start(const struct est_config *config, const char *bearer_token,
                             struct pp_error *error) {
    return start(config, EST_ENROLL, bearer_token, error);
}

struct est *est_reenroll_start(const struct est_config *config, struct pp_error *error) {
    return start(config, EST_REENROLL, NULL, error);
}

struct est *est_cacerts_start(const struct est_config *config, struct pp_error *error) {
    return start(config, EST_CACERTS, NULL, error);
}

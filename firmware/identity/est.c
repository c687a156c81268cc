#include "identity/est.h"

#include <stdatomic.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "identity/csrattrs.h"
#include "identity/identity.h"
#include "net/problem.h"
#include "net/retry.h"

#define CALL_TIMEOUT_MS   60000
#define CSR_ROOM          8192                             /* bytes, DER */
#define CSR_TEXT_ROOM     (CSR_ROOM / 3 * 5)               /* bytes of base64 with line ends */
#define ANSWER_MAX        (IDENTITY_CHAIN_DER_MAX / 3 * 5) /* bytes of base64 with line ends */
#define ANSWER_MEDIA_TYPE "application/pkcs7-mime"

#define ATTRIBUTES_TYPE   "application/csrattrs"

enum est_operation { EST_ENROLL, EST_REENROLL, EST_CACERTS };

struct est {
    struct est_config config;
    enum est_operation operation;
    char *bearer;                /* wiped; NULL: none */
    bool attributes_known;       /* the server was asked what it wants */
    struct csrattrs attributes;  /* that */
    struct pp_buf request;       /* the CSR as it is sent: the same again after a 202 (RFC 7030 §4.2.3) */
    struct request_draft *draft; /* of the one that is to become it; NULL: none */
    bool basic;                  /* it asked for name and password */
    struct net_call *call;
    struct net_timer timer;
    struct net_retry retry;
    bool keeping; /* the certificate is on its way to flash */
};

/* The CSR, which a key signs, and which perhaps has a key made first; held by the EST and by its call. */
struct request_draft {
    struct net_draft draft; /* first */
    atomic_uint references;
    struct identity_request *request;
    struct csrattrs attributes;
    struct pp_buf text;
    atomic_bool written; /* `request` and `text` are whoever's who sees it */
};

static const char *const paths[] = {
    [EST_ENROLL] = "/.well-known/est/simpleenroll",
    [EST_REENROLL] = "/.well-known/est/simplereenroll",
    [EST_CACERTS] = "/.well-known/est/cacerts",
};
static const char attributes_path[] = "/.well-known/est/csrattrs";

static void request_draft_release(struct request_draft *own) {
    if (!own || atomic_fetch_sub(&own->references, 1) != 1)
        return;
    identity_request_destroy(own->request);
    pp_buf_finish(&own->text);
    free(own);
}

void est_cancel(struct est *est) {
    if (!est)
        return;
    if (est->keeping)
        identity_when_kept(est->config.identity, NULL, NULL);
    net_call_cancel(est->call);
    net_timer_stop(&est->timer);
    pp_secret_free(est->bearer);
    pp_secret_text_destroy(est->config.credentials);
    request_draft_release(est->draft);
    pp_buf_finish(&est->request);
    free(est);
}

static void finish(struct est *est, const struct pp_error *error) {
    void (*on_done)(void *, const struct pp_error *) = est->config.on_done;
    void *arg = est->config.arg;
    est_cancel(est);
    on_done(arg, error);
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
        return est->config.take_authorities(est->config.arg, der, size, error);
    bool (*accept)(struct identity *, const uint8_t *, size_t, struct net_authorities *, int64_t,
                   struct pp_error *) =
        est->operation == EST_REENROLL ? identity_accept_renewal : identity_accept_certificate;
    return accept(est->config.identity, der, size, est->config.authorities, pp_time_now_s(&est->config.time),
                  error);
}

/* What may be better next time: no connection, no trusted server yet, an overloaded or broken one, a TPM that is away
 * or busy. */
static bool passing(const struct net_response *response, const struct pp_error *error) {
    if (!response->ok)
        return error->code == PP_E_NET || error->code == PP_E_PORTAL || error->code == PP_E_TLS ||
               error->code == PP_E_TPM || error->code == PP_E_TPM_ABSENT;
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

/* Whether the server wants name and password by Basic, among what else it may take (RFC 9110 §11.6.1). */
static bool asks_for_basic(const struct net_response *response) {
    for (size_t i = 0; i < response->header_count; i++) {
        const struct net_header *header = &response->headers[i];
        if (strcmp(header->name, "www-authenticate") != 0)
            continue;
        for (const char *at = header->value; (at = strcasestr(at, "basic")); at++) {
            bool begins = at == header->value || at[-1] == ' ' || at[-1] == ',';
            if (begins && (at[5] == 0 || at[5] == ' ' || at[5] == ','))
                return true;
        }
    }
    return false;
}

/* Once: what was refused is not tried again. */
static bool ask_with_credentials(struct est *est, const struct net_response *response) {
    if (!response->ok || response->status != 401 || est->basic || !est->config.credentials ||
        !asks_for_basic(response))
        return false;
    est->basic = true;
    ask(est);
    return true;
}

/* Where the call has come so far. What is not written yet is nobody's any more. */
static void take_request(struct est *est) {
    struct request_draft *own = pp_steal(&est->draft);
    if (own && own->written) {
        identity_request_take(est->config.identity, own->request);
        pp_buf_finish(&est->request);
        est->request = own->text;
        own->text = PP_BUF_INIT(CSR_TEXT_ROOM);
    }
    request_draft_release(own);
}

static void on_answer(void *arg, const struct net_response *response) {
    struct est *est = arg;
    struct pp_error error = {0};
    est->call = NULL;
    take_request(est);
    if (ask_with_credentials(est, response))
        return;
    if (response->ok && response->status == 202) {
        net_retry_reset(&est->retry);
        if (est->operation == EST_REENROLL)
            identity_keep_renewal(est->config.identity);
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

/* ---- What the server wants in a request ---- */

static bool take_attributes(struct est *est, const struct net_response *response, struct pp_error *error) {
    uint8_t der[CSRATTRS_MAX];
    size_t size = 0;
    if (!net_response_has_type(response, ATTRIBUTES_TYPE))
        return pp_fail(error, PP_E_INVALID, "request attributes of type \"%.80s\", not " ATTRIBUTES_TYPE,
                       response->content_type);
    const char *text = pp_buf_text(&response->body);
    size_t length = response->body.size;
    /* libest's server sends the NUL of its string, too. */
    if (length && !text[length - 1])
        length--;
    if (!pp_base64_decode(text, length, der, sizeof der, &size, error))
        return pp_wrap(error, "request attributes");
    if (size && !csrattrs_parse(der, size, &est->attributes, error))
        return false;
    if (*est->attributes.left_out)
        pp_log_info("EST: the server also asks for what this screen leaves out: %s",
                    est->attributes.left_out);
    return true;
}

/* A server that refuses to say has nothing to say; its word on the request itself follows. */
static bool has_none(const struct net_response *response) {
    return response->ok && response->status != 200 &&
           (response->status == 501 || !passing(response, &response->error));
}

static void on_attributes(void *arg, const struct net_response *response) {
    struct est *est = arg;
    struct pp_error error = {0};
    est->call = NULL;
    if (ask_with_credentials(est, response))
        return;
    bool answered = has_none(response) || net_response_check(response, &error);
    if (answered && (has_none(response) || take_attributes(est, response, &error))) {
        est->attributes_known = true;
        ask(est);
        return;
    }
    pp_wrap(&error, "EST");
    if (!answered && passing(response, &error))
        wait_and_ask(est, net_retry_next_ms(&est->retry, response->retry_after_s), &error);
    else
        finish(est, &error);
}

/* ---- Asking ---- */

static struct net_call *start_call(struct est *est, const struct net_request *what, struct pp_error *error) {
    struct net_request request = *what;
    request.bearer = est->basic ? NULL : est->bearer;
    request.basic = est->basic ? pp_secret_text(est->config.credentials) : NULL;
    request.response_max = ANSWER_MAX;
    request.timeout_ms = CALL_TIMEOUT_MS;
    request.use_identity = est->operation == EST_REENROLL;
    request.arg = est;
    return net_client_start(est->config.client, &request, error);
}

static bool ask_for_attributes(struct est *est, struct pp_error *error) {
    static const char *const headers[] = {"Accept: " ATTRIBUTES_TYPE, NULL};
    const struct net_request request = {
        .path = attributes_path, .headers = headers, .on_done = on_attributes};
    est->call = start_call(est, &request, error);
    return est->call;
}

static bool ask_for_authorities(struct est *est, struct pp_error *error) {
    static const char *const headers[] = {"Accept: " ANSWER_MEDIA_TYPE, NULL};
    const struct net_request request = {.path = paths[EST_CACERTS], .headers = headers, .on_done = on_answer};
    est->call = start_call(est, &request, error);
    return est->call;
}

static bool write_request(struct net_draft *draft, struct pp_buf *body, struct pp_buf *line,
                          struct pp_error *error) {
    struct request_draft *own = (struct request_draft *)draft;
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CSR_ROOM);
    (void)line;
    /* libest's server wants lines: one line without an end is nothing to it. */
    if (!identity_request_write(own->request, &own->attributes, &der, error) ||
        !pp_base64_encode_lines(der.data, der.size, &own->text, error) ||
        !pp_buf_add(body, own->text.data, own->text.size, error))
        return false;
    own->written = true;
    return true;
}

static void release_request(struct net_draft *draft) {
    request_draft_release((struct request_draft *)draft);
}

/* NULL where there is one that was written, or for an error. */
static struct net_draft *draft_request(struct est *est, struct pp_error *error) {
    if (est->request.size)
        return NULL;
    struct identity_request *request =
        identity_request_create(est->config.identity, est->operation == EST_REENROLL, error);
    struct request_draft *own = request ? calloc(1, sizeof *own) : NULL;
    if (!own) {
        if (request)
            pp_fail(error, PP_E_NOMEM, "out of memory");
        identity_request_destroy(request);
        return NULL;
    }
    own->draft = (struct net_draft){.write = write_request, .destroy = release_request};
    own->references = 2;
    own->request = request;
    own->attributes = est->attributes;
    own->text = PP_BUF_INIT(CSR_TEXT_ROOM);
    est->draft = own;
    return &own->draft;
}

static bool ask_for_certificate(struct est *est, struct pp_error *error) {
    static const char *const headers[] = {"Accept: " ANSWER_MEDIA_TYPE, "Content-Transfer-Encoding: base64",
                                          NULL};
    struct net_draft *draft = draft_request(est, error);
    if (!draft && !est->request.size)
        return false;
    const struct net_request request = {.method = "POST",
                                        .path = paths[est->operation],
                                        .headers = headers,
                                        .content_type = "application/pkcs10",
                                        .body = est->request.data,
                                        .body_size = est->request.size,
                                        .draft = draft,
                                        .on_done = on_answer};
    est->call = start_call(est, &request, error);
    if (!est->call)
        take_request(est);
    return est->call;
}

static bool ask_now(struct est *est, struct pp_error *error) {
    if (est->operation == EST_CACERTS)
        return ask_for_authorities(est, error);
    return est->attributes_known ? ask_for_certificate(est, error) : ask_for_attributes(est, error);
}

static void ask(void *arg) {
    struct est *est = arg;
    struct pp_error error = {0};
    if (ask_now(est, &error))
        return;
    if (error.code == PP_E_TPM || error.code == PP_E_TPM_ABSENT)
        wait_and_ask(est, net_retry_next_ms(&est->retry, -1), &error);
    else
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
    est->config.credentials = pp_secret_text_ref(config->credentials);
    est->operation = operation;
    est->request = PP_BUF_INIT(CSR_TEXT_ROOM);
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

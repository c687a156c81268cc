#include "access/session.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/cookie.h"
#include "net/problem.h"
#include "net/retry.h"

#define CALL_TIMEOUT_MS 30000
#define RECORD_MAX      (NET_COOKIE_MAX + 32) /* bytes */
#define SHORT_LIVED_MS  60000 /* a session refused sooner than this after its making waits to be renewed */
#define RENEW_MOST_MS   (7 * 86400 * 1000LL)

struct access_session {
    struct access_session_config config;
    char mode[ACCESS_MODE_SIZE]; /* as the last answer named it */
    int64_t expires_s;           /* s since 1970 */
    int64_t made_ms;             /* CLOCK_MONOTONIC; 0: not by this process */
    struct net_retry retry;
    struct net_call *call;
    struct net_timer timer;        /* to the next request, or to on_ready at the start */
    char nonce[ACCESS_NONCE_SIZE]; /* of the last request */
    bool asking;                   /* a request is under way or waits for its next try */
};

static void ask(void *arg);

static void schedule(struct access_session *session, int64_t wait_ms, net_loop_callback *callback) {
    net_timer_start_in(&session->timer, session->config.loop, wait_ms, callback, session);
}

/* ---- The vault's record: "EXPIRES NAME=VALUE", EXPIRES in s since 1970 ---- */

static bool store_record(struct access_session *session, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RECORD_MAX);
    return pp_buf_addf(&text, error, "%lld %s", (long long)session->expires_s,
                       access_session_cookie(session)) &&
           vault_put_later(session->config.vault, ACCESS_COOKIE_RECORD, text.data, text.size, NULL, NULL,
                           error);
}

static bool parse_record(struct access_session *session, const char *text) {
    static const char name[] = ACCESS_COOKIE_NAME "=";
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 15 || text[digits] != ' ')
        return false;
    const char *pair = text + digits + 1;
    if (strncmp(pair, name, sizeof name - 1) != 0 || strlen(pair) >= NET_COOKIE_MAX)
        return false;
    session->expires_s = strtoll(text, NULL, 10);
    return net_client_set_cookie(session->config.client, pair, NULL);
}

/* Nothing here is fatal: without a usable record there is simply no cookie yet. */
static void load_record(struct access_session *session) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(RECORD_MAX);
    struct pp_error error = {0};
    net_client_share_cookie(session->config.client, NULL);
    if (!vault_get(session->config.vault, ACCESS_COOKIE_RECORD, &text, &error)) {
        if (error.code != PP_E_NOTFOUND)
            pp_log_warning("stored device cookie: %s", error.message);
        return;
    }
    bool valid = !memchr(text.data, 0, text.size) && parse_record(session, pp_buf_text(&text));
    if (!valid)
        pp_log_warning("stored device cookie is malformed and not used");
    if (!valid || session->expires_s <= pp_time_now_s(&session->config.time))
        net_client_share_cookie(session->config.client, NULL);
}

/* ---- Asking for a session ---- */

/* `response` is NULL where no request could be made. */
static void retry_later(struct access_session *session, const struct net_response *response,
                        struct pp_error *error) {
    int64_t wait_ms = net_retry_next_ms(&session->retry, response ? response->retry_after_s : -1);
    if (error->code == PP_E_DENIED && wait_ms < ACCESS_SESSION_DENIED_S * 1000)
        wait_ms = ACCESS_SESSION_DENIED_S * 1000;
    pp_wrap(error, "session");
    schedule(session, wait_ms, ask);
    if (session->config.on_trouble)
        session->config.on_trouble(
            session->config.arg, error, response ? response->status : 0,
            response ? session->config.refusal_of(session->config.arg, response, session->nonce)
                     : ACCESS_REFUSAL_NONE);
}

static int64_t renew_wait_ms(int64_t life_s) {
    int64_t wait_ms = life_s * 1000 / 3 * 2;
    if (wait_ms < NET_RETRY_LEAST_MS)
        wait_ms = NET_RETRY_LEAST_MS;
    return wait_ms < RENEW_MOST_MS ? wait_ms : RENEW_MOST_MS;
}

static bool take_cookie(struct access_session *session, const struct net_cookie *cookie,
                        struct pp_error *error) {
    int64_t life_s = cookie->max_age_s < 0 ? ACCESS_SESSION_LIFE_S : cookie->max_age_s;
    if (life_s == 0)
        return pp_fail(error, PP_E_INVALID, "the cookie is at its end already");
    if (!net_client_set_cookie(session->config.client, cookie->pair, error))
        return false;
    session->expires_s = pp_time_now_s(&session->config.time) + life_s;
    session->made_ms = pp_clock_monotonic_ms();
    struct pp_error stored = {0};
    /* The session works without it; only a restart will have to ask anew. That is cheaper than a write for
     * each of many short lives. */
    if (life_s >= ACCESS_SESSION_KEPT_S && !store_record(session, &stored))
        pp_log_warning("device cookie is not stored: %s", stored.message);
    schedule(session, renew_wait_ms(life_s), ask);
    return true;
}

static void take_mode(struct access_session *session, const struct net_response *response) {
    const char *mode = net_response_header(response, ACCESS_MODE_HEADER);
    bool fits = mode && strlen(mode) < sizeof session->mode;
    snprintf(session->mode, sizeof session->mode, "%s", fits ? mode : "");
}

static void on_answer(void *arg, const struct net_response *response) {
    struct access_session *session = arg;
    struct net_cookie cookie = {0};
    struct pp_error error = {0};
    session->call = NULL;
    bool made = net_response_check(response, &error) &&
                net_response_cookie(response, ACCESS_COOKIE_NAME, &cookie, &error) &&
                take_cookie(session, &cookie, &error);
    pp_wipe(&cookie, sizeof cookie);
    if (!made) {
        retry_later(session, response, &error);
        return;
    }
    session->asking = false;
    take_mode(session, response);
    session->config.on_ready(session->config.arg);
}

static void ask(void *arg) {
    struct access_session *session = arg;
    struct pp_error error = {0};
    char nonce_line[ACCESS_NONCE_HEADER_SIZE];
    session->asking = true;
    struct net_draft *announcement = access_nonce_make(session->nonce, &error)
                                         ? session->config.announce(session->config.arg, &error)
                                         : NULL;
    if (!announcement) {
        retry_later(session, NULL, &error);
        return;
    }
    access_nonce_line(session->nonce, nonce_line);
    const char *const headers[] = {nonce_line, NULL};
    struct net_request request = {.method = "POST",
                                  .path = "/v1/session",
                                  .headers = headers,
                                  .content_type = "application/jose",
                                  .draft = announcement,
                                  .timeout_ms = CALL_TIMEOUT_MS,
                                  .use_identity = true,
                                  .on_done = on_answer,
                                  .arg = session};
    session->call = net_client_start(session->config.client, &request, &error);
    if (!session->call)
        retry_later(session, NULL, &error);
}

/* ---- Life ---- */

static void ready_at_start(void *arg) {
    struct access_session *session = arg;
    int64_t left_s = session->expires_s - pp_time_now_s(&session->config.time);
    schedule(session, renew_wait_ms(left_s > 0 ? left_s : 0), ask);
    session->config.on_ready(session->config.arg);
}

struct access_session *access_session_start(const struct access_session_config *config,
                                            struct pp_error *error) {
    PP_AUTO(access_session) struct access_session *session = calloc(1, sizeof *session);
    if (!session) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    session->config = *config;
    net_retry_init_random(&session->retry);
    load_record(session);
    session->asking = !access_session_cookie(session);
    schedule(session, 0, session->asking ? ask : ready_at_start);
    return pp_steal(&session);
}

void access_session_renew(struct access_session *session) {
    struct pp_error error = {0};
    if (session->asking)
        return;
    net_client_share_cookie(session->config.client, NULL);
    if (!vault_remove_later(session->config.vault, ACCESS_COOKIE_RECORD, NULL, NULL, &error))
        pp_log_warning("device cookie stays in the vault: %s", error.message);
    bool fresh = session->made_ms && pp_clock_monotonic_ms() - session->made_ms < SHORT_LIVED_MS;
    if (!fresh)
        net_retry_reset(&session->retry);
    session->asking = true;
    schedule(session, fresh ? net_retry_next_ms(&session->retry, -1) : 0, ask);
}

void access_session_announce(struct access_session *session) {
    net_call_cancel(pp_steal(&session->call)); /* signed by the key before */
    net_client_share_cookie(session->config.client, NULL);
    net_retry_reset(&session->retry);
    session->asking = true;
    schedule(session, 0, ask);
}

const char *access_session_mode(const struct access_session *session) {
    return session->mode;
}

const char *access_session_cookie(const struct access_session *session) {
    return pp_secret_text(net_client_cookie(session->config.client));
}

void access_session_destroy(struct access_session *session) {
    if (!session)
        return;
    net_call_cancel(session->call);
    net_timer_stop(&session->timer);
    pp_wipe(session, sizeof *session);
    free(session);
}

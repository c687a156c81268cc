#include "fleet/screen.h"

#include <arpa/inet.h>

#include "base/clock.h"
#include "base/encode.h"
#include "command/upload.h"
#include "crypto/bulk.h"
#include "crypto/random.h"
#include "events/head.h"
#include "fleet/fleet.h"

/* As the agent has them (poller.h, reporter.h, access/session.c). */
#define POLL_TIMEOUT_MS    75000
#define POLL_PAUSE_MS      200
#define POLL_SOON_MS       5000
#define POLL_IDLE_MS       10000
#define SESSION_TIMEOUT_MS 30000
#define POST_TIMEOUT_MS    20000

#define EVENT_EVERY        10 /* screens: one in so many has an event to tell with a report */
#define PLAYS              6  /* with each report: one of 10 s each */

static void poll_ask(void *arg);
static void post_next(void *arg);
static void on_poll_answer(void *arg, const struct answer *answer);
static void on_post_answer(void *arg, const struct answer *answer);
static void on_poll_trouble(void *arg, enum link_trouble trouble);
static void on_post_trouble(void *arg, enum link_trouble trouble);
static void on_report_due(void *arg);

static void link_ready(struct link *link, struct screen *screen,
                       void (*on_answer)(void *arg, const struct answer *answer),
                       void (*on_trouble)(void *arg, enum link_trouble trouble)) {
    link_init(link, &screen->fleet->world, &screen->identity);
    link->arg = screen;
    link->on_answer = on_answer;
    link->on_trouble = on_trouble;
}

/* 127.1.0.1 …, 250 in each /24: nobody else's, and as many networks as a fleet has sites. */
static struct in_addr address_of(uint64_t place) {
    uint32_t host = (uint32_t)(place % 250 + 1);
    uint32_t network = (uint32_t)(place / 250 % 250);
    uint32_t region = (uint32_t)(place / 62500 + 1);
    return (struct in_addr){htonl(127U << 24 | region << 16 | network << 8 | host)};
}

bool screen_init(struct screen *screen, struct fleet *fleet, uint64_t number, struct pp_error *error) {
    *screen = (struct screen){.fleet = fleet, .number = number, .stage = SCREEN_IDLE};
    screen->identity =
        (struct link_identity){.address = address_of((number - 1) / fleet->options.per_address),
                               .key = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX),
                               .certificate = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX)};
    screen->poll_timer = (struct loop_timer){.on_due = poll_ask, .arg = screen};
    screen->post_timer = (struct loop_timer){.on_due = post_next, .arg = screen};
    screen->report_timer = (struct loop_timer){.on_due = on_report_due, .arg = screen};
    net_retry_init_random(&screen->poll_retry);
    net_retry_init_random(&screen->post_retry);
    link_ready(&screen->poll, screen, on_poll_answer, on_poll_trouble);
    link_ready(&screen->post, screen, on_post_answer, on_post_trouble);
    return number <= FLEET_SCREENS_MAX || pp_fail(error, PP_E_LIMIT, "at most %d screens", FLEET_SCREENS_MAX);
}

void screen_own_poll(struct screen *screen) {
    screen->poll.arg = screen;
    screen->poll.on_answer = on_poll_answer;
    screen->poll.on_trouble = on_poll_trouble;
}

void screen_finish(struct screen *screen) {
    screen_stop(screen);
    pp_buf_finish(&screen->identity.key);
    pp_buf_finish(&screen->identity.certificate);
}

void screen_stop(struct screen *screen) {
    struct loop *loop = screen->fleet->loop;
    link_close(&screen->poll);
    link_close(&screen->post);
    loop_timer_stop(loop, &screen->poll_timer);
    loop_timer_stop(loop, &screen->post_timer);
    loop_timer_stop(loop, &screen->report_timer);
    screen->due = 0;
    screen->stage = SCREEN_IDLE;
}

bool screen_is_enrolled(const struct screen *screen) {
    return screen->identity.certificate.size > 0;
}

bool screen_is_waiting(const struct screen *screen, int64_t ms) {
    return screen->stage == SCREEN_POLLS && *screen->etag &&
           (screen->held_ms ||
            (link_is_waiting(&screen->poll) && pp_clock_monotonic_ms() - screen->poll.sent_ms >= ms));
}

int64_t screen_waits_since(const struct screen *screen) {
    return screen->held_ms ? screen->held_ms : screen->poll.sent_ms;
}

struct crypto_key *screen_key(const struct screen *screen, struct pp_error *error) {
    return crypto_key_load_der(screen->identity.key.data, screen->identity.key.size, error);
}

void screen_keep(struct screen *screen) {
    char key[PP_BASE64_SIZE(CRYPTO_KEY_DOCUMENT_MAX)];
    char certificate[PP_BASE64_SIZE(CRYPTO_KEY_DOCUMENT_MAX)];
    const struct link_identity *identity = &screen->identity;
    struct pp_error error = {0};
    pp_base64url_encode(identity->key.data, identity->key.size, key);
    pp_base64url_encode(identity->certificate.data, identity->certificate.size, certificate);
    const struct roll_entry entry = {screen->number, screen->id, key, certificate, screen->cookie};
    if (!roll_add(screen->fleet->roll, &entry, &error))
        fleet_wrong(screen->fleet, screen, "%s", error.message);
    pp_wipe(key, sizeof key);
}

/* Base64url of a DER document. */
static bool der_take(const char *text, struct pp_buf *der, struct pp_error *error) {
    size_t size = 0;
    pp_buf_finish(der);
    uint8_t *room = pp_buf_reserve(der, CRYPTO_KEY_DOCUMENT_MAX, error);
    if (!room || !pp_base64url_decode(text, strlen(text), room, CRYPTO_KEY_DOCUMENT_MAX, &size, error))
        return false;
    der->size = size;
    return true;
}

bool screen_take(struct screen *screen, const struct roll_entry *entry, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    if (strlen(entry->id) != DOCUMENT_ID_SIZE - 1 || strlen(entry->cookie) >= sizeof screen->cookie)
        return pp_fail(error, PP_E_INVALID, "%s: screen %llu is none", ROLL_FILE,
                       (unsigned long long)entry->number);
    snprintf(screen->id, sizeof screen->id, "%s", entry->id);
    snprintf(screen->cookie, sizeof screen->cookie, "%s", entry->cookie);
    if (!der_take(entry->key, &screen->identity.key, error) ||
        !der_take(entry->certificate, &screen->identity.certificate, error))
        return false;
    PP_AUTO(crypto_key) struct crypto_key *key = screen_key(screen, error);
    return key && crypto_key_public_point(key, point, error) &&
           jwk_thumbprint_text(point, screen->kid, error);
}

bool screen_request(const struct screen *screen, const char *method, const char *path, const char *extra,
                    const char *type, const struct pp_buf *body, struct pp_buf *request) {
    const struct link_world *world = &screen->fleet->world;
    bool ok =
        pp_buf_addf(request, NULL, "%s %s HTTP/1.1\r\nHost: %s:%u\r\nUser-Agent: pingplay-fleet/%s\r\n%s",
                    method, path, world->host, ntohs(world->target.sin_port), PP_VERSION, extra) &&
        (!*screen->cookie || pp_buf_addf(request, NULL, "Cookie: %s\r\n", screen->cookie));
    if (ok && type)
        ok = pp_buf_addf(request, NULL, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body->size);
    return ok && pp_buf_add_text(request, "\r\n", NULL) &&
           (!type || pp_buf_add(request, body->data, body->size, NULL));
}

static void send_on(struct screen *screen, struct link *link, const char *method, const char *path,
                    const char *extra, const char *type, const struct pp_buf *body, int64_t timeout_ms) {
    pp_autobuf struct pp_buf request = PP_BUF_INIT(LINK_REQUEST_MAX);
    if (!screen_request(screen, method, path, extra, type, body, &request))
        fleet_wrong(screen->fleet, screen, "no memory for a request");
    link_send(link, &request, timeout_ms);
}

/* ---- Session and poll ---- */

static void poll_in(struct screen *screen, int64_t wait_ms) {
    loop_timer_start(screen->fleet->loop, &screen->poll_timer, wait_ms);
}

void screen_start(struct screen *screen, int64_t wait_ms) {
    screen->stage = *screen->cookie ? SCREEN_POLLS : SCREEN_SESSION;
    poll_in(screen, wait_ms);
}

static void session_ask(struct screen *screen) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf token = PP_BUF_INIT(DOCUMENT_TOKEN_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = screen_key(screen, &error);
    const struct document_signer signer = {key, screen->kid};
    if (key && document_announcement(&signer, &token, &error))
        send_on(screen, &screen->poll, "POST", "/v1/session", "", "application/jose", &token,
                SESSION_TIMEOUT_MS);
    else
        fleet_wrong(screen->fleet, screen, "%s", error.message);
}

static void state_ask(struct screen *screen) {
    pp_autobuf struct pp_buf extra = PP_BUF_INIT(1024);
    if (document_nonce(screen->nonce, NULL) &&
        pp_buf_addf(&extra, NULL, "Prefer: wait=50\r\nAccept: application/jose\r\nPingplay-Nonce: %s\r\n",
                    screen->nonce) &&
        (!*screen->etag || pp_buf_addf(&extra, NULL, "If-None-Match: %s\r\n", screen->etag)))
        send_on(screen, &screen->poll, "GET", "/v1/state", pp_buf_text(&extra), NULL, NULL, POLL_TIMEOUT_MS);
    else
        fleet_wrong(screen->fleet, screen, "no memory for a request");
}

static void poll_ask(void *arg) {
    struct screen *screen = arg;
    if (screen->stage == SCREEN_SESSION)
        session_ask(screen);
    else
        state_ask(screen);
}

static void on_session(struct screen *screen, const struct answer *answer) {
    if (answer->status != 204 || !*answer->cookie) {
        fleet_count_refusal(screen->fleet, screen, answer);
        poll_in(screen, net_retry_next_ms(&screen->poll_retry, answer->retry_after_s));
        return;
    }
    net_retry_reset(&screen->poll_retry);
    snprintf(screen->cookie, sizeof screen->cookie, "%s", answer->cookie);
    screen->stage = SCREEN_POLLS;
    screen->fleet->tally.sessions++;
    screen_keep(screen);
    poll_in(screen, 0);
}

/* One screenshot at a time, and each once: what is older than the last one is done, or is being done. */
static void take_command(struct screen *screen) {
    const struct command_list *list = &screen->state.commands;
    for (size_t i = 0; i < list->count && !screen->commanded; i++) {
        if (list->items[i].number <= screen->command.number)
            continue;
        screen->command = list->items[i];
        screen->commanded = true;
        bool can = screen->command.kind == COMMAND_SCREENSHOT;
        screen->due |= can ? 1U << POST_ACCEPTED | 1U << POST_UPLOAD | 1U << POST_DONE : 1U << POST_DONE;
        if (!link_is_busy(&screen->post))
            loop_timer_start(screen->fleet->loop, &screen->post_timer, 0);
    }
}

/* A state that goes back, or one that is not the one that was asked for, is a fault of the headend's. */
static bool state_take(struct screen *screen, const struct answer *answer, struct pp_error *error) {
    struct document_state state;
    if (strcmp(answer->type, "application/jose") != 0 || !*answer->etag)
        return pp_fail(error, PP_E_INVALID, "a state of type \"%s\" with ETag \"%s\"", answer->type,
                       answer->etag);
    if (strcmp(answer->etag, screen->etag) == 0)
        return pp_fail(error, PP_E_INVALID, "the state that is here already");
    if (!document_state_read(answer->body, answer->body_size, screen->id, screen->nonce, &state, error))
        return false;
    if (state.epoch < screen->state.epoch ||
        (state.epoch == screen->state.epoch && state.version <= screen->state.version))
        return pp_fail(error, PP_E_ROLLBACK, "version %lld after %lld", (long long)state.version,
                       (long long)screen->state.version);
    screen->state = state;
    snprintf(screen->etag, sizeof screen->etag, "%s", answer->etag);
    return true;
}

static void on_state(struct screen *screen, const struct answer *answer) {
    struct pp_error error = {0};
    if (!state_take(screen, answer, &error)) {
        fleet_wrong(screen->fleet, screen, "%s", error.message);
        poll_in(screen, net_retry_next_ms(&screen->poll_retry, answer->retry_after_s));
        return;
    }
    screen->fleet->tally.states++;
    screen->news_ms = pp_clock_monotonic_ms();
    net_retry_reset(&screen->poll_retry);
    poll_in(screen, POLL_PAUSE_MS);
    take_command(screen);
}

static void on_unchanged(struct screen *screen, const struct answer *answer) {
    bool waited = pp_clock_monotonic_ms() - screen->poll.sent_ms >= POLL_SOON_MS;
    if (strcmp(answer->etag, screen->etag) != 0)
        fleet_wrong(screen->fleet, screen, "304 with another ETag: %s", answer->etag);
    screen->fleet->tally.unchanged++;
    screen->held_ms = !waited ? 0 : screen->held_ms ? screen->held_ms : screen->poll.sent_ms;
    net_retry_reset(&screen->poll_retry);
    poll_in(screen, waited ? POLL_PAUSE_MS : POLL_IDLE_MS);
}

static void on_poll_answer(void *arg, const struct answer *answer) {
    struct screen *screen = arg;
    if (answer->status != 304)
        screen->held_ms = 0;
    if (screen->stage == SCREEN_SESSION) {
        on_session(screen, answer);
    } else if (answer->status == 200) {
        on_state(screen, answer);
    } else if (answer->status == 304 && *screen->etag) {
        on_unchanged(screen, answer);
    } else {
        fleet_count_refusal(screen->fleet, screen, answer);
        if (answer->status == 401) {
            *screen->cookie = 0;
            screen->stage = SCREEN_SESSION;
        }
        poll_in(screen, net_retry_next_ms(&screen->poll_retry, answer->retry_after_s));
    }
}

static void on_poll_trouble(void *arg, enum link_trouble trouble) {
    struct screen *screen = arg;
    screen->fleet->tally.trouble[trouble]++;
    screen->held_ms = 0;
    poll_in(screen, net_retry_next_ms(&screen->poll_retry, -1));
}

/* ---- Reports, receipts, screenshots ---- */

static struct document_signer signer_of(const struct screen *screen, struct crypto_key *key) {
    return (struct document_signer){key, screen->kid};
}

static bool write_receipt(struct screen *screen, enum command_outcome outcome, struct pp_buf *body,
                          struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = screen_key(screen, error);
    const struct document_signer signer = signer_of(screen, key);
    return key && document_receipt(&signer, &screen->command, outcome,
                                   outcome == COMMAND_DONE ? screen->shot_result : NULL, body, error);
}

static bool write_accepted(struct screen *screen, struct pp_buf *body, struct pp_buf *line,
                           struct pp_error *error) {
    (void)line;
    return write_receipt(screen, COMMAND_ACCEPTED, body, error);
}

static bool write_done(struct screen *screen, struct pp_buf *body, struct pp_buf *line,
                       struct pp_error *error) {
    (void)line;
    bool done = screen->command.kind == COMMAND_SCREENSHOT;
    return write_receipt(screen, done ? COMMAND_DONE : COMMAND_REFUSED, body, error);
}

/* Random bytes, as large as a picture of a screen is: nobody looks at them, and they do not compress either. */
static bool write_upload(struct screen *screen, struct pp_buf *body, struct pp_buf *line,
                         struct pp_error *error) {
    uint8_t sha256[BULK_SHA256_SIZE];
    char hex[PP_HEX_SIZE(BULK_SHA256_SIZE)];
    size_t size = (size_t)screen->fleet->options.shot_bytes;
    pp_autobuf struct pp_buf picture = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    const struct command_upload upload = {screen->id, screen->command.id};
    (void)line;
    uint8_t *room = pp_buf_reserve(&picture, size, error);
    if (!room || !crypto_random(room, size, error) || !crypto_sha256(room, size, sha256, error))
        return false;
    picture.size = size;
    pp_hex_encode(sha256, sizeof sha256, hex);
    snprintf(screen->shot_result, sizeof screen->shot_result, "{\"bytes\":%zu,\"sha256\":\"%s\"}", size, hex);
    return command_upload_seal(&screen->state.upload_key, &upload, picture.data, picture.size, body, error);
}

static bool write_status(struct screen *screen, struct pp_buf *body, struct pp_buf *line,
                         struct pp_error *error) {
    (void)line;
    return document_status(&screen->state, screen->head, body, error);
}

static bool write_plays(struct screen *screen, struct pp_buf *body, struct pp_buf *line,
                        struct pp_error *error) {
    (void)screen;
    (void)line;
    return document_plays(PLAYS, body, error);
}

static bool write_events(struct screen *screen, struct pp_buf *body, struct pp_buf *line,
                         struct pp_error *error) {
    pp_autobuf struct pp_buf head = PP_BUF_INIT(EVENT_HEAD_TOKEN_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = screen_key(screen, error);
    const struct document_signer signer = signer_of(screen, key);
    if (!key || !document_events(&screen->chain, &signer, body, &head, error))
        return false;
    snprintf(screen->head, sizeof screen->head, "%s", pp_buf_text(&head));
    return pp_buf_addf(line, error, "%s: %s\r\n", EVENT_HEAD_HEADER, screen->head);
}

static const struct {
    const char *method, *path; /* "%s": the command's id */
    const char *type;
    bool (*write)(struct screen *screen, struct pp_buf *body, struct pp_buf *line, struct pp_error *error);
} posts[SCREEN_POSTS] = {
    [POST_ACCEPTED] = {"POST", "/v1/commands/%s/receipt", "application/jose", write_accepted},
    [POST_UPLOAD] = {"PUT", "/v1/screenshots/%s", COMMAND_UPLOAD_TYPE, write_upload},
    [POST_DONE] = {"POST", "/v1/commands/%s/receipt", "application/jose", write_done},
    [POST_STATUS] = {"POST", "/v1/status", "application/json", write_status},
    [POST_PLAYS] = {"POST", "/v1/playlog", "application/json", write_plays},
    [POST_EVENTS] = {"POST", "/v1/events", "application/json", write_events},
};

static void post_path(const struct screen *screen, const char *pattern, char path[128]) {
    const char *mark = strstr(pattern, "%s");
    if (mark)
        snprintf(path, 128, "%.*s%s%s", (int)(mark - pattern), pattern, screen->command.id, mark + 2);
    else
        snprintf(path, 128, "%s", pattern);
}

static void post_next(void *arg) {
    struct screen *screen = arg;
    struct pp_error error = {0};
    char path[128];
    if (link_is_busy(&screen->post))
        return;
    if (!screen->due) {
        if (!screen->fleet->options.keeps_posts)
            link_close(&screen->post);
        return;
    }
    screen->posting = (enum screen_post)__builtin_ctz(screen->due);
    pp_autobuf struct pp_buf body = PP_BUF_INIT(COMMAND_UPLOAD_SEALED_MAX);
    pp_autobuf struct pp_buf line = PP_BUF_INIT(2 * EVENT_HEAD_TOKEN_MAX);
    if (!posts[screen->posting].write(screen, &body, &line, &error)) {
        fleet_wrong(screen->fleet, screen, "%s", error.message);
        screen->due &= ~(1U << screen->posting);
        return;
    }
    post_path(screen, posts[screen->posting].path, path);
    send_on(screen, &screen->post, posts[screen->posting].method, path, pp_buf_text(&line),
            posts[screen->posting].type, &body, POST_TIMEOUT_MS);
}

static void post_over(struct screen *screen) {
    screen->due &= ~(1U << screen->posting);
    if (screen->posting == POST_DONE) {
        screen->commanded = false;
        screen->shots += screen->command.kind == COMMAND_SCREENSHOT;
        take_command(screen);
    }
    loop_timer_start(screen->fleet->loop, &screen->post_timer, 0);
}

static void on_post_answer(void *arg, const struct answer *answer) {
    struct screen *screen = arg;
    struct fleet *fleet = screen->fleet;
    bool again = answer->status == 429 || answer->status >= 500 || answer->status == 401;
    if (answer->status == 204) {
        fleet->tally.posts++;
        samples_add(&fleet->tally.post_times, pp_clock_monotonic_ms() - screen->post.begun_ms);
        net_retry_reset(&screen->post_retry);
        post_over(screen);
        return;
    }
    fleet_count_refusal(fleet, screen, answer);
    if (again)
        loop_timer_start(fleet->loop, &screen->post_timer,
                         net_retry_next_ms(&screen->post_retry, answer->retry_after_s));
    else
        post_over(screen);
}

static void on_post_trouble(void *arg, enum link_trouble trouble) {
    struct screen *screen = arg;
    screen->fleet->tally.trouble[trouble]++;
    loop_timer_start(screen->fleet->loop, &screen->post_timer, net_retry_next_ms(&screen->post_retry, -1));
}

static void on_report_due(void *arg) {
    struct screen *screen = arg;
    loop_timer_start(screen->fleet->loop, &screen->report_timer, screen->fleet->report_ms);
    if (!screen->state.version)
        return; /* it has nothing to tell yet */
    screen->due |= 1U << POST_STATUS | 1U << POST_PLAYS;
    if (screen->number % EVENT_EVERY == 0)
        screen->due |= 1U << POST_EVENTS;
    if (!link_is_busy(&screen->post) && !screen->post_timer.place)
        post_next(screen);
}

void screen_report(struct screen *screen, int64_t wait_ms) {
    loop_timer_start(screen->fleet->loop, &screen->report_timer, wait_ms);
}

void screen_report_stop(struct screen *screen) {
    loop_timer_stop(screen->fleet->loop, &screen->report_timer);
}

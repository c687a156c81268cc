#include "agent/reporter.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/event_log.h"
#include "agent/spool.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "events/head.h"
#include "net/problem.h"
#include "net/retry.h"

#define STATUS_NO_CONTENT 204

enum { STREAM_EVENTS, STREAM_PLAYLOG, STREAMS };

static const struct {
    const char *name;
    const char *path;
} streams[STREAMS] = {
    [STREAM_EVENTS] = {"events", "/v1/events"},
    [STREAM_PLAYLOG] = {"playlog", "/v1/playlog"},
};

struct reporter {
    struct reporter_config config;
    struct spool *spools[STREAMS];
    struct event_log log; /* of events */
    bool online;
    bool status_due;
    bool gathering;  /* the timer is that of REPORTER_GATHER_MS: not to be put off by more items */
    bool backed_off; /* the timer is that of a failed call: not to be brought forward by more items */
    int sending;     /* stream of the running call; STREAMS for the status */
    struct net_call *call;
    struct net_retry retry;
    struct net_timer timer;
    int64_t status_at_ms; /* CLOCK_MONOTONIC, of the next status without a change */
};

static void reporter_send_next(struct reporter *reporter);
static void on_send_due(void *arg);

static void reporter_schedule_in(struct reporter *reporter, int64_t wait_ms) {
    reporter->gathering = false;
    reporter->backed_off = false;
    net_timer_start_in(&reporter->timer, reporter->config.loop, wait_ms, on_send_due, reporter);
}

/* Something is there to be sent: soon, or, offline, to be written down in a while. */
static void reporter_schedule(struct reporter *reporter) {
    if (reporter->call || reporter->gathering || reporter->backed_off)
        return;
    if (reporter->online) {
        reporter_schedule_in(reporter, REPORTER_GATHER_MS);
        reporter->gathering = true;
    } else if (!net_timer_is_running(&reporter->timer)) {
        reporter_schedule_in(reporter, REPORTER_FLUSH_MS);
    }
}

static void on_sent(void *arg, const struct net_response *response) {
    struct reporter *reporter = arg;
    reporter->call = NULL;
    struct pp_error error = {0};
    /* 204 alone: a captive portal answers 200 to everything. */
    bool accepted = net_response_check(response, &error) && response->status == STATUS_NO_CONTENT;
    /* What the headend calls malformed will not get better by being sent again. */
    bool refused =
        response->ok && (response->status == 400 || response->status == 413 || response->status == 422);
    if (refused)
        pp_log_warning("the headend refuses a report: %s", error.message);
    if (!accepted && !refused) {
        reporter_schedule_in(reporter, net_retry_next_ms(&reporter->retry, response->retry_after_s));
        reporter->backed_off = true;
        return;
    }
    net_retry_reset(&reporter->retry);
    if (reporter->sending < STREAMS && refused)
        spool_refused(reporter->spools[reporter->sending]);
    else if (reporter->sending < STREAMS)
        spool_sent(reporter->spools[reporter->sending]);
    reporter_send_next(reporter);
}

/* ---- Signed heads (events/head.h) ---- */

/* A status with the head of the newest event, or the head of a batch of events as a header line. */
struct head_draft {
    struct net_draft draft; /* first */
    bool (*sign)(void *arg, const char *typ, const void *payload, size_t size, struct pp_buf *token,
                 struct pp_error *error);
    void *arg;
    struct pp_buf payload; /* of the head; empty: it goes without */
    cJSON *status;         /* NULL: a batch's */
};

/* What cannot be signed goes all the same. */
static void sign_head(const struct head_draft *own, struct pp_buf *token) {
    struct pp_error error = {0};
    if (own->payload.size && own->sign &&
        !own->sign(own->arg, EVENT_HEAD_TYP, own->payload.data, own->payload.size, token, &error)) {
        pp_log_warning("the head of the events: %s", error.message);
        pp_buf_finish(token);
    }
}

static bool write_status(cJSON *status, const struct pp_buf *token, struct pp_buf *body,
                         struct pp_error *error) {
    if (token->size)
        cJSON_AddStringToObject(status, "event_head", pp_buf_text(token));
    pp_autojsontext char *text = cJSON_PrintUnformatted(status);
    return text ? pp_buf_add_text(body, text, error) : pp_fail(error, PP_E_NOMEM, "out of memory");
}

static bool head_write(struct net_draft *draft, struct pp_buf *body, struct pp_buf *line,
                       struct pp_error *error) {
    struct head_draft *own = (struct head_draft *)draft;
    pp_autobuf struct pp_buf token = PP_BUF_INIT(EVENT_HEAD_TOKEN_MAX);
    sign_head(own, &token);
    if (own->status)
        return write_status(own->status, &token, body, error);
    return !token.size || pp_buf_addf(line, error, "%s: %s", EVENT_HEAD_HEADER, pp_buf_text(&token));
}

static void head_destroy(struct net_draft *draft) {
    struct head_draft *own = (struct head_draft *)draft;
    pp_buf_finish(&own->payload);
    cJSON_Delete(own->status);
    free(own);
}

/* `status` is taken. `head` may be NULL. */
static struct net_draft *head_draft(const struct reporter *reporter, const struct event_head *head,
                                    cJSON *status) {
    const struct reporter_config *config = &reporter->config;
    struct pp_error error = {0};
    struct head_draft *own = calloc(1, sizeof *own);
    if (!own) {
        cJSON_Delete(status);
        return NULL;
    }
    *own = (struct head_draft){.draft = {.write = head_write, .destroy = head_destroy},
                               .sign = config->sign,
                               .arg = config->arg,
                               .payload = PP_BUF_INIT(EVENT_HEAD_PAYLOAD_MAX),
                               .status = status};
    if (head && !event_head_write_payload(head, pp_time_now_s(&config->time), &own->payload, &error))
        pp_log_warning("the head of the events: %s", error.message);
    return &own->draft;
}

/* ---- Sending ---- */

static bool reporter_post(struct reporter *reporter, int stream, const char *path, struct net_draft *draft,
                          const void *body, size_t size) {
    struct net_request request = {
        .method = "POST",
        .path = path,
        .content_type = "application/json",
        .body = body,
        .body_size = size,
        .draft = draft,
        .timeout_ms = REPORTER_TIMEOUT_MS,
        .send_cookie = true,
        .use_identity = true,
        .on_done = on_sent,
        .arg = reporter,
    };
    struct pp_error error = {0};
    reporter->sending = stream;
    reporter->call = net_client_start(reporter->config.client, &request, &error);
    if (!reporter->call)
        pp_log_warning("report: %s", error.message);
    return reporter->call != NULL;
}

/* With the newest event of which the head is on flash. */
static bool reporter_post_status(struct reporter *reporter) {
    reporter->status_due = false;
    reporter->status_at_ms = pp_clock_monotonic_ms() + REPORTER_STATUS_MS;
    cJSON *status = reporter->config.make_status(reporter->config.arg);
    struct net_draft *draft =
        status ? head_draft(reporter, event_log_kept_head(&reporter->log), status) : NULL;
    return draft && reporter_post(reporter, STREAMS, "/v1/status", draft, NULL, 0);
}

static bool reporter_post_spool(struct reporter *reporter, int stream) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    struct pp_error error = {0};
    struct event_head head = {0};
    /* They are sent when their head is on flash: on_events_kept. */
    if (stream == STREAM_EVENTS && !event_log_may_send(&reporter->log)) {
        event_log_keep_again(&reporter->log);
        return false;
    }
    if (!spool_peek(reporter->spools[stream], &json, &error))
        return false;
    bool signs = stream == STREAM_EVENTS && event_log_batch_head(&json, &head);
    struct net_draft *draft = signs ? head_draft(reporter, &head, NULL) : NULL;
    return reporter_post(reporter, stream, streams[stream].path, draft, json.data, json.size);
}

static void reporter_flush(struct reporter *reporter) {
    for (int i = 0; i < STREAMS; i++)
        spool_flush(reporter->spools[i]);
}

/* Until the next status, or until a loss that is being counted can be told. */
static int64_t reporter_idle_ms(const struct reporter *reporter) {
    int64_t wait_ms = reporter->status_at_ms - pp_clock_monotonic_ms();
    bool counting = false;
    for (int i = 0; i < STREAMS; i++)
        counting |= spool_is_counting(reporter->spools[i]);
    return counting && wait_ms > REPORTER_GATHER_MS ? REPORTER_GATHER_MS : wait_ms;
}

/* Sends the next thing that waits; when nothing does, sleeps until the next status. */
static void reporter_send_next(struct reporter *reporter) {
    net_timer_stop(&reporter->timer);
    reporter->gathering = false;
    reporter->backed_off = false;
    if (reporter->call)
        return;
    if (!reporter->online) {
        reporter_flush(reporter);
        return;
    }
    if ((reporter->status_due || pp_clock_monotonic_ms() >= reporter->status_at_ms) &&
        reporter_post_status(reporter))
        return;
    for (int i = 0; i < STREAMS; i++) {
        if (reporter_post_spool(reporter, i))
            return;
    }
    reporter_schedule_in(reporter, reporter_idle_ms(reporter));
}

static void on_send_due(void *arg) {
    struct reporter *reporter = arg;
    reporter_send_next(reporter);
}

static void on_events_kept(void *arg) {
    struct reporter *reporter = arg;
    reporter_schedule(reporter);
}

struct reporter *reporter_create(const struct reporter_config *config, struct pp_error *error) {
    struct reporter *reporter = calloc(1, sizeof *reporter);
    if (!reporter) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    reporter->config = *config;
    net_retry_init_random(&reporter->retry);
    for (int i = 0; i < STREAMS; i++) {
        reporter->spools[i] =
            spool_open(config->state_dir, config->vault, config->jobs, streams[i].name, error);
        if (!reporter->spools[i]) {
            reporter_destroy(reporter);
            return NULL;
        }
    }
    if (!event_log_open(&reporter->log, config->vault, reporter->spools[STREAM_EVENTS], error) ||
        !event_log_tell_rollback(&reporter->log, config->rollback, config->witness_gone,
                                 pp_time_now_s(&config->time), error)) {
        reporter->log = (struct event_log){0};
        reporter_destroy(reporter);
        return NULL;
    }
    reporter->log.on_kept = on_events_kept;
    reporter->log.arg = reporter;
    return reporter;
}

void reporter_begin(struct reporter *reporter, struct net_client *client, struct pp_jobs *jobs) {
    reporter->config.client = client;
    reporter->config.jobs = jobs;
    for (int i = 0; i < STREAMS; i++)
        spool_set_jobs(reporter->spools[i], jobs);
}

void reporter_destroy(struct reporter *reporter) {
    if (!reporter)
        return;
    net_timer_stop(&reporter->timer);
    net_call_cancel(reporter->call);
    event_log_close(&reporter->log);
    for (int i = 0; i < STREAMS; i++)
        spool_close(reporter->spools[i]);
    free(reporter);
}

void reporter_set_online(struct reporter *reporter, bool online) {
    if (reporter->online == online)
        return;
    reporter->online = online;
    if (online)
        reporter->status_due = true;
    net_timer_stop(&reporter->timer);
    reporter->gathering = false;
    reporter->backed_off = false;
    reporter_schedule(reporter);
}

void reporter_event(struct reporter *reporter, const char *kind, const char *format, ...) {
    char detail[SPOOL_DETAIL_MAX + 1];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    /* Some of it are a server's or a renderer's words, and cut: the headend would refuse the whole batch. */
    pp_json_tidy(detail);
    pp_log_info("%s: %s", kind, detail);
    event_log_add(&reporter->log, kind, detail, pp_time_now_s(&reporter->config.time));
    reporter_schedule(reporter);
}

void reporter_play(struct reporter *reporter, cJSON *item) {
    spool_add(reporter->spools[STREAM_PLAYLOG], item, pp_time_now_s(&reporter->config.time));
    reporter_schedule(reporter);
}

void reporter_status_changed(struct reporter *reporter) {
    reporter->status_due = true;
    if (reporter->online)
        reporter_schedule(reporter);
}

uint64_t reporter_lost(const struct reporter *reporter) {
    uint64_t lost = 0;
    for (size_t i = 0; i < STREAMS; i++)
        lost += spool_lost(reporter->spools[i]);
    return lost;
}

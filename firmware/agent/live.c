#include "agent/live.h"

#include <fcntl.h>
#include <string.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "channel/zone.h"
#include "feeds/words.h"
#include "net/problem.h"

static void live_ask(void *arg);
static void live_keep(void *arg);

void live_init(struct live *live) {
    *live = (struct live){.sealed = PP_BUF_INIT(FEEDS_SEALED_MAX)};
    net_retry_init_random(&live->retry);
}

static const struct channel_manifest *manifest_of(const struct agent *agent) {
    const struct channel_manifest *manifest = agent->director ? director_manifest(agent->director) : NULL;
    return manifest && manifest->feed_count ? manifest : NULL;
}

/* ---- What is shown ---- */

static int64_t now_s(struct agent *agent) {
    return floors_now_s(&agent->floors);
}

/* When the next of those that the manifest names becomes old; 0: none does. */
static int64_t next_stale_s(struct agent *agent, const struct channel_manifest *manifest) {
    int64_t next = 0;
    for (size_t i = 0; i < manifest->feed_count; i++) {
        const struct feed *feed = feeds_find(&agent->live.feeds, manifest->feeds[i].name);
        int64_t at = feed ? feeds_stale_at(feed) : 0;
        if (at > now_s(agent) && (!next || at < next))
            next = at;
    }
    return next;
}

static void live_show(void *arg) {
    struct agent *agent = arg;
    const struct channel_manifest *manifest = manifest_of(agent);
    net_timer_stop(&agent->live.stale_timer);
    if (!manifest)
        return;
    director_refresh_feeds(agent->director);
    int64_t stale = next_stale_s(agent, manifest);
    if (stale)
        net_timer_start_in(&agent->live.stale_timer, agent->loop, (stale - now_s(agent)) * 1000, live_show,
                           agent);
}

static int64_t local_of(void *arg, int64_t seconds) {
    struct _icaltimezone *zone = zone_find(arg);
    return zone ? zone_clock_at(zone, seconds).local : seconds;
}

bool live_write_metric(void *arg, const struct channel_item *item, uint16_t width, uint16_t height,
                       char json[IPC_TEXT_MAX + 1], struct pp_error *error) {
    struct agent *agent = arg;
    const struct feeds_look look = {.french = strncmp(agent->document.locale, "fr", 2) == 0,
                                    .now = now_s(agent),
                                    .local = local_of,
                                    .arg = agent->document.time_zone,
                                    .width = width,
                                    .height = height};
    return feeds_metric_json(item->metric, feeds_find(&agent->live.feeds, item->metric->feed->name), &look,
                             json, IPC_TEXT_MAX + 1, error);
}

/* ---- On flash ---- */

static void write_run(struct pp_job *job) {
    struct live_write *write = (struct live_write *)job;
    pp_autoclose int folder = open(write->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        pp_fail_errno(&write->error, "%s", write->folder);
    else
        (void)!pp_file_replace(folder, LIVE_FILE, write->sealed.data, write->sealed.size, 0600,
                               &write->error);
}

static void write_done(struct pp_job *job) {
    struct live_write *write = (struct live_write *)job;
    struct live *live = (struct live *)((char *)write - offsetof(struct live, write));
    pp_buf_finish(&write->sealed);
    live->writing = false;
    if (write->error.code)
        pp_log_warning("live data: %s", write->error.message);
}

/* The newest, unless one is on its way: then it is looked for again. */
static void live_keep(void *arg) {
    struct agent *agent = arg;
    struct live *live = &agent->live;
    net_timer_stop(&live->keep_timer);
    if (!live->sealed.size || live->writing)
        return;
    live->writing = true;
    live->kept_ms = pp_clock_monotonic_ms();
    live->write = (struct live_write){
        .job = {.run = write_run, .done = write_done}, .folder = agent->config.state, .sealed = live->sealed};
    live->sealed = PP_BUF_INIT(FEEDS_SEALED_MAX);
    pp_jobs_add(agent->jobs, &live->write.job);
}

static void live_keep_later(struct agent *agent) {
    struct live *live = &agent->live;
    int64_t due_ms = live->kept_ms ? live->kept_ms + LIVE_KEEP_MS : 0;
    net_timer_start(&live->keep_timer, agent->loop, due_ms, live_keep, agent);
}

/* What was kept before the last stop; of another channel or under another key it is of no use. */
static void live_load(struct agent *agent) {
    struct live *live = &agent->live;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(FEEDS_SEALED_MAX);
    if (live->loaded || !agent->document.has_channel)
        return;
    live->loaded = true;
    pp_autoclose int folder = open(agent->config.state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || !pp_file_read(folder, LIVE_FILE, &sealed, &error))
        return;
    if (!feeds_take(&live->feeds, agent->document.channel, agent->document.channel_key, sealed.data,
                    sealed.size, &error))
        pp_log_info("live data of before: %s", error.message);
}

/* ---- Asking ---- */

static void ask_in(struct agent *agent, int64_t wait_ms) {
    net_timer_start_in(&agent->live.ask_timer, agent->loop, wait_ms, live_ask, agent);
}

/* Nothing new: a headend that did not wait is not asked in a circle. */
static void ask_again(struct agent *agent) {
    bool waited = pp_clock_monotonic_ms() - agent->live.asked_ms >= LIVE_IDLE_MS;
    net_retry_reset(&agent->live.retry);
    ask_in(agent, waited ? LIVE_PAUSE_MS : LIVE_IDLE_MS);
}

static void live_fail(struct agent *agent, const struct pp_error *error, int64_t retry_after_s) {
    pp_log_info("live data: %s", error->message);
    ask_in(agent, net_retry_next_ms(&agent->live.retry, retry_after_s));
}

/* Somebody on the way has changed it, or has sent again what was. A key that has just changed is no such thing. */
static void live_refuse(struct agent *agent, const struct pp_error *error) {
    struct live *live = &agent->live;
    *live->etag = 0;
    if (error->code == PP_E_ROLLBACK)
        live->faults = LIVE_FAULTS;
    else
        live->faults++;
    if (live->faults >= LIVE_FAULTS && !live->told) {
        live->told = true;
        reporter_event(agent->reporter, "feeds-refused", "%s", error->message);
    }
    live_fail(agent, error, -1);
}

static void live_take(struct agent *agent, const struct net_response *response) {
    struct live *live = &agent->live;
    struct pp_error error = {0};
    if (!feeds_take(&live->feeds, agent->document.channel, agent->document.channel_key, response->body.data,
                    response->body.size, &error)) {
        live_refuse(agent, &error);
        return;
    }
    snprintf(live->etag, sizeof live->etag, "%s",
             strlen(response->etag) < LIVE_ETAG_MAX ? response->etag : "");
    live->faults = 0;
    live->told = false;
    net_retry_reset(&live->retry);
    live->sealed.size = 0;
    if (pp_buf_add(&live->sealed, response->body.data, response->body.size, NULL))
        live_keep_later(agent);
    live_show(agent);
    ask_in(agent, LIVE_PAUSE_MS);
}

static void on_answer(void *arg, const struct net_response *response) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    agent->live.call = NULL;
    if (response->ok && response->status == 304 && *agent->live.etag) {
        ask_again(agent);
    } else if (!net_response_check(response, &error)) {
        live_fail(agent, &error, response->retry_after_s);
    } else if (response->status != 200 || !net_response_has_type(response, "application/octet-stream")) {
        pp_fail(&error, PP_E_HTTP, "HTTP %d with \"%.60s\" is no answer to GET /v1/feeds", response->status,
                response->content_type);
        live_fail(agent, &error, response->retry_after_s);
    } else {
        live_take(agent, response);
    }
}

static bool may_ask(const struct agent *agent) {
    return agent->client && agent->connection.session && access_session_cookie(agent->connection.session) &&
           agent->document.has_channel && manifest_of(agent) && !agent_is_ending(agent);
}

static void live_ask(void *arg) {
    static const char *const headers[] = {"Prefer: wait=50", "Accept: application/octet-stream", NULL};
    struct agent *agent = arg;
    struct live *live = &agent->live;
    struct pp_error error = {0};
    if (live->call || !may_ask(agent))
        return;
    live->asked_ms = pp_clock_monotonic_ms();
    const struct net_request request = {.path = "/v1/feeds",
                                        .headers = headers,
                                        .if_none_match = live->etag,
                                        .response_max = FEEDS_SEALED_MAX,
                                        .timeout_ms = LIVE_TIMEOUT_MS,
                                        .send_cookie = true,
                                        .use_identity = true,
                                        .on_done = on_answer,
                                        .arg = agent};
    live->call = net_client_start(agent->client, &request, &error);
    if (!live->call)
        live_fail(agent, &error, -1);
}

void live_follow(struct agent *agent) {
    struct live *live = &agent->live;
    if (!manifest_of(agent)) {
        net_timer_stop(&live->ask_timer);
        net_timer_stop(&live->stale_timer);
        net_call_cancel(pp_steal(&live->call));
        return;
    }
    live_load(agent);
    live_show(agent);
    if (!live->call)
        ask_in(agent, 0);
}

void live_stop(struct agent *agent, bool forget) {
    struct live *live = &agent->live;
    net_timer_stop(&live->ask_timer);
    net_timer_stop(&live->stale_timer);
    net_timer_stop(&live->keep_timer);
    net_call_cancel(pp_steal(&live->call));
    *live->etag = 0;
    if (forget) {
        feeds_clear(&live->feeds);
        pp_buf_finish(&live->sealed);
        live->loaded = false;
    } else {
        live_keep(agent);
    }
}

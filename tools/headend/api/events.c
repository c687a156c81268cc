/*
 * GET /api/v1/events: server-sent events (HTML Living Standard, §9.2) that say which screens have changed.
 *
 *   event: ready            from here on; whoever comes (again) reads the list after it
 *   data: {}
 *
 *   event: screens          these have changed, come or gone: at most EVENT_IDS_MAX of them in one
 *   data: {"ids":["0f8f…"]}
 *
 *   event: missed           more than is kept: read the list anew
 *   data: {}
 */
#include "base/log.h"
#include "headend/api/handlers.h"
#include "headend/http/problems.h"
#include "headend/ops/actor.h"
#include "headend/ops/device.h"
#include "headend/ops/screen_changes.h"
#include "headend/server/streams.h"

#define EVENT_IDS_MAX 500

struct events {
    struct app *app;
    bool ready; /* is said */
    uint64_t position;
    char session[SECRET_TEXT_SIZE];
    struct actor actor; /* whose it is, as the last look found him */
};

/* Whether the session still is, and what is new. */
static bool events_look(struct events *events, struct pp_error *error) {
    struct admin admin;
    db_lock(events->app->watcher);
    bool ok = admin_session_look(events->app->watcher, events->session, &admin, error) &&
              actor_person(events->app->watcher, &admin, "", &events->actor, error) &&
              screen_changes_look(events->app->changes, events->app->watcher, error);
    db_unlock(events->app->watcher);
    pp_wipe(&admin, sizeof admin);
    return ok;
}

/* Takes out those that are not for him to see. One that has gone was nowhere, and is told to who sees all. */
static size_t ids_filter(struct events *events, char (*ids)[UUID_TEXT_SIZE], size_t count) {
    size_t kept = 0;
    if (actor_may(&events->actor, RIGHT_VIEW))
        return count;
    db_lock(events->app->watcher);
    for (size_t i = 0; i < count; i++) {
        struct device device;
        if (!device_find(events->app->watcher, ids[i], &device, NULL))
            continue;
        const struct place place = {device.site, device.channel};
        if (actor_may_at(&events->actor, RIGHT_VIEW, &place))
            memmove(ids[kept++], ids[i], UUID_TEXT_SIZE);
    }
    db_unlock(events->app->watcher);
    return kept;
}

static bool ids_write(struct pp_buf *out, char (*ids)[UUID_TEXT_SIZE], size_t count, struct pp_error *error) {
    bool ok = pp_buf_add_text(out, "event: screens\ndata: {\"ids\":[", error);
    for (size_t i = 0; ok && i < count; i++)
        ok = pp_buf_addf(out, error, "%s\"%s\"", i ? "," : "", ids[i]);
    return ok && pp_buf_add_text(out, "]}\n\n", error);
}

static enum stream_state events_say(struct events *events, struct pp_buf *out, struct pp_error *error) {
    char ids[EVENT_IDS_MAX][UUID_TEXT_SIZE];
    size_t count;
    if (!events->ready) {
        events->ready = true;
        events->position = screen_changes_position(events->app->changes);
        return pp_buf_add_text(out, "retry: 3000\n\nevent: ready\ndata: {}\n\n", error) ? STREAM_GOES_ON
                                                                                        : STREAM_BREAKS;
    }
    bool kept = screen_changes_since(events->app->changes, &events->position, ids, EVENT_IDS_MAX, &count);
    count = ids_filter(events, ids, count);
    if (kept && !count)
        return STREAM_WAITS;
    bool ok =
        kept ? ids_write(out, ids, count, error) : pp_buf_add_text(out, "event: missed\ndata: {}\n\n", error);
    return ok ? STREAM_GOES_ON : STREAM_BREAKS;
}

static enum stream_state events_produce(void *arg, struct pp_buf *out) {
    struct events *events = arg;
    struct pp_error error = {0};
    if (events_look(events, &error))
        return events_say(events, out, &error);
    if (error.code == PP_E_NOTFOUND)
        return STREAM_ENDS; /* the session has run out */
    pp_log_error("events: %s", error.message);
    return STREAM_BREAKS;
}

static void events_destroy(void *arg) {
    struct events *events = arg;
    pp_wipe(events->session, sizeof events->session);
    free(events);
}

void api_events(struct request *request, struct reply *reply) {
    static const struct stream_source source = {
        .produce = events_produce, .destroy = events_destroy, .heartbeat = ":\n\n"};
    struct events *events = calloc(1, sizeof *events);
    if (!events) {
        reply_with(reply, PROBLEM_UNAVAILABLE, "out of memory");
        return;
    }
    events->app = request->app;
    memcpy(events->session, request->admin.session, sizeof events->session);
    reply_stream(request->app->streams, request, reply, "text/event-stream", &source, events);
}

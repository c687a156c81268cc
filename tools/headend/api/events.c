/*
 * GET /api/v1/events: server-sent events (HTML Living Standard, §9.2) that say what has changed.
 *
 *   event: ready            from here on; whoever comes (again) reads the lists after it
 *   data: {}
 *
 *   event: screens          these have changed, come or gone: at most EVENT_CHANGES_MAX of them in one
 *   data: {"ids":["0f8f…"]}
 *
 *   event: commands         these screens have answered a command, or sent what it asked for
 *   event: channels         these have another version, draft, job or title
 *   event: groups           these have other rules or settings
 *   event: feeds            these have other values, or are others
 *   event: messages         these urgent ones were sent or cancelled, or other screens show them
 *   event: settings         the organisation has others, and these sites
 *   data: {"organisation":true,"sites":["Lyon"]}
 *
 *   event: enrolments       other ones wait; for who may approve some
 *   data: {}
 *
 *   event: missed           more than is kept: read the lists anew
 *   data: {}
 *
 * Each is told what he may see, as lists show it to him.
 */
#include "base/log.h"
#include "headend/api/handlers.h"
#include "headend/http/problems.h"
#include "headend/ops/actor.h"
#include "headend/ops/device.h"
#include "headend/ops/feed.h"
#include "headend/ops/messages.h"
#include "headend/ops/screen_changes.h"
#include "headend/ops/screen_group.h"
#include "headend/server/streams.h"

#define EVENT_CHANGES_MAX 500

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

static const char *const names[CHANGE_KINDS] = {
    [CHANGE_SCREEN] = "screens",   [CHANGE_COMMANDS] = "commands", [CHANGE_ENROLMENTS] = "enrolments",
    [CHANGE_CHANNEL] = "channels", [CHANGE_GROUP] = "groups",      [CHANGE_SETTINGS] = "settings",
    [CHANGE_MESSAGE] = "messages", [CHANGE_FEED] = "feeds"};

/* Whether who does not see all may see it. What has gone was nowhere, and is told to who sees all. */
static bool is_for(struct events *events, const struct screen_change *change) {
    struct db *db = events->app->watcher;
    struct device device;
    struct screen_group group;
    struct feed feed;
    const struct place channel = {"", change->id};
    switch (change->kind) {
    case CHANGE_SCREEN:
    case CHANGE_COMMANDS:
        return device_find(db, change->id, &device, NULL) &&
               actor_may_at(&events->actor, RIGHT_VIEW, &(struct place){device.site, device.channel});
    case CHANGE_CHANNEL:
        return actor_may_at(&events->actor, RIGHT_VIEW, &channel);
    case CHANGE_GROUP:
        return screen_group_find(db, change->id, events->actor.user, &group, NULL);
    case CHANGE_FEED:
        return feed_find(db, change->id, &feed, NULL) &&
               (!*feed.site || actor_may_at(&events->actor, RIGHT_VIEW, &(struct place){feed.site, ""}));
    case CHANGE_SETTINGS:
        return *change->id && actor_may_at(&events->actor, RIGHT_VIEW, &(struct place){change->id, ""});
    case CHANGE_MESSAGE:
        return message_seen(db, change->id, events->actor.user);
    case CHANGE_ENROLMENTS:
    case CHANGE_KINDS:
        break;
    }
    return true; /* who may approve is asked for all */
}

static size_t changes_filter(struct events *events, struct screen_change *changes, size_t count) {
    size_t kept = 0;
    bool all = actor_may(&events->actor, RIGHT_VIEW);
    bool approves = actor_may_somewhere(&events->actor, RIGHT_OPERATE);
    db_lock(events->app->watcher);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].kind == CHANGE_ENROLMENTS ? approves : all || is_for(events, &changes[i]))
            changes[kept++] = changes[i];
    }
    db_unlock(events->app->watcher);
    return kept;
}

/* Of the organisation and of sites, in one event. */
static bool settings_write(struct pp_buf *out, const struct screen_change *changes, size_t count,
                           struct pp_error *error) {
    bool organisation = false;
    bool any = false;
    pp_autojson cJSON *said = cJSON_CreateObject();
    cJSON *sites = cJSON_AddArrayToObject(said, "sites");
    for (size_t i = 0; i < count; i++) {
        if (changes[i].kind != CHANGE_SETTINGS)
            continue;
        any = true;
        organisation = organisation || !*changes[i].id;
        if (*changes[i].id)
            cJSON_AddItemToArray(sites, cJSON_CreateString(changes[i].id));
    }
    cJSON_AddBoolToObject(said, "organisation", organisation);
    pp_autojsontext char *text = cJSON_PrintUnformatted(said);
    if (!text)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return !any || pp_buf_addf(out, error, "event: %s\ndata: %s\n\n", names[CHANGE_SETTINGS], text);
}

/* Those of one kind, in one event. */
static bool kind_write(struct pp_buf *out, enum change_kind kind, const struct screen_change *changes,
                       size_t count, struct pp_error *error) {
    size_t written = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++) {
        if (changes[i].kind != kind)
            continue;
        if (kind == CHANGE_ENROLMENTS)
            return pp_buf_add_text(out, "event: enrolments\ndata: {}\n\n", error);
        ok = written || pp_buf_addf(out, error, "event: %s\ndata: {\"ids\":[", names[kind]);
        ok = ok && pp_buf_addf(out, error, "%s\"%s\"", written++ ? "," : "", changes[i].id);
    }
    return ok && (!written || pp_buf_add_text(out, "]}\n\n", error));
}

static bool changes_write(struct pp_buf *out, const struct screen_change *changes, size_t count,
                          struct pp_error *error) {
    bool ok = true;
    for (unsigned kind = 0; ok && kind < CHANGE_KINDS; kind++)
        ok = kind == CHANGE_SETTINGS ? settings_write(out, changes, count, error)
                                     : kind_write(out, (enum change_kind)kind, changes, count, error);
    return ok;
}

static enum stream_state events_say(struct events *events, struct pp_buf *out, struct pp_error *error) {
    struct screen_change changes[EVENT_CHANGES_MAX];
    size_t count;
    if (!events->ready) {
        events->ready = true;
        events->position = screen_changes_position(events->app->changes);
        return pp_buf_add_text(out, "retry: 3000\n\nevent: ready\ndata: {}\n\n", error) ? STREAM_GOES_ON
                                                                                        : STREAM_BREAKS;
    }
    bool kept =
        screen_changes_since(events->app->changes, &events->position, changes, EVENT_CHANGES_MAX, &count);
    bool more = count == EVENT_CHANGES_MAX;
    count = changes_filter(events, changes, count);
    if (kept && !count && !more)
        return STREAM_WAITS;
    bool ok = kept && !count ? pp_buf_add_text(out, ":\n\n", error) /* none of these, and there are more */
              : kept         ? changes_write(out, changes, count, error)
                             : pp_buf_add_text(out, "event: missed\ndata: {}\n\n", error);
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

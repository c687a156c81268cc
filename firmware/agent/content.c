#include "agent/content.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"

/* ---- From the director ---- */

static void on_settled(void *arg, bool shown) {
    struct agent *agent = arg;
    agent->content.view = shown ? CONTENT_SHOWN : CONTENT_FAILED;
    if (shown)
        pp_log_info("content is on the screen");
    else
        reporter_event(agent->reporter, "nothing-to-show", "no item of the channel can be shown");
    reporter_status_changed(agent->reporter);
    agent_update_screen(agent);
}

static void on_play(void *arg, const struct zone_play *play) {
    struct agent *agent = arg;
    cJSON *item = cJSON_CreateObject();
    char shown_at[PP_RFC3339_SIZE];
    pp_time_format(play->shown_at_s, shown_at);
    agent->answers.counters.plays++;
    agent->answers.counters.frames_late += play->frames_late;
    cJSON_AddStringToObject(item, "kind", "play");
    const struct channel_manifest *manifest = director_manifest(agent->director);
    cJSON_AddStringToObject(item, "channel", manifest ? manifest->channel : "");
    cJSON_AddNumberToObject(item, "manifest_version", manifest ? (double)manifest->version : 0);
    cJSON_AddStringToObject(item, "item", play->item->id);
    cJSON_AddStringToObject(item, "shown_at", shown_at);
    cJSON_AddNumberToObject(item, "shown_ms", (double)play->shown_for_ms);
    cJSON_AddNumberToObject(item, "frames_presented", play->frames_presented);
    cJSON_AddNumberToObject(item, "frames_late", play->frames_late);
    reporter_play(agent->reporter, item);
}

static void on_fault(void *arg, const struct channel_item *item, const char *reason, bool set_aside) {
    struct agent *agent = arg;
    agent->answers.counters.item_faults++;
    agent->answers.counters.items_set_aside += set_aside;
    reporter_event(agent->reporter, set_aside ? "item-set-aside" : "item-failed", "%s: %s", item->id, reason);
    if (!item->object)
        return;
    /* The flash may be the reason: look, and fetch again. */
    struct store_need object = {.length = item->object->length};
    memcpy(object.sha256, item->object->sha256, sizeof object.sha256);
    sync_suspect(agent->sync, &object);
}

static void on_note(void *arg, const struct channel_item *item, const char *reason) {
    struct agent *agent = arg;
    reporter_event(agent->reporter, "item-impaired", "%s: %s", item->id, reason);
}

static void on_breach(void *arg, enum renderer_breach breach, const char *name, const char *reason) {
    struct agent *agent = arg;
    reporter_event(agent->reporter, breach == RENDERER_KILLED ? "sandbox-kill" : "protocol-broken", "%s: %s",
                   name, reason);
}

static void on_display(void *arg, const struct ipc_display *display) {
    struct agent *agent = arg;
    agent->content.display = *display;
    agent->content.view = CONTENT_NOT_YET;
    pp_log_info("display %ux%u, %s", display->width, display->height, display->driver);
    commands_on_player(agent);
    messages_on_player(agent);
    keyboard_on_player(agent);
    reporter_status_changed(agent->reporter);
}

static int64_t director_now_ms(void *arg) {
    struct agent *agent = arg;
    return pp_wall_clock_now_ms(&agent->floors.clock);
}

/* Whether content of that channel is wanted. Without any state document the cached content is. */
static bool content_is_wanted(const struct agent *agent, const char *channel) {
    if (agent->floors.lock)
        return false;
    if (!agent->document.floor.version)
        return true;
    return agent->document.has_channel && strcmp(agent->document.channel, channel) == 0;
}

/* The very manifest that is shown, sealed under another key: the channel's was changed. It goes on without a seam. */
static bool content_is_shown(const struct agent *agent, const struct channel_manifest *manifest) {
    static const uint8_t none[CHANNEL_HASH_SIZE];
    const struct channel_manifest *shown = director_manifest(agent->director);
    return shown && agent->content.view == CONTENT_SHOWN &&
           memcmp(manifest->digest, none, sizeof none) != 0 &&
           memcmp(shown->digest, manifest->digest, sizeof none) == 0;
}

static void content_take(struct agent *agent, struct channel_manifest *manifest) {
    for (size_t i = 0; i < manifest->skipped_count; i++)
        reporter_event(agent->reporter, "item-skipped", "%s: kind \"%s\" is not known to this version",
                       manifest->skipped[i].path, manifest->skipped[i].kind);
    agent->content.manifest_version = manifest->version;
    if (agent->content.view == CONTENT_FAILED)
        agent->content.view = CONTENT_NOT_YET;
    agent->content.players_lost = (struct losses){0};
    director_set_manifest(agent->director, manifest);
    live_follow(agent);
}

/* ---- Manifests on flash ---- */

static void look_start(struct agent *agent, struct manifest_look *look, void (*run)(struct pp_job *job),
                       void (*done)(struct pp_job *job)) {
    if (look->state != LOOK_IDLE)
        return;
    *look = (struct manifest_look){.job = {.run = run, .done = done}, .agent = agent, .state = LOOK_RUNNING};
    pp_jobs_add(agent->jobs, &look->job);
}

static void read_current_manifest(void *arg);

/* False where it was outdated: then the record says which one is current by now; and where nothing is shown any more,
 * since everything is erased: then nobody wants one. */
static bool look_end(struct manifest_look *look) {
    bool outdated = look->state == LOOK_OUTDATED;
    bool stopped = !look->agent->content.sync_watch;
    look->state = LOOK_IDLE;
    if (!outdated && !stopped)
        return true;
    channel_manifest_destroy(pp_steal(&look->manifest));
    if (!stopped)
        read_current_manifest(look->agent);
    return false;
}

static void run_previous_look(struct pp_job *job) {
    struct manifest_look *look = (struct manifest_look *)job;
    (void)!sync_use_previous(look->agent->sync, &look->manifest, &look->error);
}

static void on_previous_look(struct pp_job *job) {
    struct manifest_look *look = (struct manifest_look *)job;
    struct agent *agent = look->agent;
    if (!look_end(look))
        return;
    if (look->manifest) {
        reporter_event(agent->reporter, "manifest-set-aside",
                       "the player died of it again and again: back to the manifest before");
        content_take(agent, pp_steal(&look->manifest));
    } else {
        reporter_event(agent->reporter, "player-dies", "again and again; %s", look->error.message);
    }
}

/* Players that die one after the other may die of what they are given: the manifest before, then. */
static void on_player_lost(void *arg, bool orderly) {
    struct agent *agent = arg;
    agent->messages.shown = false;
    agent->answers.counters.players_lost += !orderly;
    if (orderly || agent->content.covered || !director_manifest(agent->director) ||
        !losses_add(&agent->content.players_lost, pp_clock_monotonic_ms()))
        return;
    look_start(agent, &agent->content.previous_look, run_previous_look, on_previous_look);
}

static void run_current_look(struct pp_job *job) {
    struct manifest_look *look = (struct manifest_look *)job;
    const struct agent *agent = look->agent;
    (void)!sync_load_current(agent->vault, agent->store, &look->manifest, &look->error);
}

/* What cannot be read just now is looked for again soon; the manifest before, if there is one, is better than
 * nothing meanwhile. */
static void look_settle(struct agent *agent, struct channel_manifest *manifest,
                        const struct pp_error *error) {
    const struct channel_manifest *shown = director_manifest(agent->director);
    bool again = error->code == PP_E_IO || error->code == PP_E_NOMEM;
    bool known = manifest && shown && strcmp(shown->channel, manifest->channel) == 0 &&
                 shown->version == manifest->version;
    if (error->code && error->code != PP_E_NOTFOUND && !agent->content.look_failure_reported)
        reporter_event(agent->reporter, "manifest-unreadable", "%s", error->message);
    agent->content.look_failure_reported = again;
    bool may = !agent->floors.lock && (!agent->document.floor.version || agent->document.has_channel);
    if (manifest && !known && may)
        content_take(agent, manifest);
    else
        channel_manifest_destroy(manifest);
    if (again)
        net_timer_start_in(&agent->content.look_timer, agent->loop, CONTENT_LOOK_AGAIN_MS,
                           read_current_manifest, agent);
}

static void on_current_look(struct pp_job *job) {
    struct manifest_look *look = (struct manifest_look *)job;
    if (look_end(look))
        look_settle(look->agent, pp_steal(&look->manifest), &look->error);
}

static void read_current_manifest(void *arg) {
    struct agent *agent = arg;
    if (agent->floors.lock)
        return;
    look_start(agent, &agent->content.current_look, run_current_look, on_current_look);
}

/* ---- From the sync worker ---- */

/* The current manifest is the newest of its channel, but not the one that is shown: the channel was taken
 * away and given back, or it could not be read at start. */
static void content_resume(struct agent *agent, const char *channel) {
    const struct channel_manifest *shown = director_manifest(agent->director);
    if (content_is_wanted(agent, channel) && (!shown || strcmp(shown->channel, channel) != 0))
        read_current_manifest(agent);
}

/* What a look at the flash finds may not be what is wanted by now. */
static void outdate_looks(struct agent_content *content) {
    struct manifest_look *looks[] = {&content->current_look, &content->previous_look};
    for (size_t i = 0; i < PP_COUNT(looks); i++) {
        if (looks[i]->state == LOOK_RUNNING)
            looks[i]->state = LOOK_OUTDATED;
    }
}

/* Nothing is to be shown: a status screen says why. */
static void content_clear(struct agent *agent) {
    outdate_looks(&agent->content);
    director_set_manifest(agent->director, NULL);
    live_follow(agent);
    agent->content.manifest_version = 0;
    agent->content.view = CONTENT_NOT_YET;
}

/* The channel is there, and nothing is published on it: that is told kindly, and what was shown before is of
 * another channel, or was taken away. */
static void content_empty(struct agent *agent, const char *channel) {
    if (!agent->document.floor.version || !content_is_wanted(agent, channel) ||
        strcmp(agent->content.empty_channel, channel) == 0)
        return;
    snprintf(agent->content.empty_channel, sizeof agent->content.empty_channel, "%s", channel);
    reporter_event(agent->reporter, "channel-empty", "nothing is published on channel %s", channel);
    content_clear(agent);
    agent_update_screen(agent);
}

static void content_switch(struct agent *agent, struct sync_result *result) {
    outdate_looks(&agent->content);
    if (!content_is_wanted(agent, result->channel))
        return; /* the channel was changed meanwhile */
    reporter_event(agent->reporter, "switched", "channel %s, version %lld, %u objects, %llu bytes, %lld ms",
                   result->channel, (long long)result->version, result->objects_fetched,
                   (unsigned long long)result->bytes_fetched, (long long)result->elapsed_ms);
    if (content_is_shown(agent, result->manifest))
        return;
    director_clear_faults(agent->director);
    content_take(agent, pp_steal(&result->manifest));
}

static void count_sync_result(struct counters *counters, const struct sync_result *result, bool passed) {
    counters->sync_passes += passed || result->kind == SYNC_FAILED;
    counters->sync_switches += result->kind == SYNC_SWITCHED;
    counters->sync_failures += result->kind == SYNC_FAILED;
    counters->objects_fetched += result->objects_fetched;
    counters->bytes_fetched += result->bytes_fetched;
    counters->objects_damaged += result->kind == SYNC_BAD_OBJECT;
}

static void handle_sync_result(struct agent *agent, struct sync_result *result) {
    char hash[PP_HEX_SIZE(CHANNEL_HASH_SIZE)];
    pp_hex_encode(result->sha256, CHANNEL_HASH_SIZE, hash);
    bool passed = result->kind != SYNC_FAILED && result->kind != SYNC_BAD_OBJECT &&
                  result->kind != SYNC_TIME && result->kind != SYNC_DOCUMENT &&
                  result->kind != SYNC_NO_DOCUMENT && result->kind != SYNC_REFUSED;
    count_sync_result(&agent->answers.counters, result, passed);
    if (passed)
        trouble_handle(agent, TROUBLE_OVER_SYNCED, NULL);
    if (result->kind == SYNC_SWITCHED || result->kind == SYNC_UNCHANGED || result->kind == SYNC_REPAIRED)
        *agent->content.empty_channel = 0;
    switch (result->kind) {
    case SYNC_SWITCHED:
        content_switch(agent, result);
        break;
    case SYNC_UNCHANGED:
        content_resume(agent, result->channel);
        break;
    case SYNC_EMPTY:
        content_empty(agent, result->channel);
        break;
    case SYNC_TIME:
        keeping_hear_statement(agent, &result->statement, result->expired);
        return;
    case SYNC_REFUSED:
        reporter_event(agent->reporter, "metadata-refused", "%s", result->error.message);
        break;
    case SYNC_REPAIRED:
        content_resume(agent, result->channel);
        reporter_event(agent->reporter, "repaired", "channel %s, %u objects fetched again", result->channel,
                       result->objects_fetched);
        director_clear_faults(agent->director);
        break;
    case SYNC_FAILED:
        trouble_handle(agent, TROUBLE_SYNC, &result->error);
        break;
    case SYNC_BAD_OBJECT:
        reporter_event(agent->reporter, "object-damaged", "%s", hash);
        break;
    case SYNC_DOCUMENT:
        result->document->take(result->document->arg, result->text);
        break;
    case SYNC_NO_DOCUMENT:
        result->document->miss(result->document->arg, &result->error);
        break;
    }
    reporter_status_changed(agent->reporter);
}

static void on_sync_result(void *arg, short revents) {
    struct agent *agent = arg;
    (void)revents;
    struct sync_result result = {0};
    while (sync_take_result(agent->sync, &result)) {
        handle_sync_result(agent, &result);
        sync_result_finish(&result);
        result = (struct sync_result){0};
    }
}

void content_follow(struct agent *agent) {
    if (!agent->document.floor.version)
        return;
    if (!agent->document.has_channel) {
        sync_stop(agent->sync);
        trouble_handle(agent, TROUBLE_OVER_NO_CHANNEL, NULL);
        *agent->content.empty_channel = 0;
        content_clear(agent);
        return;
    }
    if (!agent->connection.session || !access_session_cookie(agent->connection.session))
        return;
    struct sync_target target = {0};
    strcpy(target.channel, agent->document.channel);
    memcpy(target.key, agent->document.channel_key, sizeof target.key);
    target.has_take = agent->document.has_take;
    memcpy(target.take, agent->document.take, sizeof target.take);
    sync_request(agent->sync, &target);
    live_follow(agent);
    pp_wipe(&target, sizeof target);
}

void content_forget(struct agent *agent) {
    pp_wipe(agent->document.channel_key, sizeof agent->document.channel_key);
    if (!agent->sync || !agent->director)
        return; /* nothing is open yet */
    sync_stop(agent->sync);
    live_stop(agent, true);
    content_clear(agent);
}

void content_recall(struct agent *agent) {
    if (!director_manifest(agent->director))
        read_current_manifest(agent);
}

/* ---- Life ---- */

static int open_object(void *arg, const uint8_t sha256[CHANNEL_HASH_SIZE], struct pp_error *error) {
    const struct agent *agent = arg;
    return store_object_open(agent->store, sha256, error);
}

static bool director_start(struct agent *agent, struct pp_error *error) {
    struct director_config config = {
        .loop = agent->loop,
        .open_object = open_object,
        .player_socket = agent->config.player_socket,
        .renderers = {.folder = agent->config.renderers,
                      .launcher = agent->launcher,
                      .on_breach = on_breach,
                      .arg = agent},
        .now_ms = director_now_ms,
        .on_settled = on_settled,
        .on_play = on_play,
        .on_fault = on_fault,
        .on_note = on_note,
        .on_display = on_display,
        .on_player_lost = on_player_lost,
        .write_status = screens_write,
        .write_metric = live_write_metric,
        .write_identify = commands_write_identify,
        .on_identified = commands_on_identified,
        .write_notice = notices_write,
        .write_message = messages_write,
        .on_message = messages_on_shown,
        .on_controlled = commands_on_controlled,
        .on_typed = keyboard_on_typed,
        .on_screenshot = commands_on_screenshot,
        .arg = agent,
    };
    agent->director = director_create(&config, error);
    return agent->director != NULL;
}

/* The cached manifest, or the one before it where that one kept killing us. Only read, at once: the
 * picture is not to wait, nor a status screen to come before it. */
static void content_restore(struct agent *agent, bool crashed_often) {
    struct channel_manifest *manifest = NULL;
    struct pp_error error = {0};
    if (crashed_often && sync_use_previous(agent->sync, &manifest, &error)) {
        reporter_event(agent->reporter, "manifest-set-aside",
                       "too many crashes: back to the manifest before");
    } else {
        error = (struct pp_error){0};
        (void)!sync_load_current(agent->vault, agent->store, &manifest, &error);
    }
    look_settle(agent, manifest, &error);
}

bool content_start(struct agent *agent, struct pp_error *error) {
    if (!director_start(agent, error))
        return false;
    if (states_covers_content(agent->state,
                              agent->troubles.headend.code)) /* before there is anything to be seen */
        agent_update_screen(agent);
    agent->content.sync_watch =
        net_loop_watch(agent->loop, sync_result_fd(agent->sync), POLLIN, on_sync_result, agent, error);
    if (!agent->content.sync_watch)
        return false;
    if (identity_has_certificate(agent->identity))
        director_prepare(agent->director);
    if (*agent->document.time_zone)
        director_set_time_zone(agent->director, agent->document.time_zone);
    messages_follow(agent); /* before anything else is asked for */
    director_set_rotation(agent->director, agent->document.floor.version ? agent->document.rotation
                                                                         : (unsigned)agent->config.rotation);
    if (!agent->floors.lock)
        content_restore(agent, agent->startup.opening.crashed_often);
    return true;
}

void content_stop(struct agent *agent) {
    net_loop_unwatch(agent->loop, agent->content.sync_watch);
    agent->content.sync_watch = NULL;
    net_timer_stop(&agent->content.look_timer);
    messages_stop(agent);
    director_destroy(agent->director); /* its last plays are told from in there */
    agent->director = NULL;
    agent->content.view = CONTENT_NOT_YET;
    agent->content.covered = false;
}

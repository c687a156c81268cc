#include "agent/messages.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/json.h"

static int64_t boottime_ms(const struct agent *agent) {
    const struct pp_wall_clock_kernel *kernel = &agent->floors.clock.kernel;
    return kernel->boottime_ms(kernel->arg);
}

static int64_t now_s(struct agent *agent) {
    const struct messages *messages = &agent->messages;
    if (!messages->taken_ms)
        return floors_now_s(&agent->floors);
    return messages->signed_s + (boottime_ms(agent) - messages->taken_ms) / 1000;
}

/* Whether one may be seen: see messages.h. */
static bool may_show(const struct agent *agent) {
    switch (agent->state) {
    case AGENT_CODE:
    case AGENT_ENROLLING:
    case AGENT_LOCKED_CODE:
    case AGENT_LOCKED_ENROLLING:
    case AGENT_ERASING:
        return false;
    default:
        return agent->document.floor.version && !agent->floors.lost &&
               !lock_wants_approval(agent->floors.lock);
    }
}

static const struct urgent *find(struct agent *agent, int64_t *again_s) {
    *again_s = 0;
    return agent->document.messages.count && may_show(agent)
               ? urgent_find(&agent->document.messages, now_s(agent), again_s)
               : NULL;
}

/* ---- Sound of what goes on beneath ---- */

static void tell_sound(struct agent *agent) {
    static const uint8_t left[URGENT_SOUNDS] = {
        [URGENT_KEEP] = IPC_CONTROL_VALUE_MAX, [URGENT_DUCK] = MESSAGES_DUCKED, [URGENT_MUTE] = 0};
    struct messages *messages = &agent->messages;
    uint8_t sound = *messages->current.id ? left[messages->current.sound] : IPC_CONTROL_VALUE_MAX;
    if (sound != messages->sound && director_control(agent->director, IPC_CONTROL_DUCK, sound))
        messages->sound = sound;
}

void messages_on_player(struct agent *agent) {
    agent->messages.sound = IPC_CONTROL_VALUE_MAX + 1; /* the agent before may have told it something */
    agent->messages.shown = false;
    tell_sound(agent);
}

/* ---- The one that counts ---- */

static bool is_listed(const struct agent *agent, const char *id) {
    for (size_t i = 0; i < agent->document.messages.count; i++) {
        if (strcmp(agent->document.messages.items[i].id, id) == 0)
            return true;
    }
    return false;
}

static void tell_end(struct agent *agent) {
    const struct urgent *ended = &agent->messages.current;
    const char *why = !is_listed(agent, ended->id)     ? "it was cancelled"
                      : now_s(agent) >= ended->until_s ? "its end has come"
                      : !may_show(agent)               ? "nothing may be shown here any more"
                                                       : "a more severe one takes its place";
    reporter_event(agent->reporter, "message-ended", "%s: %s", ended->id, why);
}

static void end_current(struct agent *agent) {
    struct messages *messages = &agent->messages;
    if (!*messages->current.id)
        return;
    if (messages->shown)
        tell_end(agent);
    messages->current = (struct urgent){0};
    messages->shown = false;
    reporter_status_changed(agent->reporter);
}

static void on_due(void *arg) {
    messages_follow(arg);
}

static void look_again(struct agent *agent, int64_t again_s) {
    struct messages *messages = &agent->messages;
    net_timer_stop(&messages->timer);
    if (!again_s)
        return;
    int64_t wait_s = again_s - now_s(agent);
    int64_t wait_ms = wait_s < MESSAGES_LOOK_MS / 1000 ? wait_s * 1000 : MESSAGES_LOOK_MS;
    net_timer_start_in(&messages->timer, agent->loop, wait_ms, on_due, agent);
}

void messages_follow(struct agent *agent) {
    struct messages *messages = &agent->messages;
    int64_t again_s = 0;
    if (!agent->director || !agent->reporter)
        return;
    const struct urgent *found = find(agent, &again_s);
    if (!found || strcmp(found->id, messages->current.id) != 0)
        end_current(agent);
    look_again(agent, again_s);
    if (found) {
        messages->current = *found;
        director_show_message(agent->director, found->style == URGENT_BAND);
    } else {
        director_hide_message(agent->director);
    }
    tell_sound(agent);
}

void messages_hear_state(struct agent *agent) {
    if (!*agent->document.nonce)
        return;
    agent->messages.signed_s = agent->document.issued_s;
    agent->messages.taken_ms = boottime_ms(agent);
}

void messages_stop(struct agent *agent) {
    net_timer_stop(&agent->messages.timer);
}

/* ---- On the screen, and in the status ---- */

bool messages_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                    struct pp_error *error) {
    const struct agent *agent = arg;
    const struct urgent *urgent = &agent->messages.current;
    const struct urgent_text *text = urgent_choose(urgent, agent->document.locale);
    pp_autojson cJSON *screen = cJSON_CreateObject();
    if (!cJSON_AddStringToObject(screen, "screen", "message") ||
        !cJSON_AddNumberToObject(screen, "width", width) ||
        !cJSON_AddNumberToObject(screen, "height", height) ||
        !cJSON_AddStringToObject(screen, "severity", urgent_severity_name(urgent->severity)) ||
        !cJSON_AddBoolToObject(screen, "band", urgent->style == URGENT_BAND) ||
        !cJSON_AddStringToObject(screen, "title", text->title) ||
        !cJSON_AddStringToObject(screen, "text", text->text))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    return cJSON_PrintPreallocated(screen, json, IPC_TEXT_MAX, 0) ||
           pp_fail(error, PP_E_LIMIT, "a message of more than %d bytes", IPC_TEXT_MAX);
}

void messages_on_shown(void *arg) {
    struct agent *agent = arg;
    struct messages *messages = &agent->messages;
    if (messages->shown || !*messages->current.id)
        return;
    messages->shown = true;
    reporter_event(agent->reporter, "message-shown", "%s: %s, %s", messages->current.id,
                   urgent_severity_name(messages->current.severity),
                   urgent_style_name(messages->current.style));
    reporter_status_changed(agent->reporter);
}

void messages_report(struct agent *agent, cJSON *status) {
    const struct messages *messages = &agent->messages;
    cJSON *list = cJSON_AddArrayToObject(status, "messages");
    for (size_t i = 0; i < agent->document.messages.count; i++) {
        const struct urgent *urgent = &agent->document.messages.items[i];
        int64_t now = now_s(agent);
        if (now < urgent->from_s || now >= urgent->until_s)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "id", urgent->id);
        cJSON_AddBoolToObject(item, "shown",
                              messages->shown && strcmp(messages->current.id, urgent->id) == 0);
        cJSON_AddItemToArray(list, item);
    }
}

/* What can be done with a screen (operations.c). */
#include <inttypes.h>

#include "base/clock.h"
#include "headend/base/silence.h"
#include "headend/ops/channel.h"
#include "headend/ops/op_screens.h"
#include "headend/ops/operation.h"
#include "headend/ops/person_session.h"
#include "headend/ops/screen_commands.h"
#include "headend/ops/screen_list.h"
#include "headend/ops/screen_settings.h"
#include "headend/ops/screen_tags.h"
#include "headend/ops/screen_uploads.h"

#define COMMAND_LIFETIME_S     3600
#define COMMAND_LIFETIME_MIN_S 10
#define RETIREMENT_S           (INT64_C(50) * 365 * 86400) /* it holds until the screen comes back */

#define OP_FILTER_TEXT_MAX     200 /* bytes of what a filter asks for */

/* ---- Changing ---- */

static const char *number_text(const struct op *op, const char *name, char text[24]) {
    snprintf(text, 24, "%" PRId64, op_integer(op, name));
    return op_given(op, name) ? text : NULL;
}

static const char *silence_text_of(const struct op *op, const char *name, char text[24]) {
    int64_t seconds = op_integer(op, name);
    snprintf(text, 24, "%" PRId64 "s", seconds);
    return !op_given(op, name) ? NULL : seconds ? text : "never";
}

static const char *yes_or_no(const struct op *op, const char *name) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(op->request, name);
    return !op_given(op, name) ? NULL : cJSON_IsTrue(value) ? "yes" : "no";
}

struct device_settings op_screen_settings(const struct op *op, struct op_screen_texts *texts) {
    return (struct device_settings){
        .name = op_text_or_null(op, "name"),
        .site = op_text_or_null(op, "site"),
        .channel = op_text_or_null(op, "channel"),
        .channel_title = op_text_or_null(op, "channel_title"),
        .time_zone = op_text_or_null(op, "time_zone"),
        .locale = op_text_or_null(op, "locale"),
        .access = op_text_or_null(op, "access"),
        .rotation = number_text(op, "rotation", texts->rotation),
        .offline_mark = yes_or_no(op, "offline_mark"),
        .lock_after = silence_text_of(op, "lock_after_s", texts->lock_after),
        .erase_after = silence_text_of(op, "erase_after_s", texts->erase_after),
    };
}

bool op_screen_settings_good(struct op *op, const struct device_settings *settings, struct pp_error *error) {
    const struct {
        const char *field;
        struct device_settings alone;
    } checks[] = {{"name", {.name = settings->name}},
                  {"site", {.site = settings->site}},
                  {"channel", {.channel = settings->channel}},
                  {"channel_title", {.channel = settings->channel, .channel_title = settings->channel_title}},
                  {"time_zone", {.time_zone = settings->time_zone}},
                  {"locale", {.locale = settings->locale}},
                  {"access", {.access = settings->access}},
                  {"rotation", {.rotation = settings->rotation}},
                  {"offline_mark", {.offline_mark = settings->offline_mark}},
                  {"lock_after_s", {.lock_after = settings->lock_after}},
                  {"erase_after_s", {.erase_after = settings->erase_after}}};
    struct pp_error why = {0};
    for (size_t i = 0; i < PP_COUNT(checks); i++) {
        if (!device_settings_check(&checks[i].alone, &why))
            return op_fail(op, checks[i].field, why.code, error, "%s", why.message);
    }
    return true;
}

bool op_screen_channel_allowed(struct op *op, const struct device_settings *settings,
                               struct pp_error *error) {
    struct channel channel;
    struct pp_error why = {0};
    if (!settings->channel || !*settings->channel || actor_may(op->actor, RIGHT_EDIT) ||
        channel_known(op->db, settings->channel, &channel, &why))
        return true;
    return op_fail(op, why.code == PP_E_NOTFOUND ? "channel" : "", why.code, error, "%s", why.message);
}

/* Which member a failure of the whole is about. */
static const char *change_field(const struct pp_error *why) {
    return why->code == PP_E_NOTFOUND ? "channel" : why->code == PP_E_INVALID ? "erase_after_s" : "";
}

static bool tags_save(struct op *op, struct pp_error *error) {
    struct pp_error why = {0};
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(op->request, "tags");
    const cJSON *more = cJSON_GetObjectItemCaseSensitive(op->request, "add_tags");
    const cJSON *less = cJSON_GetObjectItemCaseSensitive(op->request, "remove_tags");
    const char *field = tags ? "tags" : more ? "add_tags" : "remove_tags";
    return (!tags && !more && !less) || screen_tags_change(op->db, op->device.id, tags, more, less, &why) ||
           op_fail(op, field, why.code, error, "%s", why.message);
}

/* What the request says of the settings that cascade: those that are the screen's own from now on, and those that come
 * from above again. */
static bool settings_own(struct op *op, struct pp_error *error) {
    static const struct {
        const char *name;
        enum setting setting;
    } members[] = {{"time_zone", SETTING_TIME_ZONE},  {"locale", SETTING_LOCALE},
                   {"rotation", SETTING_ROTATION},    {"offline_mark", SETTING_OFFLINE_MARK},
                   {"lock_after_s", SETTING_SILENCE}, {"erase_after_s", SETTING_SILENCE}};
    unsigned set = 0, cleared = 0;
    for (size_t i = 0; i < PP_COUNT(members); i++) {
        unsigned bit = SETTING_BIT(members[i].setting);
        set |= op_given(op, members[i].name) ? bit : 0;
        cleared |= op_has(op, members[i].name) && !op_given(op, members[i].name) ? bit : 0;
    }
    if (set & cleared)
        return op_fail(op, "erase_after_s", PP_E_INVALID, error,
                       "lock_after_s and erase_after_s are one setting: both are null, or none");
    return screen_settings_own(op->db, op->device.id, set, cleared, error) &&
           screen_settings_apply(op->db, op->device.id, error);
}

bool op_screen_change(struct op *op, struct pp_error *error) {
    struct op_screen_texts texts;
    struct pp_error why = {0};
    const struct device_settings settings = op_screen_settings(op, &texts);
    if (!op_screen_settings_good(op, &settings, error) || !op_screen_channel_allowed(op, &settings, error))
        return false;
    op->wakes = true;
    if (!device_settings_save(op->db, op->device.id, &settings, &why))
        return op_fail(op, change_field(&why), why.code, error, "%s", why.message);
    return tags_save(op, error) && settings_own(op, error);
}

/* ---- How it shows who it is ---- */

static void allowed_read(const struct op *op, struct person_settings *settings) {
    const cJSON *who;
    cJSON_ArrayForEach(who, cJSON_GetObjectItemCaseSensitive(op->request, "allowed")) {
        settings->allowed.items[settings->allowed.count++] = who->valuestring;
    }
}

_Static_assert(OP_LIST_MAX <= PERSON_ALLOWED_MAX, "a list of a request fits");

/* Without what is secret. */
static cJSON *access_facts(const struct op *op) {
    static const char *const secrets[] = {"password_hash", "client_secret"};
    cJSON *facts = cJSON_Duplicate(op->request, true);
    cJSON_DeleteItemFromObjectCaseSensitive(facts, "screen");
    for (size_t i = 0; i < PP_COUNT(secrets); i++) {
        if (cJSON_HasObjectItem(facts, secrets[i]))
            cJSON_ReplaceItemInObjectCaseSensitive(facts, secrets[i], cJSON_CreateString("another"));
    }
    return facts;
}

static cJSON *access_facts_before(const struct op *op) {
    struct person_policy policy = {0};
    cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "mode", device_access_name(op->device.access));
    if (person_policy_find(op->db, op->device.id, &policy, NULL)) {
        cJSON_AddNumberToObject(facts, "session_s", (double)policy.session_s);
        cJSON_AddNumberToObject(facts, "most_s", (double)policy.most_s);
        cJSON_AddStringToObject(facts, "issuer", policy.issuer);
        cJSON_AddStringToObject(facts, "client_id", policy.client_id);
        cJSON_AddStringToObject(facts, "client_auth", policy.client_auth);
    }
    pp_wipe(&policy, sizeof policy);
    return facts;
}

static bool access_save(struct op *op, const struct person_settings *settings, struct pp_error *error) {
    struct pp_error why = {0};
    const char *field = person_settings_problem(op->db, op->device.id, settings, &why);
    if (field)
        return op_fail(op, field, why.code, error, "%s", why.message);
    return person_settings_save(op->db, op->device.id, settings, error);
}

bool op_screen_access(struct op *op, struct pp_error *error) {
    struct person_settings settings = {
        .session_s = op_has(op, "session_s") ? (uint64_t)op_integer(op, "session_s") : PERSON_SESSION_S,
        .most_s = op_has(op, "most_s") ? (uint64_t)op_integer(op, "most_s") : PERSON_MOST_S,
        .password = op_text_or_null(op, "password_hash"),
        .issuer = op_text_or_null(op, "issuer"),
        .client_id = op_text_or_null(op, "client_id"),
        .scope = op_text_or_null(op, "scope"),
        .groups_claim = op_text_or_null(op, "groups_claim"),
        .client_secret = op_text_or_null(op, "client_secret"),
        .client_auth = op_text_or_null(op, "client_auth")};
    if (!device_access_read(op_text(op, "mode"), &settings.mode))
        return op_fail(op, "mode", PP_E_INVALID, error,
                       "access: must be certificate, cookie, sso or password");
    allowed_read(op, &settings);
    op_note(op, access_facts_before(op), access_facts(op));
    op->wakes = true;
    return access_save(op, &settings, error);
}

bool op_screen_sign_out(struct op *op, struct pp_error *error) {
    op->wakes = true;
    return person_session_end(op->db, op->device.id, "signed-out", error);
}

/* ---- Its life ---- */

bool op_screen_retire(struct op *op, struct pp_error *error) {
    op->wakes = true;
    return device_retire(op->db, op->device.id, error);
}

bool op_screen_revoke(struct op *op, struct pp_error *error) {
    op->wakes = true;
    return device_revoke(op->db, op->device.id, error);
}

bool op_screen_restore(struct op *op, struct pp_error *error) {
    op->wakes = true;
    return device_restore(op->db, op->device.id, error);
}

bool op_screen_remove(struct op *op, struct pp_error *error) {
    return screen_forget(op->at->home, op->db, &op->device, error);
}

/* ---- What it has sent ---- */

bool op_screen_log(struct op *op, struct pp_error *error) {
    struct pp_error why = {0};
    screen_command_auto struct screen_command command = {0};
    bool found = screen_command_find(op->db, op_text(op, "command"), &command, &why);
    if (!found && why.code != PP_E_NOTFOUND)
        return pp_fail(error, why.code, "%s", why.message);
    if (!found || strcmp(command.device, op->device.id) != 0 || strcmp(command.name, "logs") != 0 ||
        strcmp(command.outcome, "done") != 0)
        return op_fail(op, "", PP_E_NOTFOUND, error, "no such log of this screen");
    op_note(op, cJSON_CreateNull(), cJSON_CreateObject());
    return cJSON_AddStringToObject(op->after, "command", command.id) != NULL;
}

/* ---- Asking something of it ---- */

/* Whether a screen would take it: it is read as one reads it. */
static bool arguments_good(struct op *op, const char *name, const cJSON *args, struct pp_error *error) {
    struct command_list list;
    pp_autojson cJSON *state = cJSON_CreateObject();
    cJSON *command = cJSON_CreateObject();
    cJSON_AddItemToArray(cJSON_AddArrayToObject(state, "commands"), command);
    cJSON_AddStringToObject(command, "id", "00000000-0000-4000-8000-000000000000");
    cJSON_AddNumberToObject(command, "number", 1);
    cJSON_AddStringToObject(command, "name", name);
    cJSON_AddNumberToObject(command, "iat", 0);
    cJSON_AddNumberToObject(command, "exp", 1);
    cJSON_AddItemToObject(command, "args", cJSON_Duplicate(args, true));
    struct pp_error why = {0};
    if (!command_list_parse(state, &list, &why))
        return op_fail(op, "arguments", PP_E_INVALID, error, "%s", why.message);
    return !*list.items[0].refusal ||
           op_fail(op, "arguments", PP_E_INVALID, error, "%s", list.items[0].refusal);
}

/* As an object, of a program, or as a person types it. */
static cJSON *arguments_read(struct op *op, enum command_kind kind, struct pp_error *error) {
    struct pp_error why = {0};
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(op->request, "arguments");
    if (given)
        return arguments_good(op, op_text(op, "name"), given, error) ? cJSON_Duplicate(given, true) : NULL;
    cJSON *made = command_arguments_make(kind, op_text_or_null(op, "argument"), &why);
    if (!made)
        op_fail(op, "argument", why.code, error, "%s", why.message);
    return made;
}

static bool lifetime_read(struct op *op, enum command_kind kind, int64_t *lifetime_s,
                          struct pp_error *error) {
    *lifetime_s = op_has(op, "lifetime_s") ? op_integer(op, "lifetime_s") : COMMAND_LIFETIME_S;
    if (*lifetime_s < COMMAND_LIFETIME_MIN_S || *lifetime_s > COMMAND_LIFETIME_MAX_S)
        return op_fail(op, "lifetime_s", PP_E_LIMIT, error, "--expires: must be %d to %d",
                       COMMAND_LIFETIME_MIN_S, COMMAND_LIFETIME_MAX_S);
    if (kind == COMMAND_RETIRE)
        *lifetime_s = RETIREMENT_S;
    return true;
}

/* What `screen.access` sets as well. */
static bool command_allowed(const struct op *op, enum command_kind kind, struct pp_error *error) {
    const struct place place = {op->device.site, op->device.channel};
    return kind != COMMAND_SET_ACCESS_MODE || actor_may_at(op->actor, RIGHT_ADMINISTER, &place) ||
           pp_fail(error, PP_E_DENIED, "%s may not do this (set-access-mode: needs the right to %s)",
                   op->actor->name, right_name(RIGHT_ADMINISTER));
}

static bool command_note(struct op *op, const char *id, const cJSON *args) {
    op_note(op, cJSON_CreateNull(), cJSON_CreateObject());
    cJSON_AddStringToObject(op->after, "command", id);
    cJSON_AddStringToObject(op->after, "name", op_text(op, "name"));
    cJSON_AddItemToObject(op->after, "args", cJSON_Duplicate(args, true));
    return cJSON_AddStringToObject(op_answer(op), "id", id) != NULL;
}

/* A program that has heard no answer asks again with the same key, and gets the same command. */
static bool command_known(struct op *op, struct pp_error *error) {
    struct pp_error why = {0};
    const char *key = op_text(op, "key");
    screen_command_auto struct screen_command command = {0};
    if (!*key || !screen_command_find_key(op->db, op->device.id, key, &command, &why))
        return !*key || why.code == PP_E_NOTFOUND || pp_fail(error, why.code, "%s", why.message);
    if (strcmp(command.name, op_text(op, "name")) != 0)
        return op_fail(op, "key", PP_E_STATE, error, "another command was asked for with this key");
    return cJSON_AddStringToObject(op_answer(op), "id", command.id) != NULL;
}

static bool key_keep(struct op *op, const char *id, struct pp_error *error) {
    const char *key = op_text(op, "key");
    return !*key || screen_command_keep_key(op->db, op->device.id, key, id, error);
}

bool op_screen_command(struct op *op, struct pp_error *error) {
    const char *name = op_text(op, "name");
    struct screen_command_order order = {
        .device = op->device.id, .kind = command_kind_find(name), .by = op->actor->name};
    char id[UUID_TEXT_SIZE];
    if (order.kind == COMMAND_UNKNOWN)
        return op_fail(op, "name", PP_E_INVALID, error, "no such command: %.32s (try --help)", name);
    if (!command_allowed(op, order.kind, error) || !lifetime_read(op, order.kind, &order.lifetime_s, error) ||
        !command_known(op, error))
        return false;
    if (op->result->value)
        return true;
    pp_autojson cJSON *args = arguments_read(op, order.kind, error);
    order.args = args;
    op->wakes = true;
    return args && screen_command_add(op->db, &order, id, error) && key_keep(op, id, error) &&
           (command_note(op, id, args) || pp_fail(error, PP_E_NOMEM, "out of memory"));
}

/* ---- Many at once ---- */

static const char *act_outcome(bool done, const struct pp_error *why) {
    return done                         ? "done"
           : why->code == PP_E_DENIED   ? "denied"
           : why->code == PP_E_NOTFOUND ? "not-found"
                                        : "refused";
}

/* One of them: what fails with it is undone and told, and the others go on. */
static bool act_on(struct op *op, const char *operation, const char *screen, cJSON *items,
                   struct pp_error *error) {
    struct pp_error why = {0};
    op_result_auto struct op_result result = {0};
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(op->request, "request");
    pp_autojson cJSON *request = given ? cJSON_Duplicate(given, true) : cJSON_CreateObject();
    cJSON_DeleteItemFromObjectCaseSensitive(request, "screen");
    cJSON_AddStringToObject(request, "screen", screen);
    bool done = ops_run(op->at, op->actor, operation, request, &result, &why);
    if (!done && (why.code == PP_E_IO || why.code == PP_E_NOSPACE || why.code == PP_E_NOMEM))
        return pp_fail(error, why.code, "%s", why.message);
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "id", screen);
    cJSON_AddStringToObject(item, "outcome", act_outcome(done, &why));
    if (!done)
        cJSON_AddStringToObject(item, "detail", why.message);
    if (result.value)
        cJSON_AddItemToObject(item, "value", cJSON_Duplicate(result.value, true));
    return cJSON_AddItemToArray(items, item);
}

static bool filtered_add(void *arg, const char *id) {
    return cJSON_AddItemToArray(arg, cJSON_CreateString(id));
}

static bool filter_read(struct op *op, const cJSON *given, struct screen_filter *filter,
                        struct pp_error *error) {
    const struct {
        const char *name;
        const char **value;
    } members[] = {{"q", &filter->words},         {"state", &filter->state},
                   {"site", &filter->site},       {"tag", &filter->tag},
                   {"group", &filter->group},     {"channel", &filter->channel},
                   {"problem", &filter->problem}, {"software", &filter->software}};
    const cJSON *value;
    cJSON_ArrayForEach(value, given) {
        size_t i = 0;
        while (i < PP_COUNT(members) && strcmp(members[i].name, value->string) != 0)
            i++;
        if (i == PP_COUNT(members) || !cJSON_IsString(value) ||
            strlen(value->valuestring) > OP_FILTER_TEXT_MAX)
            return op_fail(op, "filter", PP_E_INVALID, error, "filter: %.32s: no such member, or no text",
                           value->string);
        *members[i].value = value->valuestring;
    }
    return !filter->state || device_state_find(filter->state) ||
           op_fail(op, "filter", PP_E_INVALID, error, "filter: no such state: %.32s", filter->state);
}

/* The ids of those that are meant: named, or found. The caller deletes it; NULL on failure. */
static cJSON *act_screens(struct op *op, struct pp_error *error) {
    const cJSON *named = cJSON_GetObjectItemCaseSensitive(op->request, "screens");
    const cJSON *given = cJSON_GetObjectItemCaseSensitive(op->request, "filter");
    struct screen_filter filter = {.words = "",
                                   .now = pp_clock_realtime_s(),
                                   .viewer = op->actor->kind == ACTOR_PERSON ? op->actor->user : 0};
    if (!named == !given) {
        op_fail(op, "screens", PP_E_INVALID, error, "either screens or a filter is needed");
        return NULL;
    }
    if (named)
        return cJSON_Duplicate(named, true);
    if (!op_has(op, "count")) {
        op_fail(op, "count", PP_E_INVALID, error,
                "count: is missing: how many screens the filter is to find");
        return NULL;
    }
    pp_autojson cJSON *ids = cJSON_CreateArray();
    if (!filter_read(op, given, &filter, error) ||
        !screen_list_ids(op->db, &filter, OP_IDS_MAX + 1, filtered_add, ids, error))
        return NULL;
    int found = cJSON_GetArraySize(ids);
    if (found > OP_IDS_MAX)
        op_fail(op, "filter", PP_E_LIMIT, error, "filter: finds more than %d screens", OP_IDS_MAX);
    else if (found != op_integer(op, "count"))
        op_fail(op, "count", PP_E_STATE, error, "the filter finds %d screens now", found);
    else
        return pp_steal(&ids);
    return NULL;
}

bool op_screens_act(struct op *op, struct pp_error *error) {
    static const char *const actions[][2] = {
        {"change", "screen.change"}, {"command", "screen.command"}, {"sign-out", "screen.sign-out"},
        {"retire", "screen.retire"}, {"revoke", "screen.revoke"},   {"restore", "screen.restore"},
        {"remove", "screen.remove"},
    };
    const char *operation = NULL;
    for (size_t i = 0; i < PP_COUNT(actions); i++) {
        if (strcmp(op_text(op, "action"), actions[i][0]) == 0)
            operation = actions[i][1];
    }
    if (!operation)
        return op_fail(op, "action", PP_E_INVALID, error, "action: there is no such action");
    const cJSON *screen;
    const cJSON *filter = cJSON_GetObjectItemCaseSensitive(op->request, "filter");
    pp_autojson cJSON *screens = act_screens(op, error);
    if (!screens)
        return false;
    cJSON *items = cJSON_AddArrayToObject(op_answer(op), "items");
    op->after = cJSON_CreateObject();
    cJSON_AddStringToObject(op->after, "action", op_text(op, "action"));
    cJSON_AddNumberToObject(op->after, "screens", cJSON_GetArraySize(screens));
    if (filter)
        cJSON_AddItemToObject(op->after, "filter", cJSON_Duplicate(filter, true));
    cJSON_ArrayForEach(screen, screens) {
        if (!act_on(op, operation, screen->valuestring, items, error))
            return false;
    }
    return true;
}

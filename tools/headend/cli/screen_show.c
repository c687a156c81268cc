/* What is known of screens: the list, all about one, and what one has reported. */
#include "base/clock.h"
#include "base/json.h"
#include "base/options.h"
#include "headend/base/silence.h"
#include "headend/cli/commands.h"
#include "headend/cli/table.h"
#include "headend/db/home_open.h"
#include "headend/ops/device.h"
#include "headend/ops/device_reports.h"
#include "headend/ops/event_chain.h"
#include "headend/ops/screen_access.h"
#include "headend/ops/screen_proxy.h"
#include "headend/ops/screen_tags.h"

#define OFFLINE_TEXT_SIZE (2 * SILENCE_TEXT_SIZE + 8)
#define SHORT_ID          8  /* characters of an id, in lists for people */
#define EVENTS_TOLD       50 /* by "screen events", unless told otherwise */
#define EVENTS_MAX        20000

static void time_text(int64_t seconds, char text[PP_RFC3339_SIZE]) {
    if (seconds)
        pp_time_format(seconds, text);
    else
        snprintf(text, PP_RFC3339_SIZE, "never");
}

/* Who is signed in, and until when. */
static cJSON *session_json(const struct person_session *session) {
    char text[PP_RFC3339_SIZE];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", session->id);
    cJSON_AddStringToObject(object, "subject", session->subject);
    cJSON_AddStringToObject(object, "name", session->name);
    time_text(session->started, text);
    cJSON_AddStringToObject(object, "began", text);
    time_text(session->expires, text);
    cJSON_AddStringToObject(object, "ends", text);
    time_text(session->until, text);
    cJSON_AddStringToObject(object, "at_most", text);
    return object;
}

/* No secret: whether there is one. */
static void policy_add(cJSON *access, const struct person_policy *policy, enum device_access mode) {
    cJSON_AddNumberToObject(access, "session_s", (double)policy->session_s);
    cJSON_AddNumberToObject(access, "at_most_s", (double)policy->most_s);
    if (mode == DEVICE_PASSWORD) {
        cJSON_AddBoolToObject(access, "password_set", *policy->password);
        return;
    }
    cJSON_AddStringToObject(access, "issuer", policy->issuer);
    cJSON_AddStringToObject(access, "client_id", policy->client_id);
    cJSON_AddStringToObject(access, "client_auth", policy->client_auth);
    cJSON_AddStringToObject(access, "scope", policy->scope);
    cJSON_AddStringToObject(access, "groups_claim", policy->groups_claim);
}

static bool allowed_add(struct db *db, const char *id, cJSON *access, struct pp_error *error) {
    pp_autobuf struct pp_buf lines = PP_BUF_INIT(PERSON_ALLOWED_LIST_MAX);
    if (!person_allowed_list(db, id, &lines, error))
        return false;
    cJSON *allowed = cJSON_AddArrayToObject(access, "allowed");
    for (const char *who = pp_buf_text(&lines); *who;) {
        char one[PERSON_NAME_MAX + 1];
        size_t size = strcspn(who, "\n");
        snprintf(one, sizeof one, "%.*s", (int)size, who);
        cJSON_AddItemToArray(allowed, cJSON_CreateString(one));
        who += size + (who[size] == '\n');
    }
    return true;
}

/* How it shows who it is, and who is signed in there. */
static bool access_add(struct db *db, const struct device *device, cJSON *screen, struct pp_error *error) {
    struct state_access found;
    if (!state_access_load(db, device, &found, error))
        return false;
    cJSON *access = cJSON_AddObjectToObject(screen, "access");
    cJSON_AddStringToObject(access, "mode", device_access_name(device->access));
    if (found.temporary) {
        cJSON_AddItemToObject(access, "session",
                              found.open ? session_json(&found.session) : cJSON_CreateNull());
        cJSON_AddStringToObject(access, "reason", found.open ? "" : found.policy.reason);
    }
    if (found.has_policy)
        policy_add(access, &found.policy, device->access);
    pp_wipe(&found, sizeof found);
    return device->access != DEVICE_SSO || allowed_add(db, device->id, access, error);
}

static cJSON *screen_json(const struct device *device) {
    char text[PP_RFC3339_SIZE];
    char silence[SILENCE_TEXT_SIZE];
    char fingerprint[FINGERPRINT_SIZE];
    fingerprint_text(device->thumbprint, fingerprint);
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", device->id);
    cJSON_AddStringToObject(object, "status", device->status);
    cJSON_AddStringToObject(object, "name", device->name);
    cJSON_AddStringToObject(object, "site", device->site);
    cJSON_AddItemToObject(object, "channel",
                          *device->channel ? cJSON_CreateString(device->channel) : cJSON_CreateNull());
    cJSON_AddStringToObject(object, "time_zone", device->time_zone);
    cJSON_AddStringToObject(object, "locale", device->locale);
    cJSON_AddNumberToObject(object, "rotation", device->rotation);
    cJSON_AddBoolToObject(object, "offline_mark", device->offline_mark);
    silence_text(device->lock_after_s, silence);
    cJSON_AddStringToObject(object, "lock_after", silence);
    silence_text(device->erase_after_s, silence);
    cJSON_AddStringToObject(object, "erase_after", silence);
    cJSON_AddStringToObject(object, "fingerprint", fingerprint);
    cJSON_AddNumberToObject(object, "version", (double)device->version);
    cJSON_AddStringToObject(object, "code", device->code);
    cJSON_AddStringToObject(object, "trouble", device->trouble);
    time_text(device->seen, text);
    cJSON_AddItemToObject(object, "seen", device->seen ? cJSON_CreateString(text) : cJSON_CreateNull());
    time_text(device->certificate_expires, text);
    cJSON_AddItemToObject(object, "certificate_expires",
                          device->certificate_expires ? cJSON_CreateString(text) : cJSON_CreateNull());
    return object;
}

struct screen_collection {
    struct db *db;
    cJSON *list;
    struct pp_error error;
};

/* NULL on failure. */
static cJSON *screen_tagged(struct db *db, const struct device *device, struct pp_error *error) {
    cJSON *tags = screen_tags_json(db, device->id, error);
    cJSON *object = tags ? screen_json(device) : NULL;
    if (object)
        cJSON_AddItemToObject(object, "tags", tags);
    return object;
}

static bool screen_collect(void *arg, const struct device *device) {
    struct screen_collection *collection = arg;
    cJSON *screen = screen_tagged(collection->db, device, &collection->error);
    if (!screen)
        return false;
    cJSON_AddItemToArray(collection->list, screen);
    return access_add(collection->db, device, screen, &collection->error);
}

/* ---- The list ---- */

struct screen_list {
    struct db *db;
    struct table table;
    int64_t now; /* s since 1970 */
    struct pp_error error;
};

/* "password: Ada until 2026-01-05T18:00:00Z", "sso: nobody", "cookie". */
static bool access_text(struct db *db, const struct device *device, char *text, size_t size,
                        struct pp_error *error) {
    struct state_access access;
    char ends[PP_RFC3339_SIZE];
    const char *mode = device_access_name(device->access);
    if (!state_access_load(db, device, &access, error))
        return false;
    const char *name = *access.session.name ? access.session.name : "somebody";
    time_text(access.session.expires, ends);
    if (access.open)
        snprintf(text, size, "%s: %s until %s", mode, name, ends);
    else
        snprintf(text, size, "%s%s", mode, access.temporary ? ": nobody" : "");
    pp_wipe(&access, sizeof access);
    return true;
}

/* "7d", "7d, erase 30d"; "never". */
static void offline_text(const struct device *device, char text[OFFLINE_TEXT_SIZE]) {
    char lock[SILENCE_TEXT_SIZE];
    char erase[SILENCE_TEXT_SIZE];
    silence_text(device->lock_after_s, lock);
    silence_text(device->erase_after_s, erase);
    snprintf(text, OFFLINE_TEXT_SIZE, "%s%s%s", lock, device->erase_after_s ? ", erase " : "",
             device->erase_after_s ? erase : "");
}

static bool screen_add(void *arg, const struct device *device) {
    struct screen_list *list = arg;
    char id[SHORT_ID + 1];
    char seen[PP_RFC3339_SIZE];
    char access[PERSON_NAME_MAX + 64];
    char offline[OFFLINE_TEXT_SIZE];
    if (!access_text(list->db, device, access, sizeof access, &list->error))
        return false;
    offline_text(device, offline);
    snprintf(id, sizeof id, "%.*s", SHORT_ID, device->id);
    time_text(device->seen, seen);
    const char *const cells[] = {id,
                                 device_state_name(device, list->now),
                                 device->code,
                                 seen,
                                 access,
                                 offline,
                                 device->channel,
                                 device->name,
                                 device->site};
    return table_add(&list->table, cells, &list->error);
}

static bool screens_print(struct db *db, struct pp_error *error) {
    static const char *const headers[] = {"ID",          "STATE",   "HELP", "LAST CONTACT", "ACCESS",
                                          "LOCKS AFTER", "CHANNEL", "NAME", "SITE"};
    struct screen_list list = {.db = db, .now = pp_clock_realtime_s()};
    table_init(&list.table, headers, PP_COUNT(headers));
    bool ok = device_each(db, screen_add, &list, error);
    if (ok && list.error.code)
        ok = pp_fail(error, list.error.code, "%s", list.error.message);
    if (ok)
        table_print(&list.table, "no screens yet: one shows a code at its first start, for \"approve\"");
    table_finish(&list.table);
    return ok;
}

bool command_screen_list(int argc, char **argv, struct pp_error *error) {
    bool json = false;
    const struct pp_option table[] = {{"json", PP_OPTION_FLAG, &json}, {0}};
    int first = 0;
    if (!command_words(table, argc, argv, 1, &first, "screen list: one DIR is needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home)
        return false;
    if (!json)
        return screens_print(home->db, error);
    pp_autojson cJSON *list = cJSON_CreateArray();
    struct screen_collection collection = {.db = home->db, .list = list};
    if (!device_each(home->db, screen_collect, &collection, error))
        return false;
    if (collection.error.code)
        return pp_fail(error, collection.error.code, "%s", collection.error.message);
    command_print_json(list);
    return true;
}

/* ---- Events ---- */

static bool events_print(const cJSON *events, struct pp_error *error) {
    static const char *const headers[] = {"TIME", "KIND", "DETAIL"};
    table_auto struct table table;
    const cJSON *event;
    table_init(&table, headers, PP_COUNT(headers));
    cJSON_ArrayForEach(event, events) {
        const char *const cells[] = {device_event_text(event, "time"), device_event_text(event, "kind"),
                                     device_event_text(event, "detail")};
        if (!table_add(&table, cells, error))
            return false;
    }
    table_print(&table, "no events yet");
    return true;
}

bool command_screen_events(int argc, char **argv, struct pp_error *error) {
    bool json = false;
    uint64_t limit = EVENTS_TOLD;
    const struct pp_option table[] = {
        {"json", PP_OPTION_FLAG, &json}, {"limit", PP_OPTION_UNSIGNED, &limit}, {0}};
    int first = 0;
    struct device device;
    if (!command_words(table, argc, argv, 2, &first, "screen events: DIR and SCREEN are needed", error))
        return false;
    if (limit < 1 || limit > EVENTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "--limit: must be 1 to %d", EVENTS_MAX);
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    if (!home || !device_resolve(home->db, argv[first + 1], &device, error))
        return false;
    pp_autojson cJSON *events = device_events(home->db, device.id, (int64_t)limit, error);
    if (!events)
        return false;
    if (!json)
        return events_print(events, error);
    command_print_json(events);
    return true;
}

/* ---- All about one ---- */

/* Which proxy it was told to use; null where nothing is said of it. */
static bool screen_add_proxy(struct db *db, const char *id, cJSON *screen, struct pp_error *error) {
    struct pp_error why = {0};
    cJSON *proxy = screen_proxy_json(db, id, &why);
    if (why.code)
        return pp_fail(error, why.code, "%s", why.message);
    if (proxy) {
        cJSON_AddBoolToObject(proxy, "password", cJSON_HasObjectItem(proxy, "credentials"));
        cJSON_DeleteItemFromObjectCaseSensitive(proxy, "credentials");
    }
    cJSON_AddItemToObject(screen, "proxy", proxy ? proxy : cJSON_CreateNull());
    return true;
}

/* With its last status report, the number of reports kept, of those that were lost on its side, and the last
 * events. */
static bool screen_details(struct db *db, const char *id, cJSON *screen, struct pp_error *error) {
    device_reports_auto struct device_reports reports = {0};
    if (!device_reports_load(db, id, &reports, error))
        return false;
    cJSON_AddItemToObject(screen, "report", pp_steal(&reports.status));
    cJSON_AddNumberToObject(screen, "events", (double)reports.events);
    cJSON_AddNumberToObject(screen, "playlog", (double)reports.plays);
    cJSON_AddNumberToObject(screen, "events_lost", (double)reports.events_lost);
    cJSON_AddNumberToObject(screen, "playlog_lost", (double)reports.plays_lost);
    cJSON *chain = event_chain_findings(db, id, error);
    cJSON_AddItemToObject(screen, "chain", chain);
    cJSON *events = chain ? device_events(db, id, DEVICE_EVENTS_SHOWN, error) : NULL;
    cJSON_AddItemToObject(screen, "last_events", events);
    return events && screen_add_proxy(db, id, screen, error);
}

bool command_screen_show(int argc, char **argv, struct pp_error *error) {
    const struct pp_option table[] = {{0}};
    int first = 0;
    if (!command_words(table, argc, argv, 2, &first, "screen show: DIR and SCREEN are needed", error))
        return false;
    PP_AUTO(home) struct home *home = home_open(argv[first], error);
    struct device device;
    if (!home || !device_resolve(home->db, argv[first + 1], &device, error))
        return false;
    pp_autojson cJSON *screen = screen_tagged(home->db, &device, error);
    if (!screen || !access_add(home->db, &device, screen, error) ||
        !screen_details(home->db, device.id, screen, error))
        return false;
    command_print_json(screen);
    return true;
}

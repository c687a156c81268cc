#include "headend/ops/alert_rule.h"

#include <string.h>

#include "base/clock.h"
#include "channel/zone.h"
#include "crypto/random.h"
#include "headend/base/secret.h"
#include "headend/db/stored_key.h"

_Static_assert(WEBHOOK_SECRET_SIZE == STORED_KEY_SIZE, "a webhook's secret is kept as a key is");

#define HOUR_S 3600

static const struct alert_kind kinds[ALERT_ABOUTS] = {
    [ALERT_OFFLINE] = {.name = "offline", .hold_s = 600},
    [ALERT_PROBLEM] = {.name = "problem", .hold_s = 300},
    [ALERT_STORAGE] = {.name = "storage"},
    [ALERT_CERTIFICATE] = {.name = "certificate", .least = 1, .most = 365, .usual = 14},
    [ALERT_SYNC] = {.name = "sync", .hold_s = 1800},
    [ALERT_SECURITY] = {.name = "security", .happens = true, .least = 1, .most = 10, .usual = 7},
    [ALERT_CHAIN] = {.name = "chain", .happens = true},
    [ALERT_DISK] = {.name = "disk", .own = true, .least = 1, .most = 50, .usual = 10},
    [ALERT_ROOT] = {.name = "root", .own = true, .least = 1, .most = 3650, .usual = 90},
};

const struct alert_kind *alert_kind(enum alert_about about) {
    return &kinds[about];
}

static bool about_read(const char *text, enum alert_about *about) {
    for (size_t i = 0; i < ALERT_ABOUTS; i++) {
        if (strcmp(kinds[i].name, text) == 0) {
            *about = (enum alert_about)i;
            return true;
        }
    }
    return false;
}

static const char *const scopes[ALERT_SCOPES] = {"whole", "site", "channel", "tag"};

const char *alert_scope_name(enum alert_scope scope) {
    return scopes[scope];
}

static enum alert_scope scope_read(const char *text) {
    for (size_t i = 0; i < ALERT_SCOPES; i++) {
        if (strcmp(scopes[i], text) == 0)
            return (enum alert_scope)i;
    }
    return ALERT_ALL;
}

int64_t alert_number(const struct alert_rule *rule) {
    return strtoll(rule->detail, NULL, 10);
}

/* ---- Quiet hours ---- */

void alert_quiet_text(const struct alert_rule *rule, char text[ALERT_QUIET_SIZE]) {
    unsigned from = (unsigned)rule->quiet_from % 1440U;
    unsigned to = (unsigned)rule->quiet_to % 1440U;
    *text = 0;
    if (from != to)
        snprintf(text, ALERT_QUIET_SIZE, "%02u:%02u-%02u:%02u", from / 60, from % 60, to / 60, to % 60);
}

/* "22:00"; -1 where it is none. */
static int64_t minutes_read(const char *text) {
    static const char digits[] = "0123456789";
    for (int i = 0; i < 5; i++) {
        if (i == 2 ? text[i] != ':' : !text[i] || !strchr(digits, text[i]))
            return -1;
    }
    int64_t hours = (text[0] - '0') * 10 + text[1] - '0';
    int64_t minutes = (text[3] - '0') * 10 + text[4] - '0';
    return hours < 24 && minutes < 60 ? hours * 60 + minutes : -1;
}

static bool quiet_read(struct alert_rule *rule, const char *text) {
    if (!*text) {
        rule->quiet_from = rule->quiet_to = 0;
        return true;
    }
    if (strlen(text) != 11 || text[5] != '-')
        return false;
    rule->quiet_from = minutes_read(text);
    rule->quiet_to = minutes_read(text + 6);
    return rule->quiet_from >= 0 && rule->quiet_to >= 0 && rule->quiet_from != rule->quiet_to;
}

static int64_t local_of(const struct alert_rule *rule, int64_t seconds) {
    struct _icaltimezone *zone = zone_find(rule->time_zone);
    return zone ? zone_clock_at(zone, seconds).local : seconds;
}

void alert_local_time(const struct alert_rule *rule, int64_t seconds, char text[ALERT_TIME_SIZE]) {
    char utc[PP_RFC3339_SIZE];
    pp_time_format(local_of(rule, seconds), utc);
    snprintf(text, ALERT_TIME_SIZE, "%.10s %.5s", utc, utc + 11);
}

bool alert_is_quiet(const struct alert_rule *rule, int64_t now) {
    if (rule->quiet_from == rule->quiet_to)
        return false;
    int64_t minute = local_of(rule, now) % 86400 / 60;
    return rule->quiet_from < rule->quiet_to ? minute >= rule->quiet_from && minute < rule->quiet_to
                                             : minute >= rule->quiet_from || minute < rule->quiet_to;
}

/* ---- Documents ---- */

static void texts_add(cJSON *object, const char *name, const char *texts) {
    cJSON *list = cJSON_AddArrayToObject(object, name);
    char one[MAIL_ADDRESS_MAX + 1];
    for (const char *at = texts; *at; at += strspn(at, " ")) {
        size_t size = strcspn(at, " ");
        snprintf(one, sizeof one, "%.*s", (int)size, at);
        cJSON_AddItemToArray(list, cJSON_CreateString(one));
        at += size;
    }
}

cJSON *alert_rule_json(const struct alert_rule *rule) {
    char quiet[ALERT_QUIET_SIZE];
    cJSON *object = cJSON_CreateObject();
    alert_quiet_text(rule, quiet);
    cJSON_AddStringToObject(object, "id", rule->id);
    cJSON_AddStringToObject(object, "name", rule->name);
    cJSON_AddStringToObject(object, "about", kinds[rule->about].name);
    cJSON_AddStringToObject(object, "detail", rule->detail);
    for (size_t i = ALERT_OF_SITE; i < ALERT_SCOPES; i++)
        cJSON_AddStringToObject(object, scopes[i], rule->scope == i ? rule->place : "");
    cJSON_AddNumberToObject(object, "hold_s", (double)rule->hold_s);
    cJSON_AddNumberToObject(object, "repeat_s", (double)rule->repeat_s);
    cJSON_AddNumberToObject(object, "per_hour", (double)rule->per_hour);
    cJSON_AddStringToObject(object, "quiet", quiet);
    cJSON_AddStringToObject(object, "time_zone", rule->time_zone);
    cJSON_AddStringToObject(object, "locale", rule->locale);
    texts_add(object, "mail", rule->mail);
    cJSON_AddStringToObject(object, "webhook", rule->webhook);
    cJSON_AddBoolToObject(object, "enabled", rule->enabled);
    return object;
}

void alert_rule_begin(struct alert_rule *rule) {
    *rule = (struct alert_rule){
        .repeat_s = 24 * HOUR_S, .per_hour = 10, .time_zone = "UTC", .locale = "en", .enabled = true};
}

/* ---- A request ---- */

struct taking {
    struct alert_rule *rule;
    const cJSON *request;
    char *field; /* 33 bytes */
};

static bool wrong(const struct taking *taking, const char *field, struct pp_error *error, const char *words) {
    snprintf(taking->field, 33, "%s", field);
    return pp_fail(error, PP_E_INVALID, "%s: %s", field, words);
}

static const char *text_of(const struct taking *taking, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(taking->request, name));
}

static bool text_take(const struct taking *taking, const char *name, char *out, size_t size,
                      struct pp_error *error) {
    const char *text = text_of(taking, name);
    struct pp_error why = {0};
    if (!text)
        return true;
    if (!text_check(name, text, 0, size - 1, &why)) {
        snprintf(taking->field, 33, "%s", name);
        return pp_fail(error, why.code, "%s", why.message);
    }
    snprintf(out, size, "%s", text);
    return true;
}

static bool number_take(const struct taking *taking, const char *name, int64_t most, int64_t *out,
                        struct pp_error *error) {
    if (!cJSON_HasObjectItem(taking->request, name))
        return true;
    if (pp_json_integer(taking->request, name, 0, most, out, NULL))
        return true;
    snprintf(taking->field, 33, "%s", name);
    return pp_fail(error, PP_E_INVALID, "%s: must be 0 to %lld", name, (long long)most);
}

/* What it is about brings what is usual for it. */
static bool about_take(const struct taking *taking, struct pp_error *error) {
    const char *about = text_of(taking, "about");
    struct alert_rule *rule = taking->rule;
    if (!about)
        return true;
    if (!about_read(about, &rule->about))
        return wrong(taking, "about", error, "nothing that alerts are about");
    rule->hold_s = kinds[rule->about].hold_s;
    *rule->detail = 0;
    if (kinds[rule->about].usual)
        snprintf(rule->detail, sizeof rule->detail, "%lld", (long long)kinds[rule->about].usual);
    return true;
}

static bool detail_check(const struct taking *taking, struct pp_error *error) {
    const struct alert_rule *rule = taking->rule;
    const struct alert_kind *kind = &kinds[rule->about];
    size_t length = strlen(rule->detail);
    if (!kind->least)
        return !length || rule->about == ALERT_PROBLEM ||
               wrong(taking, "detail", error, "there is none of what this rule is about");
    if (!length || length > 4 || strspn(rule->detail, "0123456789") != length ||
        alert_number(rule) < kind->least || alert_number(rule) > kind->most) {
        snprintf(taking->field, 33, "detail");
        return pp_fail(error, PP_E_INVALID, "detail: must be %lld to %lld", (long long)kind->least,
                       (long long)kind->most);
    }
    return true;
}

static bool place_take(const struct taking *taking, struct pp_error *error) {
    struct alert_rule *rule = taking->rule;
    bool named = false;
    size_t count = 0;
    for (size_t i = ALERT_OF_SITE; i < ALERT_SCOPES; i++) {
        const char *place = text_of(taking, scopes[i]);
        named = named || place;
        if (!place || !*place)
            continue;
        rule->scope = (enum alert_scope)i;
        count++;
    }
    if (count > 1)
        return wrong(taking, "site", error, "a site, a channel or a tag, one of them");
    if (named && !count)
        rule->scope = ALERT_ALL;
    if (named)
        *rule->place = 0;
    return !count || text_take(taking, scopes[rule->scope], rule->place, sizeof rule->place, error);
}

static bool mail_take(const struct taking *taking, struct pp_error *error) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(taking->request, "mail");
    const cJSON *item;
    char *out = taking->rule->mail;
    size_t used = 0;
    struct pp_error why = {0};
    if (!list)
        return true;
    if (cJSON_GetArraySize(list) > ALERT_RECIPIENTS_MAX)
        return wrong(taking, "mail", error, "too many addresses");
    *out = 0;
    cJSON_ArrayForEach(item, list) {
        if (!mail_address_check("mail", item->valuestring, &why)) {
            snprintf(taking->field, 33, "mail");
            return pp_fail(error, why.code, "%s", why.message);
        }
        used += (size_t)snprintf(out + used, ALERT_MAIL_TEXT_MAX + 1 - used, "%s%s", used ? " " : "",
                                 item->valuestring);
    }
    return true;
}

static bool webhook_take(const struct taking *taking, struct pp_error *error) {
    const char *url = text_of(taking, "webhook");
    struct pp_error why = {0};
    if (!url)
        return true;
    if (*url && !webhook_url_check(url, &why)) {
        snprintf(taking->field, 33, "webhook");
        return pp_fail(error, why.code, "%s", why.message);
    }
    snprintf(taking->rule->webhook, sizeof taking->rule->webhook, "%s", url);
    return true;
}

static bool times_take(const struct taking *taking, struct pp_error *error) {
    struct alert_rule *rule = taking->rule;
    const char *quiet = text_of(taking, "quiet");
    struct pp_error why = {0};
    if (quiet && !quiet_read(rule, quiet))
        return wrong(taking, "quiet", error, "must be like 22:00-07:00, or empty");
    if (!text_take(taking, "time_zone", rule->time_zone, sizeof rule->time_zone, error) ||
        !number_take(taking, "hold_s", ALERT_HOLD_MAX_S, &rule->hold_s, error) ||
        !number_take(taking, "repeat_s", ALERT_REPEAT_MAX_S, &rule->repeat_s, error) ||
        !number_take(taking, "per_hour", ALERT_PER_HOUR_MAX, &rule->per_hour, error))
        return false;
    if (!time_zone_check(rule->time_zone, &why) || !zone_find(rule->time_zone))
        return wrong(taking, "time_zone", error, "no such time zone");
    if (rule->repeat_s && rule->repeat_s < ALERT_REPEAT_MIN_S)
        return wrong(taking, "repeat_s", error, "at least 900, or 0 for never");
    return rule->per_hour > 0 || wrong(taking, "per_hour", error, "at least 1");
}

/* What does not go with what the rule is about. */
static bool whole_check(const struct taking *taking, struct pp_error *error) {
    const struct alert_rule *rule = taking->rule;
    const struct alert_kind *kind = &kinds[rule->about];
    if (!*rule->name)
        return wrong(taking, "name", error, "is needed");
    if (strcmp(rule->locale, "en") != 0 && strcmp(rule->locale, "fr") != 0)
        return wrong(taking, "locale", error, "must be en or fr");
    if (kind->happens && rule->hold_s)
        return wrong(taking, "hold_s", error, "an event does not last");
    if (kind->own && rule->scope != ALERT_ALL)
        return wrong(taking, "site", error, "the headend is at no site and on no channel");
    return *rule->mail || *rule->webhook || wrong(taking, "mail", error, "somebody has to be told");
}

bool alert_rule_take(struct alert_rule *rule, const cJSON *request, char field[33], struct pp_error *error) {
    const struct taking taking = {.rule = rule, .request = request, .field = field};
    const cJSON *enabled = cJSON_GetObjectItemCaseSensitive(request, "enabled");
    if (enabled)
        rule->enabled = cJSON_IsTrue(enabled);
    return about_take(&taking, error) && text_take(&taking, "name", rule->name, sizeof rule->name, error) &&
           text_take(&taking, "detail", rule->detail, sizeof rule->detail, error) &&
           detail_check(&taking, error) &&
           text_take(&taking, "locale", rule->locale, sizeof rule->locale, error) &&
           place_take(&taking, error) && times_take(&taking, error) && mail_take(&taking, error) &&
           webhook_take(&taking, error) && whole_check(&taking, error);
}

/* ---- In the database ---- */

#define RULE_VALUES(rule)                                                                                    \
    DB_TEXT((rule)->id), DB_TEXT((rule)->name), DB_TEXT(kinds[(rule)->about].name), DB_TEXT((rule)->detail), \
        DB_TEXT(scopes[(rule)->scope]), DB_TEXT((rule)->place), DB_INT((rule)->hold_s),                      \
        DB_INT((rule)->repeat_s), DB_INT((rule)->per_hour), DB_INT((rule)->quiet_from),                      \
        DB_INT((rule)->quiet_to), DB_TEXT((rule)->time_zone), DB_TEXT((rule)->locale),                       \
        DB_TEXT((rule)->mail), DB_TEXT((rule)->webhook), DB_INT((rule)->enabled)

static void rule_read(struct db_row *row, struct alert_rule *rule) {
    *rule = (struct alert_rule){.hold_s = db_int(row, 6),
                                .repeat_s = db_int(row, 7),
                                .per_hour = db_int(row, 8),
                                .quiet_from = db_int(row, 9),
                                .quiet_to = db_int(row, 10),
                                .enabled = db_int(row, 15) != 0,
                                .created = db_int(row, 16),
                                .seen = db_int(row, 17),
                                .scope = scope_read(db_text(row, 4))};
    snprintf(rule->id, sizeof rule->id, "%s", db_text(row, 0));
    snprintf(rule->name, sizeof rule->name, "%s", db_text(row, 1));
    if (!about_read(db_text(row, 2), &rule->about))
        rule->enabled = false; /* of a later version */
    snprintf(rule->detail, sizeof rule->detail, "%s", db_text(row, 3));
    snprintf(rule->place, sizeof rule->place, "%s", db_text(row, 5));
    snprintf(rule->time_zone, sizeof rule->time_zone, "%s", db_text(row, 11));
    snprintf(rule->locale, sizeof rule->locale, "%s", db_text(row, 12));
    snprintf(rule->mail, sizeof rule->mail, "%s", db_text(row, 13));
    snprintf(rule->webhook, sizeof rule->webhook, "%s", db_text(row, 14));
}

/* What was reported before there was a rule, or while it was of something else, is nothing new. */
static bool newest_read(struct db *db, struct alert_rule *rule, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_EVENT_NEWEST);
    if (!row || !db_next(row, "event", error))
        return false;
    rule->seen = db_int(row, rule->about == ALERT_CHAIN ? 1 : 0);
    return true;
}

static bool count_check(struct db *db, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_RULE_COUNT);
    if (!row || !db_next(row, "rule", error))
        return false;
    return db_int(row, 0) < ALERT_RULES_MAX ||
           pp_fail(error, PP_E_STATE, "there are %d rules, and no more than that can be", ALERT_RULES_MAX);
}

bool alert_rule_add(struct db *db, struct alert_rule *rule, uint8_t secret[WEBHOOK_SECRET_SIZE],
                    struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    uint8_t sealed[STORED_KEY_SEALED_SIZE];
    rule->created = pp_clock_realtime_s();
    if (!count_check(db, error) || !uuid_make(rule->id, error) || !newest_read(db, rule, error) ||
        !crypto_random(secret, WEBHOOK_SECRET_SIZE, error))
        return false;
    stored_key_of_alert(rule->id, owner);
    return stored_key_seal(db, owner, secret, sealed, error) &&
           db_run(db, error, DB_ALERT_RULE_ADD, RULE_VALUES(rule), DB_INT(rule->created), DB_INT(rule->seen),
                  DB_BLOB(sealed, sizeof sealed));
}

/* What held so far is looked at anew. */
bool alert_rule_change(struct db *db, const struct alert_rule *rule, struct pp_error *error) {
    struct alert_rule former;
    struct alert_rule next = *rule;
    if (!alert_rule_find(db, rule->id, &former, error))
        return false;
    bool other = former.about != rule->about || strcmp(former.detail, rule->detail) != 0 ||
                 former.scope != rule->scope || strcmp(former.place, rule->place) != 0 ||
                 former.enabled != rule->enabled;
    if (other &&
        (!newest_read(db, &next, error) || !db_run(db, error, DB_ALERT_CASE_FORGET_ALL, DB_TEXT(rule->id)) ||
         !db_run(db, error, DB_ALERT_RULE_SEEN_SET, DB_INT(next.seen), DB_TEXT(rule->id))))
        return false;
    return db_run(db, error, DB_ALERT_RULE_CHANGE, RULE_VALUES(rule));
}

bool alert_rule_remove(struct db *db, const char *id, struct pp_error *error) {
    if (!db_run(db, error, DB_ALERT_RULE_REMOVE, DB_TEXT(id)))
        return false;
    return db_changes(db) ? true : pp_fail(error, PP_E_NOTFOUND, "there is no such rule");
}

bool alert_rule_find(struct db *db, const char *id, struct alert_rule *rule, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_RULE_FIND, DB_TEXT(id));
    if (!row || !db_next(row, "rule", error))
        return false;
    rule_read(row, rule);
    return true;
}

bool alert_rule_secret(struct db *db, const char *id, uint8_t secret[WEBHOOK_SECRET_SIZE],
                       struct pp_error *error) {
    char owner[STORED_KEY_OWNER_SIZE];
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_RULE_FIND, DB_TEXT(id));
    stored_key_of_alert(id, owner);
    return row && db_next(row, "rule", error) && stored_key_open(db, owner, row, 18, secret, error);
}

bool alert_rule_each(struct db *db,
                     bool (*each)(void *arg, const struct alert_rule *rule, struct pp_error *error),
                     void *arg, struct pp_error *error) {
    struct pp_error end = {0};
    struct alert_rule rule;
    db_autorow struct db_row *row = db_query(db, error, DB_ALERT_RULE_EACH);
    if (!row)
        return false;
    while (db_next(row, "rule", &end)) {
        rule_read(row, &rule);
        if (!each(arg, &rule, error))
            return false;
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

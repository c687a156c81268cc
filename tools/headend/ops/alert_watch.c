#include "headend/ops/alert_watch.h"

#include <string.h>

#include "base/clock.h"
#include "events/kinds.h"

#define ALERT_EVENTS_AT_ONCE 1000

struct watching {
    struct db *db;
    const struct alert_own *own;
    const struct alert_rule *rule;
    const struct alert_kind *kind;
    int64_t now;
};

static const char *scope_of(const struct watching *watching) {
    return alert_scope_name(watching->rule->scope);
}

/* ---- What is so ---- */

static bool run_meets(const struct watching *watching, enum db_statement statement, struct pp_error *error) {
    const struct alert_rule *rule = watching->rule;
    return db_run(watching->db, error, statement, DB_TEXT(rule->id), DB_TEXT(watching->kind->name),
                  DB_TEXT(scope_of(watching)), DB_TEXT(rule->place), DB_INT(watching->now),
                  DB_TEXT(rule->detail), DB_INT(watching->own->begun), DB_INT(alert_number(rule)));
}

static bool look_at_own(const struct watching *watching, struct pp_error *error) {
    const struct alert_own *own = watching->own;
    const struct alert_rule *rule = watching->rule;
    char detail[32];
    bool is_so = rule->about == ALERT_DISK
                     ? own->disk_free >= 0 && own->disk_free < alert_number(rule)
                     : own->root_expires && own->root_expires < watching->now + 86400 * alert_number(rule);
    snprintf(detail, sizeof detail, "%lld",
             (long long)(rule->about == ALERT_DISK ? own->disk_free
                                                   : (own->root_expires - watching->now) / 86400));
    if (is_so)
        return db_run(watching->db, error, DB_ALERT_CASE_BEGIN_OWN, DB_TEXT(rule->id), DB_INT(watching->now),
                      DB_TEXT(detail));
    return db_run(watching->db, error, DB_ALERT_CASE_END_OWN, DB_TEXT(rule->id), DB_INT(watching->now));
}

/* What has happened since it was looked at last. */
static bool happening_wanted(const struct watching *watching, const char *kind) {
    if (watching->rule->about == ALERT_CHAIN)
        return true;
    const struct event_kind *known = event_kind_find(kind);
    return known && known->security && known->severity >= alert_number(watching->rule);
}

static bool happening_add(const struct watching *watching, struct db_row *row, struct pp_error *error) {
    return !happening_wanted(watching, db_text(row, 3)) ||
           db_run(watching->db, error, DB_ALERT_CASE_HAPPENED, DB_TEXT(watching->rule->id),
                  DB_TEXT(db_text(row, 1)), DB_TEXT(db_text(row, 2)), DB_INT(db_int(row, 4)),
                  DB_TEXT(db_text(row, 3)));
}

/* Up to where there is something to look at. */
static bool newest_find(const struct watching *watching, int64_t *newest, struct pp_error *error) {
    db_autorow struct db_row *row = db_query(watching->db, error, DB_ALERT_EVENT_NEWEST);
    if (!row || !db_next(row, "event", error))
        return false;
    *newest = db_int(row, watching->rule->about == ALERT_CHAIN ? 1 : 0);
    return true;
}

static bool look_at_events(const struct watching *watching, struct pp_error *error) {
    const struct alert_rule *rule = watching->rule;
    struct pp_error end = {0};
    int64_t seen = rule->seen;
    int64_t newest = 0;
    int64_t count = 0;
    if (!newest_find(watching, &newest, error))
        return false;
    db_autorow struct db_row *row = db_query(
        watching->db, error, rule->about == ALERT_CHAIN ? DB_ALERT_FINDINGS_AFTER : DB_ALERT_EVENTS_AFTER,
        DB_INT(seen), DB_TEXT(scope_of(watching)), DB_TEXT(rule->place), DB_INT(ALERT_EVENTS_AT_ONCE));
    if (!row)
        return false;
    while (db_next(row, "event", &end)) {
        seen = db_int(row, 0);
        count++;
        if (!happening_add(watching, row, error))
            return false;
    }
    if (end.code != PP_E_NOTFOUND)
        return pp_fail(error, end.code, "%s", end.message);
    if (count < ALERT_EVENTS_AT_ONCE && newest > seen)
        seen = newest; /* what lies between is none of the rule's, and need not be looked at again */
    return seen == rule->seen ||
           db_run(watching->db, error, DB_ALERT_RULE_SEEN_SET, DB_INT(seen), DB_TEXT(rule->id));
}

/* How long it is remembered that somebody was told. */
static int64_t memory_s(const struct watching *watching) {
    return watching->rule->repeat_s ? watching->rule->repeat_s : ALERT_AGAIN_EVENT_S;
}

static bool look(const struct watching *watching, struct pp_error *error) {
    if (!db_run(watching->db, error, DB_ALERT_CASE_FORGET, DB_TEXT(watching->rule->id),
                DB_TEXT(scope_of(watching)), DB_TEXT(watching->rule->place),
                DB_INT(watching->now - memory_s(watching))))
        return false;
    if (watching->kind->own)
        return look_at_own(watching, error);
    if (watching->kind->happens)
        return look_at_events(watching, error);
    return run_meets(watching, DB_ALERT_CASE_END, error) && run_meets(watching, DB_ALERT_CASE_BEGIN, error);
}

/* ---- What is told ---- */

/* All that is told of one site. */
struct group {
    char site[TEXT_NAME_MAX + 1];
    int64_t first; /* since when, of the oldest */
    cJSON *screens;
};

struct groups {
    struct group *items;
    size_t count;
};

static void groups_finish(struct groups *groups) {
    for (size_t i = 0; i < groups->count; i++)
        cJSON_Delete(groups->items[i].screens);
    free(groups->items);
    *groups = (struct groups){0};
}
#define groups_auto PP_CLEANUP(groups_finish)

static struct group *group_begin(struct groups *groups, const char *site, struct pp_error *error) {
    struct group *longer = realloc(groups->items, (groups->count + 1) * sizeof *groups->items);
    if (!longer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    groups->items = longer;
    struct group *group = &longer[groups->count++];
    *group = (struct group){.screens = cJSON_CreateArray(), .first = INT64_MAX};
    snprintf(group->site, sizeof group->site, "%s", site);
    return group;
}

static void screen_add(struct group *group, struct db_row *row) {
    char since[PP_RFC3339_SIZE];
    int64_t at = db_int(row, 2);
    if (at < group->first)
        group->first = at;
    if (!*db_text(row, 0) && !*db_text(row, 3))
        return;
    if (cJSON_GetArraySize(group->screens) >= ALERT_NAMED_MAX)
        return;
    pp_time_format(at, since);
    cJSON *screen = cJSON_CreateObject();
    cJSON_AddStringToObject(screen, "id", db_text(row, 0));
    cJSON_AddStringToObject(screen, "name", db_text(row, 5));
    cJSON_AddStringToObject(screen, "since", since);
    cJSON_AddStringToObject(screen, "detail", db_text(row, 3));
    cJSON_AddItemToArray(group->screens, screen);
}

/* Rows stand by site. */
static bool groups_read(struct db_row *row, struct groups *groups, struct pp_error *error) {
    struct pp_error end = {0};
    struct group *group = NULL;
    while (db_next(row, "case", &end)) {
        if (!group || strcmp(group->site, db_text(row, 1)) != 0)
            group = group_begin(groups, db_text(row, 1), error);
        if (!group)
            return false;
        screen_add(group, row);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool group_tell(const struct watching *watching, const char *what, const struct group *group,
                       int64_t count, struct pp_error *error) {
    pp_autojson cJSON *facts = cJSON_CreateObject();
    cJSON_AddStringToObject(facts, "what", what);
    cJSON_AddStringToObject(facts, "about", watching->kind->name);
    cJSON_AddStringToObject(facts, "rule", watching->rule->name);
    cJSON_AddStringToObject(facts, "site", group->site);
    cJSON_AddNumberToObject(facts, "count", (double)count);
    cJSON_AddItemToObject(facts, "screens", cJSON_Duplicate(group->screens, true));
    return alert_queue_add(watching->db, watching->rule, facts, watching->now, error);
}

/* Whether others of the site are waited for, or it was just told of. */
static bool group_waits(const struct watching *watching, const struct group *group, bool *waits,
                        struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(watching->db, error, DB_ALERT_SITE_TOLD, DB_TEXT(watching->rule->id), DB_TEXT(group->site));
    if (!row || !db_next(row, "case", error))
        return false;
    *waits = group->first > watching->now - watching->rule->hold_s - ALERT_GATHER_S ||
             db_int(row, 0) > watching->now - ALERT_APART_S;
    return true;
}

static bool tell_due(const struct watching *watching, struct pp_error *error) {
    const struct alert_rule *rule = watching->rule;
    const char *what = watching->kind->happens ? "happened" : "trouble";
    groups_auto struct groups groups = {0};
    const int64_t since = watching->now - rule->hold_s;
    const int64_t told = watching->now - memory_s(watching);
    db_autorow struct db_row *row = db_query(watching->db, error, DB_ALERT_CASE_DUE, DB_TEXT(rule->id),
                                             DB_INT(since), DB_INT(told), DB_INT(rule->repeat_s > 0));
    if (!row || !groups_read(row, &groups, error))
        return false;
    db_row_finish(row);
    for (size_t i = 0; i < groups.count; i++) {
        bool waits = false;
        if (!group_waits(watching, &groups.items[i], &waits, error))
            return false;
        if (waits)
            continue;
        if (!db_run(watching->db, error, DB_ALERT_CASE_TOLD, DB_TEXT(rule->id), DB_INT(since), DB_INT(told),
                    DB_INT(rule->repeat_s > 0), DB_TEXT(groups.items[i].site), DB_INT(watching->now)) ||
            !group_tell(watching, what, &groups.items[i], db_changes(watching->db), error))
            return false;
    }
    return true;
}

static bool tell_well(const struct watching *watching, struct pp_error *error) {
    groups_auto struct groups groups = {0};
    const int64_t ended = watching->now - ALERT_WELL_S;
    db_autorow struct db_row *row =
        db_query(watching->db, error, DB_ALERT_CASE_WELL, DB_TEXT(watching->rule->id), DB_INT(ended));
    if (!row || !groups_read(row, &groups, error))
        return false;
    db_row_finish(row);
    for (size_t i = 0; i < groups.count; i++) {
        if (!db_run(watching->db, error, DB_ALERT_CASE_WELL_TOLD, DB_TEXT(watching->rule->id), DB_INT(ended),
                    DB_TEXT(groups.items[i].site)) ||
            !group_tell(watching, "well", &groups.items[i], db_changes(watching->db), error))
            return false;
    }
    return true;
}

static bool watch_rule(const struct watching *listed, struct pp_error *error) {
    db_autochange struct db_change change = {0};
    struct alert_rule now;
    struct watching as_it_is = *listed;
    const struct watching *watching = &as_it_is;
    struct pp_error missing = {0};
    if (!db_change_begin(&change, watching->db, error))
        return false;
    /* Since the list was read another headend may have looked, and somebody may have changed it. */
    if (!alert_rule_find(watching->db, listed->rule->id, &now, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    if (!now.enabled)
        return true;
    as_it_is.rule = &now;
    as_it_is.kind = alert_kind(now.about);
    if (!look(watching, error))
        return false;
    if (!alert_is_quiet(watching->rule, watching->now) &&
        (!alert_queue_sum(watching->db, watching->rule, watching->now, error) || !tell_due(watching, error) ||
         !tell_well(watching, error)))
        return false;
    return db_change_commit(&change, error);
}

/* ---- All rules ---- */

struct rules {
    struct alert_rule *items;
    size_t count;
};

static void rules_finish(struct rules *rules) {
    free(rules->items);
}

static bool rule_keep(void *arg, const struct alert_rule *rule, struct pp_error *error) {
    struct rules *rules = arg;
    (void)error;
    if (rule->enabled && rules->count < ALERT_RULES_MAX)
        rules->items[rules->count++] = *rule;
    return true;
}

bool alert_watch(struct db *db, const struct alert_own *own, int64_t now, struct pp_error *error) {
    struct rules rules PP_CLEANUP(rules_finish) = {.items = calloc(ALERT_RULES_MAX, sizeof *rules.items)};
    struct pp_error first = {0};
    if (!rules.items)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    db_lock(db);
    bool read = alert_rule_each(db, rule_keep, &rules, error);
    db_unlock(db);
    for (size_t i = 0; read && i < rules.count; i++) {
        const struct watching watching = {.db = db,
                                          .own = own,
                                          .rule = &rules.items[i],
                                          .kind = alert_kind(rules.items[i].about),
                                          .now = now};
        struct pp_error failure = {0};
        db_lock(db);
        bool ok = watch_rule(&watching, &failure);
        db_unlock(db);
        if (!ok && first.code == PP_OK)
            first = failure;
    }
    return read && (first.code == PP_OK || pp_fail(error, first.code, "%s", first.message));
}

#include "headend/ops/rollout_watch.h"

#include <string.h>

#include "base/clock.h"
#include "crypto/bulk.h"
#include "headend/ops/screen_group.h"

#define NEWCOMERS_AT_ONCE 500
#define DAY_S             86400

/* ---- What is seen ---- */

static bool counts_read(struct db *db, const struct rollout *rollout, struct rollout_watch *watch,
                        struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_SCREEN_COUNT, DB_TEXT(rollout->id), DB_TEXT(rollout->channel));
    if (!row || !db_next(row, "rollout", error))
        return false;
    watch->screens = db_int(row, 0);
    watch->taken = db_int(row, 1);
    return true;
}

static bool takers_read(struct db *db, const struct rollout *rollout, int64_t now,
                        struct rollout_watch *watch, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_WATCH, DB_TEXT(rollout->id), DB_TEXT(rollout->channel), DB_INT(now),
                 DB_INT(rollout->counted), DB_INT(rollout->version), DB_INT(ROLLOUT_SCREEN_ERRORS));
    if (!row || !db_next(row, "rollout", error))
        return false;
    watch->shown = db_int(row, 1);
    watch->errors = db_int(row, 2);
    watch->failing = db_int(row, 3);
    watch->excess = db_int(row, 4);
    watch->here = db_int(row, 5);
    watch->gone = db_int(row, 6);
    return true;
}

static bool others_read(struct db *db, const struct rollout *rollout, int64_t now,
                        struct rollout_watch *watch, struct pp_error *error) {
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_OTHERS, DB_TEXT(rollout->id), DB_TEXT(rollout->channel),
                 DB_INT(rollout->counted), DB_INT(now));
    if (!row || !db_next(row, "rollout", error))
        return false;
    watch->others = db_int(row, 0);
    watch->others_gone = db_int(row, 1);
    return true;
}

static int64_t tolerated(const struct rollout_plan *plan, int64_t taken) {
    int64_t share = (taken * plan->percent + 99) / 100;
    return share > plan->errors ? share : plan->errors;
}

bool rollout_watch_look(struct db *db, const struct rollout *rollout, int64_t now,
                        struct rollout_watch *watch, struct pp_error *error) {
    *watch = (struct rollout_watch){0};
    if (!counts_read(db, rollout, watch, error) || !takers_read(db, rollout, now, watch, error) ||
        !others_read(db, rollout, now, watch, error))
        return false;
    watch->tolerated = tolerated(&rollout->plan, watch->taken);
    return true;
}

int64_t rollout_watch_bad(const struct rollout_watch *watch) {
    int64_t anyway =
        watch->others ? (watch->here * watch->others_gone + watch->others - 1) / watch->others : 0;
    return watch->excess + (watch->others && watch->gone > anyway ? watch->gone - anyway : 0);
}

/* ---- Why ---- */

static bool kinds_add(struct db *db, const struct rollout *rollout, cJSON *array, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_KINDS, DB_TEXT(rollout->id), DB_TEXT(rollout->channel),
                 DB_INT(rollout->counted), DB_INT(ROLLOUT_KINDS_SHOWN));
    if (!row)
        return false;
    while (db_next(row, "event", &end)) {
        cJSON *kind = cJSON_CreateObject();
        cJSON_AddStringToObject(kind, "kind", db_text(row, 0));
        cJSON_AddNumberToObject(kind, "count", (double)db_int(row, 1));
        cJSON_AddItemToArray(array, kind);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

cJSON *rollout_watch_reason(struct db *db, const struct rollout *rollout, const struct rollout_watch *watch,
                            struct pp_error *error) {
    const struct {
        const char *name;
        int64_t number;
    } numbers[] = {{"bad", rollout_watch_bad(watch)},
                   {"tolerated", watch->tolerated},
                   {"taken", watch->taken},
                   {"errors", watch->errors},
                   {"failing", watch->failing},
                   {"here", watch->here},
                   {"gone", watch->gone},
                   {"others", watch->others},
                   {"others_gone", watch->others_gone}};
    pp_autojson cJSON *reason = cJSON_CreateObject();
    cJSON_AddStringToObject(reason, "code", "errors");
    for (size_t i = 0; i < PP_COUNT(numbers); i++)
        cJSON_AddNumberToObject(reason, numbers[i].name, (double)numbers[i].number);
    return kinds_add(db, rollout, cJSON_AddArrayToObject(reason, "kinds"), error) ? pp_steal(&reason) : NULL;
}

cJSON *rollout_reason_of_person(const char *name) {
    cJSON *reason = cJSON_CreateObject();
    cJSON_AddStringToObject(reason, "code", "person");
    cJSON_AddStringToObject(reason, "name", name);
    return reason;
}

cJSON *rollout_reason_of_failure(const char *words) {
    cJSON *reason = cJSON_CreateObject();
    cJSON_AddStringToObject(reason, "code", "failed");
    cJSON_AddStringToObject(reason, "words", words);
    return reason;
}

static int64_t number_of(const cJSON *object, const char *name) {
    int64_t number = 0;
    return pp_json_integer(object, name, 0, PP_JSON_INTEGER_MAX, &number, NULL) ? number : 0;
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

static void errors_words(const cJSON *reason, struct pp_buf *words) {
    const cJSON *kind;
    const char *between = ": ";
    bool ok = pp_buf_addf(words, NULL, "%lld of %lld screens that have it report more errors than before",
                          (long long)number_of(reason, "failing"), (long long)number_of(reason, "taken"));
    cJSON_ArrayForEach(kind, cJSON_GetObjectItemCaseSensitive(reason, "kinds")) {
        ok = ok && pp_buf_addf(words, NULL, "%s%s (%lld)", between, text_of(kind, "kind"),
                               (long long)number_of(kind, "count"));
        between = ", ";
    }
    if (ok && number_of(reason, "gone"))
        ok = pp_buf_addf(words, NULL, "; %lld of %lld are not heard of any more, of the others %lld of %lld",
                         (long long)number_of(reason, "gone"), (long long)number_of(reason, "here"),
                         (long long)number_of(reason, "others_gone"), (long long)number_of(reason, "others"));
    (void)ok; /* as much as there is room for */
}

void rollout_reason_words(const cJSON *reason, char words[PP_ERROR_MESSAGE_MAX]) {
    const char *code = text_of(reason, "code");
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PP_ERROR_MESSAGE_MAX - 1);
    *words = 0;
    if (strcmp(code, "errors") == 0)
        errors_words(reason, &text);
    else if (strcmp(code, "person") == 0)
        (void)!pp_buf_addf(&text, NULL, "%s has halted it", text_of(reason, "name"));
    else
        (void)!pp_buf_addf(&text, NULL, "%s", text_of(reason, "words"));
    if (text.size)
        snprintf(words, PP_ERROR_MESSAGE_MAX, "%s", pp_buf_text(&text));
}

bool rollout_failing_add(struct db *db, const struct rollout *rollout, int64_t now, cJSON *array,
                         struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_FAILING, DB_TEXT(rollout->id), DB_TEXT(rollout->channel), DB_INT(now),
                 DB_INT(rollout->counted), DB_INT(rollout->version), DB_INT(ROLLOUT_FAILING_SHOWN));
    if (!row)
        return false;
    while (db_next(row, "rollout", &end)) {
        cJSON *screen = cJSON_CreateObject();
        cJSON_AddStringToObject(screen, "id", db_text(row, 0));
        cJSON_AddStringToObject(screen, "name", db_text(row, 1));
        cJSON_AddNumberToObject(screen, "errors", (double)db_int(row, 2));
        cJSON_AddBoolToObject(screen, "gone", db_int(row, 3) != 0);
        cJSON_AddItemToArray(array, screen);
    }
    return end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

/* ---- As programs see it ---- */

static void time_add(cJSON *object, const char *name, int64_t when) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(when, text);
    cJSON_AddItemToObject(object, name, when ? cJSON_CreateString(text) : cJSON_CreateNull());
}

static cJSON *steps_json(struct db *db, const struct rollout *rollout, int64_t viewer,
                         struct pp_error *error) {
    pp_autojson cJSON *plan = rollout_plan_json(&rollout->plan);
    cJSON *item;
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(plan, "steps")) {
        struct screen_group group;
        struct pp_error missing = {0};
        const char *id = text_of(item, "group");
        if (!pp_json_has(item, "after"))
            cJSON_AddNullToObject(item, "after");
        if (!*id)
            continue;
        bool known = screen_group_find(db, id, viewer, &group, &missing);
        if (!known && missing.code != PP_E_NOTFOUND) {
            pp_fail(error, missing.code, "%s", missing.message);
            return NULL;
        }
        cJSON_AddItemToObject(item, "name", known ? cJSON_CreateString(group.name) : cJSON_CreateNull());
    }
    return pp_steal(&plan);
}

static void reason_add(const struct rollout *rollout, cJSON *object) {
    char words[PP_ERROR_MESSAGE_MAX];
    if (!rollout->reason) {
        cJSON_AddNullToObject(object, "reason");
        return;
    }
    cJSON *reason = cJSON_Duplicate(rollout->reason, true);
    rollout_reason_words(rollout->reason, words);
    cJSON_DeleteItemFromObjectCaseSensitive(reason, "words");
    cJSON_AddStringToObject(reason, "words", words);
    cJSON_AddItemToObject(object, "reason", reason);
}

static void watch_add(const struct rollout_watch *watch, cJSON *object) {
    cJSON_AddNumberToObject(object, "screens", (double)watch->screens);
    cJSON_AddNumberToObject(object, "taken", (double)watch->taken);
    cJSON_AddNumberToObject(object, "shown", (double)watch->shown);
    cJSON_AddNumberToObject(object, "errors", (double)watch->errors);
    cJSON_AddNumberToObject(object, "bad", (double)rollout_watch_bad(watch));
    cJSON_AddNumberToObject(object, "tolerated", (double)watch->tolerated);
    cJSON_AddNumberToObject(object, "gone", (double)watch->gone);
}

cJSON *rollout_describe(struct db *db, const struct rollout *rollout, int64_t viewer,
                        struct pp_error *error) {
    struct rollout_watch watch;
    int64_t now = pp_clock_realtime_s();
    pp_autojson cJSON *object = steps_json(db, rollout, viewer, error);
    if (!object || !rollout_watch_look(db, rollout, now, &watch, error))
        return NULL;
    cJSON_AddStringToObject(object, "id", rollout->id);
    cJSON_AddStringToObject(object, "channel", rollout->channel);
    cJSON_AddNumberToObject(object, "version", (double)rollout->version);
    cJSON_AddStringToObject(object, "state", rollout->state);
    cJSON_AddStringToObject(object, "author", rollout->author);
    cJSON_AddItemToObject(object, "note",
                          *rollout->note ? cJSON_CreateString(rollout->note) : cJSON_CreateNull());
    time_add(object, "created", rollout->created);
    time_add(object, "ended", rollout->ended);
    cJSON_AddNumberToObject(object, "step", (double)rollout->step);
    time_add(object, "stepped", rollout->stepped);
    time_add(object, "due", strcmp(rollout->state, "running") == 0 ? rollout_due(rollout) : 0);
    watch_add(&watch, object);
    reason_add(rollout, object);
    return rollout_failing_add(db, rollout, now, cJSON_AddArrayToObject(object, "failing"), error)
               ? pp_steal(&object)
               : NULL;
}

/* ---- Who has it ---- */

/* Where the screen stands among those of its channel. */
static bool place_of(const struct rollout *rollout, const char *device, int64_t *place,
                     struct pp_error *error) {
    char text[2 * UUID_TEXT_SIZE + 1];
    uint8_t hash[32];
    uint32_t number;
    snprintf(text, sizeof text, "%s %s", rollout->id, device);
    if (!crypto_sha256(text, strlen(text), hash, error))
        return false;
    memcpy(&number, hash, sizeof number);
    *place = number;
    return true;
}

/* The ids behind `after`; *count is how many there were. */
static bool newcomers_page(struct db *db, const struct rollout *rollout, char after[UUID_TEXT_SIZE],
                           char (*ids)[UUID_TEXT_SIZE], size_t *count, struct pp_error *error) {
    struct pp_error end = {0};
    db_autorow struct db_row *row =
        db_query(db, error, DB_ROLLOUT_NEWCOMERS, DB_TEXT(rollout->id), DB_TEXT(rollout->channel),
                 DB_TEXT(after), DB_INT(NEWCOMERS_AT_ONCE));
    *count = 0;
    if (!row)
        return false;
    while (*count < NEWCOMERS_AT_ONCE && db_next(row, "screen", &end))
        snprintf(ids[(*count)++], UUID_TEXT_SIZE, "%s", db_text(row, 0));
    if (*count)
        memcpy(after, ids[*count - 1], UUID_TEXT_SIZE);
    return !end.code || end.code == PP_E_NOTFOUND || pp_fail(error, end.code, "%s", end.message);
}

static bool newcomers_place(struct db *db, const struct rollout *rollout, struct pp_error *error) {
    char ids[NEWCOMERS_AT_ONCE][UUID_TEXT_SIZE];
    char after[UUID_TEXT_SIZE] = "";
    size_t count;
    do {
        if (!newcomers_page(db, rollout, after, ids, &count, error))
            return false;
        for (size_t i = 0; i < count; i++) {
            int64_t place;
            if (!place_of(rollout, ids[i], &place, error) ||
                !db_run(db, error, DB_ROLLOUT_SCREEN_ADD, DB_TEXT(rollout->id), DB_TEXT(ids[i]),
                        DB_INT(place)))
                return false;
        }
    } while (count == NEWCOMERS_AT_ONCE);
    return true;
}

/* So many of them that `percent` of the channel's screens have it: one at least. */
static bool take_percent(struct db *db, const struct rollout *rollout, int64_t percent, int64_t now,
                         struct pp_error *error) {
    struct rollout_watch watch = {0};
    if (!counts_read(db, rollout, &watch, error))
        return false;
    int64_t wanted = (watch.screens * percent + 99) / 100;
    return wanted <= watch.taken ||
           db_run(db, error, DB_ROLLOUT_TAKE_PLACES, DB_TEXT(rollout->id), DB_TEXT(rollout->channel),
                  DB_INT(now), DB_INT(wanted - watch.taken));
}

/* Those that a step is of, and do not have it yet. */
static bool step_take(struct db *db, const struct rollout *rollout, const struct rollout_step *step,
                      int64_t now, bool *changed, struct pp_error *error) {
    struct rollout_watch before = {0};
    struct rollout_watch after = {0};
    if (!counts_read(db, rollout, &before, error))
        return false;
    bool ok = *step->group ? db_run(db, error, DB_ROLLOUT_TAKE_GROUP, DB_TEXT(rollout->id),
                                    DB_TEXT(rollout->channel), DB_INT(now), DB_TEXT(step->group))
                           : take_percent(db, rollout, step->percent, now, error);
    if (!ok || !counts_read(db, rollout, &after, error))
        return false;
    if (after.taken == before.taken)
        return true;
    *changed = true;
    return db_run(db, error, DB_ROLLOUT_TAKEN_NEW_VERSION, DB_TEXT(rollout->id), DB_INT(now));
}

/* Whoever has come to the channel, or into a group, since. */
static bool steps_take(struct db *db, const struct rollout *rollout, int64_t now, bool *changed,
                       struct pp_error *error) {
    for (size_t i = 0; i < rollout->step; i++) {
        if (!step_take(db, rollout, &rollout->plan.steps[i], now, changed, error))
            return false;
    }
    return true;
}

/* ---- Step by step ---- */

int64_t rollout_due(const struct rollout *rollout) {
    if (rollout->step >= rollout->plan.count)
        return 0;
    const struct rollout_step *next = &rollout->plan.steps[rollout->step];
    return next->by_hand ? 0 : rollout->stepped + next->after_s;
}

/* Carried out by whoever holds the publish lock next (publish_run.c). */
static bool last_step_ask(struct db *db, const struct rollout *rollout, const struct publish_job *by,
                          struct pp_error *error) {
    publish_job_auto struct publish_job job = {.admin = by->admin, .kind = "finish", .state = "waiting"};
    snprintf(job.channel, sizeof job.channel, "%s", rollout->channel);
    snprintf(job.author, sizeof job.author, "%s", by->author);
    snprintf(job.note, sizeof job.note, "%s", by->note);
    snprintf(job.argument, sizeof job.argument, "%s", rollout->id);
    return publish_job_add(db, &job, error);
}

bool rollout_advance(struct db *db, struct rollout *rollout, const struct publish_job *by, int64_t now,
                     struct pp_error *error) {
    bool changed = false;
    if (rollout->step + 1 >= rollout->plan.count)
        return last_step_ask(db, rollout, by, error);
    rollout->step++;
    rollout->stepped = now;
    return newcomers_place(db, rollout, error) && rollout_stepped(db, rollout, now, error) &&
           steps_take(db, rollout, now, &changed, error);
}

/* Nobody who has it shows it yet: that would be no step to learn anything from. */
static bool step_is_over(const struct rollout *rollout, const struct rollout_watch *watch, int64_t now) {
    int64_t due = rollout_due(rollout);
    return due && now >= due && (rollout->step == 0 || watch->shown > 0 || !watch->taken);
}

static bool halt_for_errors(struct db *db, const struct rollout *rollout, const struct rollout_watch *watch,
                            struct pp_error *error) {
    cJSON *reason = rollout_watch_reason(db, rollout, watch, error);
    return reason && rollout_halt(db, rollout->id, reason, error);
}

/* The last step is being carried out, or something else is. */
static bool advance_by_itself(struct db *db, struct rollout *rollout, int64_t now, bool *changed,
                              struct pp_error *error) {
    struct pp_error busy = {0};
    publish_job_auto struct publish_job by = {.note = ROLLOUT_LAST_STEP};
    snprintf(by.author, sizeof by.author, "%s", rollout->author);
    if (rollout_advance(db, rollout, &by, now, &busy))
        *changed = true;
    return !busy.code || busy.code == PP_E_STATE || pp_fail(error, busy.code, "%s", busy.message);
}

static bool look(struct db *db, struct rollout *rollout, int64_t now, bool listened, bool *changed,
                 struct pp_error *error) {
    struct rollout_watch watch;
    if (!newcomers_place(db, rollout, error) || !rollout_watch_look(db, rollout, now, &watch, error))
        return false;
    if (!listened)
        watch.gone = 0;
    if (watch.taken && rollout_watch_bad(&watch) >= watch.tolerated) {
        *changed = true;
        return halt_for_errors(db, rollout, &watch, error);
    }
    if (!step_is_over(rollout, &watch, now))
        return steps_take(db, rollout, now, changed, error);
    return advance_by_itself(db, rollout, now, changed, error);
}

/* In one transaction: who looks at the same time waits, and then finds what has become of it. */
static bool look_at_next(struct db *db, char id[UUID_TEXT_SIZE], int64_t now, bool listened, bool *changed,
                         bool *any, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    struct pp_error none = {0};
    db_autochange struct db_change change = {0};
    *any = false;
    if (!db_change_begin(&change, db, error))
        return false;
    if (!rollout_running(db, id, &rollout, &none))
        return none.code == PP_E_NOTFOUND || pp_fail(error, none.code, "%s", none.message);
    *any = true;
    memcpy(id, rollout.id, UUID_TEXT_SIZE);
    return look(db, &rollout, now, listened, changed, error) && db_change_commit(&change, error);
}

/* Without writing: most of the time there is none. */
static bool any_runs(struct db *db, bool *running, struct pp_error *error) {
    rollout_auto struct rollout rollout = {0};
    struct pp_error none = {0};
    *running = rollout_running(db, "", &rollout, &none);
    return *running || none.code == PP_E_NOTFOUND || pp_fail(error, none.code, "%s", none.message);
}

bool rollouts_look(struct db *db, int64_t now, bool listened, bool *running, bool *changed,
                   struct pp_error *error) {
    char id[UUID_TEXT_SIZE] = "";
    *changed = false;
    db_lock(db);
    bool ok = any_runs(db, running, error);
    bool any = *running;
    db_unlock(db);
    while (ok && any) {
        db_lock(db);
        ok = look_at_next(db, id, now, listened, changed, &any, error);
        db_unlock(db);
    }
    return ok;
}

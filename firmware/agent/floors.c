#include "agent/floors.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#define FLOORS_JSON_MAX 640 /* bytes */

/* Root's word is followed from here on, over a restart, too. */
static void follow_statement(struct floors *floors) {
    int64_t said_ms = floors->stated.time_s * 1000;
    if (!floors->stated.epoch)
        return;
    if (floors->stated.lowers) {
        floors->state = (struct state_floor){0};
        floors->issued_s = 0;
        if (said_ms < pp_wall_clock_line_ms(&floors->clock))
            pp_wall_clock_correct(&floors->clock, said_ms);
    }
    floors->time_epoch = floors->stated.epoch;
    floors->stated = (struct floors_statement){0};
}

static void on_written(void *arg, const struct pp_error *error) {
    struct floors *floors = arg;
    floors->writing = false;
    floors->write_error = error ? *error : (struct pp_error){0};
    if (error) {
        pp_wrap(&floors->write_error, "record \"%s\"", FLOORS_RECORD);
    } else {
        floors->clock_kept_s = floors->clock_writing_s;
        floors->word_kept_s = floors->word_writing_s;
        floors->unwritten = floors->unwritten && !floors->writing_all;
        if (floors->writing_all)
            witness_keep(&floors->witness, floors->generation_writing);
        follow_statement(floors);
    }
    if (floors->on_kept)
        floors->on_kept(floors->on_kept_arg, error ? &floors->write_error : NULL);
}

/* As it will be, once what root has said is on flash. */
static bool floors_write(struct floors *floors, bool both, struct pp_error *error) {
    char text[FLOORS_JSON_MAX];
    const struct floors_statement *stated = &floors->stated;
    struct state_floor state = floors->state;
    int64_t clock_s = pp_wall_clock_line_ms(&floors->clock) / 1000;
    both = both || stated->epoch;
    floors->generation += both;
    floors->generation_writing = floors->generation;
    floors->witnessed = floors->witnessed || floors->witness.there;
    if (stated->lowers)
        state = (struct state_floor){0};
    if (stated->lowers && stated->time_s < clock_s)
        clock_s = stated->time_s;
    int length = snprintf(
        text, sizeof text,
        "{\"state_epoch\":%lld,\"state_version\":%lld,\"clock\":%lld,\"locked\":%s,"
        "\"lock\":\"%s\",\"time_epoch\":%lld,\"issued\":%lld,\"word\":%lld,"
        "\"lock_after\":%lld,\"erase_after\":%lld,\"generation\":%lld,\"witnessed\":%s,"
        "\"rollback\":%lld,\"witness_gone\":%s,\"authorities\":%s}",
        (long long)state.epoch, (long long)state.version, (long long)clock_s, floors->lock ? "true" : "false",
        lock_name(floors->lock), (long long)(stated->epoch ? stated->epoch : floors->time_epoch),
        (long long)floors->issued_s, (long long)floors->word_s, (long long)floors->policy.lock_after_s,
        (long long)floors->policy.erase_after_s, (long long)floors->generation,
        floors->witnessed ? "true" : "false", (long long)floors->rollback,
        floors->witness_gone ? "true" : "false", floors->authorities ? "true" : "false");
    floors->writing_all = both;
    floors->clock_writing_s = clock_s;
    floors->word_writing_s = floors->word_s;
    floors->write_error = (struct pp_error){0};
    floors->writing = true;
    if (!(both ? vault_put_both_later : vault_put_later)(floors->vault, FLOORS_RECORD, text, (size_t)length,
                                                         on_written, floors, error)) {
        floors->writing = false;
        return pp_wrap(error, "record \"%s\"", FLOORS_RECORD);
    }
    /* Without jobs it is written by now, or not. */
    return !floors->write_error.code ||
           pp_fail(error, floors->write_error.code, "%s", floors->write_error.message);
}

static bool floors_write_all(struct floors *floors, struct pp_error *error) {
    floors->unwritten = true;
    return floors_write(floors, true, error);
}

/* ---- Reading ---- */

static bool optional_integer(const cJSON *json, const char *name, int64_t *out, struct pp_error *error) {
    *out = 0;
    return !pp_json_has(json, name) || pp_json_integer(json, name, 0, PP_JSON_INTEGER_MAX, out, error);
}

static bool read_generation(struct floors *floors, const cJSON *json, struct pp_error *error) {
    floors->witnessed = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "witnessed"));
    floors->authorities = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "authorities"));
    floors->witness_gone = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "witness_gone"));
    return optional_integer(json, "generation", &floors->generation, error) &&
           optional_integer(json, "rollback", &floors->rollback, error);
}

static bool read_policy(struct floors *floors, const cJSON *json, struct pp_error *error) {
    return optional_integer(json, "issued", &floors->issued_s, error) &&
           optional_integer(json, "word", &floors->word_s, error) &&
           optional_integer(json, "lock_after", &floors->policy.lock_after_s, error) &&
           optional_integer(json, "erase_after", &floors->policy.erase_after_s, error);
}

static enum lock_reason read_lock(const cJSON *json) {
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "lock"));
    if (cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(json, "locked")))
        return LOCK_NONE;
    return lock_named(name ? name : "");
}

static bool floors_read(struct floors *floors, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(FLOORS_JSON_MAX);
    if (!vault_get(floors->vault, FLOORS_RECORD, &text, error))
        return false;
    pp_autojson cJSON *json = pp_json_parse(text.data, text.size, FLOORS_JSON_MAX, error);
    struct state_floor state = {0};
    int64_t clock_s = 0;
    int64_t time_epoch = 0;
    if (!json || !optional_integer(json, "time_epoch", &time_epoch, error) ||
        !optional_integer(json, "state_epoch", &state.epoch, error) ||
        !pp_json_integer(json, "state_version", 0, PP_JSON_INTEGER_MAX, &state.version, error) ||
        !pp_json_integer(json, "clock", 0, PP_JSON_INTEGER_MAX, &clock_s, error) ||
        !read_generation(floors, json, error) || !read_policy(floors, json, error))
        return false;
    floors->state = state;
    floors->time_epoch = time_epoch;
    floors->clock_kept_s = clock_s;
    floors->word_kept_s = floors->word_s;
    floors->lock = read_lock(json);
    return true;
}

static bool code_is_loss(enum pp_code code) {
    return code == PP_E_NOTFOUND || code == PP_E_AUTH || code == PP_E_INVALID || code == PP_E_LIMIT;
}

/* There is no record to read: the first start of all, or a loss. */
static bool floors_begin(struct floors *floors, const struct pp_error *why, struct pp_error *error) {
    bool others = true;
    if (!code_is_loss(why->code))
        return pp_fail(error, why->code, "record \"%s\": %s", FLOORS_RECORD, why->message);
    if (why->code == PP_E_NOTFOUND && !vault_has_records(floors->vault, &others, error))
        return false;
    floors->lost = others;
    floors->lock = others ? LOCK_UNTOLD : LOCK_NONE;
    if (!others)
        return floors_write_all(floors, error);
    pp_log_warning("record \"%s\": %s; this screen is locked until the headend accepts it", FLOORS_RECORD,
                   why->message);
    return true;
}

bool floors_load(struct floors *floors, struct vault *vault, const struct pp_wall_clock_kernel *kernel,
                 struct pp_error *error) {
    struct pp_error why = {0};
    *floors = (struct floors){.vault = vault};
    bool there = floors_read(floors, &why);
    pp_wall_clock_init(&floors->clock, PP_BUILD_TIME * 1000LL, floors->clock_kept_s * 1000,
                       kernel ? kernel : pp_wall_clock_kernel());
    if (!there)
        return floors_begin(floors, &why, error);
    /* A power cut may have come between the two generations of a lock. */
    if (floors->lock && !floors_write_all(floors, &why))
        pp_log_warning("%s", why.message);
    return true;
}

bool floors_ask_witness(struct floors *floors, const char *state_dir, struct pp_error *error) {
    struct pp_error why = {0};
    struct witness *witness = &floors->witness;
    if (!witness_open(witness, state_dir, floors->vault, error))
        return false;
    if (floors->lost) { /* locked already; what is written then is later than all that was */
        floors->generation = witness->generation;
        return true;
    }
    bool gone = floors->witnessed && !witness->there;
    floors->rolled_back = gone || witness->generation > floors->generation;
    if (floors->rolled_back) {
        pp_log_warning(
            "record \"%s\" is of generation %lld, its witness of %lld; this screen is locked until the "
            "headend accepts it",
            FLOORS_RECORD, (long long)floors->generation, (long long)witness->generation);
        floors->lock = floors->lock ? floors->lock : LOCK_UNTOLD;
        if (witness->generation > floors->generation)
            floors->generation = witness->generation;
        floors->rollback = floors->generation + 1; /* as it is written below */
        floors->witness_gone = gone;
    }
    if (!floors_write_all(floors, &why))
        pp_log_warning("%s", why.message);
    return true;
}

void floors_finish(struct floors *floors) {
    if (floors->vault)
        pp_wall_clock_finish(&floors->clock);
    witness_close(&floors->witness);
    floors->vault = NULL;
}

bool floors_reload(struct floors *floors) {
    struct pp_error why = {0};
    if (!floors->lost || !floors_read(floors, &why))
        return false;
    floors->lost = false;
    if (floors->clock_kept_s * 1000 > pp_wall_clock_line_ms(&floors->clock))
        pp_wall_clock_correct(&floors->clock, floors->clock_kept_s * 1000);
    return true;
}

int64_t floors_now_s(struct floors *floors) {
    return pp_wall_clock_now_ms(&floors->clock) / 1000;
}

/* ---- State documents ---- */

static bool is_newer(const struct floors *floors, const struct state_document *state) {
    return state_floor_compare(&state->floor, &floors->state) > 0;
}

/* A document that is newer than all that were in effect outranks what they said of the time, unless there is a
 * clock that somebody keeps right, or the system's alone says that it has expired. One that is not newer may
 * have been held back or sent again. */
static bool may_correct_time(struct floors *floors, const struct state_document *state) {
    int64_t system_s = floors->clock.kernel.realtime_ms(floors->clock.kernel.arg) / 1000;
    return is_newer(floors, state) && state->expires_s > system_s && !pp_wall_clock_is_sure(&floors->clock);
}

bool floors_check_state(struct floors *floors, const struct state_document *state, const char *device_id,
                        struct pp_error *error) {
    int64_t ours_s = floors_now_s(floors);
    int64_t now_s = may_correct_time(floors, state) ? state->issued_s : ours_s;
    bool sure = pp_wall_clock_is_sure(&floors->clock);
    int64_t latest_s = ours_s + (sure ? STATE_AHEAD_MAX_S : STATE_AHEAD_UNSURE_MAX_S);
    return state_document_check(state, device_id, &floors->state, now_s, latest_s, error);
}

/* One that was signed before another that was taken may have been held back, and is no word. A time that our clock,
 * where it is sure, knows to be ahead does not count for longer than it is. */
static void take_word(struct floors *floors, const struct state_document *state, bool newer) {
    int64_t now_s = floors_now_s(floors);
    bool ahead = state->issued_s > now_s && pp_wall_clock_is_sure(&floors->clock);
    if (!newer && state->issued_s <= floors->issued_s)
        return;
    floors->issued_s = ahead ? now_s : state->issued_s;
    floors->word_s = now_s;
}

static bool same_policy(const struct offline_policy *a, const struct offline_policy *b) {
    return a->lock_after_s == b->lock_after_s && a->erase_after_s == b->erase_after_s;
}

int64_t floors_silent_s(struct floors *floors) {
    int64_t now_s = floors_now_s(floors);
    return floors->word_s && now_s > floors->word_s ? now_s - floors->word_s : 0;
}

bool floors_take_state(struct floors *floors, const struct state_document *state, int64_t end_s,
                       struct pp_error *error) {
    int64_t said_ms = (state->issued_s < end_s ? state->issued_s : end_s) * 1000;
    int64_t line_ms = pp_wall_clock_line_ms(&floors->clock);
    bool newer = is_newer(floors, state);
    bool contradicts = state->expires_s * 1000 <= line_ms || said_ms < line_ms - WALL_CLOCK_AHEAD_MS;
    if (contradicts && may_correct_time(floors, state))
        pp_wall_clock_correct(&floors->clock, said_ms);
    else
        pp_wall_clock_raise(&floors->clock, said_ms);
    take_word(floors, state, newer);
    if (newer || !same_policy(&floors->policy, &state->policy)) {
        floors->state = state->floor;
        floors->policy = state->policy;
        floors->unwritten = true;
    }
    return floors_keep(floors, error);
}

bool floors_reset(struct floors *floors, int64_t time_s, struct pp_error *error) {
    floors->state = (struct state_floor){0};
    floors->issued_s = floors->word_s = 0;
    floors->policy = (struct offline_policy){0};
    pp_wall_clock_correct(&floors->clock, time_s * 1000);
    return floors_write_all(floors, error);
}

bool floors_take_statement(struct floors *floors, int64_t epoch, int64_t time_s, bool lowers,
                           struct pp_error *error) {
    if (floors->lost || epoch <= floors->time_epoch || epoch < floors->stated.epoch ||
        (epoch == floors->stated.epoch && floors->stated.lowers >= lowers))
        return true;
    /* The record has none before 1970; the time itself does not go below the build. */
    floors->stated =
        (struct floors_statement){.epoch = epoch, .time_s = time_s > 0 ? time_s : 0, .lowers = lowers};
    return floors_write_all(floors, error);
}

/* ---- The lock, and writing ---- */

bool floors_set_lock(struct floors *floors, enum lock_reason reason, struct pp_error *error) {
    bool was_lost = floors->lost;
    if (floors->lock == reason && !was_lost)
        return floors_keep(floors, error);
    floors->lost = false;
    floors->lock = reason;
    return floors_write_all(floors, error);
}

bool floors_note_authorities(struct floors *floors, struct pp_error *error) {
    if (floors->authorities)
        return true;
    floors->authorities = true;
    return floors->lost || floors_write_all(floors, error); /* it goes with the end of the loss */
}

static bool worth_keeping(struct floors *floors, int64_t step_s) {
    int64_t line_s = pp_wall_clock_line_ms(&floors->clock) / 1000;
    return line_s - floors->clock_kept_s >= step_s || line_s < floors->clock_kept_s;
}

/* Often enough that a power cut costs a small share of what the policy allows, and no oftener: flash wears. */
static bool word_worth_keeping(const struct floors *floors) {
    return floors->policy.lock_after_s &&
           floors->word_s - floors->word_kept_s >= offline_policy_refresh_s(&floors->policy);
}

static bool line_is_all(struct floors *floors) {
    return !pp_wall_clock_is_sure(&floors->clock);
}

bool floors_keep(struct floors *floors, struct pp_error *error) {
    if (floors->unwritten)
        return floors_write_all(floors, error);
    int64_t step_s = line_is_all(floors) ? FLOORS_CLOCK_CARRY_S : FLOORS_CLOCK_STEP_S;
    if (floors->lost || !(worth_keeping(floors, step_s) || word_worth_keeping(floors)))
        return true;
    return floors_write(floors, false, error);
}

bool floors_keep_time(struct floors *floors, struct pp_error *error) {
    if (floors->unwritten || floors->lost || !line_is_all(floors) || !worth_keeping(floors, 60))
        return floors_keep(floors, error);
    return floors_write(floors, false, error);
}

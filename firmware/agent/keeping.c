/* What must outlive the mains plug and a bad flash: the lock, the time, and what the vault says of itself. */
#include "agent/agent_internal.h"
#include "base/log.h"

static void on_keep_due(void *arg);

static void keep_after(struct agent *agent, int64_t wait_ms) {
    net_timer_start_in(&agent->keep_timer, agent->loop, wait_ms, on_keep_due, agent);
}

/* Told once until all of it goes well, and tried again until then. */
static void kept(struct agent *agent, const struct pp_error *failure) {
    const struct floors *floors = &agent->floors;
    bool unkept = failure || agent->document_unkept || (floors->unwritten && !floors->writing);
    if (failure && !agent->keep_failure_reported)
        reporter_event(agent->reporter, "state-not-kept", "%s", failure->message);
    agent->keep_failure_reported = unkept;
    keep_after(agent, unkept || floors->lost ? AGENT_KEEP_AGAIN_MS : AGENT_KEEP_MS);
}

/* What is on its way to flash is told by on_floors_kept. */
static void begun(struct agent *agent, bool ok, const struct pp_error *error) {
    if (!ok || !agent->floors.writing)
        kept(agent, ok ? NULL : error);
}

/* ---- What root's keys say of the time ---- */

/* States and metadata are asked for anew, by the time that it is now. */
static void begin_anew(struct agent *agent) {
    reporter_event(agent->reporter, "time-restated", "by statement %lld of the root",
                   (long long)agent->floors.time_epoch);
    connection_want_state(&agent->connection);
    if (agent->connection.poller)
        poller_ask_now(agent->connection.poller);
    content_follow(agent);
}

/* It is for a time of ours that is wrong: then what is signed has expired by it. Where a state is in effect by our time
 * there is nothing to take back, and there will not be: by then the statement is old. */
static void follow_statement(struct agent *agent, bool lowers) {
    const struct trust_time_statement statement = agent->statement;
    struct pp_error error = {0};
    agent->statement = (struct trust_time_statement){0};
    agent->time_waits = lowers && statement.epoch > agent->floors.time_epoch;
    begun(agent, floors_take_statement(&agent->floors, statement.epoch, statement.time_s, lowers, &error),
          &error);
}

void keeping_hear_statement(struct agent *agent, const struct trust_time_statement *statement, bool expired) {
    if (statement->epoch <= agent->floors.time_epoch || statement->epoch <= agent->floors.stated.epoch)
        return;
    agent->statement = *statement;
    if (expired || agent->state_expired)
        follow_statement(agent, true);
    else if (agent->state == AGENT_ONLINE)
        follow_statement(agent, false);
}

void keeping_hear_state(struct agent *agent, const struct pp_error *error) {
    agent->state_expired = error && error->code == PP_E_EXPIRED;
    if (agent->statement.epoch && (!error || agent->state_expired))
        follow_statement(agent, agent->state_expired);
}

/* The lock is obeyed once it is on flash, or cannot be brought there. */
static void on_floors_kept(void *arg, const struct pp_error *error) {
    struct agent *agent = arg;
    kept(agent, error);
    bool anew = agent->time_waits && !agent->floors.stated.epoch;
    agent->time_waits = agent->time_waits && !anew;
    if (anew)
        begin_anew(agent);
    agent_handle(agent, AGENT_LOCK_KEPT);
}

/* ---- Clocks ---- */

const char *keeping_time_source(struct agent *agent) {
    struct pp_wall_clock *clock = &agent->floors.clock;
    if (pp_wall_clock_is_sure(clock))
        return "network";
    if (clock->kernel.realtime_ms(clock->kernel.arg) >= pp_wall_clock_line_ms(clock))
        return "system";
    return agent->time_answered ? "signed" : "floor";
}

static void on_clock_jump(void *arg, const struct clock_jump *jump) {
    struct agent *agent = arg;
    char text[CLOCK_WATCH_TEXT_SIZE];
    clock_jump_print(jump, text);
    reporter_event(agent->reporter, "clock-jump", "%s", text);
}

/* ---- Without word of the headend ---- */

static void look_at_silence(void *arg) {
    struct agent *agent = arg;
    struct floors *floors = &agent->floors;
    int64_t silent_s = floors_silent_s(floors);
    enum offline_verdict verdict = offline_policy_judge(&floors->policy, silent_s);
    int64_t wait_s = offline_policy_wait_s(&floors->policy, silent_s);
    net_timer_stop(&agent->silence_timer);
    if (wait_s)
        net_timer_start_in(&agent->silence_timer, agent->loop, wait_s * 1000, look_at_silence, agent);
    if (verdict == OFFLINE_ERASE)
        agent_erase_for(agent, "no word of the headend for too long");
    else if (verdict == OFFLINE_LOCK && !floors->lock)
        agent_lock(agent, LOCK_OFFLINE);
}

void keeping_ask_for_word(struct agent *agent) {
    int64_t refresh_s = offline_policy_refresh_s(&agent->floors.policy);
    if (refresh_s && floors_silent_s(&agent->floors) >= refresh_s)
        connection_want_state(&agent->connection);
}

bool keeping_find_lock(struct agent *agent) {
    struct floors *floors = &agent->floors;
    struct pp_error error = {0};
    if (floors->lost)
        reporter_event(agent->reporter, "vault-rollback",
                       "record \"%s\" is missing or damaged, and others are there", FLOORS_RECORD);
    if (floors->authorities && !agent->authority.set.recorded)
        reporter_event(agent->reporter, "vault-rollback",
                       "record \"%s\" is missing or damaged: the authorities of the file are trusted",
                       AUTHORITIES_VAULT_RECORD);
    if (!floors->lock && offline_policy_judge(&floors->policy, floors_silent_s(floors)) != OFFLINE_PLAY &&
        !floors_set_lock(floors, LOCK_OFFLINE, &error))
        pp_log_warning("%s", error.message);
    return floors->lock != LOCK_NONE;
}

void keeping_note_authorities(struct agent *agent) {
    struct pp_error error = {0};
    if (!agent->floors.authorities)
        begun(agent, floors_note_authorities(&agent->floors, &error), &error);
}

/* ---- Documents ---- */

static void on_document_kept(void *arg, const struct pp_error *error) {
    struct agent *agent = arg;
    bool again = agent->document_unkept;
    agent->document_unkept = error != NULL;
    if (!error) {
        agent->document_kept = agent->document_keeping;
        pp_buf_finish(&agent->document_json);
    }
    if (error || again)
        kept(agent, error);
}

static bool document_write(struct agent *agent, struct pp_error *error) {
    const struct pp_buf *json = &agent->document_json;
    bool ok = (agent->access.keep_both ? vault_put_both_later : vault_put_later)(
        agent->vault, AGENT_STATE_RECORD, json->data, json->size, on_document_kept, agent, error);
    agent->document_unkept = agent->document_unkept || !ok;
    return ok;
}

static bool document_keep(struct agent *agent, const struct state_document *document, const void *json,
                          size_t size, struct pp_error *error) {
    if (state_floor_compare(&document->floor, &agent->document_kept) == 0)
        return true;
    agent->document_keeping = document->floor;
    keeping_forget_document(agent);
    agent->document_json = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    return access_state_add_kept(agent, &document->access, json, size, &agent->document_json, error) &&
           document_write(agent, error);
}

void keeping_forget_document(struct agent *agent) {
    agent->document_unkept = false;
    pp_buf_finish(&agent->document_json);
}

void keeping_keep(struct agent *agent, const struct state_document *document, const void *json, size_t size) {
    struct pp_error error = {0};
    /* A flash that is full or broken is no reason to go on with an old document: it may be the new one that
     * makes room. */
    bool ok = document_keep(agent, document, json, size, &error);
    /* No honest document is younger than our certificate's end. */
    bool floors_ok =
        floors_take_state(&agent->floors, document, identity_not_after(agent->identity), ok ? &error : NULL);
    begun(agent, ok && floors_ok, &error);
    look_at_silence(agent);
}

void keeping_lock(struct agent *agent) {
    struct pp_error error = {0};
    begun(agent, floors_set_lock(&agent->floors, agent->lock_reason, &error), &error);
    if (!agent->floors.writing)
        agent_handle(agent, AGENT_LOCK_KEPT);
}

void keeping_unlock(struct agent *agent) {
    struct pp_error error = {0};
    if (!agent->floors.lock)
        return;
    begun(agent, floors_set_lock(&agent->floors, LOCK_NONE, &error), &error);
    reporter_event(agent->reporter, "unlocked", "the headend accepts this display point again");
}

/* The flash gave back what it had not given at the start. */
static void recover(struct agent *agent) {
    if (!floors_reload(&agent->floors))
        return;
    pp_log_info("record \"%s\" can be read again", FLOORS_RECORD);
    network_key_changed(agent);
    if (agent->floors.lock)
        return;
    agent_handle(agent, AGENT_LOCK_RECOVERED);
    /* It goes on being asked for: there is still no certificate that is good for anything. */
    if (agent->enrolment.enrol)
        agent_handle(agent, AGENT_CERTIFICATE_REFUSED);
}

static void on_keep_due(void *arg) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    recover(agent);
    bool ok = !agent->document_unkept || document_write(agent, &error);
    bool floors_ok = floors_keep(&agent->floors, ok ? &error : NULL);
    begun(agent, ok && floors_ok, &error);
}

static void on_vault_note(void *arg, short revents) {
    struct agent *agent = arg;
    (void)revents;
    char message[PP_ERROR_MESSAGE_MAX];
    while (agent->reporter && vault_notes_take(&agent->vault_notes, message))
        reporter_event(agent->reporter, "vault-fallback", "%s", message);
}

bool keeping_watch_vault(struct agent *agent, struct pp_error *error) {
    agent->vault_watch =
        net_loop_watch(agent->loop, agent->vault_notes.fd, POLLIN, on_vault_note, agent, error);
    return agent->vault_watch != NULL;
}

void keeping_unwatch_vault(struct agent *agent) {
    net_loop_unwatch(agent->loop, pp_steal(&agent->vault_watch));
    vault_notes_finish(&agent->vault_notes);
}

void keeping_start(struct agent *agent) {
    agent->time_answered = false;
    agent->floors.on_kept = on_floors_kept;
    agent->floors.on_kept_arg = agent;
    keep_after(agent, agent->floors.lost ? AGENT_KEEP_AGAIN_MS : AGENT_KEEP_MS);
    net_timer_start_in(&agent->silence_timer, agent->loop, 0, look_at_silence, agent);
    clock_watch_start(&agent->clock_watch, agent->loop, &agent->floors.clock, on_clock_jump, agent);
}

void keeping_stop(struct agent *agent) {
    struct pp_error error = {0};
    bool running = net_timer_is_running(&agent->keep_timer);
    net_timer_stop(&agent->keep_timer);
    net_timer_stop(&agent->silence_timer);
    clock_watch_stop(&agent->clock_watch);
    agent->floors.on_kept = NULL;
    if (agent->vault)
        vault_forget_kept(agent->vault, AGENT_STATE_RECORD);
    keeping_forget_document(agent);
    if (running && !floors_keep_time(&agent->floors, &error))
        pp_log_warning("%s", error.message);
}

#include "agent/keeping.h"

#include "agent/agent_internal.h"
#include "base/log.h"

static void on_keep_due(void *arg);

static void keep_after(struct agent *agent, int64_t wait_ms) {
    net_timer_start_in(&agent->keeping.timer, agent->loop, wait_ms, on_keep_due, agent);
}

/* Told once until all of it goes well, and tried again until then. */
static void kept(struct agent *agent, const struct pp_error *failure) {
    const struct floors *floors = &agent->floors;
    bool unkept = failure || agent->keeping.document.failed || (floors->unwritten && !floors->writing);
    if (failure && !agent->keeping.failure_reported)
        reporter_event(agent->reporter, "state-not-kept", "%s", failure->message);
    agent->keeping.failure_reported = unkept;
    keep_after(agent, unkept || floors->lost ? KEEPING_AGAIN_MS : KEEPING_LOOK_MS);
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
    struct agent_keeping *keeping = &agent->keeping;
    const struct trust_time_statement statement = keeping->statement;
    struct pp_error error = {0};
    keeping->statement = (struct trust_time_statement){0};
    keeping->statement_waits = lowers && statement.epoch > agent->floors.time_epoch;
    begun(agent, floors_take_statement(&agent->floors, statement.epoch, statement.time_s, lowers, &error),
          &error);
}

void keeping_hear_statement(struct agent *agent, const struct trust_time_statement *statement, bool expired) {
    if (statement->epoch <= agent->floors.time_epoch || statement->epoch <= agent->floors.stated.epoch)
        return;
    agent->keeping.statement = *statement;
    if (expired || agent->keeping.state_expired)
        follow_statement(agent, true);
    else if (agent->state == AGENT_ONLINE)
        follow_statement(agent, false);
}

void keeping_hear_state(struct agent *agent, const struct pp_error *error) {
    struct agent_keeping *keeping = &agent->keeping;
    keeping->state_expired = error && error->code == PP_E_EXPIRED;
    if (keeping->statement.epoch && (!error || keeping->state_expired))
        follow_statement(agent, keeping->state_expired);
}

/* The lock is obeyed once it is on flash, or cannot be brought there. */
static void on_floors_kept(void *arg, const struct pp_error *error) {
    struct agent *agent = arg;
    kept(agent, error);
    bool *waits = &agent->keeping.statement_waits;
    bool anew = *waits && !agent->floors.stated.epoch;
    *waits = *waits && !anew;
    if (anew)
        begin_anew(agent);
    agent_handle(agent, AGENT_LOCK_KEPT);
}

/* ---- Clocks ---- */

const char *keeping_time_source(const struct agent_keeping *keeping, struct pp_wall_clock *clock) {
    if (pp_wall_clock_is_sure(clock))
        return "network";
    if (clock->kernel.realtime_ms(clock->kernel.arg) >= pp_wall_clock_line_ms(clock))
        return "system";
    return keeping->time_answered ? "signed" : "floor";
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
    net_timer_stop(&agent->keeping.silence_timer);
    if (wait_s)
        net_timer_start_in(&agent->keeping.silence_timer, agent->loop, wait_s * 1000, look_at_silence, agent);
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
    struct kept_document *document = &agent->keeping.document;
    bool again = document->failed;
    document->failed = error != NULL;
    if (!error) {
        document->kept = document->writing;
        pp_buf_finish(&document->json);
    }
    if (error || again)
        kept(agent, error);
}

static bool document_write(struct agent *agent, struct pp_error *error) {
    struct kept_document *document = &agent->keeping.document;
    bool ok = (agent->access.keep_both ? vault_put_both_later : vault_put_later)(
        agent->vault, KEEPING_STATE_RECORD, document->json.data, document->json.size, on_document_kept, agent,
        error);
    document->failed = document->failed || !ok;
    return ok;
}

static bool document_keep(struct agent *agent, const struct state_document *document, const void *json,
                          size_t size, struct pp_error *error) {
    struct kept_document *own = &agent->keeping.document;
    if (state_floor_compare(&document->floor, &own->kept) == 0)
        return true;
    own->writing = document->floor;
    keeping_forget_document(own);
    own->json = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    return access_state_add_kept(&agent->access, &document->access, json, size, &own->json, error) &&
           document_write(agent, error);
}

void keeping_forget_document(struct kept_document *document) {
    document->failed = false;
    pp_buf_finish(&document->json);
}

void keeping_find_document(struct kept_document *document, const struct state_floor *floor) {
    document->kept = *floor;
}

void keeping_keep(struct agent *agent, const struct state_document *document, const void *json, size_t size) {
    struct pp_error error = {0};
    agent->keeping.time_answered = agent->keeping.time_answered || *document->nonce;
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
    begun(agent, floors_set_lock(&agent->floors, agent->keeping.lock_reason, &error), &error);
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
    bool ok = !agent->keeping.document.failed || document_write(agent, &error);
    bool floors_ok = floors_keep(&agent->floors, ok ? &error : NULL);
    begun(agent, ok && floors_ok, &error);
}

static void on_vault_note(void *arg, short revents) {
    struct agent *agent = arg;
    (void)revents;
    char message[PP_ERROR_MESSAGE_MAX];
    while (agent->reporter && vault_notes_take(&agent->keeping.vault_notes, message))
        reporter_event(agent->reporter, "vault-fallback", "%s", message);
}

bool keeping_watch_vault(struct agent *agent, struct pp_error *error) {
    agent->keeping.vault_watch =
        net_loop_watch(agent->loop, agent->keeping.vault_notes.fd, POLLIN, on_vault_note, agent, error);
    return agent->keeping.vault_watch != NULL;
}

void keeping_unwatch_vault(struct agent *agent) {
    net_loop_unwatch(agent->loop, pp_steal(&agent->keeping.vault_watch));
    vault_notes_finish(&agent->keeping.vault_notes);
}

void keeping_start(struct agent *agent) {
    agent->keeping.time_answered = false;
    agent->floors.on_kept = on_floors_kept;
    agent->floors.on_kept_arg = agent;
    keep_after(agent, agent->floors.lost ? KEEPING_AGAIN_MS : KEEPING_LOOK_MS);
    net_timer_start_in(&agent->keeping.silence_timer, agent->loop, 0, look_at_silence, agent);
    clock_watch_start(&agent->keeping.clock_watch, agent->loop, &agent->floors.clock, on_clock_jump, agent);
}

void keeping_stop(struct agent *agent) {
    struct pp_error error = {0};
    bool running = net_timer_is_running(&agent->keeping.timer);
    net_timer_stop(&agent->keeping.timer);
    net_timer_stop(&agent->keeping.silence_timer);
    clock_watch_stop(&agent->keeping.clock_watch);
    agent->floors.on_kept = NULL;
    if (agent->vault)
        vault_forget_kept(agent->vault, KEEPING_STATE_RECORD);
    keeping_forget_document(&agent->keeping.document);
    if (running && !floors_keep_time(&agent->floors, &error))
        pp_log_warning("%s", error.message);
}

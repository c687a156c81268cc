#include "agent/startup.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "agent/agent_internal.h"
#include "agent/erase.h"
#include "agent/est_credentials.h"
#include "agent/forget.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/file.h"
#include "base/log.h"

/* ---- On the jobs' thread: whatever writes, and so may wait for the flash ---- */

/* A vault without any record is a new one, or was erased: then the rest of it may have been cut off. */
static void end_erase(struct agent *agent) {
    struct pp_error error = {0};
    bool any = true;
    if (!vault_has_records(agent->vault, &any, &error) ||
        (!any && !agent_erase_remains(agent->config.state, &agent->startup.opening.erase_ended, &error)))
        pp_log_warning("what is left of an erase: %s", error.message);
}

static bool open_vault(struct agent *agent, struct pp_error *error) {
    umask(077);
    if (!pp_dir_make(AT_FDCWD, agent->config.state, 0700, error))
        return false;
    const struct vault_kek_config vault = agent_config_vault(&agent->config);
    agent->vault = vault_open(agent->config.state, &vault, error);
    if (!agent->vault)
        return false;
    end_erase(agent);
    return vault_notes_init(&agent->keeping.vault_notes, agent->vault, error) &&
           floors_load(&agent->floors, agent->vault, NULL, error) &&
           floors_ask_witness(&agent->floors, agent->config.state, error);
}

static bool sign_report(void *arg, const char *typ, const void *payload, size_t size, struct pp_buf *token,
                        struct pp_error *error) {
    const struct agent *agent = arg;
    return identity_sign(agent->identity, typ, payload, size, token, error);
}

/* Without jobs: it is one. */
static bool open_reports(struct agent *agent, struct pp_error *error) {
    struct reporter_config reporter = {
        .loop = agent->loop,
        .vault = agent->vault,
        .state_dir = agent->config.state,
        .time = pp_wall_clock_source(&agent->floors.clock),
        .rollback = agent->floors.rollback,
        .witness_gone = agent->floors.witness_gone,
        .sign = sign_report,
        .make_status = agent_make_status,
        .arg = agent,
    };
    agent->startup.opening.reporter = reporter_create(&reporter, error);
    return agent->startup.opening.reporter != NULL;
}

static bool open_state(struct agent *agent, struct pp_error *error) {
    struct store_config store = {.max_bytes = agent->config.store_max_mib << 20,
                                 .reserve_bytes = agent->config.store_reserve_mib << 20,
                                 .time = pp_wall_clock_source(&agent->floors.clock)};
    if (!open_vault(agent, error))
        return false;
    agent->identity = identity_load_or_create(agent->vault, error);
    if (!agent->identity)
        return false;
    agent->agreement = agreement_load_or_create(agent->vault, error);
    if (!agent->agreement)
        return false;
    control_open_kept(agent);
    agent->store = store_open(agent->config.state, &store, error);
    return agent->store && commands_load(agent, error) && open_reports(agent, error);
}

/* Once for each start, and on flash before the content that may end it. */
static void count_start(struct agent *agent) {
    if (agent->startup.guard.starts)
        agent->startup.guard.vault = agent->vault;
    else
        agent->startup.opening.crashed_often = crash_guard_begin(&agent->startup.guard, agent->vault);
}

static void run_opening(struct pp_job *job) {
    struct opening *opening = (struct opening *)job;
    opening->ok = open_state(opening->agent, &opening->error);
    if (opening->ok)
        count_start(opening->agent);
}

/* ---- On the loop ---- */

static bool open_clients(struct agent *agent, struct pp_error *error) {
    const struct net_clocks clocks = {.time = pp_wall_clock_source(&agent->floors.clock),
                                      .other = pp_wall_clock_system_source(&agent->floors.clock)};
    struct net_client_config client = {.base_url = agent->config.url,
                                       .authorities = agent->authority.set.shared,
                                       .proxy = agent->proxy.shared,
                                       .clocks = clocks,
                                       .own_thread = true,
                                       .on_outcome = proxy_hear,
                                       .arg = agent};
    struct sync_config sync = {
        .state_dir = agent->config.state,
        .vault = agent->vault,
        .store = agent->store,
        .base_url = agent->config.url,
        .authorities = agent->authority.set.shared,
        .proxy = agent->proxy.shared,
        .root_file = agent->config.root,
        .clocks = clocks,
    };
    agent->client = net_client_create(agent->loop, &client, error);
    if (!agent->client)
        return false;
    agent->sync = sync_create(&sync, error);
    return agent->sync && control_follow_keys(agent, error) && authority_follow(agent, error);
}

/* A certificate that is good speaks for the screen; one that has expired brings it back to the beginning. */
static bool open_credentials(struct agent *agent, struct pp_error *error) {
    bool certified = identity_has_certificate(agent->identity) &&
                     floors_now_s(&agent->floors) <= identity_not_after(agent->identity);
    if (!certified)
        return est_credentials_take(&agent->config, agent->vault, &agent->enrolment.credentials, error) ||
               pp_wrap(error, "EST");
    est_credentials_forget(&agent->config, agent->vault, &agent->enrolment.credentials);
    return true;
}

static bool open_network(struct agent *agent, struct pp_error *error) {
    vault_set_jobs(agent->vault, agent->jobs);
    agent->floors.witness.jobs = agent->jobs;
    bool opened = proxy_open(agent, error) && authority_open(agent, error) && open_clients(agent, error);
    /* The vault has them now. */
    pp_wipe(agent->config.proxy_user, sizeof agent->config.proxy_user);
    pp_wipe(agent->config.proxy_password, sizeof agent->config.proxy_password);
    if (!opened || !open_credentials(agent, error) || !access_state_open(agent, error))
        return false;
    reporter_begin(agent->reporter, agent->client, agent->jobs);
    return keeping_watch_vault(agent, error);
}

void startup_close(struct agent *agent) {
    pp_deadline_say(agent->process.stop_deadline, AGENT_TPM_SILENT);
    pp_jobs_wait(agent->keys);
    authority_stop(agent);
    portal_forget(&agent->portal);
    access_state_stop(agent);
    commands_close(agent);
    reporter_destroy(pp_steal(&agent->reporter));
    pp_deadline_say(agent->process.stop_deadline, AGENT_EITHER_SILENT);
    sync_destroy(pp_steal(&agent->sync));
    pp_deadline_say(agent->process.stop_deadline, AGENT_TPM_SILENT);
    net_client_destroy(pp_steal(&agent->client));
    pp_deadline_say(agent->process.stop_deadline, AGENT_FLASH_SILENT);
    proxy_close(agent);
    authority_close(agent);
    pp_secret_text_destroy(pp_steal(&agent->enrolment.credentials));
    access_state_close(&agent->access);
    control_close(&agent->control);
    store_close(pp_steal(&agent->store));
    agreement_destroy(pp_steal(&agent->agreement));
    identity_destroy(pp_steal(&agent->identity));
    pp_jobs_wait(agent->jobs);
    floors_finish(&agent->floors);
    if (!agent->vault)
        return;
    vault_close(pp_steal(&agent->vault));
    keeping_unwatch_vault(agent);
}

static void on_healthy(void *arg) {
    struct agent *agent = arg;
    crash_guard_healthy(&agent->startup.guard);
}

/* First of all in the new chain of events. */
static void tell_erased(struct agent *agent) {
    struct erase_note *note = &agent->startup.erase_note;
    char begun[PP_RFC3339_SIZE];
    pp_time_format(note->begun_s, begun);
    if (*note->why)
        reporter_event(agent->reporter, "erase-ended", "%s, begun %s", note->why, begun);
    else if (agent->startup.opening.erase_ended)
        reporter_event(agent->reporter, "erase-ended", "what an erase had left that was cut off");
    *note = (struct erase_note){0};
}

static bool startup_go_on(struct agent *agent, struct pp_error *error) {
    tell_erased(agent);
    control_restore(&agent->control, agent->vault);
    connection_restore(agent);
    access_state_restore(agent);
    if (keeping_find_lock(agent))
        agent_handle(agent, AGENT_LOCK_FOUND);
    if (!content_start(agent, error))
        return false;
    keeping_start(agent);
    commands_begin(agent);
    net_timer_start_in(&agent->startup.healthy_timer, agent->loop, CRASH_GUARD_HEALTHY_MS, on_healthy, agent);
    agent_handle(agent, identity_has_certificate(agent->identity) ? AGENT_CERTIFICATE_FOUND
                                                                  : AGENT_CERTIFICATE_MISSING);
    const struct pp_error *trouble = &agent->troubles.headend;
    return agent->connection.session || agent->enrolment.enrol ||
           pp_fail(error, trouble->code, "%s", trouble->message);
}

/* ---- A flash that does not let us, or not yet ---- */

static void ignore_display(void *arg, const struct ipc_display *display) {
    (void)arg;
    (void)display;
}

static void ignore_player_lost(void *arg, bool orderly) {
    (void)arg;
    (void)orderly;
}

/* A director that has nothing but a status screen. */
static bool show_trouble(struct agent *agent, struct pp_error *error) {
    struct director_config config = {
        .loop = agent->loop,
        .player_socket = agent->config.player_socket,
        .renderers = {.folder = agent->config.renderers, .launcher = agent->launcher},
        .on_display = ignore_display,
        .on_player_lost = ignore_player_lost,
        .write_status = screens_write,
        .arg = agent,
    };
    if (!agent->director)
        agent->director = director_create(&config, error);
    if (!agent->director)
        return false;
    director_show_status(agent->director);
    return true;
}

/* The state folder may be had later, once the flash has room or was mounted. Not so where another agent has
 * it, or where the configuration is wrong. */
static bool is_retryable(const struct agent *agent, const struct pp_error *why) {
    if (!agent->store)
        return why->code != PP_E_STATE;
    return why->code == PP_E_NOSPACE || why->code == PP_E_IO;
}

static void on_open_again(void *arg) {
    startup_begin(arg);
}

static bool wait_for_flash(struct agent *agent, const struct pp_error *why, struct pp_error *error) {
    if (trouble_handle(agent, TROUBLE_START, why))
        pp_log_error("%s; it is tried again", why->message);
    net_timer_start_in(&agent->startup.open_timer, agent->loop, STARTUP_OPEN_AGAIN_MS, on_open_again, agent);
    return show_trouble(agent, error);
}

static bool startup_finish(struct agent *agent, struct pp_error *error) {
    struct pp_error why = agent->startup.opening.error;
    if (!agent->startup.opening.ok || !open_network(agent, &why)) {
        bool later = is_retryable(agent, &why);
        startup_close(agent);
        if (later)
            return wait_for_flash(agent, &why, error);
        *error = why;
        return false;
    }
    director_destroy(pp_steal(&agent->director));
    if (agent->troubles.headend.code)
        reporter_event(agent->reporter, "start-delayed", "%s", agent->troubles.headend.message);
    trouble_handle(agent, TROUBLE_OVER_STARTED, NULL);
    return startup_go_on(agent, error);
}

static void on_opening_done(struct pp_job *job) {
    struct opening *opening = (struct opening *)job;
    struct agent *agent = opening->agent;
    agent->reporter = pp_steal(&opening->reporter);
    net_timer_stop(&agent->startup.open_timer);
    if (!agent_is_ending(agent) && !startup_finish(agent, &agent->process.fatal))
        net_loop_stop(agent->loop);
}

static void on_opening_slow(void *arg) {
    struct agent *agent = arg;
    struct pp_error silence = {0};
    pp_fail(&silence, PP_E_IO, "%s: the flash does not answer", agent->config.state);
    trouble_handle(agent, TROUBLE_START, &silence);
    pp_log_error("%s; it is waited for", silence.message);
    if (!show_trouble(agent, &agent->process.fatal))
        net_loop_stop(agent->loop);
}

void startup_begin(struct agent *agent) {
    bool crashed_often = agent->startup.opening.crashed_often;
    agent->startup.opening = (struct opening){
        .job = {.run = run_opening, .done = on_opening_done}, .agent = agent, .crashed_often = crashed_often};
    net_timer_start_in(&agent->startup.open_timer, agent->loop, STARTUP_OPEN_AGAIN_MS, on_opening_slow,
                       agent);
    pp_jobs_add(agent->jobs, &agent->startup.opening.job);
}

/* ---- The end: it becomes nobody's, and begins as at the first start of all ---- */

static void erase_start(struct agent *agent, void (*run)(struct pp_job *job),
                        void (*done)(struct pp_job *job)) {
    agent->startup.erasing = (struct erasing){.job = {.run = run, .done = done}, .agent = agent};
    pp_jobs_add(agent->jobs, &agent->startup.erasing.job);
}

static void run_erase_rest(struct pp_job *job) {
    struct erasing *erasing = (struct erasing *)job;
    erasing->ok = agent_erase(erasing->agent->config.state, true, &erasing->error);
    if (erasing->ok)
        last_receipt_keep(&erasing->agent->last_receipt, erasing->agent->config.state);
}

static void erase_rest(void *arg);

static void on_rest_erased(struct pp_job *job) {
    struct erasing *erasing = (struct erasing *)job;
    struct agent *agent = erasing->agent;
    if (agent_is_ending(agent))
        return;
    if (erasing->ok) {
        agent_forget(agent);
        agent_handle(agent, AGENT_ERASED);
        return;
    }
    pp_log_error("erase: %s; it is tried again", erasing->error.message);
    net_timer_start_in(&agent->startup.open_timer, agent->loop, STARTUP_OPEN_AGAIN_MS, erase_rest, agent);
}

static void erase_rest(void *arg) {
    erase_start(arg, run_erase_rest, on_rest_erased);
}

static void run_erase_keys(struct pp_job *job) {
    struct erasing *erasing = (struct erasing *)job;
    wifi_erasure_note(erasing->agent->config.state);
    erasing->ok = vault_erase(erasing->agent->vault, &erasing->error);
}

static void close_and_erase_rest(struct agent *agent) {
    struct pp_deadline *deadline = pp_steal(&agent->startup.erase_deadline);
    if (agent_is_ending(agent)) {
        pp_deadline_finish(deadline);
        return;
    }
    agent->process.stop_deadline = deadline;
    startup_close(agent);
    agent->process.stop_deadline = NULL;
    pp_deadline_finish(deadline);
    erase_rest(agent);
}

static void run_proof(struct pp_job *job) {
    struct erasing *erasing = (struct erasing *)job;
    struct agent *agent = erasing->agent;
    (void)!last_receipt_sign(&agent->last_receipt, &erasing->proof, agent->identity);
}

static void on_proven(struct pp_job *job) {
    close_and_erase_rest(((struct erasing *)job)->agent);
}

/* Whatever became of it: what is left is tried again with the rest. A key that never answers costs the proof, and the
 * rest is erased at the next start. */
static void on_keys_erased(struct pp_job *job) {
    struct erasing *erasing = (struct erasing *)job;
    struct agent *agent = erasing->agent;
    struct pp_error error = {0};
    agent->startup.erase_deadline = pp_deadline_start(CONTROL_KEY_SILENT_MS, AGENT_TPM_SILENT, &error);
    if (!erasing->ok)
        pp_log_error("erase: %s", erasing->error.message);
    if (!erasing->ok || !commands_prove_erased(agent, &erasing->proof)) {
        close_and_erase_rest(agent);
        return;
    }
    erasing->job = (struct pp_job){.run = run_proof, .done = on_proven};
    pp_jobs_add(agent->keys, &erasing->job);
}

void startup_erase(struct agent *agent) {
    net_timer_stop(&agent->startup.healthy_timer);
    live_stop(agent, true);
    enrolment_stop(agent);
    connection_stop(agent);
    content_stop(agent);
    keeping_stop(agent);
    trouble_handle(agent, TROUBLE_OVER_ERASING, NULL);
    erase_start(agent, run_erase_keys, on_keys_erased);
    if (!show_trouble(agent, &agent->process.fatal))
        net_loop_stop(agent->loop);
}

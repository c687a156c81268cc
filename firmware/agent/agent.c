#include "agent/agent.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "base/json.h"
#include "base/log.h"
#include "sandbox/sandbox.h"

/* ---- What happens, and what follows ---- */

static void do_nothing(struct agent *agent) {
    (void)agent;
}

static void do_connect(struct agent *agent) {
    struct pp_error error = {0};
    connection_stop(agent); /* one with an expired certificate */
    if (!connection_start(agent, &error))
        trouble_handle(agent, TROUBLE_CONNECTION, &error);
}

static void do_offer_code(struct agent *agent) {
    struct pp_error error = {0};
    if (!enrolment_start(agent, &error))
        trouble_handle(agent, TROUBLE_ENROLMENT, &error);
}

static void do_ask_again(struct agent *agent) {
    enrolment_restart(&agent->enrolment);
}

static void do_end_enrolment(struct agent *agent) {
    enrolment_stop(agent);
    enrolment_forget_token(&agent->enrolment, agent->vault);
    connection_resume_renewal(agent);
}

/* Being locked is not the end: a new state brings the channel's key again; where only a person can bring that about, he
 * can do so by a code. */
static void do_obey_lock(struct agent *agent) {
    content_forget(agent);
    if (lock_wants_approval(agent->floors.lock))
        do_offer_code(agent);
}

static void do_lock_again(struct agent *agent) {
    keeping_lock(agent);
    do_obey_lock(agent);
}

static void do_unlock(struct agent *agent) {
    keeping_unlock(agent);
    do_end_enrolment(agent);
    content_recall(agent);
    network_key_changed(agent);
}

static void do_show_again(struct agent *agent) {
    connection_restore(agent);
    content_recall(agent);
    content_follow(agent);
}

static void take_action(struct agent *agent, enum agent_action action) {
    static void (*const actions[AGENT_ACTIONS])(struct agent * agent) = {
        [AGENT_CANNOT_COME] = do_nothing,
        [AGENT_DO_NOTHING] = do_nothing,
        [AGENT_SHOW_CODE] = do_nothing,
        [AGENT_CONNECT] = do_connect,
        [AGENT_OFFER_CODE] = do_offer_code,
        [AGENT_ASK_AGAIN] = do_ask_again,
        [AGENT_END_ENROLMENT] = do_end_enrolment,
        [AGENT_KEEP_LOCK] = keeping_lock,
        [AGENT_LOCK_AGAIN] = do_lock_again,
        [AGENT_FORGET] = content_forget,
        [AGENT_OBEY_LOCK] = do_obey_lock,
        [AGENT_UNLOCK] = do_unlock,
        [AGENT_SHOW_AGAIN] = do_show_again,
        [AGENT_ERASE_ALL] = startup_erase,
        [AGENT_BEGIN] = startup_begin,
    };
    actions[action](agent);
}

static void change_state(struct agent *agent, enum agent_state state) {
    pp_log_info("%s -> %s", states_name(agent->state), states_name(state));
    agent->state = state;
    if (!agent->reporter)
        return;
    reporter_set_online(agent->reporter, state == AGENT_ONLINE);
    reporter_status_changed(agent->reporter);
}

void agent_handle(struct agent *agent, enum agent_event event) {
    struct states_rule rule = states_rule(agent->state, event);
    if (rule.action == AGENT_CANNOT_COME)
        pp_log_error("\"%s\" while %s: ignored", states_event_name(event), states_name(agent->state));
    bool same = rule.next == agent->state;
    if (!same)
        change_state(agent, rule.next);
    take_action(agent, rule.action);
    if (!same || rule.action > AGENT_DO_NOTHING)
        agent_update_screen(agent);
}

void agent_erase_for(struct agent *agent, const char *why) {
    struct erase_note *note = &agent->startup.erase_note;
    snprintf(note->why, sizeof note->why, "%s", why);
    note->begun_s = floors_now_s(&agent->floors);
    /* No event: it would be written just before all is overwritten, and leave a copy behind on the raw storage. */
    pp_log_warning("it is erased: %s", why);
    agent_handle(agent, AGENT_ERASE);
}

void agent_lock(struct agent *agent, enum lock_reason reason) {
    bool other = agent->floors.lock != reason;
    if (other || agent->floors.lost)
        reporter_event(agent->reporter, "locked", "this display point %s", lock_words(reason));
    agent->keeping.lock_reason = reason;
    connection_want_state(&agent->connection); /* only that opens, and no "nothing new" */
    agent_handle(agent, AGENT_LOCK);
    if (other)
        network_key_changed(agent);
}

/* ---- The screen ---- */

/* Also while a code that would be shown cannot be had. */
static bool agent_is_offline(const struct agent *agent) {
    return agent->state == AGENT_OFFLINE ||
           (agent->state == AGENT_UNENROLLED && agent->troubles.headend.code);
}

void agent_update_screen(struct agent *agent) {
    trouble_report_code(agent);
    bool covered = states_covers_content(agent->state, agent->troubles.headend.code);
    if (!agent->director)
        return;
    keyboard_follow(agent);
    messages_follow(agent);
    director_set_mark(agent->director, agent->document.offline_mark && !covered && agent_is_offline(agent));
    if (covered != agent->content.covered) {
        agent->content.covered = covered;
        agent->content.view = CONTENT_NOT_YET;
        director_set_blank(agent->director, covered);
    }
    if (screens_find(agent) == AGENT_SHOWS_CONTENT)
        director_hide_status(agent->director);
    else if (covered || !director_is_settling(agent->director))
        director_show_status(agent->director);
}

/* ---- The status report ---- */

static void status_add_store(struct store *objects, cJSON *status) {
    struct store_usage usage;
    store_usage(objects, &usage);
    cJSON *store = cJSON_AddObjectToObject(status, "store");
    cJSON_AddNumberToObject(store, "bytes", (double)usage.bytes);
    cJSON_AddNumberToObject(store, "free_bytes", (double)usage.free_bytes);
    cJSON_AddNumberToObject(store, "objects", (double)usage.objects);
    cJSON_AddNumberToObject(store, "quarantined", (double)usage.quarantined);
}

static void status_add_display(const struct ipc_display *display, cJSON *status) {
    cJSON *object = cJSON_AddObjectToObject(status, "display");
    cJSON_AddNumberToObject(object, "width", display->width);
    cJSON_AddNumberToObject(object, "height", display->height);
    cJSON_AddStringToObject(object, "driver", display->driver);
}

static void status_add_sandbox(const struct agent *agent, cJSON *status) {
    char reached[SANDBOX_REPORT_MAX];
    char text[SANDBOX_REPORT_MAX + 32];
    uint8_t level = director_sandbox(agent->director);
    if (!level)
        return;
    sandbox_report(level, reached);
    snprintf(text, sizeof text, "%s, %s", agent->launcher ? "a user of their own" : "the agent's user",
             reached);
    cJSON_AddStringToObject(status, "sandbox", text);
}

/* What a headend has to know that was restored from a backup, or whose clock was wrong. */
static void status_add_floor(struct floors *floors, cJSON *status) {
    char time[PP_RFC3339_SIZE];
    pp_time_format(pp_wall_clock_line_ms(&floors->clock) / 1000, time);
    cJSON *floor = cJSON_AddObjectToObject(status, "state_floor");
    cJSON_AddNumberToObject(floor, "epoch", (double)floors->state.epoch);
    cJSON_AddNumberToObject(floor, "version", (double)floors->state.version);
    cJSON_AddStringToObject(floor, "time", time);
}

static void status_add_trouble(const struct agent *agent, cJSON *status) {
    char detail[PP_ERROR_MESSAGE_MAX];
    struct screen_trouble trouble = screens_trouble(agent);
    snprintf(detail, sizeof detail, "%s", trouble.code ? trouble.detail : "");
    /* Some of it are a server's words, and cut: the headend would refuse the whole status. */
    pp_json_tidy(detail);
    cJSON_AddStringToObject(status, "code", trouble.code ? trouble.code : "");
    cJSON_AddStringToObject(status, "trouble", detail);
}

cJSON *agent_make_status(void *arg) {
    struct agent *agent = arg;
    cJSON *status = cJSON_CreateObject();
    if (!status)
        return NULL;
    char now[PP_RFC3339_SIZE];
    pp_time_format(floors_now_s(&agent->floors), now);
    cJSON_AddStringToObject(status, "time", now);
    cJSON_AddStringToObject(status, "time_source",
                            keeping_time_source(&agent->keeping, &agent->floors.clock));
    cJSON_AddStringToObject(status, "software", PP_VERSION);
    cJSON_AddStringToObject(status, "state", states_reported_name(agent->state));
    cJSON_AddStringToObject(status, "lock", lock_name(agent->floors.lock));
    cJSON_AddNumberToObject(status, "state_version", (double)agent->document.floor.version);
    status_add_floor(&agent->floors, status);
    if (sync_root_version(agent->sync))
        cJSON_AddNumberToObject(status, "root_version", (double)sync_root_version(agent->sync));
    cJSON_AddStringToObject(status, "channel", agent->document.channel);
    cJSON_AddNumberToObject(status, "manifest_version", (double)agent->content.manifest_version);
    cJSON_AddBoolToObject(status, "content_shown", agent->content.view == CONTENT_SHOWN);
    cJSON_AddStringToObject(status, "key_provider", vault_provider_name(agent->vault));
    cJSON_AddStringToObject(status, "device_key", crypto_key_keeper_name(identity_key(agent->identity)));
    if (*vault_provider_note(agent->vault))
        cJSON_AddStringToObject(status, "key_provider_note", vault_provider_note(agent->vault));
    access_state_report(agent, status);
    messages_report(agent, status);
    status_add_trouble(agent, status);
    status_add_sandbox(agent, status);
    status_add_store(agent->store, status);
    status_add_display(&agent->content.display, status);
    return status;
}

/* ---- Life ---- */

static void on_signal(void *arg, short revents) {
    struct agent *agent = arg;
    struct signalfd_siginfo info;
    (void)revents;
    if (read(agent->process.signal_fd, &info, sizeof info) == sizeof info)
        net_loop_stop(agent->loop);
}

static bool watch_signals(struct agent *agent, struct pp_error *error) {
    signal(SIGCHLD, SIG_DFL); /* it may have been inherited as ignored: children could not be waited for */
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    /* Before any thread is made, so that all of them have it blocked. */
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0)
        return pp_fail_errno(error, "block signals");
    signal(SIGPIPE, SIG_IGN);
    agent->process.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (agent->process.signal_fd < 0)
        return pp_fail_errno(error, "watch signals");
    agent->process.signal_watch =
        net_loop_watch(agent->loop, agent->process.signal_fd, POLLIN, on_signal, agent, error);
    return agent->process.signal_watch != NULL;
}

/* ---- The flash, and keys that are kept elsewhere: neither waits for the other ---- */

static void on_jobs(void *arg, short revents) {
    (void)revents;
    pp_jobs_finish(arg);
}

/* After the signals are blocked, so that its thread has them blocked, too. */
static bool start_jobs_of(struct agent *agent, const char *name, struct pp_jobs **jobs,
                          struct net_watch **watch, struct pp_error *error) {
    *jobs = pp_jobs_create(name, error);
    if (!*jobs)
        return false;
    *watch = net_loop_watch(agent->loop, pp_jobs_fd(*jobs), POLLIN, on_jobs, *jobs, error);
    return *watch != NULL;
}

static bool start_jobs(struct agent *agent, struct pp_error *error) {
    return start_jobs_of(agent, "flash", &agent->jobs, &agent->process.jobs_watch, error) &&
           start_jobs_of(agent, "keys", &agent->keys, &agent->process.keys_watch, error);
}

/* ---- The watchdog: a loop that stands still ends in a restart ---- */

static void on_watchdog_due(void *arg) {
    struct agent *agent = arg;
    pp_watchdog_tick(&agent->process.watchdog, pp_clock_monotonic_ms() * 1000);
    if (agent->process.watchdog.due_us != PP_WATCHDOG_NEVER)
        net_timer_start(&agent->process.watchdog_timer, agent->loop,
                        (agent->process.watchdog.due_us + 999) / 1000, on_watchdog_due, agent);
}

/* ---- The launcher: without it no renderer can be started, or killed ---- */

static void on_launcher_gone(void *arg, short revents) {
    struct agent *agent = arg;
    (void)revents;
    net_loop_unwatch(agent->loop, agent->process.launcher_watch);
    agent->process.launcher_watch = NULL;
    (void)!ipc_launcher_explain(agent->launcher, &agent->process.fatal);
    net_loop_stop(agent->loop);
}

static bool watch_launcher(struct agent *agent, struct pp_error *error) {
    if (!agent->launcher)
        return true;
    agent->process.launcher_watch =
        net_loop_watch(agent->loop, ipc_launcher_fd(agent->launcher), POLLIN, on_launcher_gone, agent, error);
    return agent->process.launcher_watch != NULL;
}

/* ---- A network: without this what waits for one waits its time out ---- */

static void on_network(void *arg) {
    connection_network_came(arg);
}

static void watch_network(struct agent *agent) {
    struct pp_error error = {0};
    agent->arrival = net_arrival_watch(agent->loop, on_network, agent, &error);
    if (!agent->arrival)
        pp_log_warning("that a network comes is not seen: %s", error.message);
}

struct agent *agent_create(const struct agent_config *config, struct ipc_launcher *launcher,
                           struct pp_error *error) {
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    agent->config = *config;
    agent->launcher = launcher;
    agent->process.signal_fd = -1;
    agent->state = AGENT_STARTING;
    live_init(&agent->live);
    pp_watchdog_init(&agent->process.watchdog);
    agent->loop = net_loop_create(error);
    if (!agent->loop || !proxy_prepare(&agent->proxy, error) || !watch_signals(agent, error) ||
        !start_jobs(agent, error) || !watch_launcher(agent, error) || !answers_start(agent, error)) {
        agent_destroy(agent);
        return NULL;
    }
    watch_network(agent);
    startup_begin(agent);
    return agent;
}

bool agent_is_ending(const struct agent *agent) {
    return agent->process.life == AGENT_ENDS;
}

bool agent_run(struct agent *agent, struct pp_error *error) {
    on_watchdog_due(agent);
    if (!net_loop_run(agent->loop, error))
        return false;
    if (agent->process.fatal.code) {
        *error = agent->process.fatal;
        return false;
    }
    pp_log_info("stopping");
    agent->process.life = AGENT_WAS_STOPPED;
    return true;
}

const char *agent_vault_move(const struct agent *agent) {
    return agent->answers.vault_move;
}

void agent_destroy(struct agent *agent) {
    struct pp_error error = {0};
    if (!agent)
        return;
    PP_AUTO(pp_deadline)
    struct pp_deadline *deadline = pp_deadline_start(AGENT_STOP_MS, AGENT_FLASH_SILENT, &error);
    if (!deadline)
        pp_log_warning("%s", error.message);
    bool orderly = agent->process.life == AGENT_WAS_STOPPED;
    agent->process.life = AGENT_ENDS;
    agent->process.stop_deadline = deadline;
    pp_jobs_wait(agent->jobs); /* while everybody is there to hear of it */
    pp_deadline_say(deadline, AGENT_TPM_SILENT);
    pp_jobs_wait(agent->keys);
    pp_deadline_say(deadline, AGENT_FLASH_SILENT);
    pp_jobs_wait(agent->jobs);
    if (orderly && agent->vault)
        crash_guard_healthy(&agent->startup.guard);
    if (agent->loop) {
        net_arrival_destroy(agent->arrival);
        answers_stop(agent);
        enrolment_stop(agent);
        connection_stop(agent);
        content_stop(agent);
        keeping_stop(agent);
        net_loop_unwatch(agent->loop, agent->process.signal_watch);
        net_loop_unwatch(agent->loop, agent->process.jobs_watch);
        net_loop_unwatch(agent->loop, agent->process.keys_watch);
        net_loop_unwatch(agent->loop, agent->process.launcher_watch);
    }
    startup_close(agent);
    proxy_finish(&agent->proxy);
    last_receipt_finish(&agent->last_receipt);
    pp_jobs_destroy(agent->keys);
    pp_jobs_destroy(agent->jobs);
    feeds_clear(&agent->live.feeds);
    pp_buf_finish(&agent->live.sealed);
    pp_watchdog_finish(&agent->process.watchdog);
    pp_close(&agent->process.signal_fd);
    net_loop_destroy(agent->loop);
    pp_wipe(agent, sizeof *agent);
    free(agent);
}

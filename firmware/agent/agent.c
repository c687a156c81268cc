#include "agent/agent.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/file.h"
#include "base/log.h"

static const char *const state_names[] = {
    [AGENT_UNENROLLED] = "unenrolled", [AGENT_ENROLLING] = "enrolling", [AGENT_CONNECTING] = "connecting",
    [AGENT_ONLINE] = "online",         [AGENT_OFFLINE] = "offline",     [AGENT_LOCKED] = "locked",
};

const char *agent_state_name(enum agent_state state) {
    return state_names[state];
}

void agent_set_state(struct agent *agent, enum agent_state state) {
    if (agent->state == state)
        return;
    pp_log_info("%s -> %s", state_names[agent->state], state_names[state]);
    agent->state = state;
    if (state == AGENT_LOCKED || state == AGENT_ONLINE)
        connection_keep_lock(agent, state == AGENT_LOCKED);
    reporter_set_online(agent->reporter, state == AGENT_ONLINE);
    agent_update_screen(agent);
}

static void trouble_take(struct agent *agent, struct pp_error *trouble, const char *kind,
                         const struct pp_error *error) {
    bool same = trouble->code == error->code && strcmp(trouble->message, error->message) == 0;
    *trouble = *error;
    if (same)
        return;
    reporter_event(agent->reporter, kind, "%s", error->message);
    agent_update_screen(agent);
}

void agent_set_trouble(struct agent *agent, const char *kind, const struct pp_error *error) {
    trouble_take(agent, &agent->trouble, kind, error);
}

void agent_set_content_trouble(struct agent *agent, const char *kind, const struct pp_error *error) {
    trouble_take(agent, &agent->content_trouble, kind, error);
}

const struct pp_error *agent_trouble(const struct agent *agent) {
    return agent->trouble.code ? &agent->trouble : &agent->content_trouble;
}

/* Whether the state has a screen of its own, above any content: also the code of a screen that has cached
 * content but no certificate, or an expired one, must be seen to be approved. */
static bool agent_hides_content(const struct agent *agent) {
    return agent->locked || agent->state == AGENT_ENROLLING ||
           (agent->state == AGENT_UNENROLLED && *agent->user_code);
}

void agent_update_screen(struct agent *agent) {
    bool hidden = agent_hides_content(agent);
    if (hidden != agent->content_hidden) {
        agent->content_hidden = hidden;
        agent->content_shown = false;
        director_set_blank(agent->director, hidden);
    }
    if (hidden)
        director_show_status(agent->director);
    else if (agent->content_shown)
        director_hide_status(agent->director);
    else if (!director_is_settling(agent->director))
        director_show_status(agent->director);
}

/* ---- The status report ---- */

static void status_add_store(const struct agent *agent, cJSON *status) {
    struct store_usage usage;
    store_usage(agent->store, &usage);
    cJSON *store = cJSON_AddObjectToObject(status, "store");
    cJSON_AddNumberToObject(store, "bytes", (double)usage.bytes);
    cJSON_AddNumberToObject(store, "free_bytes", (double)usage.free_bytes);
    cJSON_AddNumberToObject(store, "objects", (double)usage.objects);
    cJSON_AddNumberToObject(store, "quarantined", (double)usage.quarantined);
}

static void status_add_display(const struct agent *agent, cJSON *status) {
    cJSON *display = cJSON_AddObjectToObject(status, "display");
    cJSON_AddNumberToObject(display, "width", agent->display.width);
    cJSON_AddNumberToObject(display, "height", agent->display.height);
    cJSON_AddStringToObject(display, "driver", agent->display.driver);
}

static cJSON *make_status(void *arg) {
    const struct agent *agent = arg;
    cJSON *status = cJSON_CreateObject();
    if (!status)
        return NULL;
    char now[PP_RFC3339_SIZE];
    pp_time_format(floors_now_s(&agent->floors), now);
    cJSON_AddStringToObject(status, "time", now);
    cJSON_AddStringToObject(status, "software", PP_VERSION);
    cJSON_AddStringToObject(status, "state", state_names[agent->state]);
    cJSON_AddNumberToObject(status, "state_version", (double)agent->document.version);
    cJSON_AddStringToObject(status, "channel", agent->document.channel);
    cJSON_AddNumberToObject(status, "manifest_version", (double)agent->manifest_version);
    cJSON_AddBoolToObject(status, "content_shown", agent->content_shown);
    cJSON_AddStringToObject(status, "key_provider", vault_provider_name(agent->vault));
    cJSON_AddStringToObject(status, "trouble", agent_trouble(agent)->message);
    status_add_store(agent, status);
    status_add_display(agent, status);
    return status;
}

static int64_t agent_now_s(void *arg) {
    const struct agent *agent = arg;
    return floors_now_s(&agent->floors);
}

/* ---- Life ---- */

static bool open_state(struct agent *agent, struct pp_error *error) {
    struct store_config store = {.max_bytes = agent->config.store_max_mib << 20,
                                 .reserve_bytes = agent->config.store_reserve_mib << 20};
    umask(077);
    if (!pp_dir_make(AT_FDCWD, agent->config.state, 0700, error))
        return false;
    agent->vault = vault_open(agent->config.state, vault_kek_file(), error);
    if (!agent->vault)
        return false;
    floors_load(&agent->floors, agent->vault);
    agent->identity = identity_load_or_create(agent->vault, error);
    if (!agent->identity)
        return false;
    identity_set_clock_floor(agent->identity, agent->floors.clock_s);
    agent->store = store_open(agent->config.state, &store, error);
    return agent->store != NULL;
}

static bool open_network(struct agent *agent, struct pp_error *error) {
    struct net_client_config client = {
        .base_url = agent->config.url, .ca_file = agent->config.ca, .proxy = agent->config.proxy};
    struct sync_config sync = {
        .state_dir = agent->config.state,
        .vault = agent->vault,
        .store = agent->store,
        .base_url = agent->config.url,
        .ca_file = agent->config.ca,
        .proxy = *agent->config.proxy ? agent->config.proxy : NULL,
        .root_file = agent->config.root,
        .now = agent_now_s,
        .now_arg = agent,
    };
    struct reporter_config reporter = {
        .loop = agent->loop,
        .vault = agent->vault,
        .state_dir = agent->config.state,
        .now_s = agent_now_s,
        .make_status = make_status,
        .arg = agent,
    };
    agent->client = net_client_create(agent->loop, &client, error);
    if (!agent->client)
        return false;
    agent->sync = sync_create(&sync, error);
    if (!agent->sync)
        return false;
    reporter.client = agent->client;
    agent->reporter = reporter_create(&reporter, error);
    return agent->reporter != NULL;
}

static void on_signal(void *arg, short revents) {
    struct agent *agent = arg;
    struct signalfd_siginfo info;
    (void)revents;
    if (read(agent->signal_fd, &info, sizeof info) == sizeof info)
        net_loop_stop(agent->loop);
}

static bool watch_signals(struct agent *agent, struct pp_error *error) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    /* Before any thread is made, so that all of them have it blocked. */
    if (pthread_sigmask(SIG_BLOCK, &signals, NULL) != 0)
        return pp_fail_errno(error, "block signals");
    signal(SIGPIPE, SIG_IGN);
    agent->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (agent->signal_fd < 0)
        return pp_fail_errno(error, "watch signals");
    agent->signal_watch = net_loop_watch(agent->loop, agent->signal_fd, POLLIN, on_signal, agent, error);
    return agent->signal_watch != NULL;
}

static void on_healthy(void *arg) {
    struct agent *agent = arg;
    crash_guard_healthy(&agent->guard);
}

static bool agent_open(struct agent *agent, struct pp_error *error) {
    agent->loop = net_loop_create(error);
    if (!agent->loop || !watch_signals(agent, error) || !open_state(agent, error) ||
        !open_network(agent, error))
        return false;
    connection_restore(agent);
    connection_restore_lock(agent);
    if (!content_start(agent, error))
        return false;
    if (!net_loop_timer(agent->loop, pp_clock_monotonic_ms() + CRASH_GUARD_HEALTHY_MS, on_healthy, agent,
                        error))
        return false;
    return identity_has_certificate(agent->identity) ? connection_start(agent, error)
                                                     : enrolment_start(agent, error);
}

struct agent *agent_create(const struct agent_config *config, struct pp_error *error) {
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    agent->config = *config;
    agent->signal_fd = -1;
    agent->state = AGENT_UNENROLLED;
    if (!agent_open(agent, error)) {
        agent_destroy(agent);
        return NULL;
    }
    return agent;
}

bool agent_run(struct agent *agent, struct pp_error *error) {
    if (!net_loop_run(agent->loop, error))
        return false;
    pp_log_info("stopping");
    crash_guard_healthy(&agent->guard);
    return true;
}

void agent_destroy(struct agent *agent) {
    if (!agent)
        return;
    if (agent->loop) {
        enrolment_stop(agent);
        connection_stop(agent);
        content_stop(agent);
        net_loop_unwatch(agent->loop, agent->signal_watch);
    }
    reporter_destroy(agent->reporter);
    sync_destroy(agent->sync);
    net_client_destroy(agent->client);
    store_close(agent->store);
    identity_destroy(agent->identity);
    vault_close(agent->vault);
    pp_close(&agent->signal_fd);
    net_loop_destroy(agent->loop);
    pp_wipe(agent, sizeof *agent);
    free(agent);
}

/* From an empty hand to a running agent: the state folder, the network, then what is cached. */
#include <fcntl.h>
#include <sys/stat.h>

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

static bool open_state(struct agent *agent, struct pp_error *error) {
    struct store_config store = {.max_bytes = agent->config.store_max_mib << 20,
                                 .reserve_bytes = agent->config.store_reserve_mib << 20};
    umask(077);
    if (!pp_dir_make(AT_FDCWD, agent->config.state, 0700, error))
        return false;
    agent->vault = vault_open(agent->config.state, vault_kek_file(), error);
    if (!agent->vault)
        return false;
    if (!keeping_watch_vault(agent, error) || !floors_load(&agent->floors, agent->vault, NULL, error))
        return false;
    store.time = pp_wall_clock_source(&agent->floors.clock);
    agent->identity = identity_load_or_create(agent->vault, error);
    if (!agent->identity)
        return false;
    agent->store = store_open(agent->config.state, &store, error);
    /* From here on. What an opening writes has its order, and is waited for. */
    vault_set_jobs(agent->vault, agent->jobs);
    return agent->store != NULL;
}

static bool open_network(struct agent *agent, struct pp_error *error) {
    const struct net_clocks clocks = {.time = pp_wall_clock_source(&agent->floors.clock),
                                      .other = pp_wall_clock_system_source(&agent->floors.clock)};
    struct net_client_config client = {.base_url = agent->config.url,
                                       .ca_file = agent->config.ca,
                                       .proxy = agent->config.proxy,
                                       .clocks = clocks};
    struct sync_config sync = {
        .state_dir = agent->config.state,
        .vault = agent->vault,
        .store = agent->store,
        .base_url = agent->config.url,
        .ca_file = agent->config.ca,
        .proxy = *agent->config.proxy ? agent->config.proxy : NULL,
        .root_file = agent->config.root,
        .clocks = clocks,
    };
    struct reporter_config reporter = {
        .loop = agent->loop,
        .vault = agent->vault,
        .jobs = agent->jobs,
        .state_dir = agent->config.state,
        .time = pp_wall_clock_source(&agent->floors.clock),
        .make_status = agent_make_status,
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

void startup_close(struct agent *agent) {
    reporter_destroy(pp_steal(&agent->reporter));
    sync_destroy(pp_steal(&agent->sync));
    net_client_destroy(pp_steal(&agent->client));
    store_close(pp_steal(&agent->store));
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
    crash_guard_healthy(&agent->guard);
}

static bool startup_go_on(struct agent *agent, struct pp_error *error) {
    connection_restore(agent);
    if (!content_start(agent, error))
        return false;
    keeping_start(agent);
    net_timer_start_in(&agent->healthy_timer, agent->loop, CRASH_GUARD_HEALTHY_MS, on_healthy, agent);
    return identity_has_certificate(agent->identity) ? connection_start(agent, error)
                                                     : enrolment_start(agent, error);
}

/* ---- A flash that does not let us ---- */

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

static void on_open_again(void *arg);

static bool startup_wait(struct agent *agent, const struct pp_error *why, struct pp_error *error) {
    if (!agent->unopened || strcmp(agent->trouble.message, why->message) != 0)
        pp_log_error("%s; it is tried again", why->message);
    agent->unopened = true;
    agent->trouble = *why;
    net_timer_start_in(&agent->open_timer, agent->loop, AGENT_OPEN_AGAIN_MS, on_open_again, agent);
    return show_trouble(agent, error);
}

bool startup_begin(struct agent *agent, struct pp_error *error) {
    struct pp_error why = {0};
    if (!open_state(agent, &why) || !open_network(agent, &why)) {
        bool later = is_retryable(agent, &why);
        startup_close(agent);
        if (later)
            return startup_wait(agent, &why, error);
        *error = why;
        return false;
    }
    director_destroy(pp_steal(&agent->director));
    if (agent->unopened)
        reporter_event(agent->reporter, "start-delayed", "%s", agent->trouble.message);
    agent->unopened = false;
    agent->trouble = (struct pp_error){0};
    return startup_go_on(agent, error);
}

static void on_open_again(void *arg) {
    struct agent *agent = arg;
    if (!startup_begin(agent, &agent->fatal))
        net_loop_stop(agent->loop);
}

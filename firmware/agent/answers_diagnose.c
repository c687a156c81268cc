/* pingplayctl diagnose: the agent's own look at what is wrong (diagnose/diagnose.h). One at a time, on a thread of
 * its own. */
#include <string.h>

#include "agent/agent_internal.h"
#include "sandbox/sandbox.h"

#define SANDBOX_ALL (SANDBOX_SECCOMP | SANDBOX_NO_NEW_PRIVS | SANDBOX_USER_NAMESPACE | SANDBOX_LANDLOCK)

static void fill_renderers(const struct agent *agent, struct diagnose_config *config) {
    char reached[SANDBOX_REPORT_MAX] = "";
    uint8_t level = agent->director ? director_sandbox(agent->director) : 0;
    config->has_player = agent->director && director_has_player(agent->director);
    config->width = agent->content.display.width;
    config->height = agent->content.display.height;
    snprintf(config->driver, sizeof config->driver, "%s", agent->content.display.driver);
    config->sandboxed = level != 0;
    config->sandbox_whole = (level & SANDBOX_ALL) == SANDBOX_ALL;
    if (level)
        sandbox_report(level, reached);
    snprintf(config->sandbox, sizeof config->sandbox, "%s%s%s", reached, level ? ", " : "",
             !level            ? ""
             : agent->launcher ? "a user of their own"
                               : "the agent's user");
}

void answers_diagnose_config(struct agent *agent, struct diagnose_config *config) {
    struct screen_trouble trouble = screens_trouble(agent);
    *config = (struct diagnose_config){.by = "agent", .has_agent = true};
    snprintf(config->url, sizeof config->url, "%s", agent->config.url);
    snprintf(config->ca, sizeof config->ca, "%s", agent->config.ca);
    config->authorities = agent->authority.set.shared;
    authority_describe(&agent->authority, config->trusted, sizeof config->trusted);
    proxy_describe(agent, config->proxy);
    config->through = agent->proxy.shared;
    snprintf(config->state_dir, sizeof config->state_dir, "%s", agent->config.state);
    if (agent->client) { /* the state folder is open, and the clock with it */
        config->now_ms = pp_wall_clock_now_ms(&agent->floors.clock);
        snprintf(config->time_source, sizeof config->time_source, "%s",
                 keeping_time_source(&agent->keeping, &agent->floors.clock));
    }
    fill_renderers(agent, config);
    if (agent->identity && identity_has_certificate(agent->identity))
        config->certificate_end_s = identity_not_after(agent->identity);
    snprintf(config->code, sizeof config->code, "%s", trouble.code ? trouble.code : "");
    snprintf(config->trouble, sizeof config->trouble, "%.*s", DIAGNOSE_DETAIL_MAX - 1,
             trouble.code ? trouble.detail : "");
}

static void on_done(void *arg, cJSON *document) {
    struct agent *agent = arg;
    struct answers *answers = &agent->answers;
    struct local_client *client = pp_steal(&answers->diagnosed);
    answers->diagnosis = NULL;
    if (client && document)
        local_answer(client, document);
    else if (client)
        local_refuse(client, LOCAL_FAILED, "out of memory");
    cJSON_Delete(document);
}

void answers_diagnose(struct agent *agent, struct local_client *client, const struct local_message *request) {
    struct answers *answers = &agent->answers;
    struct diagnose_config config;
    struct pp_error error = {0};
    (void)request;
    if (answers->diagnosis) {
        local_refuse(client, LOCAL_BUSY, "a diagnosis is under way");
        return;
    }
    answers_diagnose_config(agent, &config);
    answers->diagnosis = diagnose_start(agent->loop, &config, on_done, agent, &error);
    answers->diagnosed = answers->diagnosis ? client : NULL;
    if (!answers->diagnosis)
        local_refuse(client, LOCAL_FAILED, "%s", error.message);
}

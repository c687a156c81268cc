#include "agent/access_state.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/log.h"

bool access_state_open(struct agent *agent, struct pp_error *error) {
    struct access_state *access = &agent->access;
    access->prover = access_prover_create(agent->identity, pp_wall_clock_source(&agent->floors.clock), error);
    return access->prover != NULL;
}

void access_state_close(struct agent *agent) {
    access_prover_destroy(pp_steal(&agent->access.prover));
}

/* ---- How requests prove themselves ---- */

bool access_state_show(struct agent *agent, struct pp_error *error) {
    if (!agent->access.mode) /* of before the last stop */
        agent->access.mode = agent->document.access.mode;
    const struct access_mode *mode = agent->access.mode ? agent->access.mode : &access_mode_unknown;
    struct access_credentials shown = {0};
    if (!mode->credentials(agent->identity, agent->access.prover, &shown, error))
        return pp_wrap(error, "access mode %s", mode->name);
    if (!net_client_set_identity(agent->client, shown.certificate, shown.key, error) ||
        !sync_set_identity(agent->sync, shown.certificate, shown.key, error))
        return false;
    net_client_set_prover(agent->client, &shown.prover);
    sync_set_prover(agent->sync, &shown.prover);
    return true;
}

static void change_mode(struct agent *agent, const struct access_mode *mode) {
    const struct access_mode *former = agent->access.mode;
    struct pp_error error = {0};
    if (!mode || mode == former)
        return;
    agent->access.mode = mode;
    pp_log_info("access mode %s", mode->name);
    if (former)
        reporter_event(agent->reporter, "access-mode", "%s, before %s", mode->name, former->name);
    if (identity_has_certificate(agent->identity) && !access_state_show(agent, &error))
        agent_set_trouble(agent, "access-mode", &error);
    reporter_status_changed(agent->reporter);
}

void access_state_follow(struct agent *agent) {
    change_mode(agent, agent->document.access.mode);
}

/* A new session says how its requests will be taken. Nobody has signed that, and it need not be true: it decides only
 * what goes with them, and none of that is of use to whoever sees it. */
void access_state_hear_session(struct agent *agent) {
    change_mode(agent, access_mode_find(access_session_mode(agent->session)));
}

void access_state_report(const struct agent *agent, cJSON *status) {
    cJSON *access = cJSON_AddObjectToObject(status, "access");
    cJSON_AddStringToObject(access, "mode", agent->access.mode ? agent->access.mode->name : "");
}

#include "agent/portal.h"

#include "agent/agent_internal.h"
#include "base/clock.h"
#include "base/log.h"

static bool may_be_a_portal(const struct pp_error *trouble) {
    return trouble->code == PP_E_NET || trouble->code == PP_E_TLS;
}

static void look(void *arg);

static void look_again(struct agent *agent) {
    net_timer_start_in(&agent->portal.timer, agent->loop, PORTAL_AGAIN_MS, look, agent);
}

static void on_looked(void *arg, const struct pp_error *found) {
    struct agent *agent = arg;
    struct agent_portal *portal = &agent->portal;
    bool was = portal->found.code;
    portal->probe = NULL;
    portal->found = *found;
    if (found->code) {
        look_again(agent);
        const struct pp_error *trouble = &agent->troubles.headend;
        if (may_be_a_portal(trouble) || trouble->code == PP_E_PORTAL)
            trouble_handle(agent, TROUBLE_PORTAL, found);
    } else if (was) {
        pp_log_info("nobody has to sign in to this network any more");
        connection_route_changed(agent);
    }
}

/* Through a proxy it is that which is asked, and says so. */
static bool goes_through_a_proxy(const struct agent *agent) {
    char address[PP_CONFIG_VALUE_MAX];
    proxy_describe(agent, address);
    return *address;
}

static void look(void *arg) {
    struct agent *agent = arg;
    struct agent_portal *portal = &agent->portal;
    struct pp_error error = {0};
    if (goes_through_a_proxy(agent))
        portal->found = (struct pp_error){0};
    if (portal->probe || goes_through_a_proxy(agent))
        return;
    portal->asked_ms = pp_clock_monotonic_ms();
    portal->probe = net_portal_start(agent->loop, agent->config.url, on_looked, agent, &error);
}

const struct pp_error *portal_explain(struct agent *agent, const struct pp_error *trouble) {
    struct agent_portal *portal = &agent->portal;
    if (!may_be_a_portal(trouble))
        return trouble;
    if (!portal->asked_ms || pp_clock_monotonic_ms() - portal->asked_ms >= PORTAL_AGAIN_MS)
        look(agent);
    return portal->found.code ? &portal->found : trouble;
}

void portal_forget(struct agent_portal *portal) {
    net_timer_stop(&portal->timer);
    net_portal_cancel(pp_steal(&portal->probe));
    portal->found = portal->hidden = (struct pp_error){0};
    portal->asked_ms = 0;
}

#include "agent/forget.h"

#include <stddef.h>

#include "agent/agent_internal.h"
#include "base/log.h"

struct part {
    size_t offset, size; /* in struct agent */
};

#define PART(field)                                                                                          \
    { offsetof(struct agent, field), sizeof(((struct agent *)NULL)->field) }

/* What stays, in the order of the struct. */
static const struct part kept[] = {
    PART(config),
    PART(state),
    PART(loop),
    PART(jobs),
    PART(keys),
    PART(launcher),
    PART(director), /* one that has nothing but a status screen */
    PART(process),
    PART(startup.erase_note), /* told first of all by the one that it becomes … */
    PART(last_receipt),       /* … and to whoever asked for it */
    PART(arrival),
    PART(proxy.tickets),
    PART(answers.log),
    PART(answers.local),
    PART(answers.listen_timer),
    PART(answers.listen_reported),
    PART(answers.started_ms),
};

void agent_forget(struct agent *agent) {
    char *bytes = (char *)agent;
    size_t at = 0;
    struct pp_error error = {0};
    answers_refuse_rest(agent);
    for (size_t i = 0; i < PP_COUNT(kept); i++) {
        pp_wipe(bytes + at, kept[i].offset - at);
        at = kept[i].offset + kept[i].size;
    }
    pp_wipe(bytes + at, sizeof *agent - at);
    pp_log_ring_clear(agent->answers.log);
    if (!agent_config_read_secrets(&agent->config, &error))
        pp_log_warning("what is secret of the configuration is not read again: %s", error.message);
}

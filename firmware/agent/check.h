/* What a configuration names, looked at before the agent starts with it: pingplay-agent --check. */
#ifndef PP_AGENT_CHECK_H
#define PP_AGENT_CHECK_H

#include "agent/config.h"

/* The authorities, the headend's and the proxy's, the first root of trust and the renderers; the error names the
 * setting, the file, and what is wrong with it. Nothing is changed, and no network is needed. */
PP_MUST_USE bool agent_check_files(const struct agent_config *config, struct pp_error *error);

#endif

/*
 * Which screen the table has (states.h) for what the agent knows, and its words for render/status/screen.h.
 */
#ifndef PP_AGENT_SCREENS_H
#define PP_AGENT_SCREENS_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/notices.h"
#include "agent/states.h"
#include "base/error.h"
#include "ipc/wire.h"

struct agent;

/* What is wrong, as the status screens say it and as the headend is told. */
struct screen_trouble {
    const char *code;   /* "C-1", explained in pingplay-agent(8); NULL: nothing */
    const char *detail; /* borrowed from the agent */
};
struct screen_trouble screens_trouble(const struct agent *agent);
/* What belongs on the screen now. */
enum agent_screen screens_find(const struct agent *agent);
/* Whether the screen is there for somebody to sign in. */
bool screens_is_for_a_person(const struct agent *agent);
/* A director_config's write_status. */
PP_MUST_USE bool screens_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                               struct pp_error *error);
/* The one of that name, and what it is to say: notices.h. */
PP_MUST_USE bool screens_write_notice(const struct agent *agent, uint16_t width, uint16_t height,
                                      const char *name, const struct notice *notice,
                                      char json[IPC_TEXT_MAX + 1], struct pp_error *error);
/* Who this is: its name, and the first `code` characters of its id. */
PP_MUST_USE bool screens_write_identify(const struct agent *agent, uint16_t width, uint16_t height, int code,
                                        char json[IPC_TEXT_MAX + 1], struct pp_error *error);

#endif

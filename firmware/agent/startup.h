/*
 * From an empty hand to a running agent: the state folder, the network, then what is cached; and the way back, to an
 * agent that is nobody's.
 */
#ifndef PP_AGENT_STARTUP_H
#define PP_AGENT_STARTUP_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/crash_guard.h"
#include "base/deadline.h"
#include "base/error.h"
#include "base/jobs.h"
#include "command/journal.h"
#include "net/loop.h"

#define STARTUP_OPEN_AGAIN_MS 10000 /* between two tries to open the state folder */

struct agent;
struct reporter;

/* Opening the state folder, by a job: it may take as long as the flash does, or for ever. */
struct opening {
    struct pp_job job; /* first: the job is the opening */
    struct agent *agent;
    bool ok;            /* else `error` */
    bool crashed_often; /* the starts before this one */
    bool erase_ended;   /* what an erase had left when it was cut off is gone */
    struct reporter *reporter;
    struct pp_error error;
};

/* Why everything is erased, or was: told by the one that it becomes. */
struct erase_note {
    char why[64];    /* "" it was not */
    int64_t begun_s; /* s since 1970 */
};

/* The same of an erase. */
struct erasing {
    struct pp_job job; /* first */
    struct agent *agent;
    bool ok;
    struct command_entry proof; /* what the last receipt is about */
    struct pp_error error;
};

struct agent_startup {
    struct opening opening;
    struct net_timer open_timer; /* it is tried again then; or, while it runs, said that it takes long */
    struct crash_guard guard;
    struct net_timer healthy_timer; /* the start has gone well then */
    struct erasing erasing;
    struct erase_note erase_note;
    struct pp_deadline *erase_deadline; /* of an erase's way there; NULL: none */
};

/* In AGENT_STARTING: has the state folder opened, and begins then; where the flash does not let it, or takes its
 * time, a status screen says so, and it is tried again. Where that is of no use the loop stops, and agent_process has
 * the reason. */
void startup_begin(struct agent *agent);
/* Closes what it has opened. */
void startup_close(struct agent *agent);
/* Stops all, destroys the keys and then everything else that is on flash, for as long as it takes: AGENT_ERASED. */
void startup_erase(struct agent *agent);

#endif

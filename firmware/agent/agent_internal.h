/* The agent's own struct, shared by the files that are the agent: agent.c, content.c, enrolment.c,
 * connection.c, control.c, keeping.c, screens.c, startup.c. */
#ifndef PP_AGENT_AGENT_INTERNAL_H
#define PP_AGENT_AGENT_INTERNAL_H

#include "agent/access_state.h"
#include "agent/agent.h"
#include "agent/answers.h"
#include "agent/authority.h"
#include "agent/clock_watch.h"
#include "agent/commands.h"
#include "agent/connection.h"
#include "agent/content.h"
#include "agent/control.h"
#include "agent/controls.h"
#include "agent/crash_guard.h"
#include "agent/director.h"
#include "agent/enrolment.h"
#include "agent/floors.h"
#include "agent/keyboard.h"
#include "agent/last_receipt.h"
#include "agent/network_key.h"
#include "agent/notices.h"
#include "agent/portal.h"
#include "agent/proxy.h"
#include "agent/reporter.h"
#include "agent/state_document.h"
#include "agent/states.h"
#include "agent/trouble.h"
#include "agent/vault_notes.h"
#include "agent/wifi_erasure.h"
#include "base/jobs.h"
#include "base/watchdog.h"
#include "identity/agreement.h"
#include "identity/identity.h"
#include "net/client.h"
#include "net/loop.h"
#include "store/store.h"
#include "sync/sync.h"
#include "vault/vault.h"

#define AGENT_STATE_RECORD  "state" /* the state document in effect: its payload */
#define AGENT_STOP_MS       4000    /* for a stop: less than systemd gives (TimeoutStopSec) */
#define AGENT_OPEN_AGAIN_MS 10000   /* between two tries to open the state folder */
#define AGENT_KEEP_MS       (FLOORS_CLOCK_CARRY_S * 1000) /* between two looks at what is to be kept */
#define AGENT_KEEP_AGAIN_MS 10000 /* between two tries where the flash did not take or give it */

/* Opening the state folder, by a job: it may take as long as the flash does, or for ever. */
struct opening {
    struct pp_job job; /* first: the job is the opening */
    struct agent *agent;
    bool running;       /* what it opens is the job's until it is done */
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

struct agent {
    struct agent_config config;
    struct ipc_launcher *launcher; /* of the renderers, borrowed; NULL: they are started as our own user */
    struct net_watch *launcher_watch;
    enum agent_state state;
    struct net_loop *loop;
    struct pp_jobs *jobs; /* whatever waits for the flash once the loop runs */
    struct net_watch *jobs_watch;
    struct pp_jobs *keys; /* whatever waits for a key that is kept elsewhere */
    struct net_watch *keys_watch;
    struct pp_deadline *stop_deadline;  /* of what is being closed; NULL: none */
    struct pp_deadline *erase_deadline; /* of an erase's way there; NULL: none */
    struct pp_watchdog watchdog;
    struct net_timer watchdog_timer;
    struct vault *vault;
    struct store *store;
    struct identity *identity;
    struct agreement *agreement;
    struct floors floors;
    struct crash_guard guard;
    struct net_client *client;
    struct agent_proxy proxy; /* proxy.c */
    struct agent_authority authority;
    struct agent_portal portal; /* portal.c */
    struct access_state access; /* access_state.c */
    struct keyboard keyboard;
    struct sync *sync;
    struct reporter *reporter;
    struct director *director;
    struct net_watch *signal_watch;
    int signal_fd;
    struct answers answers; /* for whoever stands in front of it */

    /* startup.c */
    struct net_timer healthy_timer;
    struct net_timer open_timer; /* it is tried again then; or, while it runs, said that it takes long */
    struct opening opening;
    struct erasing erasing;
    struct erase_note erase_note;
    bool stopping;         /* nothing is begun any more */
    bool orderly;          /* by SIGTERM */
    struct pp_error fatal; /* why it cannot go on; PP_OK none */

    struct state_document document;      /* in effect; version 0: none yet */
    struct state_floor document_kept;    /* of the one in the vault */
    struct state_floor document_keeping; /* of the one on its way there */
    struct pp_buf document_json;         /* that one, until it is there; wiped */
    bool document_unkept;                /* it did not get there: it is tried again */
    bool keep_failure_reported;          /* that it cannot be kept */

    struct commands commands;
    struct controls controls;
    struct last_receipt last_receipt;
    struct wifi_erasure wifi_erasure;
    struct network_key network_key;
    struct notice notice; /* the last one, for notices_write */

    /* keeping.c */
    struct net_timer keep_timer;
    struct net_timer silence_timer; /* to see whether there was no word of the headend for too long */
    struct clock_watch clock_watch;
    enum lock_reason lock_reason; /* of the lock that AGENT_LOCK is about */
    struct vault_notes vault_notes;
    struct net_watch *vault_watch;
    bool time_answered; /* a state has answered a request of this start: the line is no older than that */
    bool time_waits;    /* to be taken back, until that is kept */
    struct trust_time_statement statement; /* root's, as long as it may be needed; epoch 0: none */
    bool state_expired; /* the last state was refused because it has expired, by our time */

    struct agent_enrolment enrolment;   /* enrolment.c */
    struct agent_connection connection; /* connection.c */
    struct agent_control control;       /* control.c */
    struct agent_content content;       /* content.c */
    struct troubles troubles;
};

/* What does not let a stop come to its end. */
#define AGENT_FLASH_SILENT  "the flash does not answer: what waits for it is given up"
#define AGENT_TPM_SILENT    "the TPM does not answer: what waits for it is given up"
#define AGENT_EITHER_SILENT "the flash or the TPM does not answer: what waits for it is given up"

/* ---- agent.c ---- */
/* What the table (states.h) has for it: the next state, its screen, and the action. */
void agent_handle(struct agent *agent, enum agent_event event);
/* AGENT_ERASE, with its reason: what becomes of it is told by whom this display point is then. */
void agent_erase_for(struct agent *agent, const char *why);
/* AGENT_LOCK, with its reason. */
void agent_lock(struct agent *agent, enum lock_reason reason);
/* The screen that belongs to the state: content, or a status screen. */
void agent_update_screen(struct agent *agent);

/* ---- startup.c ---- */
/* In AGENT_STARTING: has the state folder opened, and begins then; where the flash does not let it, or takes its
 * time, a status screen says so, and it is tried again. `fatal` and a loop that stops where that is of no use. */
void startup_begin(struct agent *agent);
/* Closes what it has opened. */
void startup_close(struct agent *agent);
/* Stops all, destroys the keys and then everything else that is on flash, for as long as it takes: AGENT_ERASED. */
void startup_erase(struct agent *agent);
cJSON *agent_make_status(void *arg);

/* ---- keeping.c ---- */
/* Reports what the vault says of itself, which is noted as soon as there is one. */
PP_MUST_USE bool keeping_watch_vault(struct agent *agent, struct pp_error *error);
/* The vault is closed. */
void keeping_unwatch_vault(struct agent *agent);
void keeping_start(struct agent *agent);
void keeping_stop(struct agent *agent);
/* A document takes effect. */
void keeping_keep(struct agent *agent, const struct state_document *document, const void *json, size_t size);
/* It counts no longer: what did not get to flash is not tried again. */
void keeping_forget_document(struct agent *agent);
/* Brings to flash that it is locked: nor does pulling the mains plug open it. AGENT_LOCK_KEPT follows, also from
 * within. */
void keeping_lock(struct agent *agent);
void keeping_unlock(struct agent *agent);
/* Whether it is locked at the start; also because too much time has passed while it was off. */
bool keeping_find_lock(struct agent *agent);
/* The vault has a record of authorities: its loss is told from now on. */
void keeping_note_authorities(struct agent *agent);
/* Where the offline policy counts: a state that is signed anew is asked for before the last one is too old. */
void keeping_ask_for_word(struct agent *agent);
/* Root's keys say something of the time; `expired`: metadata has expired by ours. */
void keeping_hear_statement(struct agent *agent, const struct trust_time_statement *statement, bool expired);
/* The last state is in effect, or was refused for `error`. */
void keeping_hear_state(struct agent *agent, const struct pp_error *error);

/* Which clock decides: "network", the system's, which somebody synchronises; "system", which nobody does, and which is
 * later than the line of base/wall_clock.h; "signed", that line, by a state that has answered a request since the
 * start; "floor", that line, by what was known before. */
const char *keeping_time_source(struct agent *agent);

/* ---- screens.c ---- */
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
PP_MUST_USE bool screens_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                               struct pp_error *error);
/* Who this is: its name, and the first `code` characters of its id. */
/* Of a screen's name, and what it is to say: notices.h. */
PP_MUST_USE bool screens_write_notice(const struct agent *agent, uint16_t width, uint16_t height,
                                      const char *name, const struct notice *notice,
                                      char json[IPC_TEXT_MAX + 1], struct pp_error *error);
PP_MUST_USE bool screens_write_identify(const struct agent *agent, uint16_t width, uint16_t height, int code,
                                        char json[IPC_TEXT_MAX + 1], struct pp_error *error);

#endif

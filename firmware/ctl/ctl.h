/*
 * pingplayctl(8): what the commands share. A command asks the agent on its socket (ipc/local.h) and shows the
 * answer, in
 * words or, with --json, as the document that came.
 */
#ifndef PP_CTL_CTL_H
#define PP_CTL_CTL_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "ctl/words.h"
#include "ipc/local.h"

/* Exit statuses, as the manual page has them. */
enum ctl_exit {
    CTL_OK = 0,
    CTL_FAILED = 1,
    CTL_USAGE = 2,
    CTL_NO_AGENT = 3, /* none runs, or it does not answer */
    CTL_DENIED = 4,   /* this user may not */
    CTL_NOT_NOW = 5,  /* the agent is busy, or not in the state for that */
    CTL_FAULTS = 6,   /* diagnose: something is wrong */
};

/* Options of "proxy set"; NULL: not given. */
struct ctl_proxy {
    const char *ca;     /* path; also of "network 8021x" */
    const char *keytab; /* path */
    const char *user, *principal, *kdc, *except;
};

struct ctl {
    enum language language;
    const char *socket; /* path */
    const char *config; /* path of agent.conf */
    bool json;
    bool quiet; /* an agent that is not there is only told by the exit status */
    bool waits; /* asks again: nor is a refusal for now told */
    /* of single commands */
    bool again, follow, yes;
    uint64_t lines;
    const char *at;
    bool hidden, qr, keep;
    const char *security;
    const char *ssid, *server, *identity, *anonymous; /* of "network 8021x"; NULL: not given */
    struct pp_option_list gateways, dns;
    struct ctl_proxy proxy;
    const char *const *arguments; /* behind the command's name */
    int argument_count;
};

/* The whole program. */
int ctl_main(int argc, char **argv);

/* ---- client.c ---- */

/* A connection on which `request` was asked; -1 with an exit status and a line on standard error. `patience_s`
 * until each
 * message of the answer; 0: for ever. */
int client_ask(const struct ctl *ctl, const struct local_message *request, int patience_s,
               enum ctl_exit *status);
/* The next message of the answer; LOCAL_REFUSED never comes: it is told, and `status` says so. */
bool client_next(const struct ctl *ctl, int fd, struct pp_buf *packet, struct local_message *message,
                 enum ctl_exit *status);
/* The one document of the answer, for the caller to destroy; with --json it is printed, too. NULL with an exit
 * status. */
cJSON *client_document(const struct ctl *ctl, const struct local_message *request, int patience_s,
                       enum ctl_exit *status);

/* ---- show.c: lines of "label   value" on standard output ---- */

#define SHOW_LABEL_WIDTH 24 /* columns */

void show_line(const struct ctl *ctl, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The document's text of that name, or "" where there is none. */
const char *show_text(const cJSON *document, const char *name);
/* 0 where there is none; within ±PP_JSON_INTEGER_MAX. */
double show_number(const cJSON *document, const char *name);
/* A text with what a terminal would obey taken out; as many buffers as a line needs. */
void show_plain(const char *text);

/* ---- The commands ---- */

/* Until the agent offers another code than `former`; false where none comes in a minute. (reset.c) */
bool enrol_wait_code(const struct ctl *ctl, const char *former, enum ctl_exit *status);

/* What the agent's document says, in words. */
void status_show(const struct ctl *ctl, const cJSON *document);
void stats_show(const struct ctl *ctl, const cJSON *document);
enum ctl_exit enrol_show(const struct ctl *ctl, const cJSON *document);
void schedule_show(const struct ctl *ctl, const cJSON *document);
void diagnose_show(const struct ctl *ctl, const cJSON *document);

enum ctl_exit status_run(const struct ctl *ctl);
enum ctl_exit enrol_run(const struct ctl *ctl);
enum ctl_exit logs_run(const struct ctl *ctl);
enum ctl_exit diagnose_command_run(const struct ctl *ctl);
enum ctl_exit schedule_run(const struct ctl *ctl);
enum ctl_exit reset_run(const struct ctl *ctl);
enum ctl_exit sign_out_run(const struct ctl *ctl);
enum ctl_exit vault_run(const struct ctl *ctl);
enum ctl_exit stats_run(const struct ctl *ctl);
enum ctl_exit network_run(const struct ctl *ctl);
enum ctl_exit proxy_run(const struct ctl *ctl);

#endif

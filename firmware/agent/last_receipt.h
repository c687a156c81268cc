/*
 * What a display point that has erased itself says last: the receipt of the command that asked for it, signed by its
 * device key once the vault's own key was gone, while it still stood in memory. From then on nothing proves more; so
 * it is kept beside the empty vault (STATE/last-receipt: no secret), and told without certificate or cookie until
 * the headend has it. It is made after the keys are destroyed and never before: a power cut in between costs the
 * proof, and proves nothing false.
 */
#ifndef PP_AGENT_LAST_RECEIPT_H
#define PP_AGENT_LAST_RECEIPT_H

#include "base/jobs.h"
#include "command/receipt.h"
#include "identity/identity.h"
#include "net/client.h"
#include "net/retry.h"

#define LAST_RECEIPT_FILE    "last-receipt"
#define LAST_RECEIPT_TIME_MS 20000 /* for one request */

struct last_receipt {
    char id[COMMAND_ID_SIZE]; /* of the command; "" there is none */
    char *token;
    const char *state_dir; /* borrowed */
    struct net_loop *loop;
    struct net_client *client;
    struct pp_jobs *jobs;
    struct net_call *call;
    struct net_timer timer;
    struct net_retry retry;
    struct pp_job removal; /* of the file */
    bool removing;
    void (*on_told)(void *arg); /* the headend has it, or does not want it; NULL: nobody is told */
    void *arg;
};

/* Signs what became of `entry`, where there is none yet; for a job. False: there is no proof; said in the log. */
bool last_receipt_sign(struct last_receipt *receipt, const struct command_entry *entry,
                       const struct identity *identity);
/* Writes it into the emptied state folder, or reads it there, where memory has none; both by a job. */
void last_receipt_keep(struct last_receipt *receipt, const char *state_dir);
void last_receipt_load(struct last_receipt *receipt, const char *state_dir);
/* Tells the headend, where there is one. */
void last_receipt_begin(struct last_receipt *receipt, struct net_loop *loop, struct net_client *client,
                        struct pp_jobs *jobs);
/* Before the client goes; it is taken up again by last_receipt_begin. */
void last_receipt_stop(struct last_receipt *receipt);
void last_receipt_finish(struct last_receipt *receipt);

#endif

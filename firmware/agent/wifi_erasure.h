/*
 * The Wi-Fi goes with the display point that becomes nobody's. Its profile and its passphrase are
 * pingplay-network(8)'s, which is asked to erase them. A note of it (STATE/wifi-erasure) stands in the state
 * folder from before the keys are destroyed until it is done, so that no power cut leaves a passphrase behind. It says
 * when that was decided (base/boot_time.h): a Wi-Fi that somebody sets later is left. It waits
 * for the last receipt (last_receipt.h), which needs the network: until the headend has that, or WIFI_ERASURE_WAIT_MS.
 */
#ifndef PP_AGENT_WIFI_ERASURE_H
#define PP_AGENT_WIFI_ERASURE_H

#include "agent/last_receipt.h"
#include "base/boot_time.h"

#define WIFI_ERASURE_FILE    "wifi-erasure"
#define WIFI_ERASURE_WAIT_MS (10 * 60 * 1000)
#define WIFI_ERASURE_NOW_MS  60000 /* for an answer, where nothing else is to be done meanwhile */

struct wifi_erasure {
    bool wanted;
    struct pp_boot_time decided;    /* zeroes: not known; whatever Wi-Fi there is goes */
    const char *state_dir, *socket; /* borrowed */
    struct net_loop *loop;
    struct pp_jobs *jobs;
    int fd; /* an answer is waited for; else -1 */
    struct net_watch *watch;
    struct net_timer timer;
    struct net_retry retry;
    struct pp_job removal; /* of the note */
};

/* Writes the note, decided now. Where it cannot be written that is said in the log, and the erase goes on. */
void wifi_erasure_note(const char *state_dir);
bool wifi_erasure_is_noted(const char *state_dir);
/* Reads it, by a job. `enrolled`: what it is a note of was not done, or was undone by an enrolment; then it goes. */
void wifi_erasure_load(struct wifi_erasure *erasure, const char *state_dir, bool enrolled);
/* Where it is wanted: asks once `receipt` is told, and until it is done. A machine without the service
 * has no Wi-Fi of ours. */
void wifi_erasure_begin(struct wifi_erasure *erasure, const char *socket, struct last_receipt *receipt,
                        struct net_loop *loop, struct pp_jobs *jobs);
void wifi_erasure_stop(struct wifi_erasure *erasure);

/* Asks, and waits; while no agent runs. False: it is not done, and the note stays. */
PP_MUST_USE bool wifi_erasure_now(const char *state_dir, const char *socket, struct pp_error *error);

#endif

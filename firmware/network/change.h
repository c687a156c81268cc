/*
 * A change of profile, in steps that each go right or wrong:
 *
 *      NOTE ──▶ WRITE ──▶ LOAD ──▶ UP ──▶ PROBE ──▶ KEEP ──▶ CLEAN ──▶ DONE
 *       │         │         │       │       │         │
 *       │         └─────────┴───────┴───┬───┴─────────┘ wrong
 *       ▼                               ▼
 *     FAILED ◀────────────────────── RETURN ◀── DISCARD
 *
 * NOTE      which connection is active there, and which place is free
 * WRITE     the new profile into the free place, on trial: a machine that is started anew takes up the old one
 * LOAD, UP  by NetworkManager, CHANGE_UP_S at most
 * PROBE     the gateways that it names answer; of a Wi-Fi, the one that the network has named. Where one does not, it
 *           is right all the same if the headend is reached (reach.h), or if whoever asked wants it kept
 * KEEP      it is on trial no more
 * CLEAN     the old one is removed; what goes wrong here is left to the next change
 * DISCARD   the new one is removed
 * RETURN    what was active before is brought up again
 */
#ifndef PP_NETWORK_CHANGE_H
#define PP_NETWORK_CHANGE_H

#include "network/service.h"

#define CHANGE_UP_S 45 /* for addresses: a switch may be silent for 30 s (IEEE 802.1D-2004 §17.14) */

/* Carries out a checked request: wifi, static, dhcp or 8021x. After a failure what was there is in place, and was
 * brought up again; where it did not come up the message says so. `note` gets what is not as it should be of one that
 * was kept; NULL is allowed. */
bool change_run(const struct network_service *service, const struct profiles *profiles,
                const struct network_request *request, struct pp_buf *note, struct pp_error *error);
/* Has NetworkManager bring it up, in CHANGE_UP_S. */
bool change_bring_up(const struct profiles *profiles, const char *uuid, struct pp_error *error);

#endif

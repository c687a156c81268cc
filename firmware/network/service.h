/*
 * pingplay-network(8): changes how this machine is on its network, for whoever may connect to its socket (root, and the
 * group pingplay-admin: board/systemd/pingplay-network.socket). The agent is in that group for another reason; of its
 * user nothing is taken but to erase the Wi-Fi, when the display point becomes nobody's, and to say that its
 * certificate is another: then it is asked for it, where a profile of 802.1X wants it (dot1x.h). A connection is one
 * request (request.h) and one answer:
 *
 *      answer   0: done, 1: not done, 2: not now, ask again (1 byte), text: of show a JSON document, else why not; of a
 *               change that was kept although nothing is reached, what is not
 *
 * One after the other: a change of the network has no second one beside it. A peer that goes away does not end it.
 */
#ifndef PP_NETWORK_SERVICE_H
#define PP_NETWORK_SERVICE_H

#include <signal.h>
#include <sys/types.h>

#include "network/profile.h"

#define NETWORK_SOCKET     "/run/pingplay/network.sock"
#define NETWORK_ANSWER_MAX (16 * 1024) /* bytes of its text */
#define NETWORK_PEER_MS    2000        /* for a peer to send its request */
#define NETWORK_PATIENCE_S 240         /* for an answer: a change that fails, behind another one */

struct phone_service;

enum network_status { NETWORK_DONE, NETWORK_NOT_DONE, NETWORK_LATER };

struct network_service {
    struct profiles profiles;
    uid_t
        agent; /* may erase, and say that it has another key, and nothing else; (uid_t)-1: there is no such user */
    uid_t stick;                       /* may set it where first_start.h allows that, and nothing else */
    const char *agent_socket;          /* of the agent, which is asked and told; NULL: there is none */
    struct phone_service *phone;       /* the screen's own access point; NULL: none here */
    const volatile sig_atomic_t *stop; /* set by a signal: the end; NULL: never */
};

/* Answers one connection; closes nothing. */
void network_answer(const struct network_service *service, int peer);
/* Takes connections until a signal ends it. */
PP_MUST_USE bool network_serve(const struct network_service *service, int listener, struct pp_error *error);

/* The profiles of ours, as {"format":1,"profiles":[…]} of assets/schema/ctl.schema.json; no secret is in it. (show.c)
 * */
PP_MUST_USE bool network_show(const struct profiles *profiles, struct pp_buf *out, struct pp_error *error);

#endif

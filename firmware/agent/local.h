/*
 * Where pingplayctl(8) asks the agent: a unix socket (ipc/local.h) on the agent's loop, which it never holds up. A
 * connection is one question and its answer.
 *
 * Who may connect is known from the kernel (SO_PEERCRED, SO_PEERGROUPS: unix(7)): root, the agent's own user, and
 * members of one group. Everybody else is told so and hung up. Nothing waits for a client: one that does not ask for
 * LOCAL_ASK_MS, does not take its answer, or asks twice is hung up; one that reads the log too slowly loses lines,
 * and is
 * told how many.
 */
#ifndef PP_AGENT_LOCAL_H
#define PP_AGENT_LOCAL_H

#include <cjson/cJSON.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/log_ring.h"
#include "base/mem.h"
#include "ipc/local.h"
#include "net/loop.h"

#define LOCAL_CLIENTS_MAX        8 /* connections at once */
#define LOCAL_CLIENTS_OTHERS_MAX 6 /* of them, not of root or the agent's user */
#define LOCAL_ASK_MS             10000
#define LOCAL_ACCEPT_AGAIN_MS    1000 /* after no connection could be taken: no descriptor was left, say */
#define LOCAL_BATCH_MAX          32   /* lines of the log in one turn of the loop */

struct local;
struct local_client;

struct local_config {
    struct net_loop *loop;
    struct pp_log_ring *log;
    const char *path;  /* of the socket; replaces a stale one */
    const char *group; /* whose members may connect; one that does not exist is nobody's */
    /* Answers with one of the functions below, now or later; until on_gone the client is there. */
    void (*on_request)(void *arg, struct local_client *client, const struct local_message *request);
    /* A client that was not answered yet has gone. */
    void (*on_gone)(void *arg, struct local_client *client);
    void *arg;
};

/* NULL on failure. The texts are copied. */
struct local *local_start(const struct local_config *config, struct pp_error *error);
/* Hangs up without on_gone, and removes the socket. NULL is allowed. */
void local_stop(struct local *local);
PP_DEFINE_AUTO(local, struct local, local_stop)

enum local_who {
    LOCAL_MEMBERS, /* of the group, and those below: whoever is let in */
    LOCAL_OWNERS,  /* root, and the agent's own user, who could do as much without us */
    LOCAL_ROOT,
};
bool local_client_is(const struct local_client *client, enum local_who who);
/* "uid 1000", for the log. */
const char *local_client_name(const struct local_client *client);

/* Each of these is the answer; the client belongs to the socket again. */
void local_answer(struct local_client *client, const cJSON *document);
void local_answer_credentials(struct local_client *client, const struct local_credentials *credentials);
void local_refuse(struct local_client *client, enum local_refusal refusal, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void local_answer_log(struct local_client *client, const struct local_logs *request);

#endif

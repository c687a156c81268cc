/*
 * The connection to the agent: who may connect, and what each message does to the scene. A connection that
 * breaks the protocol is closed and the picture held; a newer connection takes over from an older one.
 */
#ifndef PP_PLAYER_LINK_H
#define PP_PLAYER_LINK_H

#include <sys/types.h>

#include "player/clock.h"
#include "player/scene.h"

#define LINK_ACCEPT_PAUSE_US 1000000 /* us: after an accept for which something was missing */

struct link_callbacks {
    /* Besides the scene's own: volume, restart. */
    void (*control)(void *arg, const struct ipc_control *control);
    /* What is typed is wanted, or not any more: also where the agent has gone. */
    void (*keyboard)(void *arg, bool wanted);
    /* Takes `fd`. */
    void (*screenshot)(void *arg, uint32_t id, int fd);
    void *arg;
};

struct link {
    struct scene *scene;
    struct link_callbacks callbacks;
    uid_t agent_uid; /* allowed beside root and our own */
    int listener;
    int64_t accept_us; /* no connection is taken before; 0: at once */
    int fd;            /* -1: no agent */
    bool greeted;      /* HELLO came */
};

/* Takes `listener` and `agent`, a connection that stands already; -1 none. */
void link_init(struct link *link, struct scene *scene, int listener, int agent, uid_t agent_uid,
               struct link_callbacks callbacks);
void link_finish(struct link *link);

/* What to wait at for a connection: the listener, or -1 until link_due_us, since a listener whose connection
 * could not be taken stays readable. */
int link_listen_fd(const struct link *link, int64_t now_us);
/* When the listener is to be looked at again; PLAYER_NEVER where it is waited at. */
int64_t link_due_us(const struct link *link, int64_t now_us);
/* Takes the newest connection that waits, if its user may. */
void link_accept(struct link *link, int64_t now_us);
/* Takes the messages that wait. */
void link_receive(struct link *link);
/* Nothing happens without an agent; one that does not read its reports is disconnected. */
void link_send(struct link *link, const struct ipc_message *message);
void link_send_display(struct link *link);

/* The socket systemd handed over (sd_listen_fds(3)), or -1. */
int link_systemd_listener(void);
/* A user by name or number. */
PP_MUST_USE bool link_user_find(const char *name, uid_t *uid, struct pp_error *error);

#endif

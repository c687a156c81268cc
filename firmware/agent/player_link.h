/*
 * The agent's connection to the player. It is made again by itself whenever it breaks; each new connection
 * begins with the player's DISPLAY message, and knows nothing of layers of an earlier one.
 */
#ifndef PP_AGENT_PLAYER_LINK_H
#define PP_AGENT_PLAYER_LINK_H

#include "base/error.h"
#include "ipc/wire.h"
#include "net/loop.h"

#define PLAYER_LINK_RETRY_MS 250 /* between two attempts to connect */

struct player_link_events {
    void (*on_connected)(void *arg, const struct ipc_display *display);
    /* `orderly`: the player said that it leaves; else it has died, or hangs. */
    void (*on_lost)(void *arg, bool orderly);
    /* Every message but the first DISPLAY. */
    void (*on_message)(void *arg, const struct ipc_message *message);
};

struct player_link;

/* NULL out of memory. `path` is the player's socket. The callbacks come from the loop, never from in here. */
struct player_link *player_link_create(struct net_loop *loop, const char *path,
                                       const struct player_link_events *events, void *arg,
                                       struct pp_error *error);
/* The same of a connection that stands already, which is taken, also on failure. Where it breaks there is no other. */
struct player_link *player_link_take(struct net_loop *loop, int fd, const struct player_link_events *events,
                                     void *arg, struct pp_error *error);
void player_link_destroy(struct player_link *link); /* NULL is allowed */

/* Closes the connection for good, without on_lost; the player holds its picture. NULL is allowed. */
void player_link_hang_up(struct player_link *link);

/* Between on_connected and on_lost. */
bool player_link_is_up(const struct player_link *link);

/* Sends where the link is up. A player that takes no more messages is hung: the link breaks, and on_lost
 * comes from the loop. Returns whether it was sent. */
bool player_link_send(struct player_link *link, const struct ipc_message *message);

#endif

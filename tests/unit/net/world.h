/* What the tests of the client share: the scripted server, a loop, clients to its ports. */
#ifndef PP_TESTS_NET_WORLD_H
#define PP_TESTS_NET_WORLD_H

#include "support/server.h"

#include "net/client.h"

struct world {
    struct test_server server;
    struct net_loop *loop;
};

int world_set_up(void **state);
int world_tear_down(void **state);

/* To the server's port of that name; `proxy` may be NULL. */
struct net_client *world_connect(struct world *world, const char *port, const char *proxy);

/* The requests seen since the last time. */
cJSON *world_log(struct world *world);

#endif

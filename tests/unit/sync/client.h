/* Our side of a repository that serves CONTENT as PATH. */
#ifndef TEST_SYNC_CLIENT_H
#define TEST_SYNC_CLIENT_H

#include "served.h"

#include "sync/repository.h"

#define PATH    "keys/one.json"
#define CONTENT "{\"one\": 1}"
#define CAP     4096 /* bytes */

struct client {
    struct served served;
    struct net_loop *loop;
    struct net_client *client;
    struct sync_repository *repository;
    atomic_bool cancel;
};

/* `state` is the struct test_server. The first root is installed; nothing was asked yet. */
void client_begin(struct client *client, void **state);
void client_end(struct client *client);
/* Another repository in place of the one before; NULL: no first root is installed. */
void client_open(struct client *client, const char *root_file);

void client_refresh(struct client *client);
/* It fails so, and nothing can be found afterwards. */
void client_refresh_fails(struct client *client, enum pp_code code, bool refused);
/* The caller finishes the target. */
void client_find(struct client *client, const char *path, struct trust_target *target);
void client_downloads(struct client *client, const char *path, const char *content);

#endif

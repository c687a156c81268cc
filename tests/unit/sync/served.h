/* A TUF repository of trust's simulator on the scripted server, over real TLS, and the state folder of its client. */
#ifndef TEST_SYNC_SERVED_H
#define TEST_SYNC_SERVED_H

#include "trust/simulator.h"

#include "folder.h"
#include "support/server.h"

struct served {
    struct folder folder;       /* vault and store */
    struct sim *sim;            /* changed as a test likes, before it publishes */
    struct test_server *server; /* borrowed */
    char url[160];              /* "https://127.0.0.1:1234/NAME", NAME being this repository's alone */
    const char *path;           /* of that: "/NAME" */
};

/* cmocka's group setup and teardown, the state being the struct test_server. */
int served_start(void **state);
int served_stop(void **state);

/* A valid repository without targets, which is served, and a first root at folder/root.json. */
void served_init(struct served *served, struct test_server *server);
void served_finish(struct served *served);

/* Adds a target of the top-level role; it is there from the next publishing on. */
void served_add(struct served *served, const char *path, const char *content);
/* Signs the roles (sim_publish), and gives out all that there is. */
void served_publish(struct served *served, const char *roles);
/* From now on this answer (tests/e2e/servers/scripted.mjs) for a file, as "metadata/timestamp.json". */
void served_answer(struct served *served, const char *file, const char *answer);
/* The same for a target's file, under its own name and the one with its hash. */
void served_answer_target(struct served *served, const char *path, const char *content, const char *answer);
/* How many requests came since the last time. */
int served_requests(struct served *served);

#endif

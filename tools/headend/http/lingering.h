/*
 * Connections that end while their peer still sends: a body that was refused by its head alone. Closed at once, the
 * kernel would answer what comes with a reset, and the peer, who has not come to reading yet, would lose the answer. So
 * the socket stays a while after its connection: what comes is thrown away, until the peer ends, too, or has sent or
 * waited long enough. Callers lock.
 */
#ifndef HEADEND_HTTP_LINGERING_H
#define HEADEND_HTTP_LINGERING_H

#include <stdbool.h>
#include <stdint.h>

#define LINGER_MAX       64                 /* sockets at a time; one more is closed at once */
#define LINGER_MS        10000              /* at most */
#define LINGER_BYTES_MAX (64 * 1024 * 1024) /* of one, that are thrown away */
#define LINGER_LOOK_MS   20                 /* between two looks, while there are any */

struct lingering {
    struct {
        int fd;
        int64_t until;  /* ms, CLOCK_MONOTONIC */
        uint64_t bytes; /* that came since */
    } sockets[LINGER_MAX];
    unsigned count;
};

/* Keeps the socket for itself, whoever closes `fd`. Nothing more is sent. */
void lingering_add(struct lingering *lingering, int fd, int64_t now_ms);
/* Throws away what has come, and closes those that are done. */
void lingering_look(struct lingering *lingering, int64_t now_ms);
void lingering_finish(struct lingering *lingering);

#endif

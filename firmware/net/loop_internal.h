/* What net's own files share of the loop. */
#ifndef PP_NET_LOOP_INTERNAL_H
#define PP_NET_LOOP_INTERNAL_H

#include <curl/curl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "net/loop.h"

struct net_call;

/* What stands in a transfer's CURLOPT_PRIVATE: the first member of whoever it belongs to. */
struct net_transfer {
    void (*finished)(struct net_transfer *transfer, CURL *easy, CURLcode result);
};

TAILQ_HEAD(net_calls, net_call);

struct net_loop {
    CURLM *multi;
    struct net_calls calls;     /* of all clients on this loop, call.c's */
    bool performing;            /* within curl_multi_perform, where curl allows no adding or removing */
    bool unsettled;             /* calls wait to be added or removed, or may have been let on by one's end */
    int host_connections;       /* the most that a client of this loop wants */
    struct net_watch **watches; /* in the order of their making; removed ones until the end of the turn */
    struct pollfd *polled;      /* room for one each, as for `waited` */
    struct curl_waitfd *waited;
    size_t watch_count, watch_room;
    struct net_timers timers; /* by due time */
    struct net_timers due;    /* taken from `timers` for this turn */
    atomic_bool stopped;
};

/* call.c: adds and removes what had to wait for the end of curl_multi_perform. */
void net_calls_settle(struct net_loop *loop);

#endif

/*
 * One thread's loop: descriptors (epoll, level-triggered) and timers (a heap), for tens of thousands of each.
 */
#ifndef FLEET_LOOP_H
#define FLEET_LOOP_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct loop;

/* The owner's memory. Stopped ones may be forgotten. */
struct loop_timer {
    void (*on_due)(void *arg);
    void *arg;
    int64_t at_ms; /* CLOCK_MONOTONIC */
    size_t place;  /* in the heap, from 1; 0: it does not run */
};

/* The owner's memory, which has to outlast the loop: an event may already be on its way to it. */
struct loop_source {
    void (*on_ready)(void *arg, uint32_t events); /* EPOLLIN … */
    void *arg;
    int fd;          /* -1: none */
    uint32_t events; /* that are watched for; 0: it is not in the loop */
};

struct loop *loop_create(struct pp_error *error);
void loop_destroy(struct loop *loop); /* NULL is allowed */
PP_DEFINE_AUTO(loop, struct loop, loop_destroy)

/* Sets what is watched for. PP_E_IO where the kernel has no room for one more. */
PP_MUST_USE bool loop_watch(struct loop *loop, struct loop_source *source, uint32_t events,
                            struct pp_error *error);
/* Closes the descriptor. */
void loop_close(struct loop *loop, struct loop_source *source);

/* (Re)starts it. Without memory for one more it is due at once: callers cannot do better. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, int64_t wait_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Once the flag is set, nothing is run any more. Borrowed. */
void loop_end_with(struct loop *loop, const volatile sig_atomic_t *ended);
/* Runs until `done` says so (it is asked every LOOP_LOOK_MS) or the time is over; which of the two is returned. */
#define LOOP_LOOK_MS 10
bool loop_run(struct loop *loop, int64_t limit_ms, bool (*done)(void *arg), void *arg);

#endif

/*
 * Tells systemd that a program's loop still runs (sd_watchdog_enabled(3), sd_notify(3)), so that one that
 * never comes back, from a display's driver or a flash's, ends in a restart and not in a frozen screen.
 * Nothing happens where no watchdog is set.
 */
#ifndef PP_BASE_WATCHDOG_H
#define PP_BASE_WATCHDOG_H

#include <stdint.h>

#define PP_WATCHDOG_NEVER INT64_MAX

struct pp_watchdog {
    int socket;          /* -1: there is none */
    int64_t interval_us; /* us between two signs of life */
    int64_t due_us;      /* of the next, us, CLOCK_MONOTONIC; PP_WATCHDOG_NEVER where there is none */
};

/* Takes NOTIFY_SOCKET, WATCHDOG_PID and WATCHDOG_USEC out of the environment. */
void pp_watchdog_init(struct pp_watchdog *watchdog);
void pp_watchdog_finish(struct pp_watchdog *watchdog);
/* Gives a sign if one is due at `now_us`. */
void pp_watchdog_tick(struct pp_watchdog *watchdog, int64_t now_us);

#endif

/*
 * Tells systemd that the loop still runs (sd_watchdog_enabled(3), sd_notify(3)), so that a display driver
 * that never returns from a present ends in a restart and not in a frozen picture. Nothing happens where no
 * watchdog is set.
 */
#ifndef PP_PLAYER_WATCHDOG_H
#define PP_PLAYER_WATCHDOG_H

#include <stdint.h>

struct watchdog {
    int socket;          /* -1: there is none */
    int64_t interval_us; /* us between two signs of life */
    int64_t due_us;      /* of the next; PLAYER_NEVER where there is none */
};

/* Takes NOTIFY_SOCKET, WATCHDOG_PID and WATCHDOG_USEC out of the environment. */
void watchdog_init(struct watchdog *watchdog);
void watchdog_finish(struct watchdog *watchdog);
/* Gives a sign if one is due. */
void watchdog_tick(struct watchdog *watchdog, int64_t now_us);

#endif

/* What somebody in front of the screen is to read now: what became of a USB stick or a phone that hands over a
 * network, and how a phone comes to the screen's own access point. It stands above all else, and goes by itself. */
#ifndef PP_AGENT_NOTICES_H
#define PP_AGENT_NOTICES_H

#include "ipc/local.h"
#include "ipc/wire.h"

#define NOTICE_TRYING_MS (4 * 60 * 1000) /* at most: a change that fails is taken back within that */
#define NOTICE_RESULT_MS 20000           /* to be read */
#define NOTICE_OPEN_MS   30000           /* until it is said again */

struct agent;

struct notice {
    enum local_notice_kind kind; /* 0: none */
    char detail[LOCAL_DETAIL_MAX + 1];
    char network[LOCAL_NETWORK_MAX + 1];
    char passphrase[LOCAL_PHRASE_MAX + 1]; /* wiped with the notice */
    char address[LOCAL_ADDRESS_MAX + 1];
    int64_t until_ms; /* CLOCK_MONOTONIC: it stays so long before one that is said again and again */
};

/* Where there is no player it is in the log alone; a passphrase never is. */
void notices_show(struct agent *agent, const struct local_notice *notice);
/* The status screen of it, for the director. */
PP_MUST_USE bool notices_write(void *arg, uint16_t width, uint16_t height, char json[IPC_TEXT_MAX + 1],
                               struct pp_error *error);

#endif

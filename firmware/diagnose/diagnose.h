/*
 * Why a display point does not do what it should, as a technician looks for it: from the cable to the screen, each
 * check
 * with a verdict, a finding that has words in English and French (findings.h), and what was seen.
 *
 *   {"format": 1, "by": "agent", "verdict": "fault", "checks": [
 *      {"name": "link", "verdict": "ok", "finding": "link-up", "detail": "eth0"}, …
 *      {"name": "tls", "verdict": "fault", "finding": "tls-untrusted", "detail": "… unknown authority"}, …]}
 *
 * It needs no key and changes nothing: it looks at the machine, resolves and connects as the agent does, and asks
 * the headend
 * for what anybody may ask (without certificate or cookie). It waits for networks and flash, so it has a thread of
 * its own
 * in the agent.
 */
#ifndef PP_DIAGNOSE_DIAGNOSE_H
#define PP_DIAGNOSE_DIAGNOSE_H

#include <cjson/cJSON.h>
#include <stdint.h>

#include "base/config.h"
#include "base/error.h"
#include "base/mem.h"
#include "net/authorities.h"
#include "net/loop.h"
#include "net/proxy.h"

#define DIAGNOSE_FORMAT        1
#define DIAGNOSE_DETAIL_MAX    300 /* bytes with the NUL */
#define DIAGNOSE_TEXT_MAX      128 /* bytes with the NUL */
#define DIAGNOSE_CONNECT_MS    4000
#define DIAGNOSE_ADDRESSES_MAX 4 /* of a name that are connected to */
#define DIAGNOSE_ANSWER_MS     20000
#define DIAGNOSE_LOW_BYTES     (UINT64_C(64) << 20) /* free on the flash */
#define DIAGNOSE_OFF_S         60                   /* between our clock and the headend's */

/* Copied, and nothing of it is another's: a diagnosis may outlive who wanted it. */
struct diagnose_config {
    char by[16];                         /* "agent", "pingplayctl" */
    char url[PP_CONFIG_VALUE_MAX];       /* https://HOST[:PORT]; "": not configured */
    char ca[PP_CONFIG_VALUE_MAX];        /* PEM file, unless there are `authorities` */
    struct net_authorities *authorities; /* held by a run; or NULL */
    char trusted[DIAGNOSE_DETAIL_MAX];   /* which those are, in words; "" not known */
    char proxy[PP_CONFIG_VALUE_MAX];     /* its address; "" none */
    struct net_proxy *through; /* the same with all that it takes, held by a run; NULL: `proxy` as it is */
    char through_trouble
        [DIAGNOSE_DETAIL_MAX]; /* why what it takes is not known; "" it is, or it takes nothing */
    char state_dir[PP_CONFIG_VALUE_MAX];
    int64_t now_ms; /* ms since 1970: the time that decides, now; 0: the system's */
    char time_source
        [16]; /* what that is by: "network", "system", "signed", "floor" (pingplayctl(8)); "" not known */
    int64_t signed_ms; /* ms since 1970: the last signed time plus what has passed; 0: not known */
    /* Of the agent; without it all of these are unknown. */
    bool has_agent;
    int64_t certificate_end_s;         /* s since 1970, of the screen's certificate; 0: it has none */
    bool has_player;                   /* it is connected to one */
    unsigned width, height;            /* pixels of the display */
    char driver[DIAGNOSE_TEXT_MAX];    /* of it */
    bool sandboxed;                    /* a renderer has been started, and said how far its sandbox reaches */
    bool sandbox_whole;                /* all of it */
    char sandbox[DIAGNOSE_DETAIL_MAX]; /* in words */
    char code[8];                      /* what the screen says, "N-1"; "" nothing */
    char trouble[DIAGNOSE_DETAIL_MAX]; /* in words */
};

/* Checks all, on this thread: up to a minute. NULL out of memory. */
cJSON *diagnose(const struct diagnose_config *config);

struct diagnose_run;

/* The same on a thread of its own; `on_done` comes once, from the loop, with the document, which is the callee's;
 * NULL out of
 * memory. NULL where it could not be begun. */
struct diagnose_run *diagnose_start(struct net_loop *loop, const struct diagnose_config *config,
                                    void (*on_done)(void *arg, cJSON *document), void *arg,
                                    struct pp_error *error);
/* Without waiting: the thread ends by itself, and nobody hears of it. Not after on_done. NULL is allowed. */
void diagnose_abandon(struct diagnose_run *run);

#endif

/*
 * When the screen's own access point is open, over which a phone hands over a Wi-Fi: one table, state x event -> action
 * and next state.
 *
 *             needed          due            done           given          due
 *      AWAY ─────────▶ WAITING ────▶ OPENING ───────▶ OPEN ────────▶ TAKEN ──────▶ TRYING ──▶ AWAY
 *       ▲                 │           │ ▲ ▲             │                             │     done
 *       │                 │    failed │ │ └─────────────┼─────────────────────────────┘ failed
 *       │                 │           ▼ │ due       gone│ due, ended
 *       └─────────────────┴────────── RESTING ◀─────────┘
 *           not needed (from every state: closed)
 *
 * AWAY      the screen is somebody's, or has a network
 * WAITING   it is nobody's and has none: for a while a network may still come by itself
 * OPENING   what is in reach is looked for, and the access point opened; after a trial not where a network came back
 * OPEN      PHONE_OPEN_S at most; where NetworkManager has it no more (rfkill, nmcli, a new start) it is opened again,
 *           with the same name and passphrase, PHONE_LOSSES_MAX times in one opening
 * TAKEN     a phone has named a network; it still reads that on the page
 * TRYING    the access point is closed, and that network tried (change.h); where it does not come up it opens again,
 *           with the same name and passphrase, so that the phone comes back by itself
 * RESTING   the radio is free for what NetworkManager knows already: a Wi-Fi that was gone for an hour is found again
 *
 * Asked for by an administrator it opens at once, on an enrolled screen as well; that one it does not open again.
 */
#ifndef PP_NETWORK_PHONE_H
#define PP_NETWORK_PHONE_H

#define PHONE_OPEN_S     1800 /* as long as somebody may be looking for his phone */
#define PHONE_REST_S     300
#define PHONE_LINGER_S   2 /* for the page to reach the phone */
#define PHONE_LOSSES_MAX 3

enum phone_state {
    PHONE_AWAY,
    PHONE_WAITING,
    PHONE_OPENING,
    PHONE_OPEN,
    PHONE_TAKEN,
    PHONE_TRYING,
    PHONE_RESTING,
    PHONE_STATES,
};

enum phone_event {
    PHONE_NEEDED,
    PHONE_NOT_NEEDED,
    PHONE_DUE,   /* the state's time is over */
    PHONE_ASKED, /* by an administrator */
    PHONE_ENDED, /* likewise */
    PHONE_YIELD, /* another change of the network wants the radio */
    PHONE_LOST,  /* the page has ended */
    PHONE_GONE,  /* the access point is, and not by us */
    PHONE_GIVEN, /* a network, by the page */
    PHONE_DONE,  /* of what was done on entering the state */
    PHONE_FAILED,
    PHONE_EVENTS,
};

enum phone_action {
    PHONE_CANNOT_COME, /* a mistake of ours: said in the log, and ignored */
    PHONE_DO_NOTHING,
    PHONE_WAIT,     /* the state has its time, from now on */
    PHONE_OPEN_NEW, /* with a new name and passphrase */
    PHONE_REOPEN,   /* with those of before */
    PHONE_CLOSE,
    PHONE_CLOSE_AND_WAIT,
    PHONE_TRY,
    PHONE_TELL_DONE,
};

struct phone_step {
    enum phone_action action;
    enum phone_state next;
};

struct phone_step phone_step(enum phone_state state, enum phone_event event);
const char *phone_state_name(enum phone_state state);
const char *phone_event_name(enum phone_event event);

#endif

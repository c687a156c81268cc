/*
 * What is typed on the display's keyboards, while the agent wants it: a password. It goes on character by character as
 * SDL makes them (its layout, dead keys and input methods); none is kept here, nor in SDL's queue of events.
 */
#ifndef PP_PLAYER_KEYBOARD_H
#define PP_PLAYER_KEYBOARD_H

#include "player/display.h"

struct keyboard {
    struct display *display;
    void (*typed)(void *arg, const struct ipc_typed *typed); /* wiped behind it */
    void *arg;
    bool wanted;
    bool used; /* since the last keyboard_settle */
};

/* Nothing is wanted at first. The struct stays where it is. */
void keyboard_init(struct keyboard *keyboard, struct display *display,
                   void (*typed)(void *arg, const struct ipc_typed *typed), void *arg);
void keyboard_want(struct keyboard *keyboard, bool wanted);
/* After SDL's events were taken: what it left of them on the stack goes. */
void keyboard_settle(struct keyboard *keyboard);

#endif

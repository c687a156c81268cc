/*
 * A key that is held for long enough, among the machine's input devices (evdev, linux/input.h). One that was down
 * before a
 * device was opened counts from then on; a device that comes, goes, or drops events is looked at anew. Nothing but
 * that one
 * key is ever noted.
 */
#ifndef PP_CTL_HELD_KEY_H
#define PP_CTL_HELD_KEY_H

#include <stdint.h>

#include "base/error.h"

#define HELD_KEY_DEVICES_MAX 64
#define HELD_KEY_NAME_MAX    32 /* bytes of a device's name */

struct held_key_device {
    char name[HELD_KEY_NAME_MAX + 1]; /* "event3" */
    int fd;
    bool down;
};

struct held_key {
    uint16_t code;
    int64_t hold_ms;
    int folder;  /* of the devices */
    int changes; /* inotify of it; -1: its devices are only those of the beginning */
    struct held_key_device devices[HELD_KEY_DEVICES_MAX];
    int count;
    int64_t since_ms; /* CLOCK_MONOTONIC; it is down since; 0: it is not */
};

/* Opens what is in `folder` ("/dev/input") now; PP_E_NOTFOUND where there is no such folder. */
PP_MUST_USE bool held_key_open(struct held_key *key, const char *folder, uint16_t code, int64_t hold_ms,
                               int64_t now_ms, struct pp_error *error);
void held_key_close(struct held_key *key);

/* Whether it has been held for long enough at `now_ms`. */
bool held_key_is_held(const struct held_key *key, int64_t now_ms);

/* Waits for what the devices say, at most until `until_ms` (CLOCK_MONOTONIC), or until the key is held for long
 * enough. False
 * where the time is over and the key is not down. */
bool held_key_wait(struct held_key *key, int64_t until_ms);

/* Reads what the devices have said by `now_ms`. */
void held_key_read(struct held_key *key, int64_t now_ms);

#endif

/*
 * Items that failed: after three failures an object is set aside for a while, so that one bad file costs the
 * playlist one renderer now and then, not a black screen.
 */
#ifndef PP_AGENT_FAULTS_H
#define PP_AGENT_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "channel/manifest.h"

#define FAULTS_MAX        64 /* objects remembered; the one that failed longest ago is forgotten */
#define FAULTS_TILL_ASIDE 3  /* failures */
#define FAULTS_ASIDE_MS   (60 * 60 * 1000)     /* ms set aside */
#define FAULTS_FORGET_MS  (6 * 60 * 60 * 1000) /* ms after its last failure an object counts as good again */

struct fault {
    uint8_t sha256[CHANNEL_HASH_SIZE];
    int64_t last_ms; /* CLOCK_MONOTONIC */
    unsigned count;
};

struct faults {
    struct fault items[FAULTS_MAX];
    size_t count;
};

/* Whether the object may be played at `now_ms` (CLOCK_MONOTONIC). */
bool faults_allow(const struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE], int64_t now_ms);
/* Counts a failure; returns whether the object is set aside by it. */
bool faults_add(struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE], int64_t now_ms);
/* Of a list of its own: whether the object is new to it, or was last noted FAULTS_FORGET_MS ago. */
bool faults_note(struct faults *faults, const uint8_t sha256[CHANNEL_HASH_SIZE], int64_t now_ms);

#endif

/*
 * What changed, as lists show it: screens, what they answered to commands, enrolments that wait, channels, groups,
 * settings, feeds;
 * compared with what they were at the last look, since those who change them are many, other processes too, and some
 * do by time alone (a screen that falls silent). One look is for all who ask; each of them has a position in the last
 * changes. Threads may share it.
 */
#ifndef HEADEND_OPS_SCREEN_CHANGES_H
#define HEADEND_OPS_SCREEN_CHANGES_H

#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

enum change_kind {
    CHANGE_SCREEN,
    CHANGE_COMMANDS,   /* of a screen: a receipt, or what it has sent */
    CHANGE_ENROLMENTS, /* which ones wait; without an id */
    CHANGE_CHANNEL,    /* what is published there, its draft, its job, its rollout */
    CHANGE_GROUP,
    CHANGE_SETTINGS, /* of a site, by its name, or "" of the organisation */
    CHANGE_MESSAGE,  /* an urgent one: sent, cancelled, shown by more or fewer screens */
    CHANGE_FEED,     /* its value, or what it is */
    CHANGE_KINDS,
};

#define SCREEN_CHANGE_ID_MAX TEXT_NAME_MAX /* bytes */
_Static_assert(SCREEN_CHANGE_ID_MAX >= CHANNEL_ID_MAX, "a channel's id fits");

struct screen_change {
    enum change_kind kind;
    char id[SCREEN_CHANGE_ID_MAX + 1];
};

#define SCREEN_CHANGES_KEPT     4096 /* changes; who has missed more reads the list anew */
#define SCREEN_CHANGES_EVERY_MS 1000 /* between two looks, or SCREEN_CHANGES_PART times what one takes */
#define SCREEN_CHANGES_PART     10

struct screen_changes;
struct screen_changes *screen_changes_create(struct pp_error *error);
void screen_changes_destroy(struct screen_changes *changes);

/* Looks, unless that is not due yet. Callers hold db_lock. */
PP_MUST_USE bool screen_changes_look(struct screen_changes *changes, struct db *db, struct pp_error *error);
/* When the next look is due: ms, CLOCK_MONOTONIC. */
int64_t screen_changes_due(struct screen_changes *changes);

/* After the newest. */
uint64_t screen_changes_position(struct screen_changes *changes);
/* Up to `max` of what has changed, come or gone since *position, which is moved on. False where more was missed than is
 * kept; *position is then the newest. */
bool screen_changes_since(struct screen_changes *changes, uint64_t *position, struct screen_change *found,
                          size_t max, size_t *count);

#endif

/*
 * What was played, and for how long screens were there. Of the plays that a screen reports the newest stay as they
 * are (report.h); beside that each is counted into its day, by screen, channel, item and content, once: PLAYS_DAYS
 * of them stay. Which content an item was, the version of the channel says that the screen names with it.
 *
 * A screen was there while it was heard of within DEVICE_ONLINE_S, which is looked at once a minute; how long a
 * headend ran itself is counted as well, so that its own pauses are no screen's. Days are UTC's. Callers hold
 * db_lock.
 */
#ifndef HEADEND_OPS_PLAYS_H
#define HEADEND_OPS_PLAYS_H

#include "base/json.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define PLAYS_DAYS      400      /* that are kept */
#define PLAYS_KINDS_MAX 1000     /* of a screen's day; more are counted together, without an item */
#define PLAY_SHOWN_MAX  86400000 /* ms, of one play */
#define PLAY_LATE_MAX   10000000 /* frames, of one play */
#define PLAYS_KEY_MAX   255      /* bytes */
#define PRESENCE_STEP_S 60       /* s, between two looks at who is there */
#define PRESENCE_GAP_S  180      /* s, after which nobody was looking */
#define DAY_TEXT_SIZE   11       /* bytes: "2026-11-30" and the NUL */

/* A screen has played one item; one that is there for the first time. What it says of it that is none of these
 * makes it one of no item. */
PP_MUST_USE bool plays_note(struct db *db, const char *device, const cJSON *play, int64_t now,
                            struct pp_error *error);
/* Who is there now. */
PP_MUST_USE bool presence_note(struct db *db, int64_t now, struct pp_error *error);

/* "2026-11-30" as days since 1970. */
PP_MUST_USE bool day_read(const char *text, int64_t *day, struct pp_error *error);
void day_text(int64_t day, char text[DAY_TEXT_SIZE]);

struct plays_wanted {
    const char *by;   /* "day", "content", "screen", "channel"; of uptime "screen", "site" */
    int64_t from, to; /* days, both of them included */
    const char *site, *channel, *screen, *content; /* NULL: all */
    int64_t viewer;                                /* whose grants say what is listed; 0: all is */
    const char *after;                             /* the key of the last row before; NULL: from the first */
    int64_t count;
};

struct plays_row {
    char key[PLAYS_KEY_MAX + 1];
    int64_t plays, shown_ms, late, screens;
    char title[TEXT_NAME_MAX + 1]; /* of the content; "" not known */
    char content[UUID_TEXT_SIZE];
    char channel[CHANNEL_ID_MAX + 1], item[TEXT_NAME_MAX + 1];
    char name[TEXT_NAME_MAX + 1], site[TEXT_NAME_MAX + 1]; /* of the screen, where it is by screen */
    int64_t plays_lost, events_missing;                    /* likewise */
};
PP_MUST_USE bool plays_report(struct db *db, const struct plays_wanted *wanted,
                              bool (*each)(void *arg, const struct plays_row *row, struct pp_error *error),
                              void *arg, struct pp_error *error);

struct uptime_row {
    char key[PLAYS_KEY_MAX + 1];
    int64_t here_s, could_s, screens;
    char name[TEXT_NAME_MAX + 1], site[TEXT_NAME_MAX + 1];
};
PP_MUST_USE bool uptime_report(struct db *db, const struct plays_wanted *wanted,
                               bool (*each)(void *arg, const struct uptime_row *row, struct pp_error *error),
                               void *arg, struct pp_error *error);

#endif

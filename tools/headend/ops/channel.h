/* Channels, their keys and what was published on them. Callers hold db_lock. */
#ifndef HEADEND_OPS_CHANNEL_H
#define HEADEND_OPS_CHANNEL_H

#include "headend/base/text.h"
#include "headend/db/stored_key.h"

#define CHANNEL_KEY_SIZE     32 /* bytes */
#define CHANNEL_OLD_KEYS_MAX 64 /* of a channel, kept for the manifests of before */

struct channel {
    char id[CHANNEL_ID_MAX + 1];
    char title[TEXT_NAME_MAX + 1];
    uint8_t key[CHANNEL_KEY_SIZE]; /* once channel_open_key has read it */
    int64_t publish; /* number of the last publish on it, 0 none; numbers grow over all channels */
};

PP_MUST_USE bool channel_find(struct db *db, const char *id, struct channel *channel, struct pp_error *error);
/* The same, with words for a person where there is none. */
PP_MUST_USE bool channel_known(struct db *db, const char *id, struct channel *channel,
                               struct pp_error *error);
/* Reads the key of one that was found. Wipe it. */
PP_MUST_USE bool channel_open_key(struct db *db, struct channel *channel, struct pp_error *error);
/* Makes it, empty, with a fresh key where it is not there. */
PP_MUST_USE bool channel_make(struct db *db, const char *id, const char *title, bool *made,
                              struct pp_error *error);
/* The same with its id as the title. */
PP_MUST_USE bool channel_ensure(struct db *db, const char *id, struct pp_error *error);
/* Moves its screens to `move_to`; PP_E_STATE where there are some and that is NULL. */
PP_MUST_USE bool channel_leave(struct db *db, const char *id, const char *move_to, struct pp_error *error);
/* Forgets it, its keys and its publishes; PP_E_STATE where there are screens on it. Retired ones lose it. */
PP_MUST_USE bool channel_delete(struct db *db, const char *id, struct pp_error *error);
PP_MUST_USE bool channel_each(struct db *db, bool (*each)(void *arg, const struct channel *channel),
                              void *arg, struct pp_error *error);

/* A channel as lists show it. */
struct channel_summary {
    const char *id, *title; /* borrowed */
    int64_t publish;        /* number of the last publish on it, 0 none */
    int64_t published;      /* when that was, s since 1970 */
    int64_t screens;        /* that are not retired */
    int64_t warnings;       /* of that publish */
};
/* All of them, by id; stops where the callback fails. */
PP_MUST_USE bool channel_summaries(struct db *db,
                                   bool (*each)(void *arg, const struct channel_summary *channel,
                                                struct pp_error *error),
                                   void *arg, struct pp_error *error);

struct channel_page {
    const char *words; /* that its title or id has; "" for all */
    const char *after_title,
        *after_id; /* behind this one, by its title as lists order it; NULL from the first */
    bool descending;
    int64_t viewer; /* whose grants say what is listed (actor.h); 0: all is */
    int64_t count;  /* at most */
};
/* By title and id; `sorted` is the title as lists order it. Stops where the callback returns false. */
PP_MUST_USE bool channel_page(struct db *db, const struct channel_page *wanted,
                              bool (*each)(void *arg, const struct channel_summary *channel,
                                           const char *sorted),
                              void *arg, struct pp_error *error);
/* When what it shows was published, s since 1970; 0: nothing is. */
PP_MUST_USE bool channel_published_at(struct db *db, const struct channel *channel, int64_t *when,
                                      struct pp_error *error);
/* PP_E_INVALID or PP_E_LIMIT, naming the field. */
PP_MUST_USE bool channel_title_set(struct db *db, const char *id, const char *title, struct pp_error *error);

#endif

/* Channels, their keys and what was published on them. Callers hold db_lock. */
#ifndef HEADEND_CHANNEL_H
#define HEADEND_CHANNEL_H

#include "headend/db.h"
#include "headend/text.h"

#define CHANNEL_KEY_SIZE     32 /* bytes */
#define CHANNEL_OLD_KEYS_MAX 64 /* of a channel, kept for the manifests of before */

struct channel {
    char id[CHANNEL_ID_MAX + 1];
    char title[TEXT_NAME_MAX + 1];
    uint8_t key[CHANNEL_KEY_SIZE];
    int64_t publish; /* number of the last publish on it, 0 none; numbers grow over all channels */
};

bool channel_find(struct db *db, const char *id, struct channel *channel, struct pp_error *error);
/* The same, with words for a person where there is none. */
bool channel_known(struct db *db, const char *id, struct channel *channel, struct pp_error *error);
/* Makes it, empty, with a fresh key where it is not there. */
bool channel_make(struct db *db, const char *id, const char *title, bool *made, struct pp_error *error);
/* The same with its id as the title. */
bool channel_ensure(struct db *db, const char *id, struct pp_error *error);
/* Moves its screens to `move_to`; PP_E_STATE where there are some and that is NULL. */
bool channel_leave(struct db *db, const char *id, const char *move_to, struct pp_error *error);
/* Forgets it, its keys and its publishes; PP_E_STATE where there are screens on it. Retired ones lose it. */
bool channel_delete(struct db *db, const char *id, struct pp_error *error);
bool channel_each(struct db *db, bool (*each)(void *arg, const struct channel *channel), void *arg,
                  struct pp_error *error);

#endif

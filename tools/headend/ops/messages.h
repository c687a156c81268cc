/*
 * Urgent messages (command/urgent.h) as they are kept: what each says, which screens it is for, which of them show it.
 * Whom one is for is settled when it is sent, so that what was counted is what gets it: a screen that comes to a site
 * or a group later has none of it. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_MESSAGES_H
#define HEADEND_OPS_MESSAGES_H

#include "base/json.h"
#include "command/urgent.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define MESSAGES_LISTED_MAX 200         /* those that run, those that wait, and the newest that are over */
#define MESSAGES_OPEN_MAX   200         /* that run or wait */
#define MESSAGES_OWN_MAX    50          /* of those, by one person */
#define MESSAGES_KEPT_MAX   1000        /* that are over */
#define MESSAGE_SCREENS_MAX 500         /* that are named with one: first those that do not show it */
#define MESSAGE_SCREENS_S   (7 * 86400) /* after its end, which screens it was for is forgotten */
#define MESSAGE_KEY_MAX     200         /* bytes */
#define MESSAGE_ASKED_SIZE  65          /* bytes: 64 hex digits of a request's hash, and the NUL */

struct message {
    char id[UUID_TEXT_SIZE];
    enum urgent_severity severity;
    enum urgent_style style;
    enum urgent_sound sound;
    int64_t made, begins, ends, cancelled; /* s since 1970; cancelled 0: it is not */
    char sent_by[TEXT_NAME_MAX + 1];
    char asked[MESSAGE_ASKED_SIZE];
    int64_t screens, shown; /* that it is for; that show it */
    cJSON *texts, *targets; /* as they were given */
};
void message_finish(struct message *message);
#define message_auto PP_CLEANUP(message_finish)

/* With its id, in a new row, without screens. `key` NULL: none. */
PP_MUST_USE bool message_add(struct db *db, const struct message *message, const char *key,
                             struct pp_error *error);
/* How many run or wait: in all, and by one sender. */
PP_MUST_USE bool messages_open(struct db *db, const char *sent_by, int64_t *all, int64_t *own,
                               struct pp_error *error);
/* Of those that the viewer sees (0: all). */
enum message_target {
    MESSAGE_TO_ALL, /* without a value */
    MESSAGE_TO_SCREEN,
    MESSAGE_TO_SITE,
    MESSAGE_TO_TAG,
    MESSAGE_TO_GROUP,
};
PP_MUST_USE bool message_aim(struct db *db, const char *id, enum message_target target, const char *value,
                             int64_t viewer, struct pp_error *error);
struct message_counts {
    int64_t screens, forbidden, offline; /* forbidden: `viewer` may not operate them */
};
PP_MUST_USE bool message_count(struct db *db, const char *id, int64_t viewer, struct message_counts *counts,
                               struct pp_error *error);
/* Its screens are those that it has now, and hear of it: or of its end. */
PP_MUST_USE bool message_settle(struct db *db, const char *id, struct pp_error *error);
/* Again changes nothing; *done says whether it was not cancelled before. */
PP_MUST_USE bool message_cancel(struct db *db, const char *id, bool *done, struct pp_error *error);

/* PP_E_NOTFOUND also where the viewer sees none of its screens. */
PP_MUST_USE bool message_find(struct db *db, const char *id, int64_t viewer, struct message *message,
                              struct pp_error *error);
/* Whether the viewer sees some of its screens; false also on failure. */
bool message_seen(struct db *db, const char *id, int64_t viewer);
PP_MUST_USE bool message_find_key(struct db *db, const char *sent_by, const char *key,
                                  struct message *message, struct pp_error *error);
/* Those that run, those that wait, and the others, the newest of each first, until the callback returns false. */
PP_MUST_USE bool message_each(struct db *db, int64_t viewer,
                              bool (*each)(void *arg, const struct message *message), void *arg,
                              struct pp_error *error);
/* As people and programs are told; who sees a part of its screens alone is not told of all that it was meant for. The
 * caller deletes it; NULL on failure. */
cJSON *message_json(const struct message *message, bool with_targets, struct pp_error *error);
/* Adds "recipients": screens, and whether each shows it. */
PP_MUST_USE bool message_add_screens(struct db *db, const char *id, int64_t viewer, cJSON *object,
                                     struct pp_error *error);

/* Adds the member "messages" of a screen's state, where there are any. */
PP_MUST_USE bool messages_add(struct db *db, const char *device, cJSON *state, struct pp_error *error);
/* Another number where time alone has changed which of too many a state has; 0 where all of them have room. */
PP_MUST_USE bool messages_choice(struct db *db, const char *device, uint32_t *choice, struct pp_error *error);
/* What a screen's status says of them. */
PP_MUST_USE bool messages_note(struct db *db, const char *device, const cJSON *status,
                               struct pp_error *error);
/* Those that are long over go. */
PP_MUST_USE bool messages_clean(struct db *db, struct pp_error *error);

#endif

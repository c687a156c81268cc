/*
 * Messages that alerts make: they wait in the database until they are delivered, given up, or summed up. One that
 * fails is tried again after 1, 2, 4 … minutes, an hour at most, and given up after a day.
 *
 * Of a rule each recipient gets per_hour messages an hour; what is more is held back, and told of in one message once
 * there is room again. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_ALERT_QUEUE_H
#define HEADEND_OPS_ALERT_QUEUE_H

#include "headend/ops/alert_rule.h"

#define ALERT_LEASE_S     120                        /* s, of who delivers one; then somebody else may */
#define ALERT_AGAIN_S     60                         /* s, to the second attempt */
#define ALERT_AGAIN_MAX_S 3600                       /* s */
#define ALERT_GIVE_UP_S   86400                      /* s, after it was made */
#define ALERT_KEEP_S      (30 * 86400)               /* s, of one that has gone */
#define ALERT_KEEP_MAX    10000                      /* messages */
#define ALERT_FACTS_MAX   (32 * 1024)                /* bytes, of JSON */
#define ALERT_REASON_MAX  (PP_ERROR_MESSAGE_MAX - 1) /* bytes */
#define ALERT_SUMMED_MAX  20                         /* messages that a summary names */

struct alert_message {
    int64_t number;
    char id[UUID_TEXT_SIZE]; /* the same with each attempt */
    char rule[UUID_TEXT_SIZE];
    char rule_name[TEXT_NAME_MAX + 1];
    bool webhook; /* else a mail */
    char target[WEBHOOK_URL_MAX + 1];
    char status[16]; /* "waiting", "sent", "failed", "held", "summed" */
    int64_t attempts;
    int64_t due, created, ended; /* s since 1970; 0 not yet */
    char reason[ALERT_REASON_MAX + 1];
    cJSON *facts; /* what it says (alert_watch.h) */
};
void alert_message_finish(struct alert_message *message);
#define alert_message_auto PP_CLEANUP(alert_message_finish)

/* To each recipient of the rule. */
PP_MUST_USE bool alert_queue_add(struct db *db, const struct alert_rule *rule, const cJSON *facts,
                                 int64_t now, struct pp_error *error);
/* What was held back of the rule is told of, where there is room. */
PP_MUST_USE bool alert_queue_sum(struct db *db, const struct alert_rule *rule, int64_t now,
                                 struct pp_error *error);

/* The next one that is due; from now on it is the caller's for ALERT_LEASE_S. *found: whether there was one. */
PP_MUST_USE bool alert_queue_take(struct db *db, int64_t now, struct alert_message *message, bool *found,
                                  struct pp_error *error);
/* What became of it: `failure` is NULL where it went. */
PP_MUST_USE bool alert_queue_settle(struct db *db, const struct alert_message *message, int64_t now,
                                    const struct pp_error *failure, struct pp_error *error);
/* The server stops: it is due at once, for whoever is there then. */
PP_MUST_USE bool alert_queue_return(struct db *db, const struct alert_message *message, int64_t now,
                                    struct pp_error *error);
PP_MUST_USE bool alert_queue_forget(struct db *db, int64_t now, struct pp_error *error);
/* The newest first, those before `before` (INT64_MAX: all), `count` of them, of the rules that `viewer` administers (0:
 * of all); stops where the callback says so. */
PP_MUST_USE bool alert_queue_each(struct db *db, int64_t viewer, int64_t before, int64_t count,
                                  bool (*each)(void *arg, const struct alert_message *message), void *arg,
                                  struct pp_error *error);
/* As an object: what the API and the command line show. */
cJSON *alert_message_json(const struct alert_message *message);

#endif

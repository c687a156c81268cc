/*
 * Of what people are told, and how: rules that administrators make.
 *
 *   about        what holds or has happened                   detail             hold_s: for how long it has to
 *   offline      a screen was not heard of
 *   problem      a screen says what help it needs             its code, "" any
 *   storage      its flash is full or fails, or spoils files
 *   certificate  its certificate is about to end              days before
 *   sync         it is online, and does not get the newest of its channel
 *   security     an event of it is a matter of security       least gravity, 1 to 10 (firmware/events/kinds.c)
 *   chain        its history went back or was changed (event_chain.h)
 *   disk         the headend's own disk is nearly full        per cent that are free
 *   root         the repository's root is about to end        days before
 *
 * A rule is for all screens, those of a site, on a channel or with a tag. Callers of all functions hold db_lock.
 */
#ifndef HEADEND_OPS_ALERT_RULE_H
#define HEADEND_OPS_ALERT_RULE_H

#include "base/json.h"
#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"
#include "headend/notify/deliver.h"

#define ALERT_RULES_MAX      100
#define ALERT_RECIPIENTS_MAX 16
#define ALERT_MAIL_TEXT_MAX  (ALERT_RECIPIENTS_MAX * (MAIL_ADDRESS_MAX + 1)) /* bytes, separated by blanks */
#define ALERT_DETAIL_MAX     63                                              /* bytes */
#define ALERT_HOLD_MAX_S     (30 * 86400)
#define ALERT_REPEAT_MAX_S   (30 * 86400)
#define ALERT_REPEAT_MIN_S   900 /* 0: never */
#define ALERT_PER_HOUR_MAX   1000

enum alert_about {
    ALERT_OFFLINE,
    ALERT_PROBLEM,
    ALERT_STORAGE,
    ALERT_CERTIFICATE,
    ALERT_SYNC,
    ALERT_SECURITY,
    ALERT_CHAIN,
    ALERT_DISK,
    ALERT_ROOT,
    ALERT_ABOUTS,
};

enum alert_scope { ALERT_ALL, ALERT_OF_SITE, ALERT_OF_CHANNEL, ALERT_OF_TAG, ALERT_SCOPES };
/* "whole", "site", "channel", "tag". */
const char *alert_scope_name(enum alert_scope scope);

/* What is peculiar to each. */
struct alert_kind {
    const char *name;
    bool happens;        /* once, and does not last */
    bool own;            /* of the headend, not of a screen */
    int64_t hold_s;      /* where a rule says nothing */
    int64_t least, most; /* of a detail that is a number; 0: it is none */
    int64_t usual;
};
const struct alert_kind *alert_kind(enum alert_about about);

struct alert_rule {
    char id[UUID_TEXT_SIZE];
    char name[TEXT_NAME_MAX + 1];
    enum alert_about about;
    char detail[ALERT_DETAIL_MAX + 1];
    enum alert_scope scope;
    char place[TEXT_NAME_MAX + 1]; /* the site, the channel's id, the tag */
    int64_t hold_s;                /* s */
    int64_t repeat_s;              /* s, after which what still holds is told again; 0 never */
    int64_t per_hour;              /* messages to each recipient; what is more is summed up */
    int64_t quiet_from, quiet_to;  /* minutes of the day, by time_zone; equal: none */
    char time_zone[TIME_ZONE_MAX + 1];
    char locale[8];
    char mail[ALERT_MAIL_TEXT_MAX + 1]; /* addresses, separated by blanks */
    char webhook[WEBHOOK_URL_MAX + 1];  /* "" none */
    bool enabled;
    int64_t created; /* s since 1970 */
    int64_t seen;    /* the place up to which events were looked at */
};

/* "22:00-07:00"; "" where there are none. */
#define ALERT_QUIET_SIZE 12 /* bytes */
void alert_quiet_text(const struct alert_rule *rule, char text[ALERT_QUIET_SIZE]);
/* "2026-11-30 13:00" by the rule's time zone. */
#define ALERT_TIME_SIZE 24 /* bytes */
void alert_local_time(const struct alert_rule *rule, int64_t seconds, char text[ALERT_TIME_SIZE]);
/* The detail as a number. */
int64_t alert_number(const struct alert_rule *rule);
/* Whether it is a quiet time. */
bool alert_is_quiet(const struct alert_rule *rule, int64_t now);

/* As an object: what the API and the command line show, and the audit keeps. NULL without memory. */
cJSON *alert_rule_json(const struct alert_rule *rule);
/* What stands in the request goes into the rule, which has to fit then. *field: the member that does not, in a
 * buffer of 33 bytes. */
PP_MUST_USE bool alert_rule_take(struct alert_rule *rule, const cJSON *request, char field[33],
                                 struct pp_error *error);
/* A new one, as it is without a word. */
void alert_rule_begin(struct alert_rule *rule);

/* PP_E_LIMIT where there are ALERT_RULES_MAX. Makes its id and its webhook's secret. */
PP_MUST_USE bool alert_rule_add(struct db *db, struct alert_rule *rule, uint8_t secret[WEBHOOK_SECRET_SIZE],
                                struct pp_error *error);
PP_MUST_USE bool alert_rule_change(struct db *db, const struct alert_rule *rule, struct pp_error *error);
PP_MUST_USE bool alert_rule_remove(struct db *db, const char *id, struct pp_error *error);
PP_MUST_USE bool alert_rule_find(struct db *db, const char *id, struct alert_rule *rule,
                                 struct pp_error *error);
PP_MUST_USE bool alert_rule_secret(struct db *db, const char *id, uint8_t secret[WEBHOOK_SECRET_SIZE],
                                   struct pp_error *error);
/* By name; stops where the callback fails. */
PP_MUST_USE bool
alert_rule_each(struct db *db, bool (*each)(void *arg, const struct alert_rule *rule, struct pp_error *error),
                void *arg, struct pp_error *error);

#endif

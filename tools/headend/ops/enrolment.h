/*
 * Enrolments: a screen has asked for a code (RFC 8628), a person approves or refuses it, the screen gets a
 * one-time token bound to its key, and for that its certificate. Of codes and tokens only hashes are kept.
 * Callers hold db_lock.
 */
#ifndef HEADEND_OPS_ENROLMENT_H
#define HEADEND_OPS_ENROLMENT_H

#include "headend/base/address.h"
#include "headend/base/user_code.h"
#include "headend/ops/device.h"
#include "headend/ops/device_certificate.h"

#define ENROLMENT_LIFETIME_S      600  /* of a code */
#define ENROLMENT_INTERVAL_S      5    /* between two polls */
#define ENROLMENT_SLOW_DOWN_S     5    /* more for each poll too early (RFC 8628 §3.5) */
#define ENROLMENT_SLACK_MS        500  /* a poll that is early by less is not counted */
#define ENROLMENT_TOKEN_S         300  /* lifetime of the token */
#define ENROLMENT_PENDING_MAX     1000 /* at a time */
#define ENROLMENT_PER_ADDRESS_MAX 64   /* at a time from one address */
#define ENROLMENT_PER_KEY_MAX     4    /* at a time of one screen; the oldest goes, once it is ... */
#define ENROLMENT_KEY_AGE_S       30   /* ... so old: or one client could make the server write without end */
#define ENROLMENT_WRONG_MAX       3    /* answers; after that the code is void and the screen shows another */

struct enrolment_codes {
    char device_code[SECRET_TEXT_SIZE];
    char user_code[USER_CODE_SIZE];
};

/* Where the one who asks is (address.h). */
struct enrolment_origin {
    char address[ADDRESS_TEXT_SIZE], network[ADDRESS_TEXT_SIZE];
};
/* A new pending enrolment. PP_E_LIMIT where too many are pending of the screen or of the address; where there are too
 * many in all, the busiest network loses one. */
PP_MUST_USE bool enrolment_start(struct db *db, const uint8_t thumbprint[32],
                                 const struct enrolment_origin *origin, int64_t lifetime_s,
                                 int64_t interval_s, struct enrolment_codes *codes, struct pp_error *error);

enum enrolment_poll {
    ENROLMENT_PENDING,
    ENROLMENT_SLOW_DOWN,
    ENROLMENT_DENIED,
    ENROLMENT_EXPIRED,
    ENROLMENT_UNKNOWN,
    ENROLMENT_GRANTED, /* `token` is set; an earlier token of it is void */
};
/* False only where the database fails. */
PP_MUST_USE bool enrolment_poll(struct db *db, const char *device_code, enum enrolment_poll *result,
                                char token[SECRET_TEXT_SIZE], struct pp_error *error);

struct enrolment {
    uint8_t thumbprint[32];
    int64_t expires; /* s since 1970 */
    char status[16]; /* "pending", "approved", "denied", "done" */
    char device[UUID_TEXT_SIZE];
    unsigned asked; /* the group of the fingerprint that the approval page leaves out and asks for, 0 to 3 */
    int64_t wrong;  /* answers so far */
};
/* By the code that the screen shows. PP_E_NOTFOUND, or PP_E_EXPIRED. */
PP_MUST_USE bool enrolment_find(struct db *db, const char user_code[USER_CODE_SIZE],
                                struct enrolment *enrolment, struct pp_error *error);

/* One that waits, without its code, which nobody keeps. */
struct enrolment_waiting {
    uint8_t thumbprint[32];
    int64_t created, expires; /* s since 1970 */
    const char *address;      /* from which it has asked; borrowed */
    unsigned asked; /* which groups of its fingerprint are asked for by codes of this screen, as bits */
};
/* All of them; one of each screen, with its newest code's times. Stops where the callback fails. */
PP_MUST_USE bool enrolment_each_waiting(struct db *db,
                                        bool (*each)(void *arg, const struct enrolment_waiting *waiting,
                                                     struct pp_error *error),
                                        void *arg, struct pp_error *error);

/* What a person read off the screen: one group of its fingerprint, or all of it. That proves that somebody
 * stands before the very screen: a code alone can come in a mail, for a device of the sender's. */
struct enrolment_answer {
    const char *text; /* upper case, spaces and dashes do not matter */
    bool any_group;   /* whoever was asked for none in particular may choose */
};

/* All settings but site are needed. Makes the device (or takes the one that has this key already) and writes
 * its id; former codes and tokens of it are void then. PP_E_STATE where it is not pending any more; PP_E_AUTH for a
 * wrong answer, of which ENROLMENT_WRONG_MAX end the code. */
PP_MUST_USE bool enrolment_approve(struct db *db, const char user_code[USER_CODE_SIZE],
                                   const struct enrolment_answer *answer,
                                   const struct device_settings *settings, const char *by,
                                   char id[UUID_TEXT_SIZE], struct pp_error *error);
PP_MUST_USE bool enrolment_refuse(struct db *db, const char user_code[USER_CODE_SIZE],
                                  struct pp_error *error);

/* The device that a token is for. PP_E_AUTH where it is not valid. */
PP_MUST_USE bool enrolment_token_find(struct db *db, const char *token, struct device *device,
                                      struct pp_error *error);
/* Ends the enrolment: no token for this device is valid any more, the device is active. PP_E_STATE where it
 * was retired meanwhile, by another process. */
PP_MUST_USE bool enrolment_finish(struct db *db, const char *id, int64_t certificate_expires,
                                  struct pp_error *error);

/* Forgets what has expired. */
PP_MUST_USE bool enrolment_purge(struct db *db, struct pp_error *error);

/* A certificate was issued to it: kept, and enrolment_finish; both or neither. */
PP_MUST_USE bool enrolment_certify(struct db *db, const char *id, const struct certificate_facts *facts,
                                   int64_t expires, struct pp_error *error);

/* The time zone that is proposed for a new screen: that of the machine where `init` was run. "" where there is none;
 * the caller frees. NULL on failure. */
char *enrolment_time_zone(struct db *db, struct pp_error *error);
PP_MUST_USE bool enrolment_time_zone_set(struct db *db, const char *zone, struct pp_error *error);

#endif

/* What the files of person.h share. */
#ifndef PP_ACCESS_PERSON_INTERNAL_H
#define PP_ACCESS_PERSON_INTERNAL_H

#include "access/person.h"
#include "net/retry.h"

#define ACCESS_CALL_MS 30000

enum access_submitted {
    ACCESS_TAKEN,     /* the next state says more */
    ACCESS_REFUSED,   /* by the headend: `error` says why */
    ACCESS_THROTTLED, /* not before `wait_s` */
    ACCESS_LATER,     /* no answer, or not now: again in `wait_s` */
};

/* The functions of a mode's sign-in: the part of struct access_mode that temporary modes have. */
struct access_person {
    const struct access_mode *mode;
    struct access_person_config config;
    char device_id[ACCESS_SESSION_MAX + 1];
    struct access_policy policy;
    struct net_call *submit;
    void (*on_submitted)(struct access_person *person, enum access_submitted result, int64_t wait_s,
                         const struct pp_error *error);
    struct net_call *sign_out;
    char leaves[ACCESS_SESSION_MAX + 1]; /* the session that it is about */
    struct net_timer sign_out_timer;     /* the headend could not be told */
    struct net_retry sign_out_retry;
};

/* Sends {"<name>": "<text>"} to the headend, encrypted. One at a time. */
PP_MUST_USE bool access_person_submit(struct access_person *person, const char *name, const char *text,
                                      struct pp_error *error);
void access_person_trouble(struct access_person *person, const char *code, bool denied,
                           struct pp_error *error);
void access_person_show(struct access_person *person, const struct access_ask *ask);

/* sso.c */
struct access_person *access_sso_create(void);
void access_sso_follow(struct access_person *person, int64_t now_s);
void access_sso_end(struct access_person *person);
void access_sso_destroy(struct access_person *person);
/* password.c */
struct access_person *access_password_create(void);
void access_password_follow(struct access_person *person, int64_t now_s);
bool access_password_type(struct access_person *person, const char *text);
void access_password_end(struct access_person *person);
void access_password_destroy(struct access_person *person);

#endif

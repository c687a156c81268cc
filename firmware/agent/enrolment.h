/*
 * Enrolment: a code on the screen, a token for it, a certificate for the token. Also for a screen whose certificate has
 * expired or was replaced by another, or that is locked: its connection then goes on beside it (connection.h).
 */
#ifndef PP_AGENT_ENROLMENT_H
#define PP_AGENT_ENROLMENT_H

#include <stdbool.h>

#include "access/enrol.h"
#include "base/error.h"
#include "base/secret.h"
#include "identity/est.h"

#define ENROLMENT_TOKEN_RECORD "enrolment-token" /* of an approval, while its certificate is not ready */

struct agent;

enum approval {
    APPROVAL_NONE,
    APPROVAL_ON_ITS_WAY, /* the certificate is being asked for */
    APPROVAL_WAITS,      /* the server has asked to come again, or could not be asked */
    APPROVAL_KEPT,       /* the same, and it outlives a restart */
};

struct agent_enrolment {
    struct access_enrol *enrol; /* NULL: no code is offered, and none was approved */
    /* What the screen shows for it; "" no code. */
    char user_code[ACCESS_USER_CODE_MAX];
    char address[ACCESS_ADDRESS_MAX];
    char qr[ACCESS_URI_MAX];
    enum approval approval;
    struct pp_secret_text *token;       /* of the approval; NULL: none, or it cannot be kept */
    struct est *est;                    /* asks for the certificate; NULL: nobody does */
    struct pp_secret_text *credentials; /* for that server; NULL: none, or not needed any more */
};

/* A code, also beside the connection; unless there is one. */
PP_MUST_USE bool enrolment_start(struct agent *agent, struct pp_error *error);
/* With another code, where there was no certificate for the last one. */
void enrolment_restart(struct agent_enrolment *enrolment);
/* Whether there is an approval that waits for its certificate; and that it is given up: a new code follows. */
bool enrolment_waits(const struct agent_enrolment *enrolment);
void enrolment_give_up(struct agent *agent);
void enrolment_stop(struct agent *agent);
/* The approval has come to its end, by whatever: nothing of it stays in the vault. */
void enrolment_forget_token(struct agent_enrolment *enrolment, struct vault *vault);

#endif

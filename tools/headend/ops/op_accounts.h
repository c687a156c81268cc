/* What operations on accounts are given beside their request: bytes and answers of browsers, which no JSON of ours
 * says. */
#ifndef HEADEND_OPS_OP_ACCOUNTS_H
#define HEADEND_OPS_OP_ACCOUNTS_H

#include "headend/webauthn/answer.h"

/* "passkey.add": what has been checked (passkey_check_new). */
struct new_passkey {
    const struct webauthn_party *party;
    const struct webauthn_answer *answer;
    const struct webauthn_credential *credential;
};

/* "account.first": by whoever has the token of a set-up link. */
struct first_account {
    const char *token;
    const char *encoded; /* a password's form; NULL with a passkey, which is not checked yet: */
    const struct webauthn_party *party;
    const struct webauthn_answer *answer;
    const char *passkey_name;
};

/* "account.join": by whoever has the token of their link (user_link.h). */
struct joining {
    const char *token;
    const char *encoded; /* a password's form */
};

#endif

/*
 * The way into a headend without an administrator: a link that works once, for SETUP_LINK_S, and that whoever has it
 * makes the first account with. Its token stands behind the '#', so that no server, log or Referer has it; of it only a
 * hash is kept. There is one at a time, and none once there is an account, however that was made. Callers hold db_lock.
 *
 *   https://screens.example.org:8443/setup#Xb1T9…43 characters…
 */
#ifndef HEADEND_OPS_SETUP_LINK_H
#define HEADEND_OPS_SETUP_LINK_H

#include "headend/ops/passkeys.h"

#define SETUP_LINK_S 86400 /* 24 hours */

/* Whether there is no administrator yet. */
PP_MUST_USE bool setup_link_wanted(struct db *db, bool *wanted, struct pp_error *error);
/* A new link's token, which is a secret; the one before it ends. PP_E_STATE where there is an administrator. */
PP_MUST_USE bool setup_link_make(struct db *db, char token[SECRET_TEXT_SIZE], struct pp_error *error);
/* PP_E_NOTFOUND where the link is none, too old, or used. */
PP_MUST_USE bool setup_link_check(struct db *db, const char *token, struct pp_error *error);
/* Makes the first administrator, with a password's encoded form (users.h), and ends the link, both or neither.
 * PP_E_NOTFOUND as above, also where somebody was quicker. */
PP_MUST_USE bool setup_link_redeem(struct db *db, const char *token, const char *name, const char *encoded,
                                   int64_t *admin, struct pp_error *error);

/* The same with a passkey. What the account will be called towards authenticators follows from the token alone: it is
 * told before there is an account. */
PP_MUST_USE bool setup_link_handle(const char *token, uint8_t handle[USER_HANDLE_SIZE],
                                   struct pp_error *error);
PP_MUST_USE bool setup_link_redeem_passkey(struct db *db, const char *token, const char *name,
                                           const struct webauthn_party *party,
                                           const struct webauthn_answer *answer, const char *passkey_name,
                                           int64_t *admin, struct pp_error *error);

#endif

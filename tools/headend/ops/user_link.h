/*
 * A link by which somebody who has an account sets their own password: one who was invited, or who has forgotten it.
 * An administrator makes it, who learns no password by that. It works once, for USER_LINK_S; a person has one at a
 * time. Its token stands behind the '#' of https://HOST/setup#TOKEN, as the first account's does (setup_link.h); of it
 * only a hash is kept. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_USER_LINK_H
#define HEADEND_OPS_USER_LINK_H

#include "headend/base/secret.h"
#include "headend/base/text.h"
#include "headend/db/db.h"

#define USER_LINK_S 259200 /* 3 days */

/* A new link's token, which is a secret; the one before it ends. PP_E_NOTFOUND. */
PP_MUST_USE bool user_link_make(struct db *db, const char *name, char token[SECRET_TEXT_SIZE],
                                struct pp_error *error);
/* Whose it is. PP_E_NOTFOUND where it is none, too old, used, or of somebody who is locked out. */
PP_MUST_USE bool user_link_check(struct db *db, const char *token, int64_t *admin,
                                 char name[TEXT_NAME_MAX + 1], struct pp_error *error);
/* The password, by its encoded form, in place of the one before; all sessions and the link end, all of it or none. */
PP_MUST_USE bool user_link_redeem(struct db *db, const char *token, const char *encoded, int64_t *admin,
                                  struct pp_error *error);

#endif

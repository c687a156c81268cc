/*
 * What the database's keys are sealed under (db/stored_key.h has the form, and how it is changed): keys/database.key,
 * and the one that is to take its place while all is sealed anew. Its id is the first bytes of its SHA-256.
 */
#ifndef HEADEND_SIGNER_DATABASE_KEY_H
#define HEADEND_SIGNER_DATABASE_KEY_H

#include "headend/base/home.h"
#include "headend/signing/message.h"

#define DATABASE_KEY_FILE      HOME_KEYS "/database.key"
#define DATABASE_KEY_NEXT_FILE HOME_KEYS "/database.next.key"

/* Under the one with that id; PP_E_STATE where it is not here. */
PP_MUST_USE bool database_key_seal(const struct home *home, const uint8_t id[SIGNING_KEY_ID_SIZE],
                                   const char *owner, const uint8_t key[SIGNING_KEY_SIZE],
                                   uint8_t sealed[SIGNING_SEALED_SIZE], struct pp_error *error);
/* PP_E_AUTH where it is no key of that owner's. */
PP_MUST_USE bool database_key_open(const struct home *home, const char *owner,
                                   const uint8_t sealed[SIGNING_SEALED_SIZE], uint8_t key[SIGNING_KEY_SIZE],
                                   struct pp_error *error);

/* The id of the present one, which is made where there is none; and of a new one to take its place. */
PP_MUST_USE bool database_key_make(const struct home *home, uint8_t id[SIGNING_KEY_ID_SIZE],
                                   struct pp_error *error);
PP_MUST_USE bool database_key_next(const struct home *home, uint8_t id[SIGNING_KEY_ID_SIZE],
                                   struct pp_error *error);
/* The one with that id is in effect from now on; the other is forgotten where it was that before, or is `left` over
 * from a change that was cut off, and not of one under way. PP_E_AUTH where neither has the id: then both stay, since
 * one may be the database's only key. */
PP_MUST_USE bool database_key_settle(const struct home *home, const uint8_t id[SIGNING_KEY_ID_SIZE],
                                     bool left, struct pp_error *error);

#endif

/*
 * Challenges of passkeys' ceremonies: each is random, for one ceremony, bound to who asked for it (a session, a set-up
 * link, or a browser by a cookie of its own), and taken once, within five minutes. Of each only a hash is kept. Where
 * there are too many, the oldest of the busiest network goes for the next. Callers hold db_lock.
 */
#ifndef HEADEND_OPS_PASSKEY_CHALLENGE_H
#define HEADEND_OPS_PASSKEY_CHALLENGE_H

#include "headend/base/secret.h"
#include "headend/webauthn/client_data.h"

struct db;

#define PASSKEY_CHALLENGE_S    300
#define PASSKEY_CHALLENGES_MAX 1000

/* `binding` is a secret; `network` that of who asks (address.h). */
PP_MUST_USE bool passkey_challenge_make(struct db *db, enum client_ceremony ceremony, const char *binding,
                                        const char *network, char challenge[CHALLENGE_TEXT_MAX + 1],
                                        struct pp_error *error);
/* Takes one: it is good for nothing more, whatever comes of it. PP_E_EXPIRED where it is none, or was bound to
 * another. */
PP_MUST_USE bool passkey_challenge_take(struct db *db, enum client_ceremony ceremony, const char *binding,
                                        const char *challenge, struct pp_error *error);
PP_MUST_USE bool passkey_challenge_purge(struct db *db, struct pp_error *error);

#endif

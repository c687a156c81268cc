/*
 * The keys whose word this display point takes: the headend's control keys, a JWK set (RFC 7517 §5) that is a target of
 * the repository's (design §6). Several at a time, so that one can follow another.
 */
#ifndef PP_AGENT_CONTROL_KEYS_H
#define PP_AGENT_CONTROL_KEYS_H

#include <stddef.h>

#include "base/error.h"
#include "crypto/jwk.h"
#include "crypto/verify.h"

#define CONTROL_KEYS_MAX 4

struct control_keys {
    struct crypto_public *keys[CONTROL_KEYS_MAX];
    char kids[CONTROL_KEYS_MAX][JWK_THUMBPRINT_TEXT_SIZE];
    size_t count;
};

/* Each key is P-256, for verifying, and "kid" its own thumbprint (RFC 7638). PP_E_INVALID, PP_E_LIMIT; `out` is then
 * as it was. What it held before is the caller's to finish. */
PP_MUST_USE bool control_keys_read(const char *json, size_t size, struct control_keys *out,
                                   struct pp_error *error);
void control_keys_finish(struct control_keys *keys);

/* A jws_find_key; `arg` is the struct control_keys. */
const struct crypto_public *control_keys_find(void *arg, const char *kid);

#endif

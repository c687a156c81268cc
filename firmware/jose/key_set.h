/*
 * A provider's keys: a JWK set (RFC 7517 §5) as its "jwks_uri" answers it. Of each key only what can verify an ID token
 * here is taken: EC P-256 for ES256, RSA of 2048 bits and more for RS256. All others are passed over, as §5 wants it.
 */
#ifndef PP_JOSE_KEY_SET_H
#define PP_JOSE_KEY_SET_H

#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"
#include "crypto/verify.h"
#include "jose/jose.h"

#define KEY_SET_MAX          32          /* keys that are taken */
#define KEY_SET_DOCUMENT_MAX (64 * 1024) /* bytes */

struct key_set_entry {
    char kid[JOSE_NAME_MAX + 1]; /* "" for none */
    enum crypto_scheme scheme;   /* the one that this key is for: a token's header does not choose */
    struct crypto_public *key;
};

struct key_set {
    struct key_set_entry entries[KEY_SET_MAX];
    size_t count;
};

/* PP_E_INVALID or PP_E_LIMIT; `out` is then as it was. A set may be empty. */
PP_MUST_USE bool key_set_parse(const void *json, size_t size, struct key_set *out, struct pp_error *error);
void key_set_finish(struct key_set *set);
#define key_set_auto PP_CLEANUP(key_set_finish)

/* The key of that name for that scheme; without a name (NULL) the only one for it. NULL: there is none. */
const struct key_set_entry *key_set_find(const struct key_set *set, const char *kid,
                                         enum crypto_scheme scheme);

#endif

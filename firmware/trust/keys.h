/* Public keys as metadata writes them (specification §4.2.2). */
#ifndef PP_TRUST_KEYS_H
#define PP_TRUST_KEYS_H

#include <cjson/cJSON.h>

#include "base/error.h"

#define TRUST_KEY_TEXT_MAX 8192 /* bytes of keyval.public */

/* The key's "public" text, by which one key is told from another; NULL if it has none. */
const char *trust_key_public(const cJSON *key);

/* Whether `signature` (hex) is this key's over `data`. The keyid must be the SHA-256 of the canonical JSON of
 * the whole key object (§4.2.1). PP_E_UNSUPPORTED for a keytype or scheme that is not known; PP_E_AUTH or
 * PP_E_INVALID otherwise. */
PP_MUST_USE bool trust_key_verify(const char *keyid, const cJSON *key, const void *data, size_t size,
                                  const char *signature, struct pp_error *error);

#endif

/* Internal: an EC P-256 key that stands in the vault under a name, as a DER document. */
#ifndef PP_IDENTITY_STORED_KEY_H
#define PP_IDENTITY_STORED_KEY_H

#include "crypto/key.h"
#include "vault/vault.h"

/* Reads it, or makes and keeps it where there is none yet, or where no generation of it authenticates any more,
 * which is logged with `name` ("device key"). NULL: the vault's error, which is no reason for a new key. */
struct crypto_key *stored_key_load_or_create(struct vault *vault, const char *record, const char *name,
                                             struct pp_error *error);

#endif

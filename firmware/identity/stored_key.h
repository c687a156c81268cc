/*
 * Internal: an EC P-256 key that stands in the vault under a name: as a DER document, or as an object of the TPM
 * (tpm/blob.h), whose private half never left it. A record that has either stays what it is, wherever the vault's
 * own key is kept.
 */
#ifndef PP_IDENTITY_STORED_KEY_H
#define PP_IDENTITY_STORED_KEY_H

#include "crypto/key.h"
#include "tpm/tpm.h"
#include "vault/vault.h"

/* Reads it, or makes and keeps it where there is none yet, or where no generation of it authenticates any more,
 * which is logged with `name` ("device key"). A new one is made in the vault's TPM, where it has one. NULL: the
 * vault's or the TPM's error, which is no reason for a new key. */
struct crypto_key *stored_key_load_or_create(struct vault *vault, const char *record, enum tpm_key_kind kind,
                                             const char *name, struct pp_error *error);

/* NULL where there is none (PP_E_NOTFOUND), or none that can be read. */
struct crypto_key *stored_key_load(struct vault *vault, const char *record, enum tpm_key_kind kind,
                                   struct pp_error *error);
/* Keeps another one in its place; the present one is kept under `before` first. */
PP_MUST_USE bool stored_key_replace(struct vault *vault, const char *record, const char *before,
                                    enum tpm_key_kind kind, struct pp_error *error);

/* A new one, made where stored_key_load_or_create would, which is kept nowhere yet: `document` (appended) is what a
 * record of it holds. */
struct crypto_key *stored_key_make(struct vault *vault, enum tpm_key_kind kind, struct pp_buf *document,
                                   struct pp_error *error);

#endif

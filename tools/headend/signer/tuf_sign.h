/*
 * Keys and signatures of the repository's roles (The Update Framework 1.0.34 §4.2): ECDSA P-256, one key for
 * each role, keyid = SHA-256 of the key's canonical JSON, signatures over the canonical JSON of `signed`.
 */
#ifndef HEADEND_SIGNER_TUF_SIGN_H
#define HEADEND_SIGNER_TUF_SIGN_H

#include "base/encode.h"
#include "base/json.h"
#include "crypto/key.h"
#include "headend/base/home.h"
#include "headend/public/tuf_files.h"

#define TUF_KEYID_SIZE PP_HEX_SIZE(32) /* bytes with the NUL */

/* The role's key, from keys/ROLE.pem, made where it is missing and `create` allows. */
struct crypto_key *tuf_key(const struct home *home, const char *role, bool create, struct pp_error *error);

/* A role's next key is made beside the present one, as role ROLE.next, and takes its place when all know it. */
#define TUF_NEXT ".next"
/* What is made for the role is its key from now on; nothing where there is no next one. */
PP_MUST_USE bool tuf_key_take_next(const struct home *home, const char *role, struct pp_error *error);

/* Destroys it, where it is there. */
PP_MUST_USE bool tuf_key_forget(const struct home *home, const char *role, struct pp_error *error);

/* The key object {"keytype", "scheme", "keyval"} and its id. The caller deletes it. */
cJSON *tuf_key_object(const struct crypto_key *key, char keyid[TUF_KEYID_SIZE], struct pp_error *error);

/* {"_type", "spec_version", "version", "expires"}; the caller adds what the type needs. */
cJSON *tuf_signed(const char *type, int64_t version, int64_t expires, struct pp_error *error);

/* The whole metadata file: {"signatures": […], "signed": …}, appended to `out`. */
PP_MUST_USE bool tuf_sign(const struct home *home, const char *role, const cJSON *body, struct pp_buf *out,
                          struct pp_error *error);

/* The same by the keys of several roles; `roles` ends with NULL. */
PP_MUST_USE bool tuf_sign_by(const struct home *home, const char *const *roles, const cJSON *body,
                             struct pp_buf *out, struct pp_error *error);

/* {"version", "length", "hashes"} of a metadata file for snapshot or timestamp. */
cJSON *tuf_meta_object(int64_t version, const struct pp_buf *file, struct pp_error *error);

#endif

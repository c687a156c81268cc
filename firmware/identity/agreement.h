/*
 * The agreement key: a second EC P-256 key of this screen, to which the headend encrypts what nobody between may
 * read (channel keys, jose/jwe.h). It agrees (ECDH) and never signs; the device key signs and never agrees. The
 * headend learns its public half from an announcement, a JWS by the device key (jose/jws.h):
 *
 *     header   {"alg":"ES256","kid":DEVICE KEY'S THUMBPRINT,"typ":"pingplay-agreement-key"}
 *     payload  {"aud":THE HEADEND,"iat":SECONDS,
 *               "jwk":{"kty":"EC","crv":"P-256","x":…,"y":…,"use":"enc","alg":"ECDH-ES","kid":ITS THUMBPRINT}}
 *
 * It stands in the payload and not in the header's "jwk", which is for the key that signed (RFC 7515 §4.1.3).
 *
 * It can be made anew: what was encrypted to the one before is still read until that is forgotten, since a state may
 * be on its way, or stand in the vault.
 *
 * Vault records: "agreement-key", "agreement-key-before" (as stored_key.h has them).
 */
#ifndef PP_IDENTITY_AGREEMENT_H
#define PP_IDENTITY_AGREEMENT_H

#include "crypto/key.h"
#include "identity/identity.h"

#define AGREEMENT_ANNOUNCEMENT_TYP "pingplay-agreement-key"

struct agreement;

/* The key of the vault, made where there is none yet: called once, before the first announcement. One of which no
 * generation authenticates is logged and made anew; whoever announced the old one sees another kid then, and
 * announces again. Errors: the vault's. */
struct agreement *agreement_load_or_create(struct vault *vault, struct pp_error *error);
void agreement_destroy(struct agreement *agreement); /* wipes the key; NULL is allowed */
PP_DEFINE_AUTO(agreement, struct agreement, agreement_destroy)

/* Another key in its place, which is on flash then, and the present one as the one before. Waits for the flash, and
 * may run on a thread of its own: nothing of an agreement that is in use is touched. NULL: the vault's or the TPM's
 * error, and the present one is still the vault's, or has become the one before as well. */
struct agreement *agreement_rotate(struct vault *vault, struct pp_error *error);

/* The one before: NULL where there is none. Borrowed. */
struct crypto_key *agreement_key_before(const struct agreement *agreement);
const char *agreement_kid_before(const struct agreement *agreement);
/* Nothing is encrypted to it any more. Does not wait for the flash. */
void agreement_forget_before(struct agreement *agreement, struct vault *vault);

/* Both borrowed: for jwe_decrypt and its context. */
struct crypto_key *agreement_key(const struct agreement *agreement);
const char *agreement_kid(const struct agreement *agreement); /* RFC 7638, base64url, 43 characters */

/* The announcement, as the body of a request (identity_sign_later). `audience` is whom the headend calls itself;
 * `now_s`: s since 1970. */
struct net_draft *agreement_announce(const struct agreement *agreement, const struct identity *identity,
                                     const char *audience, int64_t now_s, struct pp_error *error);

#endif

/*
 * A TPM 2.0, over ESYS (TCG TSS 2.0): it keeps a secret that it gives out only to software that somebody has authorised
 * (tpm_seal), and makes EC P-256 keys that never leave it (tpm_key_…).
 *
 *   ECC storage primary (owner hierarchy, made anew at each opening: the same seed gives the same key)
 *    ├ sealed secret    policy: PolicyAuthorize(policy key) over PolicyPCR; no userWithAuth; noDA
 *    ├ device key       ECDSA; noDA
 *    └ agreement key    ECDH; noDA
 *
 * noDA everywhere: a power cut during a start is no failed guess, and must not lock the keys out. What is secret on
 * the way between processor and TPM is encrypted: each session is salted to the primary, whose name is kept beside each
 * object. An object whose name differs has another TPM, or a cleared one.
 *
 * A struct tpm may be used by several threads; each call waits for the TPM, which takes from a millisecond to a second.
 * In a build without libtss2, opening one is PP_E_UNSUPPORTED.
 *
 * Errors: PP_E_TPM_ABSENT, PP_E_TPM_CHANGED, PP_E_TPM_POLICY, PP_E_TPM (with the TPM's own words).
 */
#ifndef PP_TPM_TPM_H
#define PP_TPM_TPM_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/key.h"

#define TPM_TCTI_DEFAULT "device:/dev/tpmrm0" /* the kernel's resource manager */

enum {
    TPM_SECRET_MAX = 64,       /* bytes of a sealed secret */
    TPM_BLOB_MAX = 4096,       /* bytes of a sealed secret or a key as it stands on flash, tpm/blob.h */
    TPM_POLICY_KEY_MAX = 1024, /* bytes of the policy key's SubjectPublicKeyInfo */
};

struct tpm;

/* Whether this build can. */
bool tpm_built(void);

/* `tcti` as tss2-tctildr(7) reads it; NULL or "": TPM_TCTI_DEFAULT. What an earlier process of ours left in a TPM
 * without resource manager is flushed. */
struct tpm *tpm_open(const char *tcti, struct pp_error *error);
struct tpm *tpm_ref(struct tpm *tpm); /* returns it; one more tpm_close */
void tpm_close(struct tpm *tpm);      /* NULL is allowed */
PP_DEFINE_AUTO(tpm, struct tpm, tpm_close)

/* What may have been started when a sealed secret is given out. */
struct tpm_policy {
    uint32_t pcrs;          /* bit n: PCR n, SHA-256 bank, must be among those that a signature is about */
    const char *signatures; /* file of them, tpm/pcrsig.h */
};

/* `policy_key`: SubjectPublicKeyInfo (DER) of who authorises software, P-256 or RSA; of size 0: none, the secret is
 * bound to this TPM alone. The blob is appended. */
PP_MUST_USE bool tpm_seal(struct tpm *tpm, const void *secret, size_t size, const void *policy_key,
                          size_t policy_key_size, struct pp_buf *blob, struct pp_error *error);
/* `secret` gets exactly `size` bytes. */
PP_MUST_USE bool tpm_unseal(struct tpm *tpm, const void *blob, size_t blob_size,
                            const struct tpm_policy *policy, void *secret, size_t size,
                            struct pp_error *error);

enum tpm_key_kind { TPM_KEY_SIGN, TPM_KEY_AGREE };

/* A new key; its blob is appended, for tpm_key_load. */
PP_MUST_USE bool tpm_key_make(struct tpm *tpm, enum tpm_key_kind kind, struct pp_buf *blob,
                              struct pp_error *error);
/* The key, for whatever takes a struct crypto_key. It holds the TPM open, and has itself loaded again where the TPM
 * was reset meanwhile. The caller destroys it. */
struct crypto_key *tpm_key_load(struct tpm *tpm, enum tpm_key_kind kind, const void *blob, size_t size,
                                struct pp_error *error);

#endif

/* What this module's files share of a TPM, where there is libtss2. */
#ifndef PP_TPM_TPM_INTERNAL_H
#define PP_TPM_TPM_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <tss2/tss2_esys.h>

#include "tpm/blob.h"
#include "tpm/tpm.h"

struct tpm {
    atomic_uint references;
    pthread_mutex_t mutex; /* over all below: a TPM does one thing at a time */
    char *tcti;
    unsigned generation; /* how often it was opened; what an earlier one had loaded is gone */
    TSS2_TCTI_CONTEXT *transport;
    ESYS_CONTEXT *esys;
    ESYS_TR primary;
    ESYS_TR session; /* HMAC, salted to the primary */
    TPM2B_NAME primary_name;
    pthread_mutex_t gone_mutex; /* over `gone`: held for a moment only, unlike the other */
    struct tpm_key *gone;       /* keys that nobody has any more, and that may still be loaded */
};

/* pp_fail by the TPM's response: "context: WORDS". Returns false. */
bool tpm_fail(struct pp_error *error, TSS2_RC rc, const char *context);
/* Whether what was loaded may have gone, so that opening again may help: a reset, a TPM that was away. */
bool tpm_is_lost(TSS2_RC rc);

/* device.c, all under the mutex. Opens where it is closed. */
PP_MUST_USE bool tpm_connect(struct tpm *tpm, struct pp_error *error);
void tpm_disconnect(struct tpm *tpm);
/* The session, to authorise and to encrypt: of `attributes` TPMA_SESSION_DECRYPT and …_ENCRYPT. */
ESYS_TR tpm_session(struct tpm *tpm, TPMA_SESSION attributes);
/* A session of `type` whose parameters are encrypted, salted to the primary. */
TSS2_RC tpm_start_session(struct tpm *tpm, TPM2_SE type, ESYS_TR *session);
void tpm_flush(struct tpm *tpm, ESYS_TR *handle); /* ESYS_TR_NONE is allowed, and is what it becomes */

/* key.c, under the mutex: what is loaded of keys that nobody has any more. */
void tpm_flush_gone(struct tpm *tpm);

/* template.c: the public areas that we make, and no others are loaded. */
void tpm_template_primary(TPM2B_PUBLIC *area);
void tpm_template_key(enum tpm_key_kind kind, TPM2B_PUBLIC *area);
void tpm_template_sealed(const TPM2B_DIGEST *policy, TPM2B_PUBLIC *area);
/* The policy key's, as systemd-cryptenroll(1) writes it. PP_E_INVALID. */
PP_MUST_USE bool tpm_template_policy_key(const void *spki, size_t size, TPM2B_PUBLIC *area,
                                         struct pp_error *error);
/* Whether the object is of the kind that such an area describes: all but policy and the key itself. */
bool tpm_template_fits(const TPM2B_PUBLIC *area, const TPM2B_PUBLIC *expected);

/* seal.c: an object between its blob and the TPM. */
PP_MUST_USE bool tpm_object_write(struct tpm *tpm, enum tpm_blob_kind kind,
                                  const struct tpm_bytes *policy_key, const TPM2B_PUBLIC *public_area,
                                  const TPM2B_PRIVATE *private_area, struct pp_buf *blob,
                                  struct pp_error *error);
/* PP_E_TPM_CHANGED where it belongs to another primary. */
PP_MUST_USE bool tpm_object_read(const struct tpm *tpm, const struct tpm_blob *blob,
                                 TPM2B_PUBLIC *public_area, TPM2B_PRIVATE *private_area,
                                 struct pp_error *error);

/* policy.c. The digest that a sealed object has whose policy key that is. */
PP_MUST_USE bool tpm_policy_digest(struct tpm *tpm, const TPM2B_PUBLIC *key, TPM2B_DIGEST *digest,
                                   struct pp_error *error);
/* A session that satisfies it, by a signature for what the PCRs hold; the caller flushes it. */
PP_MUST_USE bool tpm_policy_satisfy(struct tpm *tpm, const struct tpm_policy *policy,
                                    const struct tpm_bytes *spki, ESYS_TR *session, struct pp_error *error);

#endif

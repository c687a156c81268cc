/* Objects between their blobs and the TPM; secrets sealed and given out. */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpm/tpm_internal.h"

bool tpm_object_write(struct tpm *tpm, enum tpm_blob_kind kind, const struct tpm_bytes *policy_key,
                      const TPM2B_PUBLIC *public_area, const TPM2B_PRIVATE *private_area, struct pp_buf *blob,
                      struct pp_error *error) {
    uint8_t public_bytes[sizeof *public_area], private_bytes[sizeof *private_area];
    size_t public_size = 0, private_size = 0;
    TSS2_RC rc = Tss2_MU_TPM2B_PUBLIC_Marshal(public_area, public_bytes, sizeof public_bytes, &public_size);
    if (rc == TSS2_RC_SUCCESS)
        rc = Tss2_MU_TPM2B_PRIVATE_Marshal(private_area, private_bytes, sizeof private_bytes, &private_size);
    if (rc != TSS2_RC_SUCCESS)
        return tpm_fail(error, rc, "TPM: object");
    const struct tpm_blob parts = {
        .kind = kind,
        .primary = {tpm->primary_name.name, tpm->primary_name.size},
        .policy_key = *policy_key,
        .public_area = {public_bytes, public_size},
        .private_area = {private_bytes, private_size},
    };
    return tpm_blob_write(&parts, blob, error);
}

bool tpm_object_read(const struct tpm *tpm, const struct tpm_blob *blob, TPM2B_PUBLIC *public_area,
                     TPM2B_PRIVATE *private_area, struct pp_error *error) {
    size_t public_size = 0, private_size = 0;
    *public_area = (TPM2B_PUBLIC){0};
    *private_area = (TPM2B_PRIVATE){0};
    if (Tss2_MU_TPM2B_PUBLIC_Unmarshal(blob->public_area.data, blob->public_area.size, &public_size,
                                       public_area) ||
        Tss2_MU_TPM2B_PRIVATE_Unmarshal(blob->private_area.data, blob->private_area.size, &private_size,
                                        private_area) ||
        public_size != blob->public_area.size || private_size != blob->private_area.size)
        return pp_fail(error, PP_E_INVALID, "object of a TPM: not as TPM 2.0 writes it");
    if (blob->primary.size != tpm->primary_name.size ||
        memcmp(blob->primary.data, tpm->primary_name.name, blob->primary.size) != 0)
        return pp_fail(error, PP_E_TPM_CHANGED,
                       "the TPM was cleared, or is another one than what is stored belongs to");
    return true;
}

/* ---- Under the mutex ---- */

static bool seal_policy(struct tpm *tpm, const struct tpm_bytes *policy_key, TPM2B_PUBLIC *template,
                        struct pp_error *error) {
    TPM2B_PUBLIC key;
    TPM2B_DIGEST digest;
    if (!policy_key->size) {
        tpm_template_sealed(NULL, template);
        return true;
    }
    if (!tpm_template_policy_key(policy_key->data, policy_key->size, &key, error) ||
        !tpm_policy_digest(tpm, &key, &digest, error))
        return false;
    tpm_template_sealed(&digest, template);
    return true;
}

static bool seal(struct tpm *tpm, const void *secret, size_t size, const struct tpm_bytes *policy_key,
                 struct pp_buf *blob, struct pp_error *error) {
    TPM2B_SENSITIVE_CREATE sensitive = {.sensitive.data.size = (UINT16)size};
    const TPM2B_DATA outside = {0};
    const TPML_PCR_SELECTION pcrs = {0};
    TPM2B_PUBLIC template, *public_area = NULL;
    TPM2B_PRIVATE *private_area = NULL;
    if (!tpm_connect(tpm, error) || !seal_policy(tpm, policy_key, &template, error))
        return false;
    memcpy(sensitive.sensitive.data.buffer, secret, size);
    TSS2_RC rc = Esys_Create(tpm->esys, tpm->primary, tpm_session(tpm, TPMA_SESSION_DECRYPT), ESYS_TR_NONE,
                             ESYS_TR_NONE, &sensitive, &template, &outside, &pcrs, &private_area,
                             &public_area, NULL, NULL, NULL);
    pp_wipe(&sensitive, sizeof sensitive);
    bool ok = rc == TSS2_RC_SUCCESS
                  ? tpm_object_write(tpm, TPM_BLOB_SEALED, policy_key, public_area, private_area, blob, error)
                  : tpm_fail(error, rc, "TPM: seal");
    Esys_Free(private_area);
    Esys_Free(public_area);
    return ok;
}

static bool give_out(struct tpm *tpm, ESYS_TR object, ESYS_TR session, void *secret, size_t size,
                     struct pp_error *error) {
    TPM2B_SENSITIVE_DATA *data = NULL;
    TSS2_RC rc = Esys_Unseal(tpm->esys, object, session, ESYS_TR_NONE, ESYS_TR_NONE, &data);
    if ((rc & 0xbf) == TPM2_RC_POLICY_FAIL)
        return pp_fail(error, PP_E_TPM_POLICY,
                       "the TPM refuses: the policy of what it sealed is another one");
    if (rc != TSS2_RC_SUCCESS)
        return tpm_fail(error, rc, "TPM: unseal");
    bool fits = data->size == size;
    if (fits)
        memcpy(secret, data->buffer, size);
    pp_wipe(data, sizeof *data);
    Esys_Free(data);
    return fits || pp_fail(error, PP_E_INVALID, "the TPM had sealed something else");
}

static bool unseal_loaded(struct tpm *tpm, ESYS_TR object, const struct tpm_blob *blob,
                          const struct tpm_policy *policy, void *secret, size_t size,
                          struct pp_error *error) {
    ESYS_TR session = ESYS_TR_NONE;
    if (!blob->policy_key.size)
        return give_out(tpm, object, tpm_session(tpm, TPMA_SESSION_ENCRYPT), secret, size, error);
    bool ok = tpm_policy_satisfy(tpm, policy, &blob->policy_key, &session, error) &&
              give_out(tpm, object, session, secret, size, error);
    tpm_flush(tpm, &session);
    return ok;
}

static bool unseal(struct tpm *tpm, const struct tpm_blob *blob, const struct tpm_policy *policy,
                   void *secret, size_t size, struct pp_error *error) {
    const TPM2B_DIGEST some_policy = {0};
    TPM2B_PUBLIC public_area, expected;
    TPM2B_PRIVATE private_area;
    ESYS_TR object = ESYS_TR_NONE;
    if (!tpm_connect(tpm, error) || !tpm_object_read(tpm, blob, &public_area, &private_area, error))
        return false;
    tpm_template_sealed(blob->policy_key.size ? &some_policy : NULL, &expected);
    if (!tpm_template_fits(&public_area, &expected))
        return pp_fail(error, PP_E_INVALID, "object of a TPM: of another kind than it says");
    TSS2_RC rc = Esys_Load(tpm->esys, tpm->primary, tpm_session(tpm, TPMA_SESSION_DECRYPT), ESYS_TR_NONE,
                           ESYS_TR_NONE, &private_area, &public_area, &object);
    if (rc != TSS2_RC_SUCCESS)
        return tpm_fail(error, rc, "TPM: load what was sealed");
    bool ok = unseal_loaded(tpm, object, blob, policy, secret, size, error);
    tpm_flush(tpm, &object);
    return ok;
}

/* ---- */

bool tpm_seal(struct tpm *tpm, const void *secret, size_t size, const void *policy_key,
              size_t policy_key_size, struct pp_buf *blob, struct pp_error *error) {
    const struct tpm_bytes key = {policy_key, policy_key_size};
    if (size > TPM_SECRET_MAX || policy_key_size > TPM_POLICY_KEY_MAX)
        return pp_fail(error, PP_E_LIMIT, "too long for the TPM");
    pthread_mutex_lock(&tpm->mutex);
    bool ok = seal(tpm, secret, size, &key, blob, error);
    pthread_mutex_unlock(&tpm->mutex);
    return ok;
}

bool tpm_unseal(struct tpm *tpm, const void *blob, size_t blob_size, const struct tpm_policy *policy,
                void *secret, size_t size, struct pp_error *error) {
    struct tpm_blob parts;
    if (!tpm_blob_read(blob, blob_size, TPM_BLOB_SEALED, &parts, error))
        return false;
    pthread_mutex_lock(&tpm->mutex);
    bool ok = unseal(tpm, &parts, policy, secret, size, error);
    pthread_mutex_unlock(&tpm->mutex);
    return ok;
}

/*
 * PolicyAuthorize over PolicyPCR. The sealed object's policy names only the policy key; which values of the PCRs are
 * good is said by signatures of that key, so that new software brings its own.
 *
 *   object's policy = PolicyAuthorize(name of the policy key, no policyRef)
 *   session:  PolicyPCR(now) -> digest d;  a signature over d by the key -> VerifySignature -> ticket;
 *             PolicyAuthorize(d, key, ticket)
 */
#include <fcntl.h>
#include <string.h>

#include "base/file.h"
#include "crypto/bulk.h"
#include "crypto/ecdsa_der.h"
#include "crypto/public_numbers.h"
#include "tpm/pcrsig.h"
#include "tpm/tpm_internal.h"

static void select_pcrs(uint32_t pcrs, TPML_PCR_SELECTION *selection) {
    *selection = (TPML_PCR_SELECTION){.count = 1};
    selection->pcrSelections[0] = (TPMS_PCR_SELECTION){
        .hash = TPM2_ALG_SHA256,
        .sizeofSelect = 3,
        .pcrSelect = {(BYTE)pcrs, (BYTE)(pcrs >> 8), (BYTE)(pcrs >> 16)},
    };
}

static bool load_policy_key(struct tpm *tpm, const TPM2B_PUBLIC *area, ESYS_TR *key, TPM2B_NAME **name,
                            struct pp_error *error) {
    TSS2_RC rc = Esys_LoadExternal(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL, area,
                                   ESYS_TR_RH_OWNER, key);
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_TR_GetName(tpm->esys, *key, name);
    if (rc == TSS2_RC_SUCCESS)
        return true;
    tpm_flush(tpm, key);
    return tpm_fail(error, rc, "TPM: policy key");
}

static TSS2_RC session_digest(struct tpm *tpm, ESYS_TR session, TPM2B_DIGEST *digest) {
    TPM2B_DIGEST *found = NULL;
    TSS2_RC rc = Esys_PolicyGetDigest(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &found);
    if (rc == TSS2_RC_SUCCESS)
        *digest = *found;
    Esys_Free(found);
    return rc;
}

/* By a trial session, which needs no signature. */
static TSS2_RC try_authorize(struct tpm *tpm, const TPM2B_NAME *name, TPM2B_DIGEST *digest) {
    const TPM2B_DIGEST any = {0};
    const TPM2B_NONCE no_reference = {0};
    const TPMT_TK_VERIFIED no_ticket = {.tag = TPM2_ST_VERIFIED, .hierarchy = TPM2_RH_OWNER};
    ESYS_TR session = ESYS_TR_NONE;
    TSS2_RC rc = tpm_start_session(tpm, TPM2_SE_TRIAL, &session);
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_PolicyAuthorize(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &any,
                                  &no_reference, name, &no_ticket);
    if (rc == TSS2_RC_SUCCESS)
        rc = session_digest(tpm, session, digest);
    tpm_flush(tpm, &session);
    return rc;
}

bool tpm_policy_digest(struct tpm *tpm, const TPM2B_PUBLIC *area, TPM2B_DIGEST *digest,
                       struct pp_error *error) {
    ESYS_TR key = ESYS_TR_NONE;
    TPM2B_NAME *name = NULL;
    if (!load_policy_key(tpm, area, &key, &name, error))
        return false;
    tpm_flush(tpm, &key);
    TSS2_RC rc = try_authorize(tpm, name, digest);
    Esys_Free(name);
    return rc == TSS2_RC_SUCCESS || tpm_fail(error, rc, "TPM: policy");
}

/* ---- Which signature ---- */

/* Whether it is by that key, about at least these PCRs, and not of a set that was tried already. */
static bool is_candidate(const struct pcrsig *pcrsig, size_t index, const uint8_t *signer, uint32_t pcrs) {
    const struct pcrsig_entry *entry = &pcrsig->entries[index];
    if (memcmp(entry->signer, signer, sizeof entry->signer) != 0 || (entry->pcrs & pcrs) != pcrs)
        return false;
    for (size_t i = 0; i < index; i++) {
        if (pcrsig->entries[i].pcrs == entry->pcrs &&
            memcmp(pcrsig->entries[i].signer, signer, sizeof entry->signer) == 0)
            return false;
    }
    return true;
}

static const struct pcrsig_entry *find_signed(const struct pcrsig *pcrsig, const uint8_t *signer,
                                              uint32_t pcrs, const TPM2B_DIGEST *digest) {
    for (size_t i = 0; i < pcrsig->count; i++) {
        const struct pcrsig_entry *entry = &pcrsig->entries[i];
        if (entry->pcrs == pcrs && memcmp(entry->signer, signer, sizeof entry->signer) == 0 &&
            digest->size == sizeof entry->policy && memcmp(entry->policy, digest->buffer, digest->size) == 0)
            return entry;
    }
    return NULL;
}

static TSS2_RC policy_pcr(struct tpm *tpm, uint32_t pcrs, ESYS_TR *session, TPM2B_DIGEST *digest) {
    const TPM2B_DIGEST as_they_are = {0};
    TPML_PCR_SELECTION selection;
    select_pcrs(pcrs, &selection);
    TSS2_RC rc = tpm_start_session(tpm, TPM2_SE_POLICY, session);
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_TRSess_SetAttributes(tpm->esys, *session,
                                       TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_ENCRYPT, 0xff);
    if (rc == TSS2_RC_SUCCESS)
        rc = Esys_PolicyPCR(tpm->esys, *session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &as_they_are,
                            &selection);
    if (rc == TSS2_RC_SUCCESS)
        rc = session_digest(tpm, *session, digest);
    return rc;
}

/* Leaves a session whose PolicyPCR the entry signs. */
static const struct pcrsig_entry *begin_session(struct tpm *tpm, const struct pcrsig *pcrsig,
                                                const uint8_t *signer, uint32_t pcrs, ESYS_TR *session,
                                                struct pp_error *error) {
    bool any = false;
    for (size_t i = 0; i < pcrsig->count; i++) {
        TPM2B_DIGEST digest;
        if (!is_candidate(pcrsig, i, signer, pcrs))
            continue;
        any = true;
        TSS2_RC rc = policy_pcr(tpm, pcrsig->entries[i].pcrs, session, &digest);
        if (rc != TSS2_RC_SUCCESS) {
            tpm_fail(error, rc, "TPM: PCRs");
            return NULL;
        }
        const struct pcrsig_entry *entry = find_signed(pcrsig, signer, pcrsig->entries[i].pcrs, &digest);
        if (entry)
            return entry;
        tpm_flush(tpm, session);
    }
    pp_fail(error, PP_E_TPM_POLICY, "%s",
            any ? "no signed policy allows what was started: the TPM's PCRs hold other values"
                : "no policy is signed by the key that the TPM asks for");
    return NULL;
}

/* ---- The signature ---- */

static bool write_signature(const struct pcrsig_entry *entry, bool rsa, TPMT_SIGNATURE *signature,
                            struct pp_error *error) {
    uint8_t raw[2 * ECDSA_P256_SIZE];
    *signature = (TPMT_SIGNATURE){0};
    if (rsa) {
        TPMS_SIGNATURE_RSASSA *body = &signature->signature.rsassa;
        signature->sigAlg = TPM2_ALG_RSASSA;
        body->hash = TPM2_ALG_SHA256;
        body->sig.size = (UINT16)entry->signature_size;
        if (entry->signature_size > sizeof body->sig.buffer)
            return pp_fail(error, PP_E_TPM_POLICY, "signed policy: the signature is too long");
        memcpy(body->sig.buffer, entry->signature, entry->signature_size);
        return true;
    }
    if (!ecdsa_der_to_raw(entry->signature, entry->signature_size, raw))
        return pp_fail(error, PP_E_TPM_POLICY, "signed policy: not an ECDSA signature");
    TPMS_SIGNATURE_ECDSA *body = &signature->signature.ecdsa;
    signature->sigAlg = TPM2_ALG_ECDSA;
    body->hash = TPM2_ALG_SHA256;
    body->signatureR.size = body->signatureS.size = ECDSA_P256_SIZE;
    memcpy(body->signatureR.buffer, raw, ECDSA_P256_SIZE);
    memcpy(body->signatureS.buffer, raw + ECDSA_P256_SIZE, ECDSA_P256_SIZE);
    return true;
}

/* The TPM's word that the key has signed the policy. */
static bool verify(struct tpm *tpm, ESYS_TR key, const struct pcrsig_entry *entry, bool rsa,
                   TPMT_TK_VERIFIED **ticket, struct pp_error *error) {
    TPMT_SIGNATURE signature;
    TPM2B_DIGEST digest = {.size = BULK_SHA256_SIZE};
    if (!crypto_sha256(entry->policy, sizeof entry->policy, digest.buffer, error) ||
        !write_signature(entry, rsa, &signature, error))
        return false;
    TSS2_RC rc = Esys_VerifySignature(tpm->esys, key, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, &digest,
                                      &signature, ticket);
    return rc == TSS2_RC_SUCCESS ||
           pp_fail(error, PP_E_TPM_POLICY,
                   "signed policy: the signature is not one of the key that it names");
}

static bool authorize(struct tpm *tpm, ESYS_TR session, const struct pcrsig_entry *entry,
                      const TPM2B_PUBLIC *area, struct pp_error *error) {
    const TPM2B_NONCE no_reference = {0};
    TPM2B_DIGEST approved = {.size = sizeof entry->policy};
    ESYS_TR key = ESYS_TR_NONE;
    TPM2B_NAME *name = NULL;
    TPMT_TK_VERIFIED *ticket = NULL;
    memcpy(approved.buffer, entry->policy, sizeof entry->policy);
    if (!load_policy_key(tpm, area, &key, &name, error))
        return false;
    bool ok = verify(tpm, key, entry, area->publicArea.type == TPM2_ALG_RSA, &ticket, error);
    tpm_flush(tpm, &key);
    TSS2_RC rc = ok ? Esys_PolicyAuthorize(tpm->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                           &approved, &no_reference, name, ticket)
                    : TSS2_RC_SUCCESS;
    Esys_Free(ticket);
    Esys_Free(name);
    return ok && (rc == TSS2_RC_SUCCESS || tpm_fail(error, rc, "TPM: policy"));
}

/* ---- */

static bool read_signatures(const char *path, struct pcrsig *pcrsig, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(PCRSIG_SIZE_MAX);
    struct pp_error reason = {0};
    bool ok =
        pp_file_read(AT_FDCWD, path, &json, &reason) && pcrsig_parse(json.data, json.size, pcrsig, &reason);
    return ok || pp_fail(error, PP_E_TPM_POLICY, "signed policies: %s: %s", path, reason.message);
}

bool tpm_policy_satisfy(struct tpm *tpm, const struct tpm_policy *policy, const struct tpm_bytes *spki,
                        ESYS_TR *session, struct pp_error *error) {
    struct pcrsig pcrsig PP_CLEANUP(pcrsig_finish) = {0};
    uint8_t signer[BULK_SHA256_SIZE];
    TPM2B_PUBLIC area;
    if (!read_signatures(policy->signatures, &pcrsig, error) ||
        !tpm_template_policy_key(spki->data, spki->size, &area, error) ||
        !public_numbers_fingerprint(spki->data, spki->size, signer, error))
        return false;
    const struct pcrsig_entry *entry = begin_session(tpm, &pcrsig, signer, policy->pcrs, session, error);
    return entry && authorize(tpm, *session, entry, &area, error);
}

/* Opening a TPM, its primary, its session; what it answers, in words. */
#include <string.h>
#include <tss2/tss2_rc.h>
#include <tss2/tss2_tctildr.h>

#include "tpm/tpm_internal.h"

/* TPM2_TRANSIENT_FIRST, whose definition shifts a bit into an int's sign. */
#define TRANSIENT_FIRST ((TPM2_HANDLE)TPM2_HT_TRANSIENT << TPM2_HR_SHIFT)

#define FLUSH_MAX       64 /* handles that an earlier process can have left: more than a TPM has room for */

bool tpm_built(void) {
    return true;
}

/* Transient objects and sessions that are not there are told as "handle" or "reference"; a TPM that was reset without a
 * TPM2_Startup as "initialize"; one that went away by the transport. One without resource manager that has no room
 * left gets it by being opened again: each key is then loaded when it is used next. */
bool tpm_is_lost(TSS2_RC rc) {
    TSS2_RC base = rc & 0xffff;
    if ((rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER)
        return true;
    return base == TPM2_RC_INITIALIZE || base == TPM2_RC_OBJECT_MEMORY || base == TPM2_RC_SESSION_MEMORY ||
           (base >= TPM2_RC_REFERENCE_H0 && base <= TPM2_RC_REFERENCE_H0 + 14) ||
           (base & 0xbf) == TPM2_RC_HANDLE;
}

static bool is_absent(TSS2_RC rc) {
    return (rc & TSS2_RC_LAYER_MASK) == TSS2_TCTI_RC_LAYER;
}

bool tpm_fail(struct pp_error *error, TSS2_RC rc, const char *context) {
    enum pp_code code = is_absent(rc) ? PP_E_TPM_ABSENT : PP_E_TPM;
    return pp_fail(error, code, "%s: %s", context, Tss2_RC_Decode(rc));
}

ESYS_TR tpm_session(struct tpm *tpm, TPMA_SESSION attributes) {
    Esys_TRSess_SetAttributes(tpm->esys, tpm->session, attributes | TPMA_SESSION_CONTINUESESSION,
                              TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT);
    return tpm->session;
}

TSS2_RC tpm_start_session(struct tpm *tpm, TPM2_SE type, ESYS_TR *session) {
    const TPMT_SYM_DEF symmetric = {.algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
    return Esys_StartAuthSession(tpm->esys, tpm->primary, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                                 ESYS_TR_NONE, NULL, type, &symmetric, TPM2_ALG_SHA256, session);
}

void tpm_flush(struct tpm *tpm, ESYS_TR *handle) {
    if (*handle != ESYS_TR_NONE && Esys_FlushContext(tpm->esys, *handle) != TSS2_RC_SUCCESS)
        Esys_TR_Close(tpm->esys, handle);
    *handle = ESYS_TR_NONE;
}

/* Flushes all that is loaded of a kind. Behind a resource manager only our own is seen, of which there is none yet;
 * without one it is what processes left that were killed, and there is room for three. */
static void flush_left(struct tpm *tpm, TPM2_HANDLE first) {
    TPMS_CAPABILITY_DATA *found = NULL;
    TPMI_YES_NO more;
    if (Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_HANDLES, first,
                           FLUSH_MAX, &more, &found) != TSS2_RC_SUCCESS)
        return;
    for (UINT32 i = 0; i < found->data.handles.count; i++) {
        ESYS_TR handle;
        if (Esys_TR_FromTPMPublic(tpm->esys, found->data.handles.handle[i], ESYS_TR_NONE, ESYS_TR_NONE,
                                  ESYS_TR_NONE, &handle) == TSS2_RC_SUCCESS)
            tpm_flush(tpm, &handle);
    }
    Esys_Free(found);
}

/* Sessions are seen through the kernel's resource manager too, and may be somebody else's there. */
static void flush_all_left(struct tpm *tpm) {
    flush_left(tpm, TRANSIENT_FIRST);
    if (!strstr(tpm->tcti, "tpmrm") && !strstr(tpm->tcti, "tabrmd"))
        flush_left(tpm, TPM2_LOADED_SESSION_FIRST);
}

static bool make_primary(struct tpm *tpm, struct pp_error *error) {
    const TPM2B_SENSITIVE_CREATE nothing = {0};
    const TPM2B_DATA outside = {0};
    const TPML_PCR_SELECTION pcrs = {0};
    TPM2B_PUBLIC template;
    TPM2B_NAME *name = NULL;
    tpm_template_primary(&template);
    TSS2_RC rc =
        Esys_CreatePrimary(tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
                           &nothing, &template, &outside, &pcrs, &tpm->primary, NULL, NULL, NULL, NULL);
    if (rc != TSS2_RC_SUCCESS)
        return tpm_fail(error, rc, "TPM: storage key");
    rc = Esys_TR_GetName(tpm->esys, tpm->primary, &name);
    if (rc != TSS2_RC_SUCCESS)
        return tpm_fail(error, rc, "TPM: storage key");
    tpm->primary_name = *name;
    Esys_Free(name);
    rc = tpm_start_session(tpm, TPM2_SE_HMAC, &tpm->session);
    return rc == TSS2_RC_SUCCESS || tpm_fail(error, rc, "TPM: session");
}

void tpm_disconnect(struct tpm *tpm) {
    tpm_flush_gone(tpm);
    if (tpm->esys) {
        tpm_flush(tpm, &tpm->session);
        tpm_flush(tpm, &tpm->primary);
        Esys_Finalize(&tpm->esys);
    }
    if (tpm->transport)
        Tss2_TctiLdr_Finalize(&tpm->transport);
}

/* The transport's library would say of a device that is not there no more than that it failed. */
static bool device_is_missing(const char *tcti) {
    static const char kind[] = "device:";
    return strncmp(tcti, kind, sizeof kind - 1) == 0 && access(tcti + sizeof kind - 1, F_OK) != 0;
}

static bool connect_new(struct tpm *tpm, struct pp_error *error) {
    tpm->primary = tpm->session = ESYS_TR_NONE;
    if (device_is_missing(tpm->tcti))
        return pp_fail(error, PP_E_TPM_ABSENT, "there is no TPM: %s is missing", tpm->tcti);
    TSS2_RC rc = Tss2_TctiLdr_Initialize(tpm->tcti, &tpm->transport);
    if (rc != TSS2_RC_SUCCESS) {
        tpm->transport = NULL;
        return pp_fail(error, PP_E_TPM_ABSENT, "no TPM answers at %s (%s)", tpm->tcti, Tss2_RC_Decode(rc));
    }
    rc = Esys_Initialize(&tpm->esys, tpm->transport, NULL);
    if (rc != TSS2_RC_SUCCESS)
        return tpm_fail(error, rc, "TPM");
    /* Firmware and kernel have started it by then; an emulator's may be up to us. */
    rc = Esys_Startup(tpm->esys, TPM2_SU_CLEAR);
    if (rc != TSS2_RC_SUCCESS && rc != TPM2_RC_INITIALIZE)
        return tpm_fail(error, rc, "TPM");
    flush_all_left(tpm);
    return make_primary(tpm, error);
}

bool tpm_connect(struct tpm *tpm, struct pp_error *error) {
    tpm_flush_gone(tpm);
    if (tpm->esys)
        return true;
    tpm->generation++;
    if (connect_new(tpm, error))
        return true;
    tpm_disconnect(tpm);
    return false;
}

struct tpm *tpm_open(const char *tcti, struct pp_error *error) {
    PP_AUTO(tpm) struct tpm *tpm = calloc(1, sizeof *tpm);
    if (!tpm) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    tpm->references = 1;
    pthread_mutex_init(&tpm->mutex, NULL);
    pthread_mutex_init(&tpm->gone_mutex, NULL);
    if (!pp_text_copy(&tpm->tcti, tcti && *tcti ? tcti : TPM_TCTI_DEFAULT, error) || !tpm_connect(tpm, error))
        return NULL;
    return pp_steal(&tpm);
}

struct tpm *tpm_ref(struct tpm *tpm) {
    atomic_fetch_add(&tpm->references, 1);
    return tpm;
}

void tpm_close(struct tpm *tpm) {
    if (!tpm || atomic_fetch_sub(&tpm->references, 1) != 1)
        return;
    tpm_disconnect(tpm);
    pthread_mutex_destroy(&tpm->mutex);
    pthread_mutex_destroy(&tpm->gone_mutex);
    free(tpm->tcti);
    free(tpm);
}

/* EC P-256 keys that were made in the TPM and stay there, behind crypto/key.h. */
#include <string.h>

#include "tpm/tpm_internal.h"

struct tpm_key {
    struct tpm *tpm;
    enum tpm_key_kind kind;
    TPM2B_PUBLIC public_area;
    TPM2B_PRIVATE private_area; /* encrypted by the TPM */
    ESYS_TR handle;
    unsigned generation;  /* of the TPM when it was loaded: of another one the handle says nothing */
    struct tpm_key *next; /* in the TPM's `gone` */
};

static const struct {
    enum tpm_blob_kind blob;
    const char *name;
} kinds[] = {
    [TPM_KEY_SIGN] = {TPM_BLOB_SIGN, "device key"},
    [TPM_KEY_AGREE] = {TPM_BLOB_AGREE, "agreement key"},
};

/* ---- Under the mutex ---- */

static bool make(struct tpm *tpm, enum tpm_key_kind kind, struct pp_buf *blob, struct pp_error *error) {
    const TPM2B_SENSITIVE_CREATE nothing = {0};
    const TPM2B_DATA outside = {0};
    const TPML_PCR_SELECTION pcrs = {0};
    const struct tpm_bytes no_policy_key = {0};
    TPM2B_PUBLIC template, *public_area = NULL;
    TPM2B_PRIVATE *private_area = NULL;
    TSS2_RC rc = TSS2_RC_SUCCESS;
    tpm_template_key(kind, &template);
    bool open = tpm_connect(tpm, error);
    for (int try = 0; open && try < 2; try++) {
        rc = Esys_Create(tpm->esys, tpm->primary, tpm_session(tpm, TPMA_SESSION_DECRYPT), ESYS_TR_NONE,
                         ESYS_TR_NONE, &nothing, &template, &outside, &pcrs, &private_area, &public_area,
                         NULL, NULL, NULL);
        if (try || !tpm_is_lost(rc))
            break;
        tpm_disconnect(tpm);
        open = tpm_connect(tpm, error);
    }
    bool ok = open && (rc == TSS2_RC_SUCCESS ? tpm_object_write(tpm, kinds[kind].blob, &no_policy_key,
                                                                public_area, private_area, blob, error)
                                             : tpm_fail(error, rc, "TPM: make a key"));
    Esys_Free(private_area);
    Esys_Free(public_area);
    return ok;
}

static TSS2_RC load(struct tpm_key *key) {
    struct tpm *tpm = key->tpm;
    if (key->generation == tpm->generation)
        return TSS2_RC_SUCCESS;
    TSS2_RC rc = Esys_Load(tpm->esys, tpm->primary, tpm_session(tpm, TPMA_SESSION_DECRYPT), ESYS_TR_NONE,
                           ESYS_TR_NONE, &key->private_area, &key->public_area, &key->handle);
    if (rc == TSS2_RC_SUCCESS)
        key->generation = tpm->generation;
    return rc;
}

static bool read_number(const TPM2B_ECC_PARAMETER *number, uint8_t out[CRYPTO_SECRET_SIZE]) {
    if (number->size > CRYPTO_SECRET_SIZE)
        return false;
    memset(out, 0, CRYPTO_SECRET_SIZE);
    memcpy(out + CRYPTO_SECRET_SIZE - number->size, number->buffer, number->size);
    return true;
}

static bool read_point(const TPM2B_PUBLIC *area, uint8_t point[CRYPTO_POINT_SIZE]) {
    point[0] = 0x04;
    return read_number(&area->publicArea.unique.ecc.x, point + 1) &&
           read_number(&area->publicArea.unique.ecc.y, point + 1 + CRYPTO_SECRET_SIZE);
}

static struct tpm_key *take_gone(struct tpm *tpm) {
    pthread_mutex_lock(&tpm->gone_mutex);
    struct tpm_key *first = tpm->gone;
    tpm->gone = NULL;
    pthread_mutex_unlock(&tpm->gone_mutex);
    return first;
}

void tpm_flush_gone(struct tpm *tpm) {
    struct tpm_key *key = take_gone(tpm);
    while (key) {
        struct tpm_key *next = key->next;
        if (tpm->esys && key->generation == tpm->generation)
            tpm_flush(tpm, &key->handle);
        free(key);
        key = next;
    }
}

/* What is to be done with a key that is loaded. */
typedef TSS2_RC key_use(struct tpm_key *key, const uint8_t *in, uint8_t *out);

static TSS2_RC sign(struct tpm_key *key, const uint8_t *digest, uint8_t *signature) {
    const TPMT_SIG_SCHEME es256 = {.scheme = TPM2_ALG_ECDSA,
                                   .details = {.ecdsa = {.hashAlg = TPM2_ALG_SHA256}}};
    const TPMT_TK_HASHCHECK outside = {.tag = TPM2_ST_HASHCHECK, .hierarchy = TPM2_RH_NULL};
    TPM2B_DIGEST what = {.size = CRYPTO_DIGEST_SIZE};
    TPMT_SIGNATURE *made = NULL;
    memcpy(what.buffer, digest, CRYPTO_DIGEST_SIZE);
    TSS2_RC rc = Esys_Sign(key->tpm->esys, key->handle, tpm_session(key->tpm, TPMA_SESSION_DECRYPT),
                           ESYS_TR_NONE, ESYS_TR_NONE, &what, &es256, &outside, &made);
    if (rc != TSS2_RC_SUCCESS)
        return rc;
    bool fits = read_number(&made->signature.ecdsa.signatureR, signature) &&
                read_number(&made->signature.ecdsa.signatureS, signature + CRYPTO_SECRET_SIZE);
    Esys_Free(made);
    return fits ? TSS2_RC_SUCCESS : TSS2_ESYS_RC_MALFORMED_RESPONSE;
}

static TSS2_RC agree(struct tpm_key *key, const uint8_t *peer, uint8_t *secret) {
    TPM2B_ECC_POINT theirs = {.point = {.x.size = CRYPTO_SECRET_SIZE, .y.size = CRYPTO_SECRET_SIZE}};
    TPM2B_ECC_POINT *shared = NULL;
    memcpy(theirs.point.x.buffer, peer + 1, CRYPTO_SECRET_SIZE);
    memcpy(theirs.point.y.buffer, peer + 1 + CRYPTO_SECRET_SIZE, CRYPTO_SECRET_SIZE);
    TSS2_RC rc = Esys_ECDH_ZGen(key->tpm->esys, key->handle,
                                tpm_session(key->tpm, TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT),
                                ESYS_TR_NONE, ESYS_TR_NONE, &theirs, &shared);
    if (rc != TSS2_RC_SUCCESS)
        return rc;
    bool fits = read_number(&shared->point.x, secret);
    pp_wipe(shared, sizeof *shared);
    Esys_Free(shared);
    return fits ? TSS2_RC_SUCCESS : TSS2_ESYS_RC_MALFORMED_RESPONSE;
}

/* A TPM that was reset or away is opened again, once. */
static bool use(struct tpm_key *key, key_use *how, const uint8_t *in, uint8_t *out, struct pp_error *error) {
    TSS2_RC rc = TSS2_RC_SUCCESS;
    pthread_mutex_lock(&key->tpm->mutex);
    bool open = tpm_connect(key->tpm, error);
    for (int try = 0; open && try < 2; try++) {
        rc = load(key);
        if (rc == TSS2_RC_SUCCESS)
            rc = how(key, in, out);
        if (try || !tpm_is_lost(rc))
            break;
        tpm_disconnect(key->tpm);
        open = tpm_connect(key->tpm, error);
    }
    pthread_mutex_unlock(&key->tpm->mutex);
    return open && (rc == TSS2_RC_SUCCESS || tpm_fail(error, rc, kinds[key->kind].name));
}

/* ---- struct crypto_keeper ---- */

static bool tpm_key_sign(void *context, const uint8_t digest[CRYPTO_DIGEST_SIZE],
                         uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    struct tpm_key *key = context;
    if (key->kind != TPM_KEY_SIGN)
        return pp_fail(error, PP_E_STATE, "the agreement key does not sign");
    return use(key, sign, digest, signature, error);
}

static bool tpm_key_agree(void *context, const uint8_t peer[CRYPTO_POINT_SIZE],
                          uint8_t secret[CRYPTO_SECRET_SIZE], struct pp_error *error) {
    struct tpm_key *key = context;
    if (key->kind != TPM_KEY_AGREE)
        return pp_fail(error, PP_E_STATE, "the device key agrees with nobody");
    return use(key, agree, peer, secret, error);
}

/* Does not wait for the TPM, which may be at work for others, or hang. */
static void tpm_key_destroy(void *context) {
    struct tpm_key *key = context;
    if (!key)
        return;
    struct tpm *tpm = key->tpm;
    pthread_mutex_lock(&tpm->gone_mutex);
    key->next = tpm->gone;
    tpm->gone = key;
    pthread_mutex_unlock(&tpm->gone_mutex);
    tpm_close(tpm);
}

static const struct crypto_keeper keeper = {
    .name = "tpm2",
    .sign = tpm_key_sign,
    .agree = tpm_key_agree,
    .destroy = tpm_key_destroy,
};

/* ---- */

bool tpm_key_make(struct tpm *tpm, enum tpm_key_kind kind, struct pp_buf *blob, struct pp_error *error) {
    pthread_mutex_lock(&tpm->mutex);
    bool ok = make(tpm, kind, blob, error);
    pthread_mutex_unlock(&tpm->mutex);
    return ok;
}

static bool read_key(struct tpm_key *key, const struct tpm_blob *blob, struct pp_error *error) {
    TPM2B_PUBLIC expected;
    tpm_template_key(key->kind, &expected);
    pthread_mutex_lock(&key->tpm->mutex);
    bool ok = tpm_connect(key->tpm, error) &&
              tpm_object_read(key->tpm, blob, &key->public_area, &key->private_area, error);
    pthread_mutex_unlock(&key->tpm->mutex);
    return ok && (tpm_template_fits(&key->public_area, &expected) ||
                  pp_fail(error, PP_E_INVALID, "object of a TPM: of another kind than it says"));
}

/* Only that it can be loaded. */
static TSS2_RC use_not(struct tpm_key *key, const uint8_t *in, uint8_t *out) {
    (void)key, (void)in, (void)out;
    return TSS2_RC_SUCCESS;
}

struct crypto_key *tpm_key_load(struct tpm *tpm, enum tpm_key_kind kind, const void *blob, size_t size,
                                struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    struct tpm_blob parts;
    if (!tpm_blob_read(blob, size, kinds[kind].blob, &parts, error))
        return NULL;
    struct tpm_key *key = calloc(1, sizeof *key);
    if (!key) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *key = (struct tpm_key){.tpm = tpm_ref(tpm), .kind = kind, .handle = ESYS_TR_NONE};
    if (!read_key(key, &parts, error) || !use(key, use_not, NULL, NULL, error) ||
        (!read_point(&key->public_area, point) &&
         !pp_fail(error, PP_E_INVALID, "object of a TPM: not a point of P-256"))) {
        tpm_key_destroy(key);
        return NULL;
    }
    return crypto_key_of_keeper(&keeper, key, point, error);
}

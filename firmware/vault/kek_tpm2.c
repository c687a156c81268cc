/* The key-encryption key in a TPM 2.0: what stands on flash is of use to that TPM alone. */
#include <fcntl.h>

#include "base/file.h"
#include "crypto/pem.h"
#include "crypto/random.h"
#include "tpm/blob.h"
#include "vault/kek.h"
#include "vault/kek_place.h"

#define KEK_FILE          "tpm2"
#define POLICY_PEM_MAX    4096       /* bytes */
#define PCRS_DEFAULT      (1u << 11) /* where systemd-stub measures the kernel image */
#define NOTE_UNDER_POLICY "under a signed PCR policy"
#define NOTE_NO_POLICY    "without a PCR policy: any software on this machine can have it"

struct kek_tpm2 {
    struct tpm *tpm;
    struct tpm_policy policy;
    bool without_policy;
    struct pp_buf policy_key; /* DER, of a key to make; empty: none can be had, `no_key` says why */
    struct pp_error no_key;
    const char *note;
};

static const char *or_default(const char *text, const char *fallback) {
    return text && *text ? text : fallback;
}

static bool read_policy_key(const char *path, struct pp_buf *der, struct pp_error *error) {
    static const char *const labels[] = {"PUBLIC KEY", NULL};
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(POLICY_PEM_MAX);
    return (pp_file_read(AT_FDCWD, path, &pem, error) &&
            pem_decode(pem.data, pem.size, labels, der, error)) ||
           pp_wrap(error, "policy key: %s", path);
}

static void kek_tpm2_close(void *context) {
    struct kek_tpm2 *kek = context;
    if (!kek)
        return;
    tpm_close(kek->tpm);
    pp_buf_finish(&kek->policy_key);
    free(kek);
}
PP_DEFINE_AUTO(kek_tpm2, struct kek_tpm2, kek_tpm2_close)

static void *kek_tpm2_open(const struct vault_kek_config *config, struct pp_error *error) {
    PP_AUTO(kek_tpm2) struct kek_tpm2 *kek = calloc(1, sizeof *kek);
    if (!kek) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    kek->policy = (struct tpm_policy){
        .pcrs = config->pcrs ? config->pcrs : PCRS_DEFAULT,
        .signatures = or_default(config->policy_signatures, VAULT_POLICY_SIGNATURES_DEFAULT),
    };
    kek->without_policy = config->without_policy;
    kek->policy_key = PP_BUF_INIT(TPM_POLICY_KEY_MAX);
    kek->note = "";
    if (!kek->without_policy)
        read_policy_key(or_default(config->policy_key, VAULT_POLICY_KEY_DEFAULT), &kek->policy_key,
                        &kek->no_key);
    kek->tpm = tpm_open(config->tcti, error);
    return kek->tpm ? pp_steal(&kek) : NULL;
}

static bool kek_tpm2_present(int dirfd) {
    return kek_place_present(dirfd, KEK_FILE);
}

static bool kek_tpm2_ready(void *context, struct pp_error *error) {
    const struct kek_tpm2 *kek = context;
    return kek->without_policy || kek->policy_key.size ||
           pp_fail(error, PP_E_TPM_POLICY, "nothing says which software the TPM may trust: %s",
                   kek->no_key.message);
}

static bool unseal(struct kek_tpm2 *kek, const struct pp_buf *blob, uint8_t key[VAULT_KEK_SIZE],
                   struct pp_error *error) {
    struct tpm_blob parts;
    if (!tpm_blob_read(blob->data, blob->size, TPM_BLOB_SEALED, &parts, error) ||
        !tpm_unseal(kek->tpm, blob->data, blob->size, &kek->policy, key, VAULT_KEK_SIZE, error))
        return false;
    kek->note = parts.policy_key.size ? NOTE_UNDER_POLICY : NOTE_NO_POLICY;
    return true;
}

static bool kek_tpm2_load(void *context, int dirfd, uint8_t key[VAULT_KEK_SIZE], struct pp_error *error) {
    pp_autobuf struct pp_buf blob = PP_BUF_INIT(TPM_BLOB_MAX);
    return kek_place_read(dirfd, KEK_FILE, &blob, error) && unseal(context, &blob, key, error);
}

/* What was sealed is had back before it is kept: a policy that does not hold here would lock us out at the next
 * start. */
static bool kek_tpm2_create(void *context, int dirfd, uint8_t key[VAULT_KEK_SIZE], struct pp_error *error) {
    struct kek_tpm2 *kek = context;
    pp_autobuf struct pp_buf blob = PP_BUF_INIT(TPM_BLOB_MAX);
    return kek_tpm2_ready(kek, error) && crypto_random(key, VAULT_KEK_SIZE, error) &&
           tpm_seal(kek->tpm, key, VAULT_KEK_SIZE, kek->policy_key.data, kek->policy_key.size, &blob,
                    error) &&
           unseal(kek, &blob, key, error) && kek_place_write(dirfd, KEK_FILE, blob.data, blob.size, error);
}

static bool kek_tpm2_destroy(int dirfd, struct pp_error *error) {
    return kek_place_destroy(dirfd, KEK_FILE, error);
}

static const char *kek_tpm2_note(void *context) {
    return ((struct kek_tpm2 *)context)->note;
}

static struct tpm *kek_tpm2_tpm(void *context) {
    return ((struct kek_tpm2 *)context)->tpm;
}

const struct vault_kek_provider *vault_kek_tpm2(void) {
    static const struct vault_kek_provider provider = {
        .name = "tpm2",
        .present = kek_tpm2_present,
        .open = kek_tpm2_open,
        .close = kek_tpm2_close,
        .ready = kek_tpm2_ready,
        .load = kek_tpm2_load,
        .create = kek_tpm2_create,
        .destroy = kek_tpm2_destroy,
        .note = kek_tpm2_note,
        .tpm = kek_tpm2_tpm,
    };
    return &provider;
}

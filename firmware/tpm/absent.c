/* A build without libtss2. */
#include "tpm/tpm.h"

static bool fail_unsupported(struct pp_error *error) {
    return pp_fail(error, PP_E_UNSUPPORTED, "this build has no TPM support");
}

bool tpm_built(void) {
    return false;
}

struct tpm *tpm_open(const char *tcti, struct pp_error *error) {
    (void)tcti;
    fail_unsupported(error);
    return NULL;
}

struct tpm *tpm_ref(struct tpm *tpm) {
    return tpm;
}

void tpm_close(struct tpm *tpm) {
    (void)tpm;
}

bool tpm_seal(struct tpm *tpm, const void *secret, size_t size, const void *policy_key,
              size_t policy_key_size, struct pp_buf *blob, struct pp_error *error) {
    (void)tpm, (void)secret, (void)size, (void)policy_key, (void)policy_key_size, (void)blob;
    return fail_unsupported(error);
}

bool tpm_unseal(struct tpm *tpm, const void *blob, size_t blob_size, const struct tpm_policy *policy,
                void *secret, size_t size, struct pp_error *error) {
    (void)tpm, (void)blob, (void)blob_size, (void)policy, (void)secret, (void)size;
    return fail_unsupported(error);
}

bool tpm_key_make(struct tpm *tpm, enum tpm_key_kind kind, struct pp_buf *blob, struct pp_error *error) {
    (void)tpm, (void)kind, (void)blob;
    return fail_unsupported(error);
}

struct crypto_key *tpm_key_load(struct tpm *tpm, enum tpm_key_kind kind, const void *blob, size_t size,
                                struct pp_error *error) {
    (void)tpm, (void)kind, (void)blob, (void)size;
    fail_unsupported(error);
    return NULL;
}

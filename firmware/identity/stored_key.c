#include "identity/stored_key.h"

#include "base/log.h"
#include "tpm/blob.h"

static struct crypto_key *load_key(struct vault *vault, enum tpm_key_kind kind, const struct pp_buf *document,
                                   struct pp_error *error) {
    if (!tpm_blob_is(document->data, document->size))
        return crypto_key_load_der(document->data, document->size, error);
    PP_AUTO(tpm) struct tpm *tpm = vault_tpm(vault, error);
    return tpm ? tpm_key_load(tpm, kind, document->data, document->size, error) : NULL;
}

static bool make_in_software(struct pp_buf *document, struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    return key && crypto_key_save_der(key, document, error);
}

struct crypto_key *stored_key_make(struct vault *vault, enum tpm_key_kind kind, struct pp_buf *document,
                                   struct pp_error *error) {
    PP_AUTO(tpm) struct tpm *tpm = vault_has_tpm(vault) ? vault_tpm(vault, error) : NULL;
    if (vault_has_tpm(vault) && !tpm)
        return NULL;
    bool made = tpm ? tpm_key_make(tpm, kind, document, error) : make_in_software(document, error);
    return made ? load_key(vault, kind, document, error) : NULL;
}

/* Kept before it is used, and read as it will be at the next start. */
static struct crypto_key *make_key(struct vault *vault, const char *record, enum tpm_key_kind kind,
                                   struct pp_error *error) {
    pp_autobuf struct pp_buf document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = stored_key_make(vault, kind, &document, error);
    return key && vault_put(vault, record, document.data, document.size, error) ? pp_steal(&key) : NULL;
}

struct crypto_key *stored_key_load_or_create(struct vault *vault, const char *record, enum tpm_key_kind kind,
                                             const char *name, struct pp_error *error) {
    pp_autobuf struct pp_buf document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error reason = {0};
    if (vault_get(vault, record, &document, &reason))
        return load_key(vault, kind, &document, error);
    /* A key that rotted in both generations is lost; with a new one the screen can at least go on from anew. */
    if (reason.code == PP_E_AUTH)
        pp_log_error("the %s is lost, a new one is made: %s", name, reason.message);
    if (reason.code == PP_E_NOTFOUND || reason.code == PP_E_AUTH)
        return make_key(vault, record, kind, error);
    pp_fail(error, reason.code, "%s", reason.message);
    return NULL;
}

struct crypto_key *stored_key_load(struct vault *vault, const char *record, enum tpm_key_kind kind,
                                   struct pp_error *error) {
    pp_autobuf struct pp_buf document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    return vault_get(vault, record, &document, error) ? load_key(vault, kind, &document, error) : NULL;
}

bool stored_key_replace(struct vault *vault, const char *record, const char *before, enum tpm_key_kind kind,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (!vault_get(vault, record, &document, error) ||
        !vault_put(vault, before, document.data, document.size, error))
        return false;
    PP_AUTO(crypto_key) struct crypto_key *key = make_key(vault, record, kind, error);
    return key != NULL;
}

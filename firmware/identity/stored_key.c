#include "identity/stored_key.h"

#include "base/log.h"

static struct crypto_key *make_key(struct vault *vault, const char *record, struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    if (!key || !crypto_key_save_der(key, &der, error) ||
        !vault_put(vault, record, der.data, der.size, error))
        return NULL;
    return pp_steal(&key);
}

struct crypto_key *stored_key_load_or_create(struct vault *vault, const char *record, const char *name,
                                             struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error reason = {0};
    if (vault_get(vault, record, &der, &reason))
        return crypto_key_load_der(der.data, der.size, error);
    /* A key that rotted in both generations is lost; with a new one the screen can at least go on from anew. */
    if (reason.code == PP_E_AUTH)
        pp_log_error("the %s is lost, a new one is made: %s", name, reason.message);
    if (reason.code == PP_E_NOTFOUND || reason.code == PP_E_AUTH)
        return make_key(vault, record, error);
    pp_fail(error, reason.code, "%s", reason.message);
    return NULL;
}

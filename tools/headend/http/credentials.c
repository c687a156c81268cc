#include "headend/http/credentials.h"

#include <gnutls/x509.h>
#include <stdatomic.h>

#include "base/mem.h"
#include "headend/public/ca.h"

struct credentials {
    atomic_uint holders;
    struct host_list hosts;
    gnutls_pcert_st chain[CREDENTIALS_CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
};

static gnutls_datum_t datum_of(const struct pp_buf *buf) {
    return (gnutls_datum_t){.data = buf->data, .size = (unsigned)buf->size};
}

static bool chain_load(struct credentials *credentials, const struct home *home, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CA_PEM_MAX);
    if (!home_read(home, HOME_SERVER_CERTIFICATE, &text, error))
        return false;
    const gnutls_datum_t pem = datum_of(&text);
    unsigned count = CREDENTIALS_CHAIN_MAX;
    int result = gnutls_pcert_list_import_x509_raw(credentials->chain, &count, &pem, GNUTLS_X509_FMT_PEM,
                                                   GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    if (result < 0)
        return pp_fail(error, PP_E_INVALID, "%s: %s", HOME_SERVER_CERTIFICATE, gnutls_strerror(result));
    credentials->count = count;
    return count > 0 || pp_fail(error, PP_E_INVALID, "%s: no certificate", HOME_SERVER_CERTIFICATE);
}

static bool key_load(struct credentials *credentials, const struct home *home, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CA_PEM_MAX);
    if (!home_read(home, HOME_SERVER_KEY, &text, error))
        return false;
    const gnutls_datum_t pem = datum_of(&text);
    int result = gnutls_privkey_init(&credentials->key);
    if (result >= 0)
        result = gnutls_privkey_import_x509_raw(credentials->key, &pem, GNUTLS_X509_FMT_PEM, NULL, 0);
    return result >= 0 || pp_fail(error, PP_E_INVALID, "%s: %s", HOME_SERVER_KEY, gnutls_strerror(result));
}

/* They are two files, and may have been replaced one after the other. */
static bool pair_matches(struct credentials *credentials, struct pp_error *error) {
    uint8_t certified[32];
    uint8_t own[32];
    size_t certified_size = sizeof certified;
    size_t own_size = sizeof own;
    gnutls_pubkey_t key = NULL;
    bool matches = gnutls_pubkey_init(&key) >= 0 &&
                   gnutls_pubkey_import_privkey(key, credentials->key, 0, 0) >= 0 &&
                   gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, own, &own_size) >= 0 &&
                   gnutls_pubkey_get_key_id(credentials->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, certified,
                                            &certified_size) >= 0 &&
                   own_size == certified_size && memcmp(own, certified, own_size) == 0;
    if (key)
        gnutls_pubkey_deinit(key);
    return matches ||
           pp_fail(error, PP_E_INVALID, "%s is not the key of %s", HOME_SERVER_KEY, HOME_SERVER_CERTIFICATE);
}

struct credentials *credentials_load(const struct home *home, const struct host_list *hosts,
                                     struct pp_error *error) {
    PP_AUTO(credentials) struct credentials *credentials = calloc(1, sizeof *credentials);
    if (!credentials) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    atomic_init(&credentials->holders, 1);
    credentials->hosts = *hosts;
    if (!chain_load(credentials, home, error) || !key_load(credentials, home, error) ||
        !pair_matches(credentials, error))
        return NULL;
    return credentials_hold(credentials);
}

struct credentials *credentials_hold(struct credentials *credentials) {
    if (credentials)
        atomic_fetch_add(&credentials->holders, 1);
    return credentials;
}

void credentials_release(struct credentials *credentials) {
    if (!credentials || atomic_fetch_sub(&credentials->holders, 1) > 1)
        return;
    for (unsigned i = 0; i < credentials->count; i++)
        gnutls_pcert_deinit(&credentials->chain[i]);
    if (credentials->key)
        gnutls_privkey_deinit(credentials->key);
    free(credentials);
}

const struct host_list *credentials_hosts(const struct credentials *credentials) {
    return &credentials->hosts;
}

void credentials_show(struct credentials *credentials, gnutls_pcert_st **chain, unsigned *count,
                      gnutls_privkey_t *key) {
    *chain = credentials->chain;
    *count = credentials->count;
    *key = credentials->key;
}

#include "identity/identity.h"

#include <string.h>

#include "base/encode.h"
#include "base/log.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/jwk.h"
#include "crypto/key.h"
#include "identity/chain.h"
#include "identity/csr.h"
#include "identity/identity_internal.h"
#include "identity/stored_key.h"
#include "jose/jws.h"

#define KEY_RECORD         "device-key"
#define CERTIFICATE_RECORD "certificate"
#define CHAIN_PEM_MAX      (64 * 1024) /* bytes */

struct identity {
    struct vault *vault;
    struct crypto_key *key;
    uint8_t point[CRYPTO_POINT_SIZE];
    char thumbprint[IDENTITY_THUMBPRINT_SIZE];
    char words[IDENTITY_WORDS_SIZE];
    struct pp_buf chain; /* PEM, empty while there is no certificate */
    struct chain_facts facts;
    struct pp_buf next; /* the same of one that is on its way to flash; empty: none is */
    struct chain_facts next_facts;
    struct pp_error keep_error; /* why the last one could not be kept */
    identity_kept *kept;        /* of whoever waits for it */
    void *kept_arg;
};

static bool name_key(struct identity *identity, struct pp_error *error) {
    uint8_t thumbprint[JWK_THUMBPRINT_SIZE];
    if (!crypto_key_public_point(identity->key, identity->point, error) ||
        !jwk_thumbprint(identity->point, thumbprint, error))
        return false;
    pp_base64url_encode(thumbprint, sizeof thumbprint, identity->thumbprint);
    snprintf(identity->words, sizeof identity->words, "%02x%02x %02x%02x %02x%02x %02x%02x", thumbprint[0],
             thumbprint[1], thumbprint[2], thumbprint[3], thumbprint[4], thumbprint[5], thumbprint[6],
             thumbprint[7]);
    return true;
}

static bool adopt_stored(struct identity *identity, struct pp_buf *pem, struct pp_error *error) {
    chain_autocrt mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    if (!chain_parse_pem(&crt, pp_buf_text(pem), pem->size, error))
        return false;
    if (!chain_key_matches(&crt, identity->point))
        return pp_fail(error, PP_E_AUTH, "it is for another key");
    if (!chain_facts(&crt, &identity->facts, error))
        return false;
    identity->chain = *pem;
    *pem = PP_BUF_INIT(CHAIN_PEM_MAX);
    return true;
}

static void load_certificate(struct identity *identity) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_PEM_MAX);
    struct pp_error error = {0};
    if (!vault_get(identity->vault, CERTIFICATE_RECORD, &pem, &error)) {
        if (error.code != PP_E_NOTFOUND)
            pp_log_warning("stored certificate: %s", error.message);
    } else if (!adopt_stored(identity, &pem, &error)) {
        pp_log_warning("stored certificate is not used: %s", error.message);
    }
}

struct identity *identity_load_or_create(struct vault *vault, struct pp_error *error) {
    PP_AUTO(identity) struct identity *identity = calloc(1, sizeof *identity);
    if (!identity) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    identity->vault = vault;
    identity->chain = PP_BUF_INIT(CHAIN_PEM_MAX);
    identity->next = PP_BUF_INIT(CHAIN_PEM_MAX);
    identity->key = stored_key_load_or_create(vault, KEY_RECORD, TPM_KEY_SIGN, "device key", error);
    if (!identity->key || !name_key(identity, error)) {
        pp_wrap(error, "device key");
        return NULL;
    }
    load_certificate(identity);
    return pp_steal(&identity);
}

void identity_destroy(struct identity *identity) {
    if (!identity)
        return;
    vault_forget_kept(identity->vault, CERTIFICATE_RECORD);
    crypto_key_destroy(identity->key);
    pp_buf_finish(&identity->chain);
    pp_buf_finish(&identity->next);
    free(identity);
}

const char *identity_thumbprint(const struct identity *identity) {
    return identity->thumbprint;
}

const char *identity_fingerprint_words(const struct identity *identity) {
    return identity->words;
}

/* The CN is plain by construction: base64url, or what chain_facts let through. */
bool identity_csr(const struct identity *identity, struct pp_buf *der, struct pp_error *error) {
    const char *name = identity_has_certificate(identity) ? identity->facts.device_id : identity->thumbprint;
    return csr_write(identity->key, name, der, error);
}

static void report_kept(struct identity *identity) {
    identity_kept *kept = pp_steal(&identity->kept);
    if (kept)
        kept(identity->kept_arg, identity->keep_error.code ? &identity->keep_error : NULL);
}

/* Nothing is asked for under a certificate that the next start would not know. */
static void on_kept(void *arg, const struct pp_error *error) {
    struct identity *identity = arg;
    identity->keep_error = error ? *error : (struct pp_error){0};
    if (!error) {
        pp_buf_finish(&identity->chain);
        identity->chain = identity->next;
        identity->next = PP_BUF_INIT(CHAIN_PEM_MAX);
        identity->facts = identity->next_facts;
    }
    pp_buf_finish(&identity->next);
    report_kept(identity);
}

static bool adopt(struct identity *identity, struct pp_buf *pem, const struct chain_facts *facts,
                  struct pp_error *error) {
    pp_buf_finish(&identity->next);
    identity->next = *pem;
    *pem = PP_BUF_INIT(CHAIN_PEM_MAX);
    identity->next_facts = *facts;
    identity->keep_error = (struct pp_error){0};
    if (!vault_put_later(identity->vault, CERTIFICATE_RECORD, identity->next.data, identity->next.size,
                         on_kept, identity, error)) {
        pp_buf_finish(&identity->next);
        return false;
    }
    return !identity->keep_error.code ||
           pp_fail(error, identity->keep_error.code, "%s", identity->keep_error.message);
}

void identity_when_kept(struct identity *identity, identity_kept *kept, void *arg) {
    identity->kept = kept;
    identity->kept_arg = arg;
    if (!identity->next.size)
        report_kept(identity);
}

/* A certificate that was left out may have been the one that was missing. */
static bool add_reason(const struct pp_error *reason, struct pp_error *error) {
    struct pp_error failure = error ? *error : (struct pp_error){0};
    return reason->code != PP_OK && failure.code == PP_E_AUTH
               ? pp_fail(error, failure.code, "%s; %s", failure.message, reason->message)
               : false;
}

/* A renewal must be for the same device. */
static bool accept(struct identity *identity, bool renewal, const uint8_t *pkcs7, size_t size,
                   const char *ca_file, int64_t now_s, struct pp_error *error) {
    struct pkcs7_certificates list;
    struct chain_facts facts;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_PEM_MAX);
    chain_autocrt mbedtls_x509_crt crt;
    chain_autocrt mbedtls_x509_crt authorities;
    mbedtls_x509_crt_init(&crt);
    mbedtls_x509_crt_init(&authorities);
    struct pp_error left_out = {0};
    if (!pkcs7_parse(pkcs7, size, &list, error) ||
        !chain_from_list(&list, identity->point, &crt, &left_out, error) ||
        !chain_load_authorities(&authorities, ca_file, false, &left_out, error))
        return false;
    if (!chain_verify(&crt, &authorities, now_s, &pem, error))
        return add_reason(&left_out, error);
    if (!chain_facts(&crt, &facts, error))
        return false;
    if (renewal && strcmp(identity->facts.device_id, facts.device_id) != 0)
        return pp_fail(error, PP_E_AUTH, "the certificate is for device %s, not %s", facts.device_id,
                       identity->facts.device_id);
    return adopt(identity, &pem, &facts, error);
}

bool identity_accept_certificate(struct identity *identity, const uint8_t *pkcs7, size_t size,
                                 const char *ca_file, int64_t now_s, struct pp_error *error) {
    return accept(identity, false, pkcs7, size, ca_file, now_s, error);
}

bool identity_accept_renewal(struct identity *identity, const uint8_t *pkcs7, size_t size,
                             const char *ca_file, int64_t now_s, struct pp_error *error) {
    return accept(identity, true, pkcs7, size, ca_file, now_s, error);
}

bool identity_check_authorities(const uint8_t *pkcs7, size_t size, const char *ca_file,
                                struct pp_error *error) {
    struct pkcs7_certificates list;
    chain_autocrt mbedtls_x509_crt authorities;
    mbedtls_x509_crt_init(&authorities);
    struct pp_error left_out = {0};
    return pkcs7_parse(pkcs7, size, &list, error) &&
           chain_load_authorities(&authorities, ca_file, true, &left_out, error) &&
           chain_check_authorities(&list, &authorities, error);
}

bool identity_has_certificate(const struct identity *identity) {
    return identity->chain.size > 0;
}

const char *identity_certificate_pem(const struct identity *identity) {
    return identity_has_certificate(identity) ? pp_buf_text(&identity->chain) : NULL;
}

const char *identity_device_id(const struct identity *identity) {
    return identity->facts.device_id;
}

int64_t identity_not_before(const struct identity *identity) {
    return identity->facts.not_before;
}

int64_t identity_not_after(const struct identity *identity) {
    return identity->facts.not_after;
}

int64_t identity_renew_at(const struct identity *identity) {
    return identity->facts.not_before + (identity->facts.not_after - identity->facts.not_before) / 3 * 2;
}

struct crypto_key *identity_key(const struct identity *identity) {
    return identity->key;
}

bool identity_sign(const struct identity *identity, const char *typ, const void *payload, size_t size,
                   struct pp_buf *token, struct pp_error *error) {
    const struct jws_signer signer = {.key = identity->key, .kid = identity->thumbprint, .typ = typ};
    return jws_sign(&signer, payload, size, token, error);
}

const uint8_t *identity_point(const struct identity *identity) {
    return identity->point;
}

bool identity_sign_raw(const struct identity *identity, const void *data, size_t size,
                       uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    return crypto_key_sign_raw(identity->key, data, size, signature, error);
}

bool identity_check_ca_file(const char *ca_file, struct pp_error *error) {
    chain_autocrt mbedtls_x509_crt authorities;
    mbedtls_x509_crt_init(&authorities);
    struct pp_error left_out = {0};
    if (!chain_load_authorities(&authorities, ca_file, true, &left_out, error))
        return false;
    for (const mbedtls_x509_crt *crt = &authorities; crt; crt = crt->next) {
        if (!compat_crt_is_ca(crt))
            return pp_fail(error, PP_E_INVALID,
                           "trusted authorities: %s: a certificate in it is no authority's", ca_file);
    }
    return true;
}

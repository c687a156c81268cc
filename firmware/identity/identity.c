#include "identity/identity.h"

#include <pthread.h>
#include <string.h>

#include "base/log.h"
#include "crypto/compat_mbedtls.h"
#include "identity/chain.h"
#include "identity/csr.h"
#include "identity/device_key.h"
#include "identity/stored_key.h"
#include "jose/jws.h"
#include "tpm/key_pem.h"

#define KEY_RECORD         "device-key"
#define NEXT_KEY_RECORD    "next-device-key"
#define CERTIFICATE_RECORD "certificate"
#define CHAIN_PEM_MAX      (64 * 1024) /* bytes */

struct identity {
    struct vault *vault;
    pthread_mutex_t mutex;
    pthread_mutex_t *lock; /* that one, over `own`, which a renewal changes while other threads sign */
    struct device_key own;
    struct device_key successor;      /* of a renewal that is under way */
    struct pp_buf successor_document; /* what a record of it holds; wiped */
    bool successor_kept;              /* such a record is there, or on its way */
    bool
        succeeded; /* the successor's certificate is in use, and its key not yet in the place of the former's */
    struct pp_buf chain; /* PEM, empty while there is no certificate */
    struct chain_facts facts;
    struct pp_buf next; /* the same of one that is on its way to flash; empty: none is */
    struct chain_facts next_facts;
    bool next_succeeds;         /* it is for the successor */
    struct pp_error keep_error; /* why the last one could not be kept */
    identity_kept *kept;        /* of whoever waits for it */
    void *kept_arg;
};

/* ---- What is on flash ---- */

/*
 * A renewal brings a certificate for a new key, and the two change together: the new key is kept beside the old one,
 * then the certificate in the place of the former, which decides; then the new key in the place of the old one.
 * After a cut anywhere the certificate that is there tells which of the two keys is the screen's.
 */
static bool adopt_successor(struct identity *identity, mbedtls_x509_crt *crt, struct pp_error *error) {
    device_autokey struct device_key successor = {0};
    struct crypto_key *key = stored_key_load(identity->vault, NEXT_KEY_RECORD, TPM_KEY_SIGN, error);
    if (!device_key_init(&successor, key, error) || !chain_key_matches(crt, successor.point))
        return false;
    device_key_finish(&identity->own);
    identity->own = successor;
    successor = (struct device_key){0};
    identity->succeeded = true;
    return true;
}

static bool adopt_stored(struct identity *identity, struct pp_buf *pem, struct pp_error *error) {
    chain_autocrt mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    if (!chain_parse_pem(&crt, pp_buf_text(pem), pem->size, error))
        return false;
    if (!chain_key_matches(&crt, identity->own.point) && !adopt_successor(identity, &crt, NULL))
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

/* Of a renewal that was pending when this ended. One that has come to its place already is no other key. */
static void load_successor(struct identity *identity) {
    device_autokey struct device_key kept = {0};
    if (identity->succeeded || !identity_has_certificate(identity))
        return;
    struct crypto_key *key = stored_key_load(identity->vault, NEXT_KEY_RECORD, TPM_KEY_SIGN, NULL);
    if (!device_key_init(&kept, key, NULL) || !memcmp(kept.point, identity->own.point, sizeof kept.point) ||
        !vault_get(identity->vault, NEXT_KEY_RECORD, &identity->successor_document, NULL))
        return;
    identity->successor = kept;
    identity->successor_kept = true;
    kept = (struct device_key){0};
}

static void on_key_in_place(void *arg, const struct pp_error *error) {
    struct identity *identity = arg;
    if (error) {
        pp_log_warning("device key: the renewed one is not yet in its place: %s", error->message);
        return;
    }
    identity->succeeded = false;
    struct pp_error reason = {0};
    if (!vault_remove_later(identity->vault, NEXT_KEY_RECORD, NULL, NULL, &reason))
        pp_log_warning("record \"%s\": %s", NEXT_KEY_RECORD, reason.message);
}

/* Where it cannot be done the key stays where it is: it is found there, and this is tried again. */
static void put_key_in_place(struct identity *identity) {
    pp_autobuf struct pp_buf document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error error = {0};
    if (identity->succeeded && (!vault_get(identity->vault, NEXT_KEY_RECORD, &document, &error) ||
                                !vault_put_later(identity->vault, KEY_RECORD, document.data, document.size,
                                                 on_key_in_place, identity, &error)))
        on_key_in_place(identity, &error);
}

struct identity *identity_load_or_create(struct vault *vault, struct pp_error *error) {
    PP_AUTO(identity) struct identity *identity = calloc(1, sizeof *identity);
    if (!identity) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    pthread_mutex_init(&identity->mutex, NULL);
    identity->lock = &identity->mutex;
    identity->vault = vault;
    identity->successor_document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    identity->chain = PP_BUF_INIT(CHAIN_PEM_MAX);
    identity->next = PP_BUF_INIT(CHAIN_PEM_MAX);
    struct crypto_key *key = stored_key_load_or_create(vault, KEY_RECORD, TPM_KEY_SIGN, "device key", error);
    if (!device_key_init(&identity->own, key, error)) {
        pp_wrap(error, "device key");
        return NULL;
    }
    load_certificate(identity);
    load_successor(identity);
    put_key_in_place(identity);
    return pp_steal(&identity);
}

void identity_destroy(struct identity *identity) {
    if (!identity)
        return;
    vault_forget_kept(identity->vault, CERTIFICATE_RECORD);
    vault_forget_kept(identity->vault, KEY_RECORD);
    vault_forget_kept(identity->vault, NEXT_KEY_RECORD);
    device_key_finish(&identity->own);
    device_key_finish(&identity->successor);
    pp_buf_finish(&identity->successor_document);
    pthread_mutex_destroy(&identity->mutex);
    pp_buf_finish(&identity->chain);
    pp_buf_finish(&identity->next);
    free(identity);
}

const char *identity_thumbprint(const struct identity *identity) {
    return identity->own.thumbprint;
}

const char *identity_fingerprint_words(const struct identity *identity) {
    return identity->own.words;
}

/* ---- Requests and answers ---- */

struct identity_request {
    struct vault *vault;
    struct device_key key;  /* without one, one is made */
    struct pp_buf document; /* of the one that was made: what a record of it holds; wiped */
    char name[IDENTITY_DEVICE_ID_MAX];
};

static void use_key(struct identity_request *request, const struct device_key *key) {
    request->key = *key;
    if (key->key)
        crypto_key_ref(key->key);
}

/* The CN is plain by construction: base64url, or what chain_facts let through. */
struct identity_request *identity_request_create(struct identity *identity, bool renewal,
                                                 struct pp_error *error) {
    bool named = identity_has_certificate(identity);
    /* The place beside it is taken until the last renewal is over. */
    if (renewal)
        put_key_in_place(identity);
    if (renewal && identity->succeeded) {
        pp_fail(error, PP_E_IO, "the key of the last renewal is not yet in its place");
        return NULL;
    }
    struct identity_request *request = calloc(1, sizeof *request);
    if (!request) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    request->vault = identity->vault;
    request->document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    snprintf(request->name, sizeof request->name, "%s",
             named ? identity->facts.device_id : identity->own.thumbprint);
    use_key(request, renewal ? &identity->successor : &identity->own);
    return request;
}

void identity_request_destroy(struct identity_request *request) {
    if (!request)
        return;
    device_key_finish(&request->key);
    pp_buf_finish(&request->document);
    free(request);
}

static bool make_key(struct identity_request *request, struct pp_error *error) {
    struct crypto_key *key = stored_key_make(request->vault, TPM_KEY_SIGN, &request->document, error);
    if (device_key_init(&request->key, key, error))
        return true;
    device_key_finish(&request->key);
    pp_buf_finish(&request->document);
    return false;
}

bool identity_request_write(struct identity_request *request, const struct csrattrs *attributes,
                            struct pp_buf *der, struct pp_error *error) {
    if (!request->key.key && !make_key(request, error))
        return false;
    const struct csr_subject subject = {
        .key = request->key.key, .name = request->name, .thumbprint = request->key.thumbprint};
    return csr_write(&subject, attributes, der, error);
}

void identity_request_take(struct identity *identity, struct identity_request *request) {
    if (!request->document.size || identity->successor.key)
        return;
    pp_buf_finish(&identity->successor_document);
    identity->successor_document = request->document;
    request->document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    identity->successor = request->key;
    request->key = (struct device_key){0};
}

void identity_keep_renewal(struct identity *identity) {
    const struct pp_buf *document = &identity->successor_document;
    struct pp_error error = {0};
    if (!identity->successor.key || identity->successor_kept)
        return;
    identity->successor_kept =
        vault_put_later(identity->vault, NEXT_KEY_RECORD, document->data, document->size, NULL, NULL, &error);
    if (!identity->successor_kept)
        pp_log_warning("record \"%s\": %s", NEXT_KEY_RECORD, error.message);
}

static void report_kept(struct identity *identity) {
    identity_kept *kept = pp_steal(&identity->kept);
    if (kept)
        kept(identity->kept_arg, identity->keep_error.code ? &identity->keep_error : NULL);
}

static void take_successor(struct identity *identity) {
    pthread_mutex_lock(identity->lock);
    struct device_key former = identity->own;
    identity->own = identity->successor;
    pthread_mutex_unlock(identity->lock);
    identity->successor = (struct device_key){0};
    identity->successor_kept = false;
    pp_buf_finish(&identity->successor_document);
    identity->succeeded = true;
    device_key_finish(&former);
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
        if (identity->next_succeeds)
            take_successor(identity);
        put_key_in_place(identity);
    }
    pp_buf_finish(&identity->next);
    report_kept(identity);
}

static void keep_certificate(void *arg, const struct pp_error *failure) {
    struct identity *identity = arg;
    struct pp_error error = failure ? *failure : (struct pp_error){0};
    if (failure || !vault_put_later(identity->vault, CERTIFICATE_RECORD, identity->next.data,
                                    identity->next.size, on_kept, identity, &error))
        on_kept(identity, &error);
}

static bool keep_next(struct identity *identity, struct pp_error *error) {
    const struct pp_buf *document = &identity->successor_document;
    if (identity->next_succeeds)
        return vault_put_later(identity->vault, NEXT_KEY_RECORD, document->data, document->size,
                               keep_certificate, identity, error);
    return vault_put_later(identity->vault, CERTIFICATE_RECORD, identity->next.data, identity->next.size,
                           on_kept, identity, error);
}

static bool adopt(struct identity *identity, struct pp_buf *pem, const struct chain_facts *facts,
                  bool succeeds, struct pp_error *error) {
    pp_buf_finish(&identity->next);
    identity->next = *pem;
    *pem = PP_BUF_INIT(CHAIN_PEM_MAX);
    identity->next_facts = *facts;
    identity->next_succeeds = succeeds;
    identity->keep_error = (struct pp_error){0};
    if (!keep_next(identity, error)) {
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

/* A renewal must be for the same device, and is for the key that its request asked with, if it did. */
static bool accept(struct identity *identity, bool renewal, const uint8_t *pkcs7, size_t size,
                   struct net_authorities *authorities, int64_t now_s, struct pp_error *error) {
    struct pkcs7_certificates list;
    struct chain_facts facts;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_PEM_MAX);
    chain_autocrt mbedtls_x509_crt crt;
    chain_autocrt mbedtls_x509_crt trusted;
    mbedtls_x509_crt_init(&crt);
    mbedtls_x509_crt_init(&trusted);
    PP_AUTO(net_trust) struct net_trust *trust = net_authorities_get(authorities);
    struct pp_error left_out = {0};
    bool succeeds = renewal && identity->successor.key;
    const struct device_key *key = succeeds ? &identity->successor : &identity->own;
    if (!pkcs7_parse(pkcs7, size, &list, error) ||
        !chain_from_list(&list, key->point, &crt, &left_out, error) ||
        !chain_parse_authorities(&trusted, trust->pem, &left_out, error))
        return false;
    if (!chain_verify(&crt, &trusted, trust, now_s, &pem, error))
        return add_reason(&left_out, error);
    if (!chain_facts(&crt, &facts, error))
        return false;
    if (renewal && strcmp(identity->facts.device_id, facts.device_id) != 0)
        return pp_fail(error, PP_E_AUTH, "the certificate is for device %s, not %s", facts.device_id,
                       identity->facts.device_id);
    return adopt(identity, &pem, &facts, succeeds, error);
}

bool identity_accept_certificate(struct identity *identity, const uint8_t *pkcs7, size_t size,
                                 struct net_authorities *authorities, int64_t now_s, struct pp_error *error) {
    return accept(identity, false, pkcs7, size, authorities, now_s, error);
}

bool identity_accept_renewal(struct identity *identity, const uint8_t *pkcs7, size_t size,
                             struct net_authorities *authorities, int64_t now_s, struct pp_error *error) {
    return accept(identity, true, pkcs7, size, authorities, now_s, error);
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

/* What comes after 2/3 of a life is chance, but for one key always the same: that of its point. */
int64_t identity_renew_at(const struct identity *identity) {
    const uint8_t *x = identity->own.point + 1;
    int64_t life_s = identity->facts.not_after - identity->facts.not_before;
    int64_t chance = x[0] << 8 | x[1]; /* of 65,536 */
    return identity->facts.not_before + life_s / 3 * 2 + life_s / IDENTITY_JITTER_PART * chance / 65536;
}

struct crypto_key *identity_key(const struct identity *identity) {
    return identity->own.key;
}

bool identity_write_key(const struct identity *identity, struct pp_buf *pem, struct pp_error *error) {
    pp_autobuf struct pp_buf document = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error reason = {0};
    if (crypto_key_save_pem(identity->own.key, pem, &reason))
        return true;
    if (reason.code != PP_E_UNSUPPORTED)
        return pp_fail(error, reason.code, "%s", reason.message);
    return vault_get(identity->vault, identity->succeeded ? NEXT_KEY_RECORD : KEY_RECORD, &document, error) &&
           tpm_key_write_pem(document.data, document.size, pem, error);
}

bool identity_sign(const struct identity *identity, const char *typ, const void *payload, size_t size,
                   struct pp_buf *token, struct pp_error *error) {
    char kid[IDENTITY_THUMBPRINT_SIZE];
    pthread_mutex_lock(identity->lock);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_ref(identity->own.key);
    memcpy(kid, identity->own.thumbprint, sizeof kid);
    pthread_mutex_unlock(identity->lock);
    const struct jws_signer signer = {.key = key, .kid = kid, .typ = typ};
    return jws_sign(&signer, payload, size, token, error);
}

struct signed_draft {
    struct net_draft draft; /* first */
    const struct identity *identity;
    const char *typ;
    struct pp_buf payload;
};

static bool write_signed(struct net_draft *draft, struct pp_buf *body, struct pp_buf *line,
                         struct pp_error *error) {
    const struct signed_draft *own = (struct signed_draft *)draft;
    (void)line;
    return identity_sign(own->identity, own->typ, own->payload.data, own->payload.size, body, error);
}

static void destroy_signed(struct net_draft *draft) {
    struct signed_draft *own = (struct signed_draft *)draft;
    pp_buf_finish(&own->payload);
    free(own);
}

struct net_draft *identity_sign_later(const struct identity *identity, const char *typ, const void *payload,
                                      size_t size, struct pp_error *error) {
    struct signed_draft *own = calloc(1, sizeof *own);
    if (!own) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *own = (struct signed_draft){.draft = {.write = write_signed, .destroy = destroy_signed},
                                 .identity = identity,
                                 .typ = typ,
                                 .payload = PP_BUF_INIT(NET_REQUEST_BODY_MAX)};
    if (pp_buf_add(&own->payload, payload, size, error))
        return &own->draft;
    net_draft_destroy(&own->draft);
    return NULL;
}

void identity_point(const struct identity *identity, uint8_t point[CRYPTO_POINT_SIZE]) {
    pthread_mutex_lock(identity->lock);
    memcpy(point, identity->own.point, CRYPTO_POINT_SIZE);
    pthread_mutex_unlock(identity->lock);
}

bool identity_sign_raw(const struct identity *identity, const void *data, size_t size,
                       uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE], struct pp_error *error) {
    pthread_mutex_lock(identity->lock);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_ref(identity->own.key);
    pthread_mutex_unlock(identity->lock);
    return crypto_key_sign_raw(key, data, size, signature, error);
}

bool identity_check_ca_file(const char *ca_file, struct pp_error *error) {
    chain_autocrt mbedtls_x509_crt authorities;
    mbedtls_x509_crt_init(&authorities);
    struct pp_error left_out = {0};
    if (!chain_load_authorities(&authorities, ca_file, &left_out, error))
        return false;
    for (const mbedtls_x509_crt *crt = &authorities; crt; crt = crt->next) {
        if (!compat_crt_is_ca(crt))
            return pp_fail(error, PP_E_INVALID,
                           "trusted authorities: %s: a certificate in it is no authority's", ca_file);
    }
    return true;
}

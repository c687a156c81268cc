#include "identity/chain.h"

#include <fcntl.h>
#include <mbedtls/oid.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/ecdsa_der.h"
#include "crypto/key_mbedtls.h"
#include "crypto/pem.h"

#define RSA_LEAST_BITS 2048 /* at that level OpenSSL takes keys of somewhat less, too */

bool chain_parse_pem(mbedtls_x509_crt *crt, const char *pem, size_t size, struct pp_error *error) {
    /* mbedTLS wants the NUL counted. A positive answer is the count of those it could not read. */
    int status = mbedtls_x509_crt_parse(crt, (const unsigned char *)pem, size + 1);
    if (status > 0)
        return pp_fail(error, PP_E_INVALID, "%d of the certificates cannot be read", status);
    return status == 0 || crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a certificate");
}

/* Whatever critical extensions it has: OpenSSL judges them, with the path (verify_path). */
static int skip_extension(void *arg, mbedtls_x509_crt const *crt, mbedtls_x509_buf const *oid, int critical,
                          const unsigned char *value, const unsigned char *end) {
    (void)arg;
    (void)crt;
    (void)oid;
    (void)critical;
    (void)value;
    (void)end;
    return 0;
}

static bool append(mbedtls_x509_crt *list, const uint8_t *der, size_t size, struct pp_error *error) {
    int status = mbedtls_x509_crt_parse_der_with_ext_cb(list, der, size, 1, skip_extension, NULL);
    return status == 0 || crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a valid certificate");
}

bool chain_next_certificate(const char **pem, struct pp_buf *der, bool *valid, struct pp_error *error) {
    static const char *const labels[] = {"CERTIFICATE", NULL};
    const char *begin = strstr(*pem, "-----BEGIN CERTIFICATE-----");
    const char *end = begin ? strstr(begin, "-----END CERTIFICATE-----") : NULL;
    if (!end)
        return false;
    *pem = end + strlen("-----END CERTIFICATE-----");
    der->size = 0;
    *valid = pem_decode(begin, (size_t)(*pem - begin), labels, der, error);
    return true;
}

/* One authority that cannot be read is no reason to refuse the others: it is left out, and named. */
static bool take_authorities(mbedtls_x509_crt *crt, const char *pem, struct pp_error *left_out,
                             struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    size_t taken = 0;
    bool valid = false;
    for (size_t number = 1; chain_next_certificate(&pem, &der, &valid, left_out); number++) {
        valid = valid && append(crt, der.data, der.size, left_out);
        if (!valid)
            pp_wrap(left_out, "certificate %zu of the trusted authorities is left out", number);
        taken += valid;
    }
    if (taken)
        return true;
    return left_out->code == PP_OK ? pp_fail(error, PP_E_INVALID, "there is no certificate")
                                   : pp_fail(error, left_out->code, "%s", left_out->message);
}

bool chain_load_authorities(mbedtls_x509_crt *crt, const char *ca_file, struct pp_error *left_out,
                            struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    return (pp_file_read(AT_FDCWD, ca_file, &pem, error) &&
            take_authorities(crt, pp_buf_text(&pem), left_out, error)) ||
           pp_wrap(error, "trusted authorities: %s", ca_file);
}

bool chain_parse_authorities(mbedtls_x509_crt *crt, const char *pem, struct pp_error *left_out,
                             struct pp_error *error) {
    return take_authorities(crt, pem, left_out, error) || pp_wrap(error, "trusted authorities");
}

bool chain_key_matches(mbedtls_x509_crt *crt, const uint8_t point[CRYPTO_POINT_SIZE]) {
    uint8_t own[CRYPTO_POINT_SIZE];
    return crypto_pk_point(&crt->pk, own, NULL) && !memcmp(own, point, sizeof own);
}

/* OpenSSL would refuse it as well, in words that tell less. */
static bool signature_strict(const mbedtls_x509_crt *crt) {
    bool ecdsa = false;
    const mbedtls_x509_buf *signature = compat_crt_signature(crt, &ecdsa);
    return !ecdsa || ecdsa_der_strict(signature->p, signature->len, ECDSA_NUMBER_MAX);
}

static bool read_certificate(mbedtls_x509_crt *crt, const struct pkcs7_certificate *item, size_t index,
                             struct pp_error *error) {
    bool read = append(crt, item->der, item->size, error) &&
                (signature_strict(crt) || pp_fail(error, PP_E_INVALID, "its signature is not in DER"));
    return read || pp_wrap(error, "certificate %zu of the answer", index + 1);
}

/* The certificate for our key; one that cannot be read is for no key, and is named. */
static bool find_own(const struct pkcs7_certificates *list, const uint8_t point[CRYPTO_POINT_SIZE],
                     size_t *ours, struct pp_error *left_out, struct pp_error *error) {
    *ours = list->count;
    for (size_t i = 0; i < list->count; i++) {
        chain_autocrt mbedtls_x509_crt one;
        mbedtls_x509_crt_init(&one);
        struct pp_error reason = {0};
        bool read = read_certificate(&one, &list->items[i], i, &reason);
        bool match = chain_key_matches(&one, point);
        if (!read && match)
            return pp_fail(error, reason.code, "%s", reason.message);
        if (!read)
            *left_out = reason;
        if (!match)
            continue;
        if (*ours < list->count)
            return pp_fail(error, PP_E_AUTH, "two certificates of the answer are for this screen's key");
        *ours = i;
    }
    return *ours < list->count ||
           pp_fail(error, PP_E_AUTH, "no certificate of the answer is for this screen's key");
}

bool chain_from_list(const struct pkcs7_certificates *list, const uint8_t point[CRYPTO_POINT_SIZE],
                     mbedtls_x509_crt *crt, struct pp_error *left_out, struct pp_error *error) {
    size_t ours = 0;
    if (!find_own(list, point, &ours, left_out, error) ||
        !append(crt, list->items[ours].der, list->items[ours].size, error))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        struct pp_error reason = {0};
        if (i != ours && !append(crt, list->items[i].der, list->items[i].size, &reason))
            *left_out = reason;
    }
    return true;
}

static int64_t seconds_of(const mbedtls_x509_time *time) {
    struct tm parts = {.tm_year = time->year - 1900,
                       .tm_mon = time->mon - 1,
                       .tm_mday = time->day,
                       .tm_hour = time->hour,
                       .tm_min = time->min,
                       .tm_sec = time->sec};
    return timegm(&parts);
}

/* ---- The path, by OpenSSL: it knows name constraints and policies, which mbedTLS does not ---- */

struct path {
    X509_STORE *authorities;
    STACK_OF(X509) * others; /* that came with the device's own */
    X509 *own;
    X509_STORE_CTX *context;
};

static void path_finish(struct path *path) {
    X509_STORE_CTX_free(path->context);
    X509_STORE_free(path->authorities);
    sk_X509_pop_free(path->others, X509_free);
    X509_free(path->own);
    ERR_clear_error();
}

static X509 *convert(const mbedtls_x509_crt *crt) {
    const unsigned char *der = crt->raw.p;
    return d2i_X509(NULL, &der, (long)crt->raw.len);
}

/* One that OpenSSL cannot read vouches for nothing. */
static bool path_open(struct path *path, const mbedtls_x509_crt *crt, const mbedtls_x509_crt *authorities,
                      struct pp_error *error) {
    path->authorities = X509_STORE_new();
    path->others = sk_X509_new_null();
    path->context = X509_STORE_CTX_new();
    if (!path->authorities || !path->others || !path->context)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    path->own = convert(crt);
    if (!path->own)
        return pp_fail(error, PP_E_INVALID, "not a valid certificate");
    for (const mbedtls_x509_crt *other = crt->next; other; other = other->next) {
        X509 *one = convert(other);
        if (one && !sk_X509_push(path->others, one))
            X509_free(one);
    }
    for (; authorities; authorities = authorities->next) {
        X509 *one = convert(authorities);
        bool added = one && X509_STORE_add_cert(path->authorities, one);
        X509_free(one);
        if (one && !added)
            return pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    return X509_STORE_CTX_init(path->context, path->authorities, path->own, path->others) == 1 ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

struct flaw {
    int reason; /* X509_V_ERR_… */
    enum pp_code code;
    const char *words;
};

static bool fail_reason(int reason, struct pp_error *error) {
    static const struct flaw flaws[] = {
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, PP_E_AUTH, "does not come from the configured authority"},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, PP_E_AUTH,
         "does not come from the configured authority"},
        {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, PP_E_AUTH,
         "does not come from the configured authority"},
        {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, PP_E_AUTH, "does not come from the configured authority"},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, PP_E_AUTH, "does not come from the configured authority"},
        {X509_V_ERR_CERT_SIGNATURE_FAILURE, PP_E_AUTH, "or one above it has a signature that does not hold"},
        {X509_V_ERR_CERT_HAS_EXPIRED, PP_E_EXPIRED, "or one above it has expired"},
        {X509_V_ERR_CERT_NOT_YET_VALID, PP_E_EXPIRED, "or one above it is not yet valid"},
        {X509_V_ERR_CA_MD_TOO_WEAK, PP_E_AUTH, "is signed with too weak a hash"},
        {X509_V_ERR_CA_KEY_TOO_SMALL, PP_E_AUTH, "is signed with too weak a key"},
        {X509_V_ERR_PERMITTED_VIOLATION, PP_E_AUTH,
         "has a name that its authority may not give (name constraints)"},
        {X509_V_ERR_EXCLUDED_VIOLATION, PP_E_AUTH,
         "has a name that its authority may not give (name constraints)"},
        {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, PP_E_UNSUPPORTED,
         "or one above it has a critical extension that is not supported"},
        {X509_V_ERR_INVALID_CA, PP_E_AUTH, "is signed by one that is no authority's"},
        {X509_V_ERR_PATH_LENGTH_EXCEEDED, PP_E_AUTH, "has more authorities above it than one of them allows"},
    };
    for (size_t i = 0; i < PP_COUNT(flaws); i++) {
        if (reason == flaws[i].reason)
            return pp_fail(error, flaws[i].code, "the certificate %s", flaws[i].words);
    }
    return pp_fail(error, PP_E_AUTH, "the certificate does not verify (%s)",
                   X509_verify_cert_error_string(reason));
}

bool chain_keys_strong(const STACK_OF(X509) * chain) {
    for (int i = 0; i < sk_X509_num(chain); i++) {
        const EVP_PKEY *key = X509_get0_pubkey(sk_X509_value(chain, i));
        if (key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < RSA_LEAST_BITS)
            return false;
    }
    return true;
}

/* The time of day is the caller's, and counts for every certificate of the path. Whatever stands in the file of
 * authorities is trusted, also where another stands above it. */
static bool path_verify(struct path *path, const struct net_trust *trust, int64_t now_s,
                        struct pp_error *error) {
    X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(path->context);
    X509_VERIFY_PARAM_set_time(param, (time_t)now_s);
    X509_VERIFY_PARAM_set_auth_level(param, CHAIN_AUTH_LEVEL);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
    if (X509_verify_cert(path->context) <= 0)
        return fail_reason(X509_STORE_CTX_get_error(path->context), error);
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(path->context);
    if (!chain_keys_strong(chain))
        return fail_reason(X509_V_ERR_CA_KEY_TOO_SMALL, error);
    return net_trust_find_refused(trust, chain) < 0 ||
           pp_fail(error, PP_E_AUTH, "the certificate comes from an authority that was retired");
}

static bool check_purpose(const mbedtls_x509_crt *crt, struct pp_error *error) {
    if (compat_crt_is_ca(crt))
        return pp_fail(error, PP_E_AUTH, "the certificate is an authority's");
    if (mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) != 0)
        return pp_fail(error, PP_E_AUTH, "the certificate's key may not sign");
    /* Without the extension mbedTLS would allow every purpose. */
    if (!crt->ext_key_usage.buf.p ||
        mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_CLIENT_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_CLIENT_AUTH)) != 0)
        return pp_fail(error, PP_E_AUTH, "the certificate is not for a client");
    return true;
}

static bool der_among(const uint8_t *der, size_t size, const mbedtls_x509_crt *authorities) {
    for (; authorities; authorities = authorities->next) {
        if (size == authorities->raw.len && !memcmp(der, authorities->raw.p, size))
            return true;
    }
    return false;
}

static bool path_write(const struct path *path, const mbedtls_x509_crt *authorities, struct pp_buf *pem,
                       struct pp_error *error) {
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(path->context);
    for (int i = 0; i < sk_X509_num(chain); i++) {
        unsigned char *der = NULL;
        int size = i2d_X509(sk_X509_value(chain, i), &der);
        bool authority = size > 0 && der_among(der, (size_t)size, authorities);
        bool written = size > 0 && (authority || pem_encode("CERTIFICATE", der, (size_t)size, pem, error));
        OPENSSL_free(der);
        if (authority || !written)
            return authority || pp_wrap(error, "certificate chain");
    }
    return true;
}

bool chain_verify(mbedtls_x509_crt *crt, mbedtls_x509_crt *authorities, const struct net_trust *trust,
                  int64_t now_s, struct pp_buf *pem, struct pp_error *error) {
    PP_CLEANUP(path_finish) struct path path = {0};
    return check_purpose(crt, error) && path_open(&path, crt, authorities, error) &&
           path_verify(&path, trust, now_s, error) && path_write(&path, authorities, pem, error);
}

static bool device_id_char(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == ':';
}

static bool copy_device_id(const mbedtls_x509_buf *value, char id[IDENTITY_DEVICE_ID_MAX],
                           struct pp_error *error) {
    if (value->len == 0 || value->len >= IDENTITY_DEVICE_ID_MAX)
        return pp_fail(error, PP_E_INVALID, "the certificate's common name has not 1 to %d characters",
                       IDENTITY_DEVICE_ID_MAX - 1);
    for (size_t i = 0; i < value->len; i++) {
        if (!device_id_char(value->p[i]))
            return pp_fail(error, PP_E_INVALID, "the certificate's common name has an invalid character");
    }
    memcpy(id, value->p, value->len);
    id[value->len] = 0;
    return true;
}

bool chain_facts(const mbedtls_x509_crt *crt, struct chain_facts *facts, struct pp_error *error) {
    struct chain_facts found = {.not_before = seconds_of(&crt->valid_from),
                                .not_after = seconds_of(&crt->valid_to)};
    for (const mbedtls_x509_name *name = &crt->subject; name; name = name->next) {
        if (name->oid.len != MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN) ||
            memcmp(name->oid.p, MBEDTLS_OID_AT_CN, name->oid.len) != 0)
            continue;
        if (*found.device_id)
            return pp_fail(error, PP_E_INVALID, "the certificate has two common names");
        if (!copy_device_id(&name->val, found.device_id, error))
            return false;
    }
    if (!*found.device_id)
        return pp_fail(error, PP_E_INVALID, "the certificate has no common name");
    *facts = found;
    return true;
}

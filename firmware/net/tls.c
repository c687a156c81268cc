/*
 * TLS policy: 1.3, or 1.2 with ephemeral key agreement and AEAD; keys of 112 bits of strength and more; the
 * server's name from its certificate's subjectAltName alone. libcurl itself falls back to the common name, and
 * takes the strength from OpenSSL's configuration; so what it leaves open is set in OpenSSL's own context
 * (CURLOPT_SSL_CTX_FUNCTION), and no other TLS library of libcurl's will do.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "net/client_internal.h"
#include "net/tls_key.h"

#define SUITES_1_2     "ECDHE+AESGCM:ECDHE+CHACHA20"
#define SECURITY_LEVEL 2    /* 112 bits: no SHA-1, curves from 224 bits on (SSL_CTX_set_security_level(3)) */
#define RSA_LEAST_BITS 2048 /* at that level OpenSSL takes keys of somewhat less, too */

/* libcurl was built with the distribution's authorities as its default. NULL switches the folder of them off
 * in 7.88 and 8.14; later releases take NULL for "the default". OpenSSL looks for files in whatever it is
 * given. */
#define NO_FOLDER "/dev/null"

/* OPENSSL_CONF could lower every bar, or load code: neither it nor the distribution's file is read. */
void net_tls_ignore_configuration(void) {
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

bool net_tls_check_library(const char *library, struct pp_error *error) {
    char own[64];
    snprintf(own, sizeof own, "OpenSSL/%s", OpenSSL_version(OPENSSL_VERSION_STRING));
    return (library && !strcmp(library, own)) ||
           pp_fail(error, PP_E_UNSUPPORTED,
                   "libcurl's TLS is %s: it cannot be kept from taking a certificate's common name for the "
                   "server's; needed is a libcurl with %s",
                   library ? library : "missing", own);
}

/* "[2001:db8::1]" and "example.org." are said without brackets and dot. */
void net_tls_check_begin(struct net_tls_check *check, const char *host, const struct net_clocks *clocks) {
    size_t length = strlen(host);
    bool bracketed = length > 2 && host[0] == '[' && host[length - 1] == ']';
    bool dotted = length > 1 && host[length - 1] == '.';
    snprintf(check->host, sizeof check->host, "%.*s", (int)(length - (bracketed ? 2 : 0) - (dotted ? 1 : 0)),
             host + bracketed);
    check->clocks = clocks;
    check->time_s = 0;
    check->reason = X509_V_OK;
    check->depth = 0;
    check->begun = false;
    check->proxy = NULL;
}

/* Whether a certificate has a name of the kinds that a server can have. */
static bool names_server(X509 *certificate) {
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool found = false;
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        int kind = sk_GENERAL_NAME_value(names, i)->type;
        found = found || kind == GEN_DNS || kind == GEN_IPADD;
    }
    GENERAL_NAMES_free(names);
    return found;
}

/* Whether there is a certificate among those sent of which OpenSSL cannot read an extension. It then does not find the
 * certificate's authority either, and says only that. */
static bool extensions_unreadable(X509_STORE_CTX *store, int *depth) {
    const STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    for (int i = 0; i < sk_X509_num(sent); i++) {
        if (X509_get_extension_flags(sk_X509_value(sent, i)) & EXFLAG_INVALID) {
            *depth = i;
            return true;
        }
    }
    return false;
}

static bool fail_verification(X509_STORE_CTX *store, struct net_tls_check *check) {
    X509 *own = X509_STORE_CTX_get0_cert(store);
    int reason = X509_STORE_CTX_get_error(store);
    bool name = reason == X509_V_ERR_HOSTNAME_MISMATCH || reason == X509_V_ERR_IP_ADDRESS_MISMATCH;
    check->reason = name && own && !names_server(own) ? NET_TLS_NAMELESS : reason;
    check->depth = X509_STORE_CTX_get_error_depth(store);
    if (extensions_unreadable(store, &check->depth))
        check->reason = X509_V_ERR_INVALID_EXTENSION;
    /* What stands there hides from libcurl that it was the certificate. */
    ERR_clear_error();
    return false;
}

/* Whether `now_s` lies within the times of all certificates that the server has sent. One that cannot be read is for
 * the verification to name. */
static bool times_hold(X509_STORE_CTX *store, int64_t now_s) {
    const STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store);
    time_t now = (time_t)now_s;
    for (int i = 0; i < sk_X509_num(sent); i++) {
        const X509 *one = sk_X509_value(sent, i);
        if (X509_cmp_time(X509_get0_notBefore(one), &now) > 0 ||
            X509_cmp_time(X509_get0_notAfter(one), &now) < 0)
            return false;
    }
    return true;
}

/* The system's clock may never have been set, or have been set back. */
static int64_t time_to_verify_at(X509_STORE_CTX *store, const struct net_clocks *clocks) {
    int64_t now_s = pp_time_now_s(&clocks->time);
    if (!clocks->other.now_ms || times_hold(store, now_s))
        return now_s;
    int64_t other_s = pp_time_now_s(&clocks->other);
    return times_hold(store, other_s) ? other_s : now_s;
}

static bool key_too_weak(const X509 *certificate) {
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    return key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) < RSA_LEAST_BITS;
}

/* What OpenSSL lets pass of a chain that it has verified. Every suite has the server sign, so its certificate must
 * allow that (RFC 8446 §4.4.2.2), which OpenSSL does not look at in all versions of TLS; nor does it mind an
 * authority's own certificate as a server's; and it rounds the strength of a key. Nor does it know which keys are no
 * authority's any more. */
static int find_flaw(X509_STORE_CTX *store, const struct net_trust *trust, int *depth) {
    X509 *own = X509_STORE_CTX_get0_cert(store);
    const STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
    *depth = 0;
    if (!(X509_get_key_usage(own) & KU_DIGITAL_SIGNATURE))
        return X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE;
    if (X509_get_extension_flags(own) & EXFLAG_CA || X509_check_ca(own))
        return X509_V_ERR_INVALID_NON_CA;
    *depth = trust ? net_trust_find_refused(trust, chain) : -1;
    if (*depth >= 0)
        return NET_TLS_RETIRED;
    *depth = 0;
    for (int i = 0; i < sk_X509_num(chain); i++) {
        if (!key_too_weak(sk_X509_value(chain, i)))
            continue;
        *depth = i;
        return i ? X509_V_ERR_CA_KEY_TOO_SMALL : X509_V_ERR_EE_KEY_TOO_SMALL;
    }
    return X509_V_OK;
}

static int verify(X509_STORE_CTX *store, void *arg) {
    struct net_tls_check *check = arg;
    check->time_s = time_to_verify_at(store, check->clocks);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(store), (time_t)check->time_s);
    bool valid = X509_verify_cert(store) > 0;
    if (!valid && X509_STORE_CTX_get_error(store) == X509_V_OK)
        X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED);
    int depth = 0;
    int flaw = valid ? find_flaw(store, check->trust, &depth) : X509_V_OK;
    if (flaw != X509_V_OK) {
        X509_STORE_CTX_set_error(store, flaw);
        X509_STORE_CTX_set_error_depth(store, depth);
        valid = false;
    }
    return valid || fail_verification(store, check);
}

/* libcurl does not say for which of the two it has made a context: the proxy's is the one with a newest version. */
static struct net_tls_check *check_of(struct net_tls_check *check, SSL_CTX *context) {
    bool proxy = check->proxy && SSL_CTX_get_max_proto_version(context) == TLS1_3_VERSION;
    check->begun = !proxy;
    if (check->proxy)
        check->proxy->begun = proxy;
    return proxy ? check->proxy : check;
}

/* `check` outlives each handshake of its call; after it the server may begin no other. */
static CURLcode on_context(CURL *easy, void *context, void *arg) {
    struct net_tls_check *check = check_of(arg, context);
    X509_VERIFY_PARAM *param = SSL_CTX_get0_param(context);
    (void)easy;
    SSL_CTX_set_security_level(context, SECURITY_LEVEL);
    SSL_CTX_clear_options(context, SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION | SSL_OP_LEGACY_SERVER_CONNECT);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_cert_verify_callback(context, verify, check);
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                                               X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool named = *check->host && (X509_VERIFY_PARAM_set1_ip_asc(param, check->host) == 1 ||
                                  X509_VERIFY_PARAM_set1_host(param, check->host, 0) == 1);
    ERR_clear_error(); /* a name is no address */
    if (check->key && !net_tls_key_use(context, check->key))
        return CURLE_SSL_CERTPROBLEM;
    return named ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

static struct curl_blob blob_of(char *text) {
    return (struct curl_blob){.data = text, .len = strlen(text), .flags = CURL_BLOB_NOCOPY};
}

static void identity_setup(struct net_setup *setup, const struct net_identity *identity,
                           struct net_tls_check *check) {
    struct curl_blob certificate = blob_of(identity->certificate);
    struct curl_blob key = blob_of(identity->document);
    check->key = identity->key;
    NET_SET(setup, CURLOPT_SSLCERTTYPE, "PEM");
    NET_SET(setup, CURLOPT_SSLCERT_BLOB, &certificate);
    NET_SET(setup, CURLOPT_SSLKEYTYPE, "PEM");
    NET_SET(setup, CURLOPT_SSLKEY_BLOB, &key);
}

void net_tls_setup_trust(struct net_setup *setup, const char *ca_file, const struct net_trust *trust) {
    if (!trust) {
        NET_SET(setup, CURLOPT_CAINFO, ca_file);
        return;
    }
    struct curl_blob blob = blob_of(trust->pem);
    NET_SET(setup, CURLOPT_CAINFO_BLOB, &blob);
}

void net_tls_setup(struct net_setup *setup, const char *ca_file, const struct net_identity *identity,
                   struct net_tls_check *check) {
    NET_SET(setup, CURLOPT_SSL_VERIFYPEER, 1L);
    NET_SET(setup, CURLOPT_SSL_VERIFYHOST, 2L);
    net_tls_setup_trust(setup, ca_file, check->trust);
    NET_SET(setup, CURLOPT_CAPATH, NO_FOLDER);
    NET_SET(setup, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    NET_SET(setup, CURLOPT_SSL_CIPHER_LIST, SUITES_1_2);
    NET_SET(setup, CURLOPT_SSL_CTX_FUNCTION, on_context);
    NET_SET(setup, CURLOPT_SSL_CTX_DATA, check);
    if (identity)
        identity_setup(setup, identity, check);
}

/* What is trusted here is trusted for the proxy alone; our certificate is not shown to it. */
void net_tls_setup_proxy(struct net_setup *setup, struct net_proxy_settings *settings,
                         struct net_tls_check *check) {
    struct curl_blob ca = {.data = settings->ca, .len = strlen(settings->ca), .flags = CURL_BLOB_COPY};
    NET_SET(setup, CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    NET_SET(setup, CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    if (*settings->ca)
        NET_SET(setup, CURLOPT_PROXY_CAINFO_BLOB, &ca);
    else
        NET_SET(setup, CURLOPT_PROXY_CAINFO, NET_PROXY_SYSTEM_CA);
    NET_SET(setup, CURLOPT_PROXY_CAPATH, NO_FOLDER);
    NET_SET(setup, CURLOPT_PROXY_SSLVERSION, (long)(CURL_SSLVERSION_TLSv1_2 | CURL_SSLVERSION_MAX_TLSv1_3));
    NET_SET(setup, CURLOPT_PROXY_SSL_CIPHER_LIST, SUITES_1_2);
    check->key = NULL;
}

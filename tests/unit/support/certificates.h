/* Authorities for tests, made with OpenSSL: roots, what one signs for another, and the messages they come in. */
#ifndef PP_TESTS_SUPPORT_CERTIFICATES_H
#define PP_TESTS_SUPPORT_CERTIFICATES_H

#include "support/test_folder.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/encode.h"

#define TEST_DAY (24 * 60 * 60)

struct test_authority {
    EVP_PKEY *key;
    X509 *root;
};

static inline void test_add_extension(X509 *certificate, int kind, const char *value) {
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, kind, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

/* The kind of extension: the subject's key identifier or the authority's, of that key (RFC 5280 §4.2.1.1, §4.2.1.2). */
static inline void test_add_key_identifier(X509 *certificate, EVP_PKEY *key, int kind) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    X509 *holder = X509_new();
    ASN1_OCTET_STRING *id = ASN1_OCTET_STRING_new();
    X509_set_pubkey(holder, key);
    assert_int_equal(X509_pubkey_digest(holder, EVP_sha1(), hash, &size), 1);
    ASN1_OCTET_STRING_set(id, hash, (int)size);
    AUTHORITY_KEYID authority = {.keyid = id};
    void *value = kind == NID_subject_key_identifier ? (void *)id : (void *)&authority;
    assert_int_equal(X509_add1_ext_i2d(certificate, kind, value, 0, 0), 1);
    ASN1_OCTET_STRING_free(id);
    X509_free(holder);
}

/* Days from now on: negative ones are past. */
struct test_validity {
    int from, to;
};

/* `usage`: of the key; "" none. */
static inline X509 *test_certificate(const char *subject, EVP_PKEY *key, const char *issuer, EVP_PKEY *signer,
                                     const char *basic, const char *usage, struct test_validity days) {
    static long serial;
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), (long)days.from * TEST_DAY);
    X509_gmtime_adj(X509_getm_notAfter(certificate), (long)days.to * TEST_DAY);
    X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                               (const unsigned char *)subject, -1, -1, 0);
    X509_NAME_add_entry_by_NID(X509_get_issuer_name(certificate), NID_commonName, MBSTRING_UTF8,
                               (const unsigned char *)issuer, -1, -1, 0);
    X509_set_pubkey(certificate, key);
    test_add_extension(certificate, NID_basic_constraints, basic);
    if (*usage)
        test_add_extension(certificate, NID_key_usage, usage);
    test_add_key_identifier(certificate, key, NID_subject_key_identifier);
    test_add_key_identifier(certificate, signer, NID_authority_key_identifier);
    assert_true(X509_sign(certificate, signer, EVP_sha256()) > 0);
    return certificate;
}

#define TEST_CA    "critical,CA:TRUE"
#define TEST_USAGE "critical,keyCertSign,cRLSign"
#define TEST_YEAR  ((struct test_validity){-1, 365})

static inline void test_authority_make(struct test_authority *authority, const char *name) {
    authority->key = EVP_EC_gen("P-256");
    authority->root =
        test_certificate(name, authority->key, name, authority->key, TEST_CA, TEST_USAGE, TEST_YEAR);
}

static inline void test_authority_free(struct test_authority *authority) {
    EVP_PKEY_free(authority->key);
    X509_free(authority->root);
}

static inline void test_sha256(X509 *certificate, char hex[PP_HEX_SIZE(32)]) {
    uint8_t hash[32];
    X509_digest(certificate, EVP_sha256(), hash, NULL);
    pp_hex_encode(hash, sizeof hash, hex);
}

static inline void test_base64(X509 *certificate, char *text) {
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    pp_base64_encode(der, (size_t)size, text);
    OPENSSL_free(der);
}

static inline void test_write_pem(const char *path, X509 *const *certificates, size_t count) {
    FILE *file = fopen(path, "w");
    for (size_t i = 0; i < count; i++)
        PEM_write_X509(file, certificates[i]);
    assert_int_equal(fclose(file), 0);
}

/* A PKCS#7 "certs-only" message. */
static inline void test_certs_only(X509 *const *certificates, size_t count, struct pp_buf *der) {
    PKCS7 *message = PKCS7_new();
    unsigned char *bytes = NULL;
    PKCS7_set_type(message, NID_pkcs7_signed);
    message->d.sign->contents->type = OBJ_nid2obj(NID_pkcs7_data);
    for (size_t i = 0; i < count; i++)
        PKCS7_add_certificate(message, certificates[i]);
    int size = i2d_PKCS7(message, &bytes);
    assert_true(size > 0 && pp_buf_add(der, bytes, (size_t)size, NULL));
    OPENSSL_free(bytes);
    PKCS7_free(message);
}

#endif

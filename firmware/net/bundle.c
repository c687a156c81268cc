#include "net/bundle.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "net/client_internal.h"

#define NAME_MAX_SHOWN 100 /* bytes of a subject, with the NUL */

static void free_bio(BIO **bio) {
    BIO_free(*bio);
}

static void free_certificate(X509 **certificate) {
    X509_free(*certificate);
}

/* RFC 2253, everything but printable ASCII escaped. */
static void name_of(const X509 *certificate, char name[NAME_MAX_SHOWN]) {
    PP_CLEANUP(free_bio) BIO *out = BIO_new(BIO_s_mem());
    int size = 0;
    if (out && X509_NAME_print_ex(out, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253) >= 0)
        size = BIO_read(out, name, NAME_MAX_SHOWN - 1);
    name[size > 0 ? size : 0] = 0;
}

static void day_of(const ASN1_TIME *time, char day[PP_RFC3339_SIZE]) {
    struct tm parts = {0};
    *day = 0;
    if (ASN1_TIME_to_tm(time, &parts) == 1)
        pp_time_format(timegm(&parts), day);
}

static bool check_time(const X509 *certificate, size_t number, const char *name, int64_t now_s,
                       struct pp_error *error) {
    time_t now = (time_t)now_s;
    char day[PP_RFC3339_SIZE];
    if (now_s && X509_cmp_time(X509_get0_notAfter(certificate), &now) < 0) {
        day_of(X509_get0_notAfter(certificate), day);
        return pp_fail(error, PP_E_EXPIRED, "certificate %zu in it (%s) has expired on %.10s", number, name,
                       day);
    }
    if (now_s && X509_cmp_time(X509_get0_notBefore(certificate), &now) > 0) {
        day_of(X509_get0_notBefore(certificate), day);
        return pp_fail(error, PP_E_EXPIRED, "certificate %zu in it (%s) is valid from %.10s on only", number,
                       name, day);
    }
    return true;
}

static bool check_one(X509 *certificate, size_t number, int64_t now_s, struct pp_error *error) {
    char name[NAME_MAX_SHOWN];
    name_of(certificate, name);
    if (X509_check_ca(certificate) != 1) /* version 3, basicConstraints and keyUsage */
        return pp_fail(
            error, PP_E_INVALID,
            "certificate %zu in it (%s) is no authority's: it may be the server's own, and wanted is that "
            "of who has issued it",
            number, name);
    return check_time(certificate, number, name, now_s, error);
}

/* What it is in place of PEM certificates. */
static bool check_kind(const char *text, size_t size, struct pp_error *error) {
    const unsigned char *bytes = (const unsigned char *)text;
    if (size > 4 && bytes[0] == 0x30 && (bytes[1] & 0x80))
        return pp_fail(error, PP_E_INVALID,
                       "it is in DER, and wanted is PEM (openssl x509 -inform DER -in FILE -out FILE.pem)");
    if (memmem(text, size, "PRIVATE KEY-----", 16))
        return pp_fail(error, PP_E_INVALID,
                       "there is a private key in it: take it out, and consider whether "
                       "others have seen it");
    if (!memmem(text, size, "-----BEGIN CERTIFICATE-----", 27))
        return pp_fail(error, PP_E_INVALID, "there is no certificate in it");
    return true;
}

/* What is encrypted is none of it; OpenSSL's own asks at the terminal. */
static int no_passphrase(char *text, int size, int writing, void *arg) {
    (void)text, (void)size, (void)writing, (void)arg;
    return -1;
}

bool net_bundle_check(const void *bundle, size_t size, int64_t now_s, struct pp_error *error) {
    const char *at = bundle, *end = at + size;
    net_tls_ignore_configuration(); /* this may be the first that OpenSSL hears of us */
    if (!check_kind(at, size, error))
        return false;
    for (size_t number = 1; (at = memmem(at, (size_t)(end - at), "-----BEGIN CERTIFICATE-----", 27));
         number++) {
        PP_CLEANUP(free_bio) BIO *in = BIO_new_mem_buf(at, (int)(end - at));
        PP_CLEANUP(free_certificate)
        X509 *certificate = in ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : NULL;
        ERR_clear_error();
        if (number > NET_BUNDLE_CERTIFICATES_MAX)
            return pp_fail(error, PP_E_LIMIT,
                           "more than %d certificates in it: leave those in that are needed, and no others",
                           NET_BUNDLE_CERTIFICATES_MAX);
        if (!certificate)
            return pp_fail(error, PP_E_INVALID, "certificate %zu in it cannot be read", number);
        if (!check_one(certificate, number, now_s, error))
            return false;
        at++;
    }
    return true;
}

bool net_bundle_check_file(const char *path, int64_t now_s, struct pp_error *error) {
    pp_autobuf struct pp_buf bundle = PP_BUF_INIT(NET_BUNDLE_SIZE_MAX);
    struct pp_error why = {0};
    bool read = pp_file_read(AT_FDCWD, path, &bundle, &why);
    if (!read && why.code == PP_E_LIMIT)
        return pp_fail(error, PP_E_LIMIT, "%s: more than %d bytes, which is too many certificates", path,
                       NET_BUNDLE_SIZE_MAX);
    if (!read)
        return pp_fail(error, why.code, "%s", why.message);
    return net_bundle_check(bundle.data, bundle.size, now_s, error) || pp_wrap(error, "%s", path);
}

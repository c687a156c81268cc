#include "identity/chain.h"

#include <fcntl.h>
#include <mbedtls/oid.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "crypto/compat_mbedtls.h"
#include "crypto/ecdsa_der.h"
#include "crypto/key_mbedtls.h"
#include "crypto/pem.h"

#define PATH_MAX_DEPTH 10 /* certificates of a verified path; mbedTLS stops at 8 intermediates */

bool chain_parse_pem(mbedtls_x509_crt *crt, const char *pem, size_t size, struct pp_error *error) {
    /* mbedTLS wants the NUL counted. A positive answer is the count of those it could not read. */
    int status = mbedtls_x509_crt_parse(crt, (const unsigned char *)pem, size + 1);
    if (status > 0)
        return pp_fail(error, PP_E_INVALID, "%d of the certificates cannot be read", status);
    return status == 0 || crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a certificate");
}

bool chain_load_authorities(mbedtls_x509_crt *crt, const char *ca_file, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    return (pp_file_read(AT_FDCWD, ca_file, &pem, error) &&
            chain_parse_pem(crt, pp_buf_text(&pem), pem.size, error)) ||
           pp_wrap(error, "trusted authorities: %s", ca_file);
}

bool chain_key_matches(mbedtls_x509_crt *crt, const uint8_t point[CRYPTO_POINT_SIZE]) {
    uint8_t own[CRYPTO_POINT_SIZE];
    return crypto_pk_point(&crt->pk, own, NULL) && !memcmp(own, point, sizeof own);
}

/* mbedTLS would verify a signature by ECDSA that is not in DER. */
static bool signature_strict(const mbedtls_x509_crt *crt) {
    bool ecdsa = false;
    const mbedtls_x509_buf *signature = compat_crt_signature(crt, &ecdsa);
    return !ecdsa || ecdsa_der_strict(signature->p, signature->len, ECDSA_NUMBER_MAX);
}

static bool append_certificate(mbedtls_x509_crt *crt, const struct pkcs7_certificate *item, size_t index,
                               struct pp_error *error) {
    int status = mbedtls_x509_crt_parse_der(crt, item->der, item->size);
    for (; !status && crt->next; crt = crt->next)
        ;
    if (!status && signature_strict(crt))
        return true;
    if (!status)
        return pp_fail(error, PP_E_INVALID, "certificate %zu of the answer: its signature is not in DER",
                       index + 1);
    crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a valid certificate");
    return pp_wrap(error, "certificate %zu of the answer", index + 1);
}

bool chain_from_list(const struct pkcs7_certificates *list, const uint8_t point[CRYPTO_POINT_SIZE],
                     mbedtls_x509_crt *crt, struct pp_error *error) {
    size_t ours = list->count;
    for (size_t i = 0; i < list->count; i++) {
        chain_autocrt mbedtls_x509_crt one;
        mbedtls_x509_crt_init(&one);
        if (!append_certificate(&one, &list->items[i], i, error))
            return false;
        if (!chain_key_matches(&one, point))
            continue;
        if (ours < list->count)
            return pp_fail(error, PP_E_AUTH, "two certificates of the answer are for this screen's key");
        ours = i;
    }
    if (ours == list->count)
        return pp_fail(error, PP_E_AUTH, "no certificate of the answer is for this screen's key");
    if (!append_certificate(crt, &list->items[ours], ours, error))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (i != ours && !append_certificate(crt, &list->items[i], i, error))
            return false;
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

struct path {
    int64_t now_s;
    const mbedtls_x509_crt *items[PATH_MAX_DEPTH]; /* by depth, the device's own first */
    int depth;
};

/* mbedTLS judges by the system's clock alone; the floor is ours to apply, to every certificate of the path.
 */
static int check_certificate(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags) {
    struct path *path = arg;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (path->now_s > seconds_of(&crt->valid_to))
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (path->now_s < seconds_of(&crt->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    if (depth >= PATH_MAX_DEPTH)
        return MBEDTLS_ERR_X509_FATAL_ERROR;
    path->items[depth] = crt;
    path->depth = depth > path->depth ? depth : path->depth;
    return 0;
}

struct flaw {
    uint32_t flag;
    enum pp_code code;
    const char *words;
};

static bool fail_flags(uint32_t flags, struct pp_error *error) {
    static const struct flaw flaws[] = {
        {MBEDTLS_X509_BADCERT_NOT_TRUSTED, PP_E_AUTH, "does not come from the configured authority"},
        {MBEDTLS_X509_BADCERT_EXPIRED, PP_E_EXPIRED, "or one above it has expired"},
        {MBEDTLS_X509_BADCERT_FUTURE, PP_E_EXPIRED, "or one above it is not yet valid"},
        {MBEDTLS_X509_BADCERT_BAD_MD, PP_E_AUTH, "is signed with too weak a hash"},
        {MBEDTLS_X509_BADCERT_BAD_PK, PP_E_AUTH, "is signed with too weak a key"},
        {MBEDTLS_X509_BADCERT_BAD_KEY, PP_E_AUTH, "is signed with too weak a key"},
    };
    for (size_t i = 0; i < PP_COUNT(flaws); i++) {
        if (flags & flaws[i].flag)
            return pp_fail(error, flaws[i].code, "the certificate %s", flaws[i].words);
    }
    return pp_fail(error, PP_E_AUTH, "the certificate does not verify (flags 0x%x)", (unsigned)flags);
}

static bool verify_path(mbedtls_x509_crt *crt, mbedtls_x509_crt *authorities, struct path *path,
                        struct pp_error *error) {
    uint32_t flags = 0;
    int status = mbedtls_x509_crt_verify_with_profile(crt, authorities, NULL, &mbedtls_x509_crt_profile_next,
                                                      NULL, &flags, check_certificate, path);
    if (status == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
        return fail_flags(flags, error);
    return status == 0 || crypto_mbedtls_fail(error, PP_E_AUTH, status, "the certificate does not verify");
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

static bool is_authority(const mbedtls_x509_crt *crt, const mbedtls_x509_crt *authorities) {
    for (; authorities; authorities = authorities->next) {
        if (crt->raw.len == authorities->raw.len && !memcmp(crt->raw.p, authorities->raw.p, crt->raw.len))
            return true;
    }
    return false;
}

bool chain_verify(mbedtls_x509_crt *crt, mbedtls_x509_crt *authorities, int64_t now_s, struct pp_buf *pem,
                  struct pp_error *error) {
    struct path path = {.now_s = now_s};
    if (!verify_path(crt, authorities, &path, error) || !check_purpose(crt, error))
        return false;
    for (int i = 0; i <= path.depth && path.items[i] && !is_authority(path.items[i], authorities); i++) {
        if (!pem_encode("CERTIFICATE", path.items[i]->raw.p, path.items[i]->raw.len, pem, error))
            return false;
    }
    return true;
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

bool chain_check_authorities(const struct pkcs7_certificates *list, const mbedtls_x509_crt *authorities,
                             struct pp_error *error) {
    bool known = false;
    for (size_t i = 0; i < list->count; i++) {
        chain_autocrt mbedtls_x509_crt one;
        mbedtls_x509_crt_init(&one);
        if (!append_certificate(&one, &list->items[i], i, error))
            return false;
        if (!compat_crt_is_ca(&one))
            return pp_fail(error, PP_E_INVALID, "certificate %zu of the answer is not an authority's", i + 1);
        known = known || is_authority(&one, authorities);
    }
    return known || pp_fail(error, PP_E_AUTH, "the server's authority is not the configured one");
}

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

/* ---- Certificates that mbedTLS cannot judge ---- */

/* The first critical extension of a certificate that mbedTLS does not know. */
struct unknown_extension {
    bool seen;
    char name[80]; /* in words, or as numbers */
};

static void name_extension(const mbedtls_x509_buf *oid, char *name, size_t room) {
    /* 2.5.29.n (RFC 5280 §4.2.1) */
    static const struct {
        uint8_t last;
        const char *words;
    } known[] = {{30, "name constraints"},
                 {33, "policy mappings"},
                 {36, "policy constraints"},
                 {54, "inhibit anyPolicy"}};
    for (size_t i = 0; oid->len == 3 && oid->p[0] == 0x55 && oid->p[1] == 0x1d && i < PP_COUNT(known); i++) {
        if (oid->p[2] == known[i].last) {
            snprintf(name, room, "%s", known[i].words);
            return;
        }
    }
    if (mbedtls_oid_get_numeric_string(name, room, oid) < 0)
        snprintf(name, room, "of an unknown kind");
}

static int note_extension(void *arg, mbedtls_x509_crt const *crt, mbedtls_x509_buf const *oid, int critical,
                          const unsigned char *value, const unsigned char *end) {
    struct unknown_extension *unknown = arg;
    (void)crt;
    (void)value;
    (void)end;
    if (critical && !unknown->seen) {
        unknown->seen = true;
        name_extension(oid, unknown->name, sizeof unknown->name);
    }
    return 0;
}

/* Whether mbedTLS can judge all of it; else `error` says why not, also with its subject. The certificate is
 * parsed all the same where `crt` then holds anything. */
static bool parse_certificate(mbedtls_x509_crt *crt, const uint8_t *der, size_t size,
                              struct pp_error *error) {
    struct unknown_extension unknown = {0};
    char subject[160];
    int status = mbedtls_x509_crt_parse_der_with_ext_cb(crt, der, size, 1, note_extension, &unknown);
    if (status)
        return crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a valid certificate");
    if (!unknown.seen)
        return true;
    if (mbedtls_x509_dn_gets(subject, sizeof subject, &crt->subject) < 0)
        snprintf(subject, sizeof subject, "of a long name");
    return pp_fail(error, PP_E_UNSUPPORTED, "its critical extension \"%s\" is not supported (%.100s)",
                   unknown.name, subject);
}

static bool append(mbedtls_x509_crt *list, const uint8_t *der, size_t size, struct pp_error *error) {
    struct unknown_extension unknown = {0};
    int status = mbedtls_x509_crt_parse_der_with_ext_cb(list, der, size, 1, note_extension, &unknown);
    return status == 0 || crypto_mbedtls_fail(error, PP_E_INVALID, status, "not a valid certificate");
}

/* The next certificate of a PEM text, which then begins behind it. False: there is none. */
static bool next_certificate(const char **pem, struct pp_buf *der, bool *valid, struct pp_error *error) {
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

/* One authority that cannot be judged is no reason to refuse the others: it is left out, and named. */
static bool take_authorities(mbedtls_x509_crt *crt, const char *pem, bool unjudged, struct pp_error *left_out,
                             struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    size_t taken = 0;
    bool valid = false;
    for (size_t number = 1; next_certificate(&pem, &der, &valid, left_out); number++) {
        chain_autocrt mbedtls_x509_crt one;
        mbedtls_x509_crt_init(&one);
        valid = valid && (parse_certificate(&one, der.data, der.size, left_out) ||
                          (unjudged && left_out->code == PP_E_UNSUPPORTED));
        if (!valid)
            pp_wrap(left_out, "certificate %zu of the trusted authorities is left out", number);
        else if (!append(crt, der.data, der.size, error))
            return false;
        taken += valid;
    }
    if (taken)
        return true;
    return left_out->code == PP_OK ? pp_fail(error, PP_E_INVALID, "there is no certificate")
                                   : pp_fail(error, left_out->code, "%s", left_out->message);
}

bool chain_load_authorities(mbedtls_x509_crt *crt, const char *ca_file, bool unjudged,
                            struct pp_error *left_out, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CHAIN_CA_FILE_MAX);
    return (pp_file_read(AT_FDCWD, ca_file, &pem, error) &&
            take_authorities(crt, pp_buf_text(&pem), unjudged, left_out, error)) ||
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

/* PP_E_UNSUPPORTED where mbedTLS cannot judge it. */
static bool read_certificate(mbedtls_x509_crt *crt, const struct pkcs7_certificate *item, size_t index,
                             struct pp_error *error) {
    bool read = parse_certificate(crt, item->der, item->size, error) &&
                (signature_strict(crt) || pp_fail(error, PP_E_INVALID, "its signature is not in DER"));
    return read || pp_wrap(error, "certificate %zu of the answer", index + 1);
}

bool chain_from_list(const struct pkcs7_certificates *list, const uint8_t point[CRYPTO_POINT_SIZE],
                     mbedtls_x509_crt *crt, struct pp_error *left_out, struct pp_error *error) {
    size_t ours = list->count;
    bool judged[IDENTITY_CHAIN_MAX] = {0};
    for (size_t i = 0; i < list->count; i++) {
        chain_autocrt mbedtls_x509_crt one;
        mbedtls_x509_crt_init(&one);
        struct pp_error reason = {0};
        judged[i] = read_certificate(&one, &list->items[i], i, &reason);
        bool match = chain_key_matches(&one, point);
        if (!judged[i] && (match || reason.code != PP_E_UNSUPPORTED))
            return pp_fail(error, reason.code, "%s", reason.message);
        if (!judged[i])
            *left_out = reason;
        if (!match)
            continue;
        if (ours < list->count)
            return pp_fail(error, PP_E_AUTH, "two certificates of the answer are for this screen's key");
        ours = i;
    }
    if (ours == list->count)
        return pp_fail(error, PP_E_AUTH, "no certificate of the answer is for this screen's key");
    if (!append(crt, list->items[ours].der, list->items[ours].size, error))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        if (i != ours && judged[i] && !append(crt, list->items[i].der, list->items[i].size, error))
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

/* mbedTLS judges by the system's clock alone; the time of day is ours to apply, to every certificate of the path.
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
        struct pp_error reason = {0};
        if (!read_certificate(&one, &list->items[i], i, &reason) && reason.code != PP_E_UNSUPPORTED)
            return pp_fail(error, reason.code, "%s", reason.message);
        if (!compat_crt_is_ca(&one))
            return pp_fail(error, PP_E_INVALID, "certificate %zu of the answer is not an authority's", i + 1);
        known = known || is_authority(&one, authorities);
    }
    return known || pp_fail(error, PP_E_AUTH, "the server's authority is not the configured one");
}

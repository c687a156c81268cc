#include "headend/public/csr.h"

#include <mbedtls/asn1.h>
#include <mbedtls/x509_csr.h>

#include "crypto/key_mbedtls.h"
#include "crypto/verify.h"

/* Where the parts of a request stand. */
struct csr_parts {
    const uint8_t *info;
    size_t info_size;
    const uint8_t *signature;
    size_t signature_size;
};

/* Steps over ecdsa-with-SHA256. RFC 5758 §3.2 wants no parameters; some writers put a NULL there. */
static bool csr_algorithm_skip(unsigned char **at, const unsigned char *end) {
    static const uint8_t plain[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
    static const uint8_t with_null[] = {0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                        0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};
    size_t left = (size_t)(end - *at);
    size_t size = 0;
    if (left >= sizeof plain && memcmp(*at, plain, sizeof plain) == 0)
        size = sizeof plain;
    else if (left >= sizeof with_null && memcmp(*at, with_null, sizeof with_null) == 0)
        size = sizeof with_null;
    *at += size;
    return size > 0;
}

/* CertificationRequest ::= SEQUENCE { info, AlgorithmIdentifier, BIT STRING } */
static bool csr_split(const uint8_t *der, size_t size, struct csr_parts *parts, struct pp_error *error) {
    unsigned char *at = (unsigned char *)(uintptr_t)der; /* the parser only reads */
    const unsigned char *end = der + size;
    size_t length = 0;
    if (mbedtls_asn1_get_tag(&at, end, &length, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) ||
        at + length != end)
        return pp_fail(error, PP_E_INVALID, "certification request: not one DER sequence");
    parts->info = at;
    if (mbedtls_asn1_get_tag(&at, end, &length, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
        return pp_fail(error, PP_E_INVALID, "certification request: no request information");
    at += length;
    parts->info_size = (size_t)(at - parts->info);
    if (!csr_algorithm_skip(&at, end))
        return pp_fail(error, PP_E_INVALID, "certification request: not signed with ECDSA and SHA-256");
    if (mbedtls_asn1_get_bitstring_null(&at, end, &length) || at + length != end)
        return pp_fail(error, PP_E_INVALID, "certification request: no signature");
    parts->signature = at;
    parts->signature_size = length;
    return true;
}

static bool csr_point(const uint8_t *der, size_t size, uint8_t point[CRYPTO_POINT_SIZE],
                      struct pp_error *error) {
    mbedtls_x509_csr csr;
    mbedtls_x509_csr_init(&csr);
    int status = mbedtls_x509_csr_parse_der(&csr, der, size);
    bool ok = status == 0 ? crypto_pk_point(&csr.pk, point, error)
                          : crypto_mbedtls_fail(error, PP_E_INVALID, status, "certification request");
    mbedtls_x509_csr_free(&csr);
    return ok;
}

void spki_of_point(const uint8_t point[CRYPTO_POINT_SIZE], uint8_t spki[SPKI_SIZE]) {
    static const uint8_t head[26] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                     0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    memcpy(spki, head, sizeof head);
    memcpy(spki + sizeof head, point, CRYPTO_POINT_SIZE);
}

bool csr_parse(const uint8_t *der, size_t size, struct csr *csr, struct pp_error *error) {
    if (size > CSR_MAX)
        return pp_fail(error, PP_E_LIMIT, "certification request: larger than %d bytes", CSR_MAX);
    struct csr_parts parts;
    if (!csr_split(der, size, &parts, error) || !csr_point(der, size, csr->point, error))
        return false;
    uint8_t spki[SPKI_SIZE];
    spki_of_point(csr->point, spki);
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_der(spki, sizeof spki, error);
    if (!key)
        return false;
    if (!crypto_public_verify(key, CRYPTO_ECDSA_SHA256, parts.info, parts.info_size, parts.signature,
                              parts.signature_size, error))
        return pp_wrap(error, "certification request");
    return jwk_thumbprint(csr->point, csr->thumbprint, error);
}

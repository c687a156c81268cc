#include "headend/public/certificate.h"

#include <mbedtls/pem.h>
#include <mbedtls/x509_crt.h>
#include <time.h>

#include "crypto/key_mbedtls.h"

static int64_t seconds_of(const mbedtls_x509_time *time) {
    struct tm parts = {.tm_year = time->year - 1900,
                       .tm_mon = time->mon - 1,
                       .tm_mday = time->day,
                       .tm_hour = time->hour,
                       .tm_min = time->min,
                       .tm_sec = time->sec};
    return timegm(&parts);
}

static bool facts_take(mbedtls_x509_crt *crt, struct certificate_facts *facts, struct pp_error *error) {
    if (!crt->serial.len || crt->serial.len > CERTIFICATE_SERIAL_MAX)
        return pp_fail(error, PP_E_INVALID, "certificate: a serial number of %zu bytes", crt->serial.len);
    memcpy(facts->serial, crt->serial.p, crt->serial.len);
    facts->serial_size = crt->serial.len;
    facts->not_before = seconds_of(&crt->valid_from);
    facts->not_after = seconds_of(&crt->valid_to);
    return crypto_pk_point(&crt->pk, facts->point, error) &&
           jwk_thumbprint(facts->point, facts->thumbprint, error);
}

bool certificate_read(const uint8_t *der, size_t size, struct certificate_facts *facts,
                      struct pp_error *error) {
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    *facts = (struct certificate_facts){0};
    int status = mbedtls_x509_crt_parse_der(&crt, der, size);
    bool ok = status == 0 ? facts_take(&crt, facts, error)
                          : crypto_mbedtls_fail(error, PP_E_INVALID, status, "certificate");
    mbedtls_x509_crt_free(&crt);
    return ok;
}

bool certificate_is_by(const uint8_t *der, size_t size, const struct pp_buf *authority) {
    mbedtls_x509_crt crt;
    mbedtls_x509_crt issuer;
    uint32_t flags = UINT32_MAX;
    mbedtls_x509_crt_init(&crt);
    mbedtls_x509_crt_init(&issuer);
    bool parsed = mbedtls_x509_crt_parse_der(&crt, der, size) == 0 &&
                  mbedtls_x509_crt_parse_der(&issuer, authority->data, authority->size) == 0;
    if (parsed)
        mbedtls_x509_crt_verify(&crt, &issuer, NULL, NULL, &flags, NULL, NULL);
    mbedtls_x509_crt_free(&crt);
    mbedtls_x509_crt_free(&issuer);
    return !(flags & ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE));
}

bool certificate_to_pem(const struct pp_buf *der, struct pp_buf *pem, struct pp_error *error) {
    unsigned char text[CA_PEM_MAX];
    size_t size = 0;
    int status = mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n",
                                          der->data, der->size, text, sizeof text, &size);
    return status == 0 ? pp_buf_add_text(pem, (const char *)text, error)
                       : crypto_mbedtls_fail(error, PP_E_INVALID, status, "PEM");
}

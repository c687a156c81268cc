#include "headend/signer/certificate_write.h"

#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>
#include <time.h>

#include "crypto/key_mbedtls.h"
#include "crypto/random.h"
#include "headend/public/csr.h"
#include "headend/public/der.h"

#define SERIAL_SIZE 16 /* bytes; RFC 5280 §4.1.2.2 allows 20 */

static const char oid_alt_name[] = "\x55\x1d\x11";
static const char oid_extended_use[] = "\x55\x1d\x25";

bool certificate_name_host(struct pp_buf *names, const char *host, struct pp_error *error) {
    uint8_t address[16];
    size_t size = host_address(host, address);
    return size ? der_add(names, DER_CONTEXT(7), address, size, error)
                : der_add(names, DER_CONTEXT(2), host, strlen(host), error);
}

bool certificate_name_uri(struct pp_buf *names, const char *uri, struct pp_error *error) {
    return der_add(names, DER_CONTEXT(6), uri, strlen(uri), error);
}

static bool order_failed(int status, const char *what, struct pp_error *error) {
    return status == 0 ? true : crypto_mbedtls_fail(error, PP_E_INVALID, status, what);
}

static bool order_serial(mbedtls_x509write_cert *crt, struct pp_error *error) {
    uint8_t serial[SERIAL_SIZE];
    if (!crypto_random(serial, sizeof serial, error))
        return false;
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40); /* positive and of full length */
#if MBEDTLS_VERSION_NUMBER >= 0x03040000
    return order_failed(mbedtls_x509write_crt_set_serial_raw(crt, serial, sizeof serial), "serial number",
                        error);
#else
    mbedtls_mpi number;
    mbedtls_mpi_init(&number);
    int status = mbedtls_mpi_read_binary(&number, serial, sizeof serial);
    if (status == 0)
        status = mbedtls_x509write_crt_set_serial(crt, &number);
    mbedtls_mpi_free(&number);
    return order_failed(status, "serial number", error);
#endif
}

static bool order_validity(mbedtls_x509write_cert *crt, const struct certificate_order *order,
                           struct pp_error *error) {
    char from[16];
    char to[16];
    time_t not_before = (time_t)order->not_before;
    time_t not_after = (time_t)order->not_after;
    struct tm parts;
    if (!gmtime_r(&not_before, &parts) || !strftime(from, sizeof from, "%Y%m%d%H%M%S", &parts) ||
        !gmtime_r(&not_after, &parts) || !strftime(to, sizeof to, "%Y%m%d%H%M%S", &parts))
        return pp_fail(error, PP_E_INVALID, "certificate: validity cannot be written");
    return order_failed(mbedtls_x509write_crt_set_validity(crt, from, to), "validity", error);
}

/* An extension whose value is one SEQUENCE of `content`. */
static bool order_sequence(mbedtls_x509write_cert *crt, const char *oid, const struct pp_buf *content,
                           struct pp_error *error) {
    pp_autobuf struct pp_buf value = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    return der_add_buf(&value, DER_SEQUENCE, content, error) &&
           order_failed(mbedtls_x509write_crt_set_extension(crt, oid, strlen(oid), 0, value.data, value.size),
                        "extension", error);
}

static bool order_purpose(mbedtls_x509write_cert *crt, const struct certificate_order *order,
                          struct pp_error *error) {
    if (order->use == CERTIFICATE_CA)
        return order_failed(mbedtls_x509write_crt_set_key_usage(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN |
                                                                         MBEDTLS_X509_KU_CRL_SIGN),
                            "key usage", error);
    /* 1.3.6.1.5.5.7.3.1 serverAuth, .2 clientAuth */
    const uint8_t purpose[] = {0x2b, 0x06, 0x01, 0x05,
                               0x05, 0x07, 0x03, order->use == CERTIFICATE_SERVER ? 1 : 2};
    pp_autobuf struct pp_buf purposes = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    return der_add(&purposes, DER_OID, purpose, sizeof purpose, error) &&
           order_sequence(crt, oid_extended_use, &purposes, error) &&
           order_failed(mbedtls_x509write_crt_set_key_usage(crt, MBEDTLS_X509_KU_DIGITAL_SIGNATURE),
                        "key usage", error);
}

static bool order_fill(mbedtls_x509write_cert *crt, const struct certificate_order *order,
                       mbedtls_pk_context *subject, mbedtls_pk_context *issuer, struct pp_error *error) {
    mbedtls_x509write_crt_set_version(crt, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(crt, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(crt, subject);
    mbedtls_x509write_crt_set_issuer_key(crt, issuer);
    bool is_ca = order->use == CERTIFICATE_CA;
    return order_failed(mbedtls_x509write_crt_set_subject_name(crt, order->subject), "subject", error) &&
           order_failed(mbedtls_x509write_crt_set_issuer_name(crt, order->issuer), "issuer", error) &&
           order_serial(crt, error) && order_validity(crt, order, error) &&
           order_failed(mbedtls_x509write_crt_set_basic_constraints(crt, is_ca, is_ca ? 0 : -1),
                        "constraints", error) &&
           order_failed(mbedtls_x509write_crt_set_subject_key_identifier(crt), "key identifier", error) &&
           order_failed(mbedtls_x509write_crt_set_authority_key_identifier(crt), "key identifier", error) &&
           order_purpose(crt, order, error) &&
           (!order->names || order_sequence(crt, oid_alt_name, order->names, error));
}

bool certificate_write(const struct certificate_order *order, struct pp_buf *der, struct pp_error *error) {
    uint8_t spki[SPKI_SIZE];
    spki_of_point(order->point, spki);
    mbedtls_pk_context subject;
    mbedtls_pk_context issuer;
    mbedtls_x509write_cert crt;
    mbedtls_pk_init(&subject);
    mbedtls_pk_init(&issuer);
    mbedtls_x509write_crt_init(&crt);
    uint8_t space[CA_CERTIFICATE_MAX]; /* mbedTLS writes from its end */
    bool ok = order_failed(mbedtls_pk_parse_public_key(&subject, spki, sizeof spki), "public key", error) &&
              crypto_key_to_pk(order->issuer_key, &issuer, error) &&
              order_fill(&crt, order, &subject, &issuer, error);
    if (ok) {
        int size = mbedtls_x509write_crt_der(&crt, space, sizeof space, crypto_mbedtls_random, NULL);
        ok = size > 0 ? pp_buf_add(der, space + sizeof space - size, (size_t)size, error)
                      : crypto_mbedtls_fail(error, PP_E_INVALID, size, "certificate");
    }
    mbedtls_x509write_crt_free(&crt);
    mbedtls_pk_free(&subject);
    mbedtls_pk_free(&issuer); /* wipes */
    return ok;
}

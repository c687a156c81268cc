#include "headend/ca.h"

#include <fcntl.h>
#include <mbedtls/x509_crt.h>

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/key_mbedtls.h"
#include "crypto/random.h"
#include "headend/certificate.h"

#define DAY_S       86400
#define CA_NAME_MAX 128 /* bytes of the distinguished name in text, with the NUL */

struct ca {
    struct crypto_key *key;
    struct pp_buf der, pem;
    char name[CA_NAME_MAX]; /* its subject, the issuer of others */
};

static bool write_pair(const struct home *home, const struct crypto_key *key, const struct pp_buf *der,
                       const char *key_file, const char *certificate_file, struct pp_error *error) {
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    return crypto_key_save_pem(key, &secret, error) && certificate_to_pem(der, &pem, error) &&
           pp_file_replace(home->fd, key_file, secret.data, secret.size, 0600, error) &&
           pp_file_replace(home->fd, certificate_file, pem.data, pem.size, 0644, error);
}

bool ca_create(const struct home *home, struct pp_error *error) {
    uint8_t mark[4];
    char hex[PP_HEX_SIZE(sizeof mark)];
    char name[CA_NAME_MAX];
    if (!crypto_random(mark, sizeof mark, error))
        return false;
    pp_hex_encode(mark, sizeof mark, hex);
    snprintf(name, sizeof name, "O=Pingplay, CN=Pingplay CA %s", hex);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!key || !crypto_key_public_point(key, point, error))
        return false;
    int64_t now = pp_clock_realtime_s();
    const struct certificate_order order = {.use = CERTIFICATE_CA,
                                            .subject = name,
                                            .issuer = name,
                                            .point = point,
                                            .issuer_key = key,
                                            .not_before = now - CA_CLOCK_SLACK_S,
                                            .not_after = now + (int64_t)CA_DAYS * DAY_S};
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    return certificate_write(&order, &der, error) &&
           write_pair(home, key, &der, HOME_CA_KEY, HOME_CA_CERTIFICATE, error);
}

/* Parses the one certificate of a PEM buffer. */
static bool pem_parse(const struct pp_buf *pem, mbedtls_x509_crt *crt, const char *name,
                      struct pp_error *error) {
    int status = pem->size ? mbedtls_x509_crt_parse(crt, pem->data, pem->size + 1) : -1;
    return status == 0 ? true : crypto_mbedtls_fail(error, PP_E_INVALID, status, name);
}

static bool ca_read_certificate(struct ca *ca, struct pp_error *error) {
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    bool ok = pem_parse(&ca->pem, &crt, HOME_CA_CERTIFICATE, error) &&
              pp_buf_add(&ca->der, crt.raw.p, crt.raw.len, error);
    if (ok && mbedtls_x509_dn_gets(ca->name, sizeof ca->name, &crt.subject) < 0)
        ok = pp_fail(error, PP_E_INVALID, HOME_CA_CERTIFICATE ": subject too long");
    mbedtls_x509_crt_free(&crt);
    return ok;
}

struct ca *ca_open(const struct home *home, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = calloc(1, sizeof *ca);
    if (!ca) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    ca->der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    ca->pem = PP_BUF_INIT(CA_PEM_MAX);
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (!pp_file_read(home->fd, HOME_CA_CERTIFICATE, &ca->pem, error) || !ca_read_certificate(ca, error) ||
        !pp_file_read(home->fd, HOME_CA_KEY, &secret, error))
        return NULL;
    ca->key = crypto_key_load_pem(secret.data, secret.size, error);
    if (!ca->key) {
        pp_wrap(error, HOME_CA_KEY);
        return NULL;
    }
    return pp_steal(&ca);
}

void ca_close(struct ca *ca) {
    if (!ca)
        return;
    crypto_key_destroy(ca->key);
    pp_buf_finish(&ca->der);
    pp_buf_finish(&ca->pem);
    free(ca);
}

const struct pp_buf *ca_der(const struct ca *ca) {
    return &ca->der;
}

const struct pp_buf *ca_pem(const struct ca *ca) {
    return &ca->pem;
}

bool ca_issue_device(const struct ca *ca, const char *id, const uint8_t point[CRYPTO_POINT_SIZE],
                     int64_t not_after, struct pp_buf *der, struct pp_error *error) {
    char subject[64];
    char uri[64];
    snprintf(subject, sizeof subject, "CN=%s", id);
    snprintf(uri, sizeof uri, "urn:uuid:%s", id);
    pp_autobuf struct pp_buf names = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    const struct certificate_order order = {.use = CERTIFICATE_CLIENT,
                                            .subject = subject,
                                            .issuer = ca->name,
                                            .point = point,
                                            .issuer_key = ca->key,
                                            .names = &names,
                                            .not_before = pp_clock_realtime_s() - CA_CLOCK_SLACK_S,
                                            .not_after = not_after};
    return certificate_name_uri(&names, uri, error) && certificate_write(&order, der, error);
}

/* The server keeps its key when its certificate is renewed: only one file changes then. */
static struct crypto_key *server_key(const struct home *home, struct pp_error *error) {
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    struct pp_error missing = {0};
    if (pp_file_read(home->fd, HOME_SERVER_KEY, &secret, &missing))
        return crypto_key_load_pem(secret.data, secret.size, error);
    if (missing.code == PP_E_NOTFOUND)
        return crypto_key_generate(error);
    pp_fail(error, missing.code, "%s", missing.message);
    return NULL;
}

bool ca_issue_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                     struct pp_error *error) {
    pp_autobuf struct pp_buf names = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    for (size_t i = 0; i < hosts->count; i++) {
        if (!certificate_name_host(&names, hosts->names[i], error))
            return false;
    }
    PP_AUTO(crypto_key) struct crypto_key *key = server_key(home, error);
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!key || !crypto_key_public_point(key, point, error))
        return false;
    int64_t now = pp_clock_realtime_s();
    const struct certificate_order order = {.use = CERTIFICATE_SERVER,
                                            .subject = "O=Pingplay, CN=Pingplay headend",
                                            .issuer = ca->name,
                                            .point = point,
                                            .issuer_key = ca->key,
                                            .names = &names,
                                            .not_before = now - CA_CLOCK_SLACK_S,
                                            .not_after = now + (int64_t)CA_SERVER_DAYS * DAY_S};
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    return certificate_write(&order, &der, error) &&
           write_pair(home, key, &der, HOME_SERVER_KEY, HOME_SERVER_CERTIFICATE, error);
}

static void time_text(const mbedtls_x509_time *time, char text[PP_RFC3339_SIZE]) {
    snprintf(text, PP_RFC3339_SIZE, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)time->year % 10000,
             (unsigned)time->mon % 100, (unsigned)time->day % 100, (unsigned)time->hour % 100,
             (unsigned)time->min % 100, (unsigned)time->sec % 100);
}

/* Whether it is valid now (one that was made while the clock was wrong may not be yet) and for a while. */
static bool validity_holds(const mbedtls_x509_crt *crt, int64_t now) {
    char from[PP_RFC3339_SIZE];
    char until[PP_RFC3339_SIZE];
    char present[PP_RFC3339_SIZE];
    char needed[PP_RFC3339_SIZE];
    time_text(&crt->valid_from, from);
    time_text(&crt->valid_to, until);
    pp_time_format(now, present);
    pp_time_format(now + (int64_t)CA_SERVER_RENEW_DAYS * DAY_S, needed);
    return strcmp(from, present) <= 0 && strcmp(until, needed) > 0;
}

/* One that is there and cannot be read just now is not replaced. */
static bool server_certificate_holds(const struct home *home, bool *holds, struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    struct pp_error missing = {0};
    *holds = false;
    if (!pp_file_read(home->fd, HOME_SERVER_CERTIFICATE, &pem, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    *holds =
        pem_parse(&pem, &crt, HOME_SERVER_CERTIFICATE, NULL) && validity_holds(&crt, pp_clock_realtime_s());
    mbedtls_x509_crt_free(&crt);
    return true;
}

bool ca_renew_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                     bool *renewed, struct pp_error *error) {
    bool holds;
    *renewed = false;
    if (!server_certificate_holds(home, &holds, error))
        return false;
    *renewed = !holds;
    return holds || ca_issue_server(ca, home, hosts, error);
}

#include "headend/signer/ca_issue.h"

#include <mbedtls/x509_crt.h>

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/random.h"
#include "headend/public/certificate.h"
#include "headend/signer/ca_key.h"
#include "headend/signer/certificate_write.h"

#define DAY_S 86400

static bool write_pair(const struct home *home, const struct crypto_key *key, const struct pp_buf *pem,
                       const char *key_file, const char *certificate_file, struct pp_error *error) {
    pp_autobuf struct pp_buf secret = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    return crypto_key_save_pem(key, &secret, error) &&
           pp_file_replace(home->fd, key_file, secret.data, secret.size, 0600, error) &&
           pp_file_replace(home->fd, certificate_file, pem->data, pem->size, 0644, error);
}

static bool name_make(char name[CA_NAME_MAX], struct pp_error *error) {
    uint8_t mark[4];
    char hex[PP_HEX_SIZE(sizeof mark)];
    if (!crypto_random(mark, sizeof mark, error))
        return false;
    pp_hex_encode(mark, sizeof mark, hex);
    snprintf(name, CA_NAME_MAX, "O=Pingplay, CN=Pingplay CA %s", hex);
    return true;
}

bool ca_create(const struct home *home, struct pp_error *error) {
    char name[CA_NAME_MAX];
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(error);
    return key && name_make(name, error) && ca_certify(key, name, key, 0, &der, error) &&
           certificate_to_pem(&der, &pem, error) &&
           write_pair(home, key, &pem, HOME_CA_KEY, HOME_CA_CERTIFICATE, error);
}

bool ca_certify(const struct crypto_key *subject, const char *name, const struct crypto_key *issuer,
                int64_t not_after, struct pp_buf *der, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    int64_t now = pp_clock_realtime_s();
    const struct certificate_order order = {.use = CERTIFICATE_CA,
                                            .subject = name,
                                            .issuer = name,
                                            .point = point,
                                            .issuer_key = issuer,
                                            .not_before = now - CA_CLOCK_SLACK_S,
                                            .not_after =
                                                not_after ? not_after : now + (int64_t)CA_DAYS * DAY_S};
    return crypto_key_public_point(subject, point, error) && certificate_write(&order, der, error);
}

bool ca_issue_device(const struct ca *ca, const struct home *home, const char *id,
                     const uint8_t point[CRYPTO_POINT_SIZE], int64_t not_after, struct pp_buf *der,
                     struct pp_error *error) {
    char subject[64];
    char uri[64];
    snprintf(subject, sizeof subject, "CN=%s", id);
    snprintf(uri, sizeof uri, "urn:uuid:%s", id);
    pp_autobuf struct pp_buf names = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    PP_AUTO(crypto_key) struct crypto_key *issuer = ca_issuing_key(home, ca, error);
    const struct certificate_order order = {.use = CERTIFICATE_CLIENT,
                                            .subject = subject,
                                            .issuer = ca->name,
                                            .point = point,
                                            .issuer_key = issuer,
                                            .names = &names,
                                            .not_before = pp_clock_realtime_s() - CA_CLOCK_SLACK_S,
                                            .not_after = not_after};
    return issuer && certificate_name_uri(&names, uri, error) && certificate_write(&order, der, error);
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

/* The way to it from the authorities that were before. */
static bool line_to_pem(const struct ca *ca, struct pp_buf *pem, struct pp_error *error) {
    const struct pp_buf *line[CA_LINE_MAX];
    size_t count = ca_line(ca, line);
    for (size_t i = 0; i < count; i++) {
        if (!certificate_to_pem(line[i], pem, error))
            return false;
    }
    return true;
}

bool ca_issue_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                     struct pp_error *error) {
    pp_autobuf struct pp_buf names = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    for (size_t i = 0; i < hosts->count; i++) {
        if (!certificate_name_host(&names, hosts->names[i], error))
            return false;
    }
    PP_AUTO(crypto_key) struct crypto_key *issuer = ca_issuing_key(home, ca, error);
    PP_AUTO(crypto_key) struct crypto_key *key = issuer ? server_key(home, error) : NULL;
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!key || !crypto_key_public_point(key, point, error))
        return false;
    int64_t now = pp_clock_realtime_s();
    const struct certificate_order order = {.use = CERTIFICATE_SERVER,
                                            .subject = "O=Pingplay, CN=Pingplay headend",
                                            .issuer = ca->name,
                                            .point = point,
                                            .issuer_key = issuer,
                                            .names = &names,
                                            .not_before = now - CA_CLOCK_SLACK_S,
                                            .not_after = now + (int64_t)CA_SERVER_DAYS * DAY_S};
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    return certificate_write(&order, &der, error) && certificate_to_pem(&der, &pem, error) &&
           line_to_pem(ca, &pem, error) &&
           write_pair(home, key, &pem, HOME_SERVER_KEY, HOME_SERVER_CERTIFICATE, error);
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

/* Whether what stands behind it is the present way to the authority, of no more and no less. */
static bool line_holds(const struct ca *ca, const mbedtls_x509_crt *behind) {
    const struct pp_buf *line[CA_LINE_MAX];
    size_t count = ca_line(ca, line);
    for (size_t i = 0; i < count; i++, behind = behind->next) {
        if (!behind || behind->raw.len != line[i]->size ||
            memcmp(behind->raw.p, line[i]->data, line[i]->size) != 0)
            return false;
    }
    return !behind;
}

/* Whether it is by the authority that issues now. Somebody else's, which was laid there, is as it should be. */
static bool issuer_holds(const struct ca *ca, const mbedtls_x509_crt *crt) {
    if (certificate_is_by(crt->raw.p, crt->raw.len, &ca->authorities[0].der))
        return line_holds(ca, crt->next);
    for (size_t i = 1; i < ca->count; i++) {
        if (certificate_is_by(crt->raw.p, crt->raw.len, &ca->authorities[i].der))
            return false;
    }
    return true;
}

/* One that is there and cannot be read just now is not replaced. */
static bool server_certificate_holds(const struct ca *ca, const struct home *home, bool *holds,
                                     struct pp_error *error) {
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    struct pp_error missing = {0};
    *holds = false;
    if (!pp_file_read(home->fd, HOME_SERVER_CERTIFICATE, &pem, &missing))
        return missing.code == PP_E_NOTFOUND || pp_fail(error, missing.code, "%s", missing.message);
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    *holds = pem.size && mbedtls_x509_crt_parse(&crt, pem.data, pem.size + 1) == 0 &&
             validity_holds(&crt, pp_clock_realtime_s()) && issuer_holds(ca, &crt);
    mbedtls_x509_crt_free(&crt);
    return true;
}

bool ca_renew_server(const struct ca *ca, const struct home *home, const struct host_list *hosts,
                     bool *renewed, struct pp_error *error) {
    bool holds;
    *renewed = false;
    if (!server_certificate_holds(ca, home, &holds, error))
        return false;
    *renewed = !holds;
    return holds || ca_issue_server(ca, home, hosts, error);
}

#include "headend/signer/ca.h"

#include <fcntl.h>
#include <mbedtls/x509_crt.h>

#include "base/clock.h"
#include "base/encode.h"
#include "crypto/key_mbedtls.h"
#include "crypto/random.h"
#include "headend/signer/ca_file.h"
#include "headend/signer/certificate.h"

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

/* Parses what a PEM buffer holds. */
static bool pem_parse(const struct pp_buf *pem, mbedtls_x509_crt *crt, const char *name,
                      struct pp_error *error) {
    int status = pem->size ? mbedtls_x509_crt_parse(crt, pem->data, pem->size + 1) : -1;
    return status == 0 ? true : crypto_mbedtls_fail(error, PP_E_INVALID, status, name);
}

/* The only one, of a folder in which there was never another. */
static bool first_read(const struct home *home, struct ca *ca, struct pp_error *error) {
    mbedtls_x509_crt crt;
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CA_PEM_MAX);
    mbedtls_x509_crt_init(&crt);
    bool ok = pp_file_read(home->fd, HOME_CA_CERTIFICATE, &pem, error) &&
              pem_parse(&pem, &crt, HOME_CA_CERTIFICATE, error) &&
              ca_add(ca, crt.raw.p, crt.raw.len, false, error);
    mbedtls_x509_crt_free(&crt);
    return ok;
}

static bool name_read(struct ca *ca, struct pp_error *error) {
    mbedtls_x509_crt crt;
    const struct pp_buf *der = &ca->authorities[0].der;
    mbedtls_x509_crt_init(&crt);
    bool ok = mbedtls_x509_crt_parse_der(&crt, der->data, der->size) == 0 &&
              mbedtls_x509_dn_gets(ca->name, sizeof ca->name, &crt.subject) >= 0;
    mbedtls_x509_crt_free(&crt);
    return ok || pp_fail(error, PP_E_INVALID, HOME_CA_CERTIFICATE ": subject too long");
}

/* The key of the one that issues. While the authorities are changed, files of before and after may be read. */
static bool key_read(const struct home *home, struct ca *ca, struct pp_error *error) {
    struct certificate_facts facts;
    uint8_t point[CRYPTO_POINT_SIZE];
    const struct authority *newest = &ca->authorities[0];
    ca->key = ca_key_read(home, newest->sha256, error);
    return ca->key && crypto_key_public_point(ca->key, point, error) &&
           certificate_read(newest->der.data, newest->der.size, &facts, error) &&
           (memcmp(point, facts.point, sizeof point) == 0 ||
            pp_fail(error, PP_E_INVALID, "the authority's key is not its certificate's"));
}

static struct ca *ca_load(const struct home *home, bool with_key, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = calloc(1, sizeof *ca);
    if (!ca) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    atomic_init(&ca->holders, 1);
    bool ok = (ca_file_exists(home) ? ca_file_read(home, ca, error) : first_read(home, ca, error)) &&
              name_read(ca, error) && (!with_key || key_read(home, ca, error));
    return ok ? pp_steal(&ca) : NULL;
}

struct ca *ca_open(const struct home *home, struct pp_error *error) {
    bool changed = ca_file_exists(home);
    struct ca *ca = ca_load(home, true, error);
    /* The first change was made while it was read. */
    return ca || changed || !ca_file_exists(home) ? ca : ca_load(home, true, error);
}

struct ca *ca_hold(struct ca *ca) {
    atomic_fetch_add(&ca->holders, 1);
    return ca;
}

void ca_close(struct ca *ca) {
    if (!ca || atomic_fetch_sub(&ca->holders, 1) > 1)
        return;
    for (size_t i = 0; i < CA_KNOWN_MAX; i++)
        pp_buf_finish(&ca->authorities[i].der);
    for (size_t i = 0; i < CA_LINKS_MAX; i++)
        pp_buf_finish(&ca->links[i].der);
    crypto_key_destroy(ca->key);
    free(ca);
}

const struct authority *ca_find(const struct ca *ca, const uint8_t sha256[CA_HASH_SIZE]) {
    for (size_t i = 0; i < ca->count; i++) {
        if (memcmp(ca->authorities[i].sha256, sha256, CA_HASH_SIZE) == 0)
            return &ca->authorities[i];
    }
    return NULL;
}

const struct authority_link *ca_link(const struct ca *ca, const struct authority *of,
                                     const struct authority *by) {
    for (size_t i = 0; i < ca->link_count; i++) {
        const struct authority_link *link = &ca->links[i];
        if (memcmp(link->of, of->sha256, CA_HASH_SIZE) == 0 &&
            memcmp(link->by, by->sha256, CA_HASH_SIZE) == 0)
            return link;
    }
    return NULL;
}

size_t ca_line(const struct ca *ca, const struct pp_buf *line[CA_LINE_MAX]) {
    size_t count = 0;
    for (size_t i = 0; i + 1 < ca->count && count < CA_LINE_MAX; i++) {
        const struct authority_link *link = ca_link(ca, &ca->authorities[i], &ca->authorities[i + 1]);
        if (!link)
            break;
        line[count++] = &link->der;
    }
    return count;
}

/* ---- What screens are told ---- */

static bool document_authorities(const struct ca *ca, cJSON *document, struct pp_error *error) {
    cJSON *list = cJSON_AddArrayToObject(document, "authorities");
    for (size_t i = 0; i < ca->count; i++) {
        const struct authority *authority = &ca->authorities[i];
        if (authority->retired)
            continue;
        cJSON *entry = cJSON_CreateObject();
        cJSON_AddItemToArray(list, entry);
        if (!ca_json_hash(entry, "sha256", authority->sha256) ||
            !ca_json_certificate(entry, &authority->der, error))
            return pp_fail(error, PP_E_NOMEM, "out of memory");
    }
    return true;
}

bool ca_document(const struct home *home, struct pp_buf *document, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = ca_load(home, false, error);
    pp_autojson cJSON *body = cJSON_CreateObject();
    if (!ca)
        return false;
    cJSON_AddNumberToObject(body, "format", 1);
    return document_authorities(ca, body, error) && ca_json_retired(ca, body, error) &&
           (ca_json_hash(body, "issuing", ca->authorities[0].sha256) ||
            pp_fail(error, PP_E_NOMEM, "out of memory")) &&
           pp_json_canonical(body, document, error);
}

/* ---- What they issue ---- */

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
    *holds = pem_parse(&pem, &crt, HOME_SERVER_CERTIFICATE, NULL) &&
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

#include "headend/public/ca.h"

#include <fcntl.h>
#include <mbedtls/x509_crt.h>

#include "crypto/key_mbedtls.h"
#include "headend/public/ca_file.h"
#include "headend/public/certificate.h"

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
    bool ok = home_read(home, HOME_CA_CERTIFICATE, &pem, error) &&
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

static struct ca *ca_load(const struct home *home, struct pp_error *error) {
    PP_AUTO(ca) struct ca *ca = calloc(1, sizeof *ca);
    if (!ca) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    atomic_init(&ca->holders, 1);
    bool ok = (ca_file_exists(home) ? ca_file_read(home, ca, error) : first_read(home, ca, error)) &&
              name_read(ca, error);
    return ok ? pp_steal(&ca) : NULL;
}

struct ca *ca_open(const struct home *home, struct pp_error *error) {
    bool changed = ca_file_exists(home);
    struct ca *ca = ca_load(home, error);
    /* The first change was made while it was read. */
    return ca || changed || !ca_file_exists(home) ? ca : ca_load(home, error);
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
    PP_AUTO(ca) struct ca *ca = ca_open(home, error);
    pp_autojson cJSON *body = cJSON_CreateObject();
    if (!ca)
        return false;
    cJSON_AddNumberToObject(body, "format", 1);
    return document_authorities(ca, body, error) && ca_json_retired(ca, body, error) &&
           (ca_json_hash(body, "issuing", ca->authorities[0].sha256) ||
            pp_fail(error, PP_E_NOMEM, "out of memory")) &&
           pp_json_canonical(body, document, error);
}

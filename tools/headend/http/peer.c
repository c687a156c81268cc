#include "headend/http/peer.h"

#include <gnutls/x509.h>
#include <string.h>

static void certificate_finish(gnutls_x509_crt_t *certificate) {
    if (*certificate)
        gnutls_x509_crt_deinit(*certificate);
}
#define autocertificate PP_CLEANUP(certificate_finish)

static gnutls_x509_crt_t certificate_import(const void *der, size_t size) {
    const gnutls_datum_t content = {(unsigned char *)(uintptr_t)der, (unsigned)size};
    gnutls_x509_crt_t certificate = NULL;
    if (gnutls_x509_crt_init(&certificate) < 0)
        return NULL;
    if (gnutls_x509_crt_import(certificate, &content, GNUTLS_X509_FMT_DER) >= 0)
        return certificate;
    gnutls_x509_crt_deinit(certificate);
    return NULL;
}

/* The common name, which must be a device id. */
static bool name_read(gnutls_x509_crt_t certificate, char id[UUID_TEXT_SIZE], struct pp_error *error) {
    char name[UUID_TEXT_SIZE];
    size_t size = sizeof name;
    if (gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) < 0 ||
        !uuid_valid(name))
        return pp_fail(error, PP_E_AUTH, "the client certificate names no screen");
    memcpy(id, name, sizeof name);
    return true;
}

/* What GnuTLS finds wrong with it where `authority` alone is trusted: GNUTLS_CERT_… */
static int verify_by(gnutls_x509_crt_t certificate, const struct authority *authority, unsigned *status) {
    char purpose[] = GNUTLS_KP_TLS_WWW_CLIENT;
    gnutls_typed_vdata_st data[] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose}};
    const gnutls_datum_t der = {.data = authority->der.data, .size = (unsigned)authority->der.size};
    gnutls_x509_trust_list_t trusted = NULL;
    int result = gnutls_x509_trust_list_init(&trusted, 1);
    if (result < 0)
        return result;
    result = gnutls_x509_trust_list_add_trust_mem(trusted, &der, NULL, GNUTLS_X509_FMT_DER, 0, 0);
    if (result >= 0)
        result = gnutls_x509_trust_list_verify_crt2(trusted, &certificate, 1, data, PP_COUNT(data),
                                                    (unsigned)GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM),
                                                    status, NULL);
    gnutls_x509_trust_list_deinit(trusted, 1);
    return result;
}

/* All have one name: their keys tell them apart. */
static const struct authority *authority_of(gnutls_x509_crt_t certificate, const struct ca *ca) {
    for (size_t i = 0; i < ca->count; i++) {
        autocertificate gnutls_x509_crt_t issuer =
            certificate_import(ca->authorities[i].der.data, ca->authorities[i].der.size);
        if (issuer && gnutls_x509_crt_check_issuer(certificate, issuer))
            return &ca->authorities[i];
    }
    return NULL;
}

static bool verify(gnutls_x509_crt_t certificate, const struct authority *authority, struct pp_error *error) {
    unsigned status = 0;
    int result = verify_by(certificate, authority, &status);
    if (result < 0)
        return pp_fail(error, PP_E_AUTH, "client certificate: %s", gnutls_strerror(result));
    if (status & GNUTLS_CERT_EXPIRED)
        return pp_fail(error, PP_E_EXPIRED, "the client certificate has expired");
    return status ? pp_fail(error, PP_E_AUTH, "the client certificate is not valid (0x%x)", status) : true;
}

bool peer_identify(gnutls_session_t session, const struct ca *ca, char id[UUID_TEXT_SIZE],
                   struct certificate_facts *facts, struct pp_error *error) {
    unsigned count = 0;
    const gnutls_datum_t *chain = session ? gnutls_certificate_get_peers(session, &count) : NULL;
    if (!chain || !count)
        return false;
    /* Its own certificate is by an authority itself: what else was sent is not needed. */
    autocertificate gnutls_x509_crt_t certificate = certificate_import(chain[0].data, chain[0].size);
    if (!certificate)
        return pp_fail(error, PP_E_AUTH, "the client certificate cannot be read");
    const struct authority *authority = authority_of(certificate, ca);
    if (!authority)
        return pp_fail(error, PP_E_AUTH, "the client certificate is of an unknown authority");
    if (!verify(certificate, authority, error) || !name_read(certificate, id, error))
        return false;
    if (!certificate_read(chain[0].data, chain[0].size, facts, error))
        return pp_fail(error, PP_E_AUTH, "the client certificate is none of this headend's");
    memcpy(facts->authority, authority->sha256, sizeof facts->authority);
    facts->authority_issues = authority == &ca->authorities[0];
    facts->authority_retired = authority->retired;
    return true;
}

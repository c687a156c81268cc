/* Enrolment over Secure Transport (RFC 7030, with RFC 8951's clarifications). */
#include <strings.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "headend/device/handlers.h"
#include "headend/device/network_check.h"
#include "headend/ops/device_certificate.h"
#include "headend/ops/enrolment.h"
#include "headend/public/authorities.h"
#include "headend/public/csr.h"
#include "headend/public/pkcs7.h"
#include "headend/signing/signing.h"

#define EST_CERTIFICATES_MAX                                                                                 \
    (CA_LINE_MAX + 2) /* that screens take in one answer (firmware/identity/pkcs7.h) */
#define EST_TYPE "application/pkcs7-mime; smime-type=certs-only"

/* Behind the others, as long as there is place: what is newer comes first. */
static void certificate_append(struct pkcs7_certificate certificates[EST_CERTIFICATES_MAX], size_t *count,
                               const struct pp_buf *der) {
    if (*count < EST_CERTIFICATES_MAX)
        certificates[(*count)++] = (struct pkcs7_certificate){der->data, der->size};
}

/* Answers with certificates in base64 of certs-only PKCS#7. */
static void reply_certificates(struct reply *reply, const struct pkcs7_certificate *certificates,
                               size_t count) {
    struct pp_error error;
    pp_autobuf struct pp_buf der = PP_BUF_INIT((size_t)EST_CERTIFICATES_MAX * CA_CERTIFICATE_MAX);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(2 * (size_t)EST_CERTIFICATES_MAX * CA_CERTIFICATE_MAX);
    if (!pkcs7_certs_only(certificates, count, &der, &error) ||
        !pp_base64_encode_lines(der.data, der.size, &text, &error)) {
        reply_failure(reply, &error);
        return;
    }
    reply_data(reply, MHD_HTTP_OK, EST_TYPE, text.data, text.size);
    reply_header(reply, "Content-Transfer-Encoding", "base64");
}

static bool is_trusted(const struct ca *ca, const uint8_t sha256[CA_HASH_SIZE]) {
    const struct authority *authority = ca_find(ca, sha256);
    return authority && !authority->retired;
}

/* RFC 7030 §4.1.3: those that are trusted, and by whom each newer one is certified. There is no OldWithNew (ca.h). */
void est_cacerts(struct request *request, struct reply *reply) {
    struct pkcs7_certificate certificates[EST_CERTIFICATES_MAX];
    size_t count = 0;
    PP_AUTO(ca) struct ca *ca = authorities_now(request->app->authorities);
    for (size_t i = 0; i < ca->count; i++) {
        if (!ca->authorities[i].retired)
            certificate_append(certificates, &count, &ca->authorities[i].der);
    }
    for (size_t i = 0; i < ca->link_count; i++) {
        if (is_trusted(ca, ca->links[i].of) && is_trusted(ca, ca->links[i].by))
            certificate_append(certificates, &count, &ca->links[i].der);
    }
    reply_certificates(reply, certificates, count);
}

static bool request_csr(struct request *request, struct reply *reply, struct csr *csr) {
    uint8_t der[CSR_MAX];
    size_t size = 0;
    struct pp_error error;
    if (pp_base64_decode(pp_buf_text(&request->body), request->body.size, der, sizeof der, &size, &error) &&
        csr_parse(der, size, csr, &error))
        return true;
    reply_problem(reply, MHD_HTTP_BAD_REQUEST, "csr-invalid", "%s", error.message);
    return false;
}

static const char *bearer_token(const struct request *request) {
    const char *header = request_header(request, MHD_HTTP_HEADER_AUTHORIZATION);
    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7 + strspn(header + 7, " ");
    return strlen(header) == SECRET_TEXT_SIZE - 1 ? header : NULL;
}

/* The signer issues by the authority that it finds in the folder, and while it was asked that may have become another:
 * with the former one's name in its row, a certificate would end when that one is retired. */
static bool is_by_the_issuing(const struct ca *ca, const struct pp_buf *der, struct pp_error *error) {
    return certificate_is_by(der->data, der->size, &ca->authorities[0].der) ||
           pp_fail(error, PP_E_NET, "another authority issues by now");
}

/* Issues the certificate for request->device and writes what that changes, all in one transaction. */
static bool device_certify(struct request *request, const struct ca *ca, const struct csr *csr,
                           struct pp_buf *der, struct pp_error *error) {
    struct app *app = request->app;
    int64_t expires = pp_clock_realtime_s() + (int64_t)app->options.certificate_s;
    struct certificate_facts facts;
    return signing_certify_screen(app->home->signing, request->device.id, csr->point, expires, der, error) &&
           is_by_the_issuing(ca, der, error) && certificate_read(der->data, der->size, &facts, error) &&
           memcpy(facts.authority, ca->authorities[0].sha256, sizeof facts.authority) &&
           enrolment_certify(app->db, request->device.id, &facts, expires, error);
}

/* With the way to the authority from each that the screen may know; where there is one, without the authority itself,
 * which OpenSSL would take for the end of the way, though the screen does not know it. */
static void reply_chain(struct reply *reply, const struct ca *ca, const struct pp_buf *der) {
    struct pkcs7_certificate chain[EST_CERTIFICATES_MAX];
    const struct pp_buf *line[CA_LINE_MAX];
    size_t links = ca_line(ca, line);
    size_t count = 0;
    certificate_append(chain, &count, der);
    if (!links)
        certificate_append(chain, &count, &ca->authorities[0].der);
    for (size_t i = 0; i < links; i++)
        certificate_append(chain, &count, line[i]);
    reply_certificates(reply, chain, count);
}

static void certify(struct request *request, struct reply *reply, const struct csr *csr) {
    struct pp_error error;
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    PP_AUTO(ca) struct ca *ca = authorities_now(request->app->authorities);
    if (!device_certify(request, ca, csr, &der, &error)) {
        if (error.code == PP_E_STATE)
            reply_problem(reply, MHD_HTTP_FORBIDDEN, "screen-retired", "%s", error.message);
        else
            reply_failure(reply, &error);
        return;
    }
    reply_chain(reply, ca, &der);
    pp_log_info("certificate issued to screen %s", request->device.id);
}

void est_simpleenroll(struct request *request, struct reply *reply) {
    const char *token = bearer_token(request);
    struct pp_error error = {.code = PP_E_AUTH, .message = "a bearer token is needed"};
    if (!token || !enrolment_token_find(request->app->db, token, &request->device, &error)) {
        if (error.code != PP_E_AUTH) {
            reply_failure(reply, &error);
            return;
        }
        reply_problem(reply, MHD_HTTP_UNAUTHORIZED, "token-invalid", "%s", error.message);
        reply_header(reply, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer realm=\"est\"");
        return;
    }
    struct csr csr;
    if (!network_allows_enrolment(request, request->device.channel, reply) ||
        !request_csr(request, reply, &csr))
        return;
    if (memcmp(csr.thumbprint, request->device.thumbprint, sizeof csr.thumbprint) != 0) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "key-mismatch",
                      "the request's key is not the one that was approved");
        return;
    }
    certify(request, reply, &csr);
}

void est_simplereenroll(struct request *request, struct reply *reply) {
    struct csr csr;
    if (!request_csr(request, reply, &csr))
        return;
    /* A new key is allowed, but not one that is another screen's. */
    bool taken = false;
    struct pp_error error;
    if (!device_key_taken(request->app->db, request->device.id, csr.thumbprint, &taken, &error)) {
        reply_failure(reply, &error);
        return;
    }
    if (taken) {
        reply_problem(reply, MHD_HTTP_BAD_REQUEST, "key-mismatch", "the request's key is another screen's");
        return;
    }
    certify(request, reply, &csr);
}

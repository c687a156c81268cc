/* Enrolment over Secure Transport (RFC 7030, with RFC 8951's clarifications). */
#include <strings.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "headend/device_certificate.h"
#include "headend/enrolment.h"
#include "headend/handlers.h"
#include "headend/network.h"
#include "headend/pkcs7.h"

#define EST_TYPE "application/pkcs7-mime; smime-type=certs-only"

/* Answers with certificates in base64 of certs-only PKCS#7. */
static void reply_certificates(struct reply *reply, const struct pkcs7_certificate *certificates,
                               size_t count) {
    struct pp_error error;
    pp_autobuf struct pp_buf der = PP_BUF_INIT(4 * CA_CERTIFICATE_MAX);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(8 * CA_CERTIFICATE_MAX);
    if (!pkcs7_certs_only(certificates, count, &der, &error) ||
        !pp_base64_encode_lines(der.data, der.size, &text, &error)) {
        reply_failure(reply, &error);
        return;
    }
    reply_data(reply, MHD_HTTP_OK, EST_TYPE, text.data, text.size);
    reply_header(reply, "Content-Transfer-Encoding", "base64");
}

void est_cacerts(struct request *request, struct reply *reply) {
    const struct pp_buf *der = ca_der(request->app->ca);
    const struct pkcs7_certificate certificate = {der->data, der->size};
    reply_certificates(reply, &certificate, 1);
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

/* Issues the certificate for request->device and writes what that changes, all in one transaction. */
static bool device_certify(struct request *request, const struct csr *csr, struct pp_buf *der,
                           struct pp_error *error) {
    struct app *app = request->app;
    int64_t expires = pp_clock_realtime_s() + (int64_t)app->options.certificate_s;
    db_autochange struct db_change change = {0};
    struct certificate_facts facts;
    return ca_issue_device(app->ca, request->device.id, csr->point, expires, der, error) &&
           certificate_read(der->data, der->size, &facts, error) &&
           db_change_begin(&change, app->db, error) &&
           device_certificate_add(app->db, request->device.id, &facts, error) &&
           enrolment_finish(app->db, request->device.id, expires, error) && db_change_commit(&change, error);
}

static void certify(struct request *request, struct reply *reply, const struct csr *csr) {
    struct pp_error error;
    pp_autobuf struct pp_buf der = PP_BUF_INIT(CA_CERTIFICATE_MAX);
    if (!device_certify(request, csr, &der, &error)) {
        if (error.code == PP_E_STATE)
            reply_problem(reply, MHD_HTTP_FORBIDDEN, "screen-retired", "%s", error.message);
        else
            reply_failure(reply, &error);
        return;
    }
    const struct pp_buf *authority = ca_der(request->app->ca);
    const struct pkcs7_certificate chain[] = {{der.data, der.size}, {authority->data, authority->size}};
    reply_certificates(reply, chain, PP_COUNT(chain));
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

#include "base/clock.h"
#include "base/log.h"
#include "headend/device/network_check.h"
#include "headend/device/proof.h"
#include "headend/device/routes.h"
#include "headend/http/connections.h"
#include "headend/ops/contacts.h"
#include "headend/ops/device_certificate.h"
#include "headend/ops/device_former.h"
#include "headend/ops/screen_commands.h"
#include "headend/server/allowance.h"
#include "headend/signing/signing.h"

struct refusal {
    unsigned status;
    const char *code, *reason, *detail;
};

static const struct refusal refusal_retired = {MHD_HTTP_FORBIDDEN, "screen-retired", "retired",
                                               "this screen is retired here"};
static const struct refusal refusal_unknown = {MHD_HTTP_FORBIDDEN, "screen-unknown", "unknown",
                                               "this screen is not known here"};

/* Signed, where the screen said what it would know it by: it obeys nobody else. */
static void device_refuse(struct request *request, struct reply *reply, const struct refusal *refusal) {
    const struct connection *connection = connection_of(request->connection);
    const char *device = request->device.id[0] ? request->device.id : connection->device;
    const char *nonce = request_nonce(request);
    struct pp_error error = {0};
    pp_autobuf struct pp_buf token = PP_BUF_INIT(SIGNING_REFUSAL_MAX);
    pp_autojson cJSON *commands =
        nonce ? screen_commands_retirement(request->db, device, &error) : cJSON_CreateArray();
    const struct signing_word word = {
        .device = device, .reason = refusal->reason, .nonce = nonce, .commands = commands};
    if (!nonce)
        reply_problem(reply, refusal->status, refusal->code, "%s", refusal->detail);
    else if (commands && signing_refuse(request->app->home->signing, &word, &token, &error))
        reply_problem_with(reply, refusal->status, refusal->code, "refusal", pp_buf_text(&token), "%s",
                           refusal->detail);
    else
        reply_failure(reply, &error);
}

static bool is_for_former_screens(const struct request *request);

/* Whether it asks from where it may. What it needs to know that the refusal is ours, it gets from everywhere. */
static bool network_good(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (is_for_former_screens(request) || network_allows(request, request->device.channel, &error))
        return true;
    const struct refusal outside = {MHD_HTTP_FORBIDDEN, "network-refused", "network", error.message};
    if (error.code == PP_E_DENIED) {
        pp_log_info("screen %s is refused: %s", request->device.id, error.message);
        device_refuse(request, reply, &outside);
    } else {
        reply_failure(reply, &error);
    }
    return false;
}

/* Finds the device that a certificate or a cookie stands for. */
static bool device_known(struct request *request, struct reply *reply, bool found,
                         const struct pp_error *error) {
    if (!found && error->code != PP_E_NOTFOUND) {
        reply_failure(reply, error);
        return false;
    }
    if (!found || strcmp(request->device.status, "retired") == 0) {
        device_refuse(request, reply, found ? &refusal_retired : &refusal_unknown);
        return false;
    }
    if (!network_good(request, reply))
        return false;
    if (!connection_recognise(connection_of(request->connection), STANDING_SCREEN, request->device.id)) {
        reply_problem(reply, MHD_HTTP_SERVICE_UNAVAILABLE, "too-many-screens",
                      "too many screens are connected");
        reply_header(reply, MHD_HTTP_HEADER_RETRY_AFTER, "30");
        reply_header(reply, MHD_HTTP_HEADER_CONNECTION, "close");
        return false;
    }
    contacts_note(request->app->contacts, &request->device);
    return true;
}

/* Whether the certificate is still one of the screen's: looked at with each request, since connections last. */
static bool certificate_good(struct request *request, struct reply *reply,
                             const struct certificate_facts *facts) {
    struct pp_error error = {0};
    if (strcmp(request->device.status, "retired") == 0 ||
        device_certificate_use(request->db, &request->device, facts, &error))
        return true;
    const struct refusal revoked = {MHD_HTTP_UNAUTHORIZED, "certificate-revoked", "revoked", error.message};
    if (error.code == PP_E_AUTH)
        device_refuse(request, reply, &revoked);
    else if (error.code == PP_E_DENIED)
        reply_problem(reply, revoked.status, revoked.code, "%s", error.message);
    else
        reply_failure(reply, &error);
    return false;
}

/* Why the connection's certificate is none to us; else that there is none, in the caller's words. */
static bool certificate_refused(struct reply *reply, const struct connection *connection, const char *none) {
    bool shown = connection && connection->refused.code != PP_OK;
    reply_problem(reply, MHD_HTTP_UNAUTHORIZED, shown ? "certificate-invalid" : "certificate-required", "%s",
                  shown ? connection->refused.message : none);
    return false;
}

static bool certificate_device(struct request *request, struct reply *reply) {
    struct connection *connection = connection_of(request->connection);
    if (connection)
        connection_identify(connection, request->connection);
    if (!connection || !connection->device[0])
        return certificate_refused(reply, connection, "a screen's certificate is needed");
    struct pp_error error = {0};
    request->device_key = connection->certificate.point;
    bool found = device_find(request->db, connection->device, &request->device, &error);
    return (!found || certificate_good(request, reply, &connection->certificate)) &&
           device_known(request, reply, found, &error);
}

static bool cookie_value(const struct request *request, char cookie[COOKIE_VALUE_MAX]) {
    return cookie_find(request_header(request, "Cookie"), "__Host-pingplay", cookie);
}

static bool cookie_refused(struct reply *reply, const struct pp_error *error) {
    if (error->code != PP_E_NOTFOUND && error->code != PP_E_AUTH)
        reply_failure(reply, error);
    else
        reply_problem(reply, MHD_HTTP_UNAUTHORIZED, "cookie-required",
                      "a valid device cookie is needed: POST /v1/session");
    return false;
}

/* Whether the screen's access mode lets a proof stand for its certificate, and the key is still its own. */
static bool proof_good(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (strcmp(request->device.status, "retired") == 0)
        return true;
    if (request->device.access == DEVICE_CERTIFICATE)
        return certificate_refused(reply, connection_of(request->connection),
                                   "this screen's access mode asks for its certificate");
    if (device_key_use(request->db, &request->device, request->proof.thumbprint, pp_clock_realtime_s(),
                       &error))
        return true;
    const struct refusal revoked = {MHD_HTTP_UNAUTHORIZED, "certificate-revoked", "revoked", error.message};
    if (error.code == PP_E_EXPIRED)
        reply_problem(reply, MHD_HTTP_UNAUTHORIZED, "certificate-invalid", "%s", error.message);
    else if (error.code == PP_E_AUTH)
        device_refuse(request, reply, &revoked);
    else
        reply_failure(reply, &error);
    return false;
}

/* Whether the proof is of a screen that was removed: its id is all that is left of it. */
static bool proof_removed(struct request *request) {
    return device_former_find(request->db, request->proof.thumbprint, request->device.id, NULL);
}

static bool proof_device(struct request *request, struct reply *reply, const char *cookie) {
    struct pp_error error = {0};
    if (!device_proof_read(request, cookie, &error)) {
        device_proof_refuse(reply, &error);
        return false;
    }
    request->device_key = request->proof.point;
    bool found = device_find_by_key(request->db, request->proof.thumbprint, &request->device, &error);
    if (!found && error.code == PP_E_NOTFOUND && proof_removed(request)) {
        if (device_proof_take(request, reply))
            device_refuse(request, reply, &refusal_retired);
        return false;
    }
    if (found && (!device_proof_take(request, reply) || !proof_good(request, reply)))
        return false;
    return device_known(request, reply, found, &error);
}

/* Whether a certificate came, which nothing but TLS to here can bring. */
static bool certificate_shown(struct request *request) {
    struct connection *connection = connection_of(request->connection);
    if (connection)
        connection_identify(connection, request->connection);
    return connection && connection->device[0];
}

/* By its certificate, which only TLS without a proxy in it can show; else by a proof of the same key. */
static bool authenticate_key(struct request *request, struct reply *reply, const char *cookie) {
    return !certificate_shown(request) && device_proof_given(request) ? proof_device(request, reply, cookie)
                                                                      : certificate_device(request, reply);
}

static bool authenticate_device(struct request *request, struct reply *reply) {
    char cookie[COOKIE_VALUE_MAX];
    struct pp_error error = {.code = PP_E_NOTFOUND};
    bool given = cookie_value(request, cookie);
    if (!authenticate_key(request, reply, given ? cookie : NULL))
        return false;
    return (given && device_cookie_check(request->db, request->device.id, cookie, &error)) ||
           cookie_refused(reply, &error);
}

/* What is signed for all to check. A screen that was retired, or whose certificate was replaced, while the control key
 * changed needs it to know that it is: it obeys a refusal only by a key that the metadata names. */
static bool is_for_former_screens(const struct request *request) {
    static const char *const places[] = {"/repo/metadata/", "/repo/targets/keys/"};
    for (size_t i = 0; i < PP_COUNT(places); i++) {
        if (strncmp(request_path(request), places[i], strlen(places[i])) == 0)
            return true;
    }
    return false;
}

/* A certificate that this authority made and that has not expired, and that is good for nothing else any more: what is
 * asked with one that still is goes the usual way, by which its screen is known. */
static bool certificate_former(struct request *request) {
    const struct connection *connection = connection_of(request->connection);
    struct pp_error error = {0};
    if (!device_find(request->db, connection->device, &request->device, &error))
        return error.code == PP_E_NOTFOUND;
    return strcmp(request->device.status, "retired") == 0 ||
           (!device_certificate_use(request->db, &request->device, &connection->certificate, &error) &&
            error.code == PP_E_AUTH);
}

/* The same by a proof: of a screen that is retired, or was removed since, as the key of no other is known here. */
static bool proof_former(struct request *request, const char *cookie) {
    struct pp_error error = {0};
    if (!device_proof_read(request, cookie, &error))
        return false;
    return device_find_by_key(request->db, request->proof.thumbprint, &request->device, &error)
               ? strcmp(request->device.status, "retired") == 0
               : error.code == PP_E_NOTFOUND && proof_removed(request);
}

static bool authenticate_former(struct request *request, const char *cookie) {
    if (certificate_shown(request))
        return certificate_former(request);
    return device_proof_given(request) && proof_former(request, cookie);
}

static bool authenticate_either(struct request *request, struct reply *reply) {
    char cookie[COOKIE_VALUE_MAX];
    struct pp_error error = {0};
    bool given = cookie_value(request, cookie);
    if (is_for_former_screens(request) && authenticate_former(request, given ? cookie : NULL))
        return true;
    if (given && device_find_by_cookie(request->db, cookie, &request->device, &error) &&
        request->device.access == DEVICE_CERTIFICATE)
        return device_known(request, reply, true, &error);
    return authenticate_key(request, reply, given ? cookie : NULL);
}

/* A screen's posts cost the disk something, unlike what it reads: it has an allowance. */
static bool screen_may_post(struct request *request, struct reply *reply) {
    if (!request->device.id[0] || strcmp(request->route->method, "POST") != 0)
        return true;
    int64_t wait_s = allowance_take(request->app->allowance, request->device.id, request->body.size,
                                    pp_clock_monotonic_ms());
    if (!wait_s)
        return true;
    reply_problem(reply, MHD_HTTP_TOO_MANY_REQUESTS, "too-many-reports", "this screen reports too much");
    reply_retry_after(reply, wait_s);
    return false;
}

static bool authenticate(struct request *request, struct reply *reply) {
    switch (request->route->auth) {
    case ROUTE_KEY:
        return authenticate_key(request, reply, NULL);
    case ROUTE_DEVICE:
        return authenticate_device(request, reply);
    case ROUTE_EITHER:
        return authenticate_either(request, reply);
    case ROUTE_OPEN:
    case ROUTE_ADMIN:
    case ROUTE_API:
        break;
    }
    return false;
}

bool device_authenticate(struct request *request, struct reply *reply) {
    return authenticate(request, reply) && screen_may_post(request, reply);
}

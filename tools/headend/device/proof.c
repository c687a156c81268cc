#include "headend/device/proof.h"

#include "base/clock.h"
#include "headend/device/proof_guard.h"
#include "headend/server/route.h"

#define HEADER "DPoP"

static enum MHD_Result count_proof(void *arg, enum MHD_ValueKind kind, const char *name, const char *value) {
    size_t *count = arg;
    (void)kind;
    (void)value;
    *count += strcasecmp(name, HEADER) == 0;
    return MHD_YES;
}

bool device_proof_given(const struct request *request) {
    return request_header(request, HEADER) != NULL;
}

/* RFC 9449 §7.1, §9. */
static void refuse(struct reply *reply, const char *error, const char *code, const char *detail) {
    char challenge[96];
    snprintf(challenge, sizeof challenge, "DPoP error=\"%s\", algs=\"ES256\"", error);
    reply_problem(reply, MHD_HTTP_UNAUTHORIZED, code, "%s", detail);
    reply_header(reply, MHD_HTTP_HEADER_WWW_AUTHENTICATE, challenge);
}

static bool read_header(struct request *request, const char *bound, struct proof *proof,
                        struct pp_error *error) {
    char url[PATH_SIZE + HOME_HOST_MAX + 32];
    char origin[HOME_HOST_MAX + 32];
    size_t count = 0;
    const char *token = request_header(request, HEADER);
    MHD_get_connection_values(request->connection, MHD_HEADER_KIND, count_proof, &count);
    if (count != 1)
        return pp_fail(error, PP_E_INVALID, "proof: more than one");
    request_origin(request, origin, sizeof origin);
    snprintf(url, sizeof url, "%s%s", origin, request_path(request));
    const struct proof_request proven = {.method = request->route->method, .url = url, .bound = bound};
    return proof_read(token, strlen(token), &proven, proof, error);
}

bool device_proof_read(struct request *request, const char *bound, struct pp_error *error) {
    return request->proof_taken || read_header(request, bound, &request->proof, error);
}

void device_proof_refuse(struct reply *reply, const struct pp_error *error) {
    refuse(reply, "invalid_dpop_proof", "proof-invalid", error->message);
}

bool device_proof_take(struct request *request, struct reply *reply) {
    if (request->proof_taken) /* a poll that has waited */
        return true;
    switch (proof_guard_take(request->app->proofs, &request->proof, pp_clock_monotonic_ms())) {
    case PROOF_FRESH:
        request->proof_taken = true;
        return true;
    case PROOF_STALE:
        refuse(reply, "use_dpop_nonce", "proof-nonce", "the proof needs the nonce of this answer");
        return false;
    case PROOF_SEEN:
        refuse(reply, "invalid_dpop_proof", "proof-replayed", "the proof was used before");
        return false;
    }
    return false;
}

void device_proof_offer(const struct request *request, struct reply *reply) {
    char nonce[SECRET_TEXT_SIZE];
    if (!reply->response || !device_proof_given(request))
        return;
    proof_guard_nonce(request->app->proofs, pp_clock_monotonic_ms(), nonce);
    reply_header(reply, "DPoP-Nonce", nonce);
}

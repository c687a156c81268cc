#include "access/refusal.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/random.h"
#include "jose/claims.h"
#include "net/problem.h"

#define REFUSAL_TYPE "pingplay-refusal"
#define PAYLOAD_MAX  1024 /* bytes */
#define REASON_MAX   32   /* bytes */
#define NONCE_BYTES  16

static const struct {
    const char *reason;
    enum access_refusal refusal;
} reasons[] = {
    {"retired", ACCESS_REFUSAL_RETIRED},
    {"unknown", ACCESS_REFUSAL_UNKNOWN},
    {"revoked", ACCESS_REFUSAL_REVOKED},
    {"network", ACCESS_REFUSAL_NETWORK},
};

bool access_nonce_make(char nonce[ACCESS_NONCE_SIZE], struct pp_error *error) {
    uint8_t bytes[NONCE_BYTES];
    _Static_assert(ACCESS_NONCE_SIZE >= PP_BASE64_SIZE(NONCE_BYTES), "it is written in place");
    if (!crypto_random(bytes, sizeof bytes, error))
        return false;
    pp_base64url_encode(bytes, sizeof bytes, nonce);
    return true;
}

void access_nonce_line(const char *nonce, char line[ACCESS_NONCE_HEADER_SIZE]) {
    snprintf(line, ACCESS_NONCE_HEADER_SIZE, ACCESS_NONCE_HEADER ": %s", nonce);
}

/* The token of a problem document that is meant to be a refusal; NULL where there is none. The caller deletes it. */
static cJSON *refusal_token(const struct net_response *response) {
    struct net_problem problem;
    if ((response->status != 401 && response->status != 403) || !net_response_problem(response, &problem))
        return NULL;
    pp_autojson cJSON *document =
        pp_json_parse(response->body.data, response->body.size, NET_PROBLEM_MAX, NULL);
    cJSON *token = cJSON_DetachItemFromObjectCaseSensitive(document, "refusal");
    if (cJSON_IsString(token) && strlen(token->valuestring) <= ACCESS_REFUSAL_TOKEN_MAX)
        return token;
    cJSON_Delete(token);
    return NULL;
}

static enum access_refusal refusal_read(const struct pp_buf *payload,
                                        const struct access_refusal_demands *demands,
                                        struct pp_error *error) {
    struct claims claims;
    const char *reason = NULL;
    /* When it was said is proven by the nonce: our own clock may be wrong. */
    const struct claims_demands wanted = {.audience = demands->device_id,
                                          .nonce = demands->nonce,
                                          .any_time = true,
                                          .version_min = CLAIMS_NO_VERSION};
    pp_autojson cJSON *document = pp_json_parse(payload->data, payload->size, PAYLOAD_MAX, error);
    if (!document || !claims_check(document, &wanted, &claims, error) ||
        !pp_json_string(document, "reason", REASON_MAX, &reason, error))
        return ACCESS_REFUSAL_NONE;
    for (size_t i = 0; i < PP_COUNT(reasons); i++) {
        if (strcmp(reason, reasons[i].reason) == 0)
            return reasons[i].refusal;
    }
    pp_fail(error, PP_E_UNSUPPORTED, "a reason that is not known: %.32s", reason);
    return ACCESS_REFUSAL_NONE;
}

enum access_refusal access_refusal_of(const struct net_response *response,
                                      const struct access_refusal_demands *demands, struct pp_error *error) {
    pp_autojson cJSON *token = refusal_token(response);
    if (!token)
        return ACCESS_REFUSAL_NONE;
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(PAYLOAD_MAX);
    const struct jws_verifier verifier = {
        .typ = REFUSAL_TYPE, .find = demands->find_key, .arg = demands->keys};
    enum access_refusal refusal = ACCESS_REFUSAL_NONE;
    if (jws_verify(&verifier, token->valuestring, strlen(token->valuestring), &payload, error))
        refusal = refusal_read(&payload, demands, error);
    if (refusal && demands->payload && !pp_buf_add(demands->payload, payload.data, payload.size, error))
        refusal = ACCESS_REFUSAL_NONE;
    if (!refusal)
        pp_wrap(error, "refusal");
    return refusal;
}

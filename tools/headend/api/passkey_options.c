#include "headend/api/passkey_options.h"

#include "base/encode.h"
#include "base/log.h"
#include "headend/http/problems.h"
#include "headend/ops/passkey_challenge.h"

#define SCHEME_SIZE 8 /* of "https://" */

bool passkey_party(const struct request *request, struct reply *reply, struct passkey_party *out) {
    uint8_t address[16];
    if (!request_origin(request, out->origin, sizeof out->origin)) {
        reply_with(reply, PROBLEM_PASSKEYS_UNAVAILABLE, "this server has too long a name");
        return false;
    }
    const char *host = out->origin + SCHEME_SIZE;
    snprintf(out->id, sizeof out->id, "%.*s", (int)strcspn(host, ":"), host);
    /* Of an IPv6 address, "[". */
    if (out->id[0] == '[' || host_address(out->id, address)) {
        reply_with(reply, PROBLEM_PASSKEYS_UNAVAILABLE,
                   "passkeys are for names, and this server was reached by an address");
        return false;
    }
    out->party = (struct webauthn_party){.id = out->id, .origin = out->origin, .verifies = true};
    return true;
}

static void reply_public_key(struct reply *reply, const cJSON *options) {
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON_AddItemReferenceToObject(answer, "publicKey", (cJSON *)(uintptr_t)options);
    reply_json(reply, MHD_HTTP_OK, answer);
}

/* The begin of both, with a challenge. NULL: it is answered. */
static cJSON *options_begin(const struct request *request, struct reply *reply, enum client_ceremony ceremony,
                            const char *binding) {
    char challenge[CHALLENGE_TEXT_MAX + 1];
    char network[ADDRESS_TEXT_SIZE];
    struct pp_error error = {0};
    request_network(request, network);
    if (!passkey_challenge_make(request->db, ceremony, binding, network, challenge, &error)) {
        reply_failure(reply, &error);
        return NULL;
    }
    cJSON *options = cJSON_CreateObject();
    cJSON_AddStringToObject(options, "challenge", challenge);
    cJSON_AddNumberToObject(options, "timeout", 1000.0 * PASSKEY_CHALLENGE_S);
    return options;
}

/* In the order of preference. */
static void add_algorithms(cJSON *options) {
    static const int algorithms[] = {COSE_KEY_ES256, COSE_KEY_EDDSA, COSE_KEY_RS256};
    cJSON *list = cJSON_AddArrayToObject(options, "pubKeyCredParams");
    for (size_t i = 0; i < PP_COUNT(algorithms); i++) {
        cJSON *one = cJSON_CreateObject();
        cJSON_AddStringToObject(one, "type", "public-key");
        cJSON_AddNumberToObject(one, "alg", algorithms[i]);
        cJSON_AddItemToArray(list, one);
    }
}

void passkey_reply_create(const struct request *request, struct reply *reply,
                          const struct passkey_party *party, const char *binding,
                          const uint8_t handle[USER_HANDLE_SIZE], const char *name, cJSON *excluded) {
    char handle_text[PP_BASE64_SIZE(USER_HANDLE_SIZE)];
    pp_autojson cJSON *options = options_begin(request, reply, CLIENT_CREATES, binding);
    if (!options) {
        cJSON_Delete(excluded);
        return;
    }
    pp_base64url_encode(handle, USER_HANDLE_SIZE, handle_text);
    cJSON *rp = cJSON_AddObjectToObject(options, "rp");
    cJSON_AddStringToObject(rp, "id", party->id);
    cJSON_AddStringToObject(rp, "name", "Pingplay");
    cJSON *user = cJSON_AddObjectToObject(options, "user");
    cJSON_AddStringToObject(user, "id", handle_text);
    cJSON_AddStringToObject(user, "name", name);
    cJSON_AddStringToObject(user, "displayName", name);
    add_algorithms(options);
    cJSON_AddItemToObject(options, "excludeCredentials", excluded ? excluded : cJSON_CreateArray());
    cJSON *selection = cJSON_AddObjectToObject(options, "authenticatorSelection");
    cJSON_AddStringToObject(selection, "residentKey", "required");
    cJSON_AddBoolToObject(selection, "requireResidentKey", true);
    cJSON_AddStringToObject(selection, "userVerification", "required");
    cJSON_AddStringToObject(options, "attestation", "none");
    reply_public_key(reply, options);
}

void passkey_reply_get(const struct request *request, struct reply *reply, const struct passkey_party *party,
                       const char *binding) {
    pp_autojson cJSON *options = options_begin(request, reply, CLIENT_GETS, binding);
    if (!options)
        return;
    cJSON_AddStringToObject(options, "rpId", party->id);
    cJSON_AddArrayToObject(options, "allowCredentials");
    cJSON_AddStringToObject(options, "userVerification", "required");
    reply_public_key(reply, options);
}

void passkey_reply_refused(const struct request *request, struct reply *reply, const struct pp_error *error) {
    char address[ADDRESS_TEXT_SIZE];
    switch (error->code) {
    case PP_E_INVALID:
    case PP_E_LIMIT:
    case PP_E_UNSUPPORTED:
    case PP_E_AUTH:
    case PP_E_EXPIRED:
    case PP_E_ROLLBACK:
        request_address(request, address);
        pp_log_warning("a passkey was refused from %s: %s", address, error->message);
        /* What exactly does not fit is for who keeps the server. */
        reply_with(reply, PROBLEM_PASSKEY_REFUSED, "this passkey was not taken");
        break;
    case PP_E_STATE:
        reply_with(reply, PROBLEM_PASSKEY_KNOWN, "%s", error->message);
        break;
    default:
        reply_failure(reply, error);
    }
}

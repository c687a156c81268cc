/* Whose word is taken, and what only this display point can read: control keys, states, the channel's key. */
#include <string.h>

#include "agent/agent_internal.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "jose/jwe.h"

#define KEY_TYPE              "pingplay-channel-key"
#define ANNOUNCEMENT_AUDIENCE "pingplay-headend"
#define JWK_MAX               1024 /* bytes of a key's JSON */

/* ---- Control keys ---- */

void control_restore(struct agent *agent) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(SYNC_CONTROL_MAX);
    struct pp_error error = {0};
    bool ok = vault_get(agent->vault, AGENT_KEYS_RECORD, &text, &error) &&
              control_keys_read(pp_buf_text(&text), text.size, &agent->control_keys, &error);
    if (!ok && error.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s", AGENT_KEYS_RECORD, error.message);
}

void control_close(struct agent *agent) {
    control_keys_finish(&agent->control_keys);
}

static bool same_keys(const struct control_keys *one, const struct control_keys *other) {
    return one->count == other->count && memcmp(one->kids, other->kids, sizeof one->kids) == 0;
}

bool control_take(struct agent *agent, const char *text) {
    struct control_keys keys = {0};
    struct pp_error error = {0};
    if (!control_keys_read(text, strlen(text), &keys, &error)) {
        agent_set_trouble(agent, "control-keys-refused", &error);
        return false;
    }
    if (same_keys(&keys, &agent->control_keys)) {
        control_keys_finish(&keys);
        return false;
    }
    control_keys_finish(&agent->control_keys);
    agent->control_keys = keys;
    /* Without it the next start asks the repository again. */
    if (!vault_put_later(agent->vault, AGENT_KEYS_RECORD, text, strlen(text), NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", AGENT_KEYS_RECORD, error.message);
    return true;
}

/* ---- States ---- */

static bool read_key(const struct pp_buf *jwk, uint8_t key[CHANNEL_KEY_SIZE], struct pp_error *error) {
    const char *kind = NULL;
    const char *text = NULL;
    cJSON *object = pp_json_parse(jwk->data, jwk->size, JWK_MAX, error);
    bool ok = object && pp_json_string(object, "kty", 8, &kind, error) &&
              (strcmp(kind, "oct") == 0 || pp_fail(error, PP_E_INVALID, "not a secret key")) &&
              pp_json_string(object, "k", PP_BASE64_SIZE(CHANNEL_KEY_SIZE), &text, error) &&
              pp_base64url_decode_exact(text, key, CHANNEL_KEY_SIZE, error);
    if (text)
        pp_wipe(cJSON_GetObjectItemCaseSensitive(object, "k")->valuestring, strlen(text));
    cJSON_Delete(object);
    return ok;
}

static bool read_channel_key(void *arg, const char *token, const char *device_id,
                             uint8_t key[CHANNEL_KEY_SIZE], struct pp_error *error) {
    struct agent *agent = arg;
    const struct agreement *agreement = agent->agreement;
    pp_autobuf struct pp_buf jwk = PP_BUF_INIT(JWK_MAX);
    struct jwe_context context = {
        .kid = agreement_kid(agreement), .typ = KEY_TYPE, .apv = device_id, .apv_size = strlen(device_id)};
    /* Said as that, and not as a key that cannot be read. */
    if (strcmp(device_id, identity_device_id(agent->identity)) != 0)
        return pp_fail(error, PP_E_AUTH, "it is for another device");
    bool read = jwe_decrypt(agreement_key(agreement), &context, token, strlen(token), &jwk, error);
    if (!read && agreement_key_before(agreement)) {
        context.kid = agreement_kid_before(agreement);
        read = agent->old_key_used =
            jwe_decrypt(agreement_key_before(agreement), &context, token, strlen(token), &jwk, NULL);
    }
    return read && read_key(&jwk, key, error);
}

bool control_read_payload(struct agent *agent, const struct pp_buf *payload, struct state_document *document,
                          struct pp_error *error) {
    agent->old_key_used = false;
    const struct state_key_reader reader = {.read = read_channel_key, .arg = agent};
    return state_document_parse(payload->data, payload->size, &reader, document, error);
}

bool control_read_state(struct agent *agent, const void *token, size_t size, struct pp_buf *payload,
                        struct state_document *document, struct pp_error *error) {
    if (state_document_verify(token, size, &agent->control_keys, payload, error))
        return control_read_payload(agent, payload, document, error);
    if (error->code == PP_E_AUTH) {
        agent->other_keys_wanted = true;
        sync_request_control_keys(agent->sync);
    }
    return false;
}

/* ---- Sessions and refusals ---- */

enum access_refusal control_refusal_of(void *arg, const struct net_response *response, const char *nonce) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(ACCESS_REFUSAL_TOKEN_MAX);
    const struct access_refusal_demands demands = {.device_id = identity_device_id(agent->identity),
                                                   .nonce = nonce,
                                                   .find_key = control_keys_find,
                                                   .keys = &agent->control_keys,
                                                   .payload = &payload};
    enum access_refusal refusal = access_refusal_of(response, &demands, &error);
    if (error.code == PP_E_NOTFOUND) /* it is said again, and may be verified then */
        sync_request_control_keys(agent->sync);
    if (error.code)
        reporter_event(agent->reporter, "refusal-ignored", "%s", error.message);
    if (refusal == ACCESS_REFUSAL_RETIRED)
        commands_take_refusal(agent, &payload);
    return refusal;
}

bool control_announce(void *arg, struct pp_buf *body, struct pp_error *error) {
    struct agent *agent = arg;
    return agreement_announce(agent->agreement, agent->identity, ANNOUNCEMENT_AUDIENCE,
                              floors_now_s(&agent->floors), body, error);
}

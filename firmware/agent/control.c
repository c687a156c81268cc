#include "agent/control.h"

#include <string.h>

#include "agent/agent_internal.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"

#define KEY_TYPE              "pingplay-channel-key"
#define ANNOUNCEMENT_AUDIENCE "pingplay-headend"
#define JWK_MAX               1024 /* bytes of a key's JSON */
#define KEYS_MAX              4096 /* bytes of the document of the control keys */

/* ---- Control keys ---- */

void control_restore(struct agent_control *control, struct vault *vault) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(KEYS_MAX);
    struct pp_error error = {0};
    bool ok = vault_get(vault, CONTROL_KEYS_RECORD, &text, &error) &&
              control_keys_read(pp_buf_text(&text), text.size, &control->keys, &error);
    if (!ok && error.code != PP_E_NOTFOUND)
        pp_log_warning("record \"%s\": %s", CONTROL_KEYS_RECORD, error.message);
}

void control_close(struct agent_control *control) {
    control_drop_state(control);
    net_timer_stop(&control->opening.overdue);
    opened_finish(&control->opened);
    control_keys_finish(&control->keys);
    control->other_keys_wanted = false;
}

static bool same_keys(const struct control_keys *one, const struct control_keys *other) {
    return one->count == other->count && memcmp(one->kids, other->kids, sizeof one->kids) == 0;
}

/* Those that the repository vouches for by now. True where they are others. */
static bool take_keys(struct agent *agent, const char *text) {
    struct control_keys keys = {0};
    struct pp_error error = {0};
    if (!control_keys_read(text, strlen(text), &keys, &error)) {
        trouble_handle(agent, TROUBLE_CONTROL_KEYS_REFUSED, &error);
        return false;
    }
    if (same_keys(&keys, &agent->control.keys)) {
        control_keys_finish(&keys);
        return false;
    }
    bool first = agent->control.keys.count == 0;
    control_keys_finish(&agent->control.keys);
    agent->control.keys = keys;
    if (!first)
        reporter_event(agent->reporter, "key-changed", "control keys: %zu, the first is %s", keys.count,
                       keys.kids[0]);
    /* Without it the next start asks the repository again. */
    if (!vault_put_later(agent->vault, CONTROL_KEYS_RECORD, text, strlen(text), NULL, NULL, &error))
        pp_log_warning("record \"%s\": %s", CONTROL_KEYS_RECORD, error.message);
    return true;
}

static void on_keys(void *arg, const char *text) {
    if (take_keys(arg, text))
        connection_keys_changed(arg);
}

static void on_no_keys(void *arg, const struct pp_error *error) {
    connection_without_keys(arg, error);
}

bool control_follow_keys(struct agent *agent, struct pp_error *error) {
    const struct sync_document keys = {
        .path = CONTROL_KEYS_PATH, .bytes_max = KEYS_MAX, .take = on_keys, .miss = on_no_keys, .arg = agent};
    return sync_add_document(agent->sync, &keys, error);
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

/* Of the one that is about to take effect, of the one in effect, or of the one that ends by that. */
static const struct opened_token *find_opened(const struct agent_control *control, const char *typ,
                                              const char *token) {
    const struct opened_token *found = NULL;
    if (control->opening.state == OPENING_NONE)
        found = opened_find(&control->opening.opened, typ, token);
    if (!found)
        found = opened_find(&control->opened, typ, token);
    return found ? found : opened_find(&control->former, typ, token);
}

bool control_decrypt(struct agent *agent, const char *typ, const char *token, struct pp_buf *clear,
                     struct pp_error *error) {
    const struct opened_token *found = find_opened(&agent->control, typ, token);
    if (!found)
        return pp_fail(error, PP_E_STATE, "it is not of the state in effect");
    if (!found->clear)
        return pp_fail(error, found->error.code, "%s", found->error.message);
    /* As of now: the key may have been changed while it was opened. */
    agent->control.old_key_used |= strcmp(found->kid, agreement_kid(agent->agreement)) != 0;
    return pp_buf_add(clear, found->clear, found->size, error);
}

bool control_read_password(struct agent *agent, const char *token, char *password, size_t size,
                           struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(JWK_MAX);
    const char *found = NULL;
    if (!control_decrypt(agent, STATE_PROXY_TYPE, token, &text, error))
        return false;
    cJSON *object = pp_json_parse(text.data, text.size, JWK_MAX, error);
    bool ok = object && pp_json_string(object, "password", size - 1, &found, error);
    if (ok)
        snprintf(password, size, "%s", found);
    pp_json_destroy(object);
    return ok;
}

static bool read_channel_key(void *arg, const char *token, const char *device_id,
                             uint8_t key[CHANNEL_KEY_SIZE], struct pp_error *error) {
    struct agent *agent = arg;
    pp_autobuf struct pp_buf jwk = PP_BUF_INIT(JWK_MAX);
    /* Said as that, and not as a key that cannot be read. */
    if (strcmp(device_id, identity_device_id(agent->identity)) != 0)
        return pp_fail(error, PP_E_AUTH, "it is for another device");
    return control_decrypt(agent, KEY_TYPE, token, &jwk, error) && read_key(&jwk, key, error);
}

/* A client secret is read when it is needed; which of the keys it is encrypted to counts now. */
static void note_secret_key(struct agent *agent, const char *token) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(ACCESS_SECRET_MAX);
    struct pp_error error = {0};
    if (*token && !control_decrypt(agent, ACCESS_SECRET_TYPE, token, &clear, &error))
        pp_log_warning("client secret: %s", error.message);
}

void control_drop_channel_key(struct agent_control *control) {
    opened_drop(&control->opened, KEY_TYPE);
}

bool control_end_want(struct agent_control *control) {
    bool wanted = control->other_keys_wanted;
    control->other_keys_wanted = false;
    return wanted;
}

void control_take_opened(struct agent_control *control) {
    control->other_keys_wanted = false;
    control->former = control->opened;
    control->opened = control->opening.opened;
    control->opening.opened = (struct opened){0};
    control_drop_channel_key(control);
}

void control_forget_former(struct agent_control *control) {
    opened_finish(&control->former);
}

bool control_read_payload(struct agent *agent, const struct pp_buf *payload, struct state_document *document,
                          struct pp_error *error) {
    agent->control.old_key_used = false;
    const struct state_key_reader reader = {.read = read_channel_key, .arg = agent};
    if (!state_document_parse(payload->data, payload->size, &reader, document, error))
        return false;
    note_secret_key(agent, document->access.client_secret);
    return true;
}

/* ---- What a state encrypts, opened beside the loop ---- */

static bool note_channel_key(void *arg, const char *token, const char *device_id,
                             uint8_t key[CHANNEL_KEY_SIZE], struct pp_error *error) {
    (void)device_id;
    memset(key, 0, CHANNEL_KEY_SIZE);
    return opened_add(arg, KEY_TYPE, token, error);
}

static bool find_tokens(const struct pp_buf *payload, struct opened *opened, struct pp_error *error) {
    struct state_document document = {0};
    const struct state_key_reader reader = {.read = note_channel_key, .arg = opened};
    bool found = state_document_parse(payload->data, payload->size, &reader, &document, error) &&
                 opened_add(opened, STATE_PROXY_TYPE, document.proxy.credentials, error) &&
                 opened_add(opened, ACCESS_SECRET_TYPE, document.access.client_secret, error);
    pp_wipe(&document, sizeof document);
    return found;
}

static void opening_finish(struct state_opening *opening) {
    net_timer_stop(&opening->overdue);
    opened_keys_release(&opening->keys);
    opened_finish(&opening->opened);
    pp_buf_finish(&opening->payload);
}

static void run_state_opening(struct pp_job *job) {
    struct state_opening *opening = (struct state_opening *)job;
    opened_open(&opening->opened, &opening->keys);
}

static bool begin_opening(struct agent *agent, struct pp_error *error);

/* The one that has waited for its end. */
static void open_next(struct agent *agent) {
    struct state_opening *opening = &agent->control.opening;
    struct pp_error error = {0};
    opened_keys_release(&opening->keys);
    opened_finish(&opening->opened);
    if (begin_opening(agent, &error))
        return;
    opening_finish(opening);
    connection_state_opened(agent, &error);
}

static void on_state_opened(struct pp_job *job) {
    struct state_opening *opening = (struct state_opening *)job;
    struct agent *agent = opening->agent;
    enum opening_state former = opening->state;
    bool ending = agent_is_ending(agent);
    net_timer_stop(&opening->overdue);
    opening->state = OPENING_NONE;
    if (former == OPENING_FOLLOWED && !ending) {
        open_next(agent);
        return;
    }
    if (former == OPENING_WANTED && !ending)
        connection_state_opened(agent, opened_wants_key(&opening->opened));
    opening_finish(opening);
}

static void on_opening_overdue(void *arg) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    bool wanted = control_drop_state(&agent->control);
    agent->control.opening.state = OPENING_SILENT;
    pp_fail(&error, PP_E_TPM_ABSENT, "state: the agreement key does not answer, not for %d s",
            CONTROL_KEY_SILENT_MS / 1000);
    if (wanted)
        connection_state_opened(agent, &error);
}

bool control_drop_state(struct agent_control *control) {
    struct state_opening *opening = &control->opening;
    bool wanted = opening->state == OPENING_WANTED || opening->state == OPENING_FOLLOWED;
    if (wanted)
        opening->state = OPENING_DROPPED;
    return wanted;
}

static bool begin_opening(struct agent *agent, struct pp_error *error) {
    struct state_opening *opening = &agent->control.opening;
    if (!find_tokens(&opening->payload, &opening->opened, error))
        return false;
    opened_keys_take(&opening->keys, agent->agreement, agent->identity);
    opening->job = (struct pp_job){.run = run_state_opening, .done = on_state_opened};
    opening->agent = agent;
    opening->state = OPENING_WANTED;
    net_timer_start_in(&opening->overdue, agent->loop, CONTROL_KEY_SILENT_MS, on_opening_overdue, agent);
    pp_jobs_add(agent->keys, &opening->job);
    return true;
}

bool control_open_state(struct agent *agent, const void *token, size_t size, const char *nonce,
                        struct pp_error *error) {
    struct state_opening *opening = &agent->control.opening;
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    if (opening->state == OPENING_SILENT)
        return pp_fail(error, PP_E_TPM_ABSENT, "state: the agreement key does not answer");
    if (!state_document_verify(token, size, &agent->control.keys, &payload, error)) {
        if (error->code == PP_E_AUTH) {
            agent->control.other_keys_wanted = true;
            sync_request_document(agent->sync, CONTROL_KEYS_PATH);
        }
        return false;
    }
    pp_buf_finish(&opening->payload);
    opening->payload = payload;
    payload = PP_BUF_INIT(0);
    snprintf(opening->nonce, sizeof opening->nonce, "%s", nonce);
    if (opening->state != OPENING_NONE) {
        opening->state = OPENING_FOLLOWED;
        return true;
    }
    if (begin_opening(agent, error))
        return true;
    opening_finish(opening);
    return false;
}

void control_open_kept(struct agent *agent) {
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(STATE_DOCUMENT_MAX);
    struct opened_keys keys;
    opened_finish(&agent->control.opened);
    /* What is wrong with the record is said by whoever reads it. */
    if (!vault_get(agent->vault, KEEPING_STATE_RECORD, &payload, NULL) ||
        !find_tokens(&payload, &agent->control.opened, NULL))
        return;
    opened_keys_take(&keys, agent->agreement, agent->identity);
    opened_open(&agent->control.opened, &keys);
    opened_keys_release(&keys);
}

/* ---- Sessions and refusals ---- */

enum access_refusal control_refusal_of(void *arg, const struct net_response *response, const char *nonce) {
    struct agent *agent = arg;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(ACCESS_REFUSAL_TOKEN_MAX);
    const struct access_refusal_demands demands = {.device_id = identity_device_id(agent->identity),
                                                   .nonce = nonce,
                                                   .find_key = control_keys_find,
                                                   .keys = &agent->control.keys,
                                                   .payload = &payload};
    enum access_refusal refusal = access_refusal_of(response, &demands, &error);
    if (error.code == PP_E_NOTFOUND) /* it is said again, and may be verified then */
        sync_request_document(agent->sync, CONTROL_KEYS_PATH);
    if (error.code)
        reporter_event(agent->reporter, "refusal-ignored", "%s", error.message);
    if (refusal == ACCESS_REFUSAL_RETIRED)
        commands_take_refusal(agent, &payload);
    return refusal;
}

struct net_draft *control_announce(void *arg, struct pp_error *error) {
    struct agent *agent = arg;
    return agreement_announce(agent->agreement, agent->identity, ANNOUNCEMENT_AUDIENCE,
                              floors_now_s(&agent->floors), error);
}

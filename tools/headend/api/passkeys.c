/* The passkeys of whoever is signed in. */
#include "base/clock.h"
#include "base/encode.h"
#include "headend/api/handlers.h"
#include "headend/api/passkey_options.h"
#include "headend/http/problems.h"
#include "headend/ops/op_accounts.h"
#include "headend/server/operate.h"

static void add_time(cJSON *object, const char *name, int64_t time) {
    char text[PP_RFC3339_SIZE];
    pp_time_format(time, text);
    if (time)
        cJSON_AddStringToObject(object, name, text);
    else
        cJSON_AddNullToObject(object, name);
}

static cJSON *passkey_json(const struct passkey *passkey) {
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "id", passkey->id);
    cJSON_AddStringToObject(item, "name", passkey->name);
    cJSON_AddStringToObject(item, "host", passkey->host);
    cJSON_AddBoolToObject(item, "synced", passkey->backed_up);
    add_time(item, "created", passkey->created);
    add_time(item, "used", passkey->used);
    return item;
}

static bool passkey_collect(void *arg, const struct passkey *passkey) {
    return cJSON_AddItemToArray(arg, passkey_json(passkey));
}

/* GET /api/v1/passkeys */
void api_passkeys(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    pp_autojson cJSON *answer = cJSON_CreateObject();
    cJSON *items = cJSON_AddArrayToObject(answer, "items");
    if (passkey_each(request->db, request->admin.id, passkey_collect, items, &error))
        reply_json(reply, MHD_HTTP_OK, answer);
    else
        reply_failure(reply, &error);
}

/* {"type": "public-key", "id": "…", "transports": ["internal"]} */
static bool descriptor_collect(void *arg, const struct passkey *passkey) {
    char id[PP_BASE64_SIZE(CREDENTIAL_ID_MAX)];
    char transports[TRANSPORTS_SIZE];
    char *rest = NULL;
    cJSON *item = cJSON_CreateObject();
    pp_base64url_encode(passkey->credential, passkey->credential_size, id);
    cJSON_AddStringToObject(item, "type", "public-key");
    cJSON_AddStringToObject(item, "id", id);
    cJSON *list = cJSON_AddArrayToObject(item, "transports");
    memcpy(transports, passkey->transports, sizeof transports);
    for (char *one = strtok_r(transports, " ", &rest); one; one = strtok_r(NULL, " ", &rest))
        cJSON_AddItemToArray(list, cJSON_CreateString(one));
    return cJSON_AddItemToArray(arg, item);
}

/* POST /api/v1/passkeys/options */
void api_passkeys_options(struct request *request, struct reply *reply) {
    struct passkey_party party;
    uint8_t handle[USER_HANDLE_SIZE];
    struct pp_error error = {0};
    if (!api_body(request, reply) || !passkey_party(request, reply, &party))
        return;
    cJSON *excluded = cJSON_CreateArray();
    if (passkey_each(request->db, request->admin.id, descriptor_collect, excluded, &error) &&
        passkey_user_handle(request->db, request->admin.id, handle, &error)) {
        passkey_reply_create(request, reply, &party, request->admin.session, handle, request->admin.name,
                             excluded);
        return;
    }
    cJSON_Delete(excluded);
    reply_failure(reply, &error);
}

struct wanted {
    const char *id;
    cJSON *found;
};

static bool passkey_pick(void *arg, const struct passkey *passkey) {
    struct wanted *wanted = arg;
    if (strcmp(passkey->id, wanted->id) == 0)
        wanted->found = passkey_json(passkey);
    return true;
}

static void reply_passkey(struct request *request, struct reply *reply, unsigned status, const char *id) {
    struct wanted wanted = {.id = id};
    struct pp_error error = {0};
    bool ok = passkey_each(request->db, request->admin.id, passkey_pick, &wanted, &error);
    if (wanted.found)
        reply_json(reply, status, wanted.found);
    else if (ok)
        reply_with(reply, PROBLEM_NOT_FOUND, "there is no such passkey");
    else
        reply_failure(reply, &error);
    cJSON_Delete(wanted.found);
}

static bool name_good(const struct request *request, struct reply *reply, const char **name) {
    struct pp_error error = {0};
    if (pp_json_string(request->document, "name", TEXT_NAME_MAX, name, &error) &&
        text_check("name", *name, 1, TEXT_NAME_MAX, &error))
        return true;
    reply_with_parameter(reply, PROBLEM_BODY_INVALID, "name", error.message);
    return false;
}

/* POST /api/v1/passkeys */
void api_passkeys_add(struct request *request, struct reply *reply) {
    struct passkey_party party;
    struct webauthn_answer answer;
    struct webauthn_credential credential;
    const char *name;
    const cJSON *document;
    struct pp_error error = {0};
    if (!api_body(request, reply) || !name_good(request, reply, &name) ||
        !passkey_party(request, reply, &party))
        return;
    if (!pp_json_object(request->document, "passkey", &document, &error) ||
        !webauthn_answer_read(document, CLIENT_CREATES, &answer, &error)) {
        reply_with_parameter(reply, PROBLEM_BODY_INVALID, "passkey", error.message);
        return;
    }
    if (!passkey_check_new(request->db, &party.party, request->admin.session, &answer, &credential, &error)) {
        passkey_reply_refused(request, reply, &error);
        return;
    }
    const struct new_passkey made = {&party.party, &answer, &credential};
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "name", name);
    bool kept = request_operate_with(request, "passkey.add", value, &made, &result, &error);
    const char *id = kept ? cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(result.value, "id")) : NULL;
    if (kept)
        reply_passkey(request, reply, MHD_HTTP_CREATED, id ? id : "");
    else if (error.code == PP_E_LIMIT)
        reply_with(reply, PROBLEM_TOO_MANY_PASSKEYS, "%s", error.message);
    else
        passkey_reply_refused(request, reply, &error);
}

/* "passkey.rename" and "passkey.remove" of the one of the address. */
static bool own_passkey(struct request *request, const char *operation, const char *name,
                        struct pp_error *error) {
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "passkey", request_parameter(request, "id"));
    if (name)
        cJSON_AddStringToObject(value, "name", name);
    return request_operate(request, operation, value, &result, error);
}

/* PATCH /api/v1/passkeys/{id} */
void api_passkey_rename(struct request *request, struct reply *reply) {
    const char *id = request_parameter(request, "id");
    const char *name;
    struct pp_error error = {0};
    if (!api_body(request, reply) || !name_good(request, reply, &name))
        return;
    if (own_passkey(request, "passkey.rename", name, &error) || error.code == PP_E_NOTFOUND)
        reply_passkey(request, reply, MHD_HTTP_OK, id);
    else
        reply_failure(reply, &error);
}

/* DELETE /api/v1/passkeys/{id} */
void api_passkey_remove(struct request *request, struct reply *reply) {
    struct pp_error error = {0};
    if (own_passkey(request, "passkey.remove", NULL, &error))
        reply_empty(reply, MHD_HTTP_NO_CONTENT);
    else if (error.code == PP_E_NOTFOUND)
        reply_with(reply, PROBLEM_NOT_FOUND, "%s", error.message);
    else if (error.code == PP_E_STATE)
        reply_with(reply, PROBLEM_LAST_WAY_IN, "%s", error.message);
    else
        reply_failure(reply, &error);
}

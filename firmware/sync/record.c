#include "sync/record.h"

#include "base/encode.h"
#include "base/json.h"

#define RECORD_FORMAT 1

void sync_record_finish(struct sync_record *record) {
    pp_wipe(record, sizeof *record);
}

static bool parse_hash(const cJSON *object, const char *name, uint8_t out[CHANNEL_HASH_SIZE],
                       struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(object, name, PP_HEX_SIZE(CHANNEL_HASH_SIZE), &text, error))
        return false;
    return pp_hex_decode(text, out, CHANNEL_HASH_SIZE, error) || pp_wrap(error, "field \"%s\"", name);
}

static bool parse_fields(const cJSON *object, struct sync_stored *out, struct pp_error *error) {
    const char *channel = NULL;
    const char *key = NULL;
    int64_t length = 0;
    if (!pp_json_string(object, "channel", CHANNEL_NAME_MAX, &channel, error) ||
        !pp_json_integer(object, "version", 0, PP_JSON_INTEGER_MAX, &out->version, error) ||
        !parse_hash(object, "sha256", out->sha256, error) ||
        !pp_json_integer(object, "length", 1, SYNC_MANIFEST_MAX, &length, error) ||
        !pp_json_string(object, "key", PP_BASE64_SIZE(CHANNEL_KEY_SIZE), &key, error))
        return false;
    if (!channel_name_valid(channel))
        return pp_fail(error, PP_E_INVALID, "field \"channel\" is not a name");
    if (!pp_base64url_decode_exact(key, out->key, sizeof out->key, NULL))
        return pp_fail(error, PP_E_INVALID, "field \"key\" is not a key");
    snprintf(out->channel, sizeof out->channel, "%s", channel);
    out->length = (uint64_t)length;
    out->there = true;
    return true;
}

static bool parse_manifest(const cJSON *json, const char *name, struct sync_stored *out,
                           struct pp_error *error) {
    const cJSON *object = NULL;
    if (!pp_json_has(json, name))
        return true;
    if (!pp_json_object(json, name, &object, error))
        return false;
    return parse_fields(object, out, error) || pp_wrap(error, "%s", name);
}

static void wipe_key(const cJSON *json, const char *name) {
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(json, name), "key");
    if (cJSON_IsString(key))
        pp_wipe(key->valuestring, strlen(key->valuestring));
}

static bool parse_record(const cJSON *json, struct sync_record *out, struct pp_error *error) {
    int64_t format = 0;
    out->has_rejected = pp_json_has(json, "rejected");
    return pp_json_integer(json, "format", RECORD_FORMAT, RECORD_FORMAT, &format, error) &&
           parse_manifest(json, "current", &out->current, error) &&
           parse_manifest(json, "previous", &out->previous, error) &&
           (!out->has_rejected || parse_hash(json, "rejected", out->rejected, error));
}

bool sync_record_parse(const void *json, size_t size, struct sync_record *out, struct pp_error *error) {
    *out = (struct sync_record){0};
    pp_autojson cJSON *root = pp_json_parse(json, size, RECORD_SIZE_MAX, error);
    if (!root)
        return false;
    bool ok = parse_record(root, out, error);
    wipe_key(root, "current");
    wipe_key(root, "previous");
    if (!ok)
        sync_record_finish(out);
    return ok;
}

/* Written by hand, so that no copy of a key stays behind in the heap of a JSON library. */
static bool print_manifest(const char *name, const struct sync_stored *manifest, struct pp_buf *out,
                           struct pp_error *error) {
    char hash[PP_HEX_SIZE(CHANNEL_HASH_SIZE)];
    char key[PP_BASE64_SIZE(CHANNEL_KEY_SIZE)];
    if (!manifest->there)
        return true;
    pp_hex_encode(manifest->sha256, sizeof manifest->sha256, hash);
    pp_base64url_encode(manifest->key, sizeof manifest->key, key);
    bool ok = pp_buf_addf(out, error,
                          ",\"%s\":{\"channel\":\"%s\",\"version\":%lld,\"sha256\":\"%s\",\"length\":%llu,"
                          "\"key\":\"%s\"}",
                          name, manifest->channel, (long long)manifest->version, hash,
                          (unsigned long long)manifest->length, key);
    pp_wipe(key, sizeof key);
    return ok;
}

bool sync_record_print(const struct sync_record *record, struct pp_buf *out, struct pp_error *error) {
    char hash[PP_HEX_SIZE(CHANNEL_HASH_SIZE)];
    pp_hex_encode(record->rejected, sizeof record->rejected, hash);
    return pp_buf_addf(out, error, "{\"format\":%d", RECORD_FORMAT) &&
           print_manifest("current", &record->current, out, error) &&
           print_manifest("previous", &record->previous, out, error) &&
           (!record->has_rejected || pp_buf_addf(out, error, ",\"rejected\":\"%s\"", hash)) &&
           pp_buf_add_text(out, "}", error);
}

bool sync_record_rejects(const struct sync_record *record, const struct sync_stored *manifest) {
    return record->has_rejected && memcmp(record->rejected, manifest->sha256, sizeof record->rejected) == 0;
}

bool sync_record_load(struct vault *vault, struct sync_record *out, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(RECORD_SIZE_MAX);
    struct pp_error why = {0};
    *out = (struct sync_record){0};
    if (!vault_get(vault, SYNC_VAULT_RECORD, &json, &why)) {
        if (error)
            *error = why;
        return why.code == PP_E_NOTFOUND;
    }
    return sync_record_parse(json.data, json.size, out, error) ||
           pp_wrap(error, "vault record %s", SYNC_VAULT_RECORD);
}

bool sync_record_save(struct vault *vault, const struct sync_record *record, struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(RECORD_SIZE_MAX);
    return sync_record_print(record, &json, error) &&
           vault_put(vault, SYNC_VAULT_RECORD, json.data, json.size, error);
}

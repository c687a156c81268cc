#include "trust/schema.h"

#include "base/json.h"

#define HASH_HEX_MAX 256 /* hex digits, of algorithms unknown to us as well */
#define KEY_WORD_MAX 64  /* bytes of a keytype or scheme */

static const char *const top_roles[] = {"root", "timestamp", "snapshot", "targets"};

bool trust_schema_map(const cJSON *parent, const char *name, int max, const cJSON **out,
                      struct pp_error *error) {
    if (!pp_json_object(parent, name, out, error))
        return false;
    if (cJSON_GetArraySize(*out) > max)
        return pp_fail(error, PP_E_LIMIT, "field \"%s\" has more than %d members", name, max);
    const cJSON *member;
    cJSON_ArrayForEach(member, *out) {
        if (!cJSON_IsObject(member))
            return pp_fail(error, PP_E_INVALID, "field \"%s\": member \"%.64s\" is not an object", name,
                           member->string);
    }
    return true;
}

/* The types and schemes themselves may be unknown: such a key just never counts (keys.c). */
bool trust_schema_keys(const cJSON *parent, struct pp_error *error) {
    const cJSON *keys = NULL;
    if (!trust_schema_map(parent, "keys", TRUST_KEYS_MAX, &keys, error))
        return false;
    const cJSON *key;
    cJSON_ArrayForEach(key, keys) {
        const char *word = NULL;
        const cJSON *value = NULL;
        if (!pp_json_string(key, "keytype", KEY_WORD_MAX, &word, error) ||
            !pp_json_string(key, "scheme", KEY_WORD_MAX, &word, error) ||
            !pp_json_object(key, "keyval", &value, error))
            return pp_wrap(error, "key %.64s", key->string);
    }
    return true;
}

bool trust_schema_signers(const cJSON *role, struct pp_error *error) {
    const cJSON *keyids = NULL;
    int64_t threshold = 0;
    if (!pp_json_integer(role, "threshold", 1, PP_JSON_INTEGER_MAX, &threshold, error) ||
        !pp_json_array(role, "keyids", TRUST_KEYIDS_MAX, &keyids, error))
        return false;
    const cJSON *keyid;
    cJSON_ArrayForEach(keyid, keyids) {
        if (!cJSON_IsString(keyid) || strlen(keyid->valuestring) > TRUST_KEYID_MAX)
            return pp_fail(error, PP_E_INVALID, "field \"keyids\" holds something that is no keyid");
    }
    return true;
}

bool trust_schema_hashes(const cJSON *owner, struct pp_error *error) {
    const cJSON *hashes = NULL;
    if (!pp_json_object(owner, "hashes", &hashes, error))
        return false;
    if (!hashes->child)
        return pp_fail(error, PP_E_INVALID, "field \"hashes\" is empty");
    const cJSON *hash;
    cJSON_ArrayForEach(hash, hashes) {
        if (!cJSON_IsString(hash) || strlen(hash->valuestring) > HASH_HEX_MAX)
            return pp_fail(error, PP_E_INVALID, "field \"hashes\": \"%.32s\" is not a hash", hash->string);
    }
    return true;
}

/* Of ours, and rarely there. */
static bool check_time_statement(const cJSON *body, struct pp_error *error) {
    const cJSON *statement = NULL;
    int64_t number = 0;
    return !pp_json_has(body, TRUST_TIME_FIELD) ||
           (pp_json_object(body, TRUST_TIME_FIELD, &statement, error) &&
            pp_json_integer(statement, "epoch", 1, PP_JSON_INTEGER_MAX, &number, error) &&
            pp_json_time(statement, "time", &number, error)) ||
           pp_wrap(error, TRUST_TIME_FIELD);
}

bool trust_schema_root(const cJSON *body, struct pp_error *error) {
    const cJSON *roles = NULL;
    bool consistent = false;
    if (pp_json_has(body, "consistent_snapshot") &&
        !pp_json_boolean(body, "consistent_snapshot", &consistent, error))
        return false;
    if (!trust_schema_keys(body, error) || !trust_schema_map(body, "roles", TRUST_KEYS_MAX, &roles, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(top_roles); i++) {
        const cJSON *role = NULL;
        if (!pp_json_object(roles, top_roles[i], &role, error) || !trust_schema_signers(role, error))
            return pp_wrap(error, "roles: %s", top_roles[i]);
    }
    return check_time_statement(body, error);
}

static bool check_meta(const cJSON *body, const char *required, struct pp_error *error) {
    const cJSON *meta = NULL;
    if (!trust_schema_map(body, "meta", TRUST_META_MAX, &meta, error))
        return false;
    if (!cJSON_GetObjectItemCaseSensitive(meta, required))
        return pp_fail(error, PP_E_INVALID, "field \"meta\" does not list %s", required);
    const cJSON *entry;
    cJSON_ArrayForEach(entry, meta) {
        int64_t number = 0;
        if (!pp_json_integer(entry, "version", 1, PP_JSON_INTEGER_MAX, &number, error) ||
            (pp_json_has(entry, "length") &&
             !pp_json_integer(entry, "length", 0, PP_JSON_INTEGER_MAX, &number, error)) ||
            (pp_json_has(entry, "hashes") && !trust_schema_hashes(entry, error)))
            return pp_wrap(error, "meta of %.64s", entry->string);
    }
    return true;
}

bool trust_schema_timestamp(const cJSON *body, struct pp_error *error) {
    return check_meta(body, "snapshot.json", error);
}

bool trust_schema_snapshot(const cJSON *body, struct pp_error *error) {
    return check_meta(body, "targets.json", error);
}

bool trust_schema_targets(const cJSON *body, struct pp_error *error) {
    const cJSON *targets = NULL;
    if (!trust_schema_map(body, "targets", TRUST_FILES_MAX, &targets, error))
        return false;
    const cJSON *target;
    cJSON_ArrayForEach(target, targets) {
        int64_t length = 0;
        if (!pp_json_integer(target, "length", 0, PP_JSON_INTEGER_MAX, &length, error) ||
            !trust_schema_hashes(target, error))
            return pp_wrap(error, "target %.64s", target->string);
        if (pp_json_has(target, "custom") &&
            !cJSON_IsObject(cJSON_GetObjectItemCaseSensitive(target, "custom")))
            return pp_fail(error, PP_E_INVALID, "target %.64s: field \"custom\" is not an object",
                           target->string);
    }
    if (!pp_json_has(body, "delegations"))
        return true;
    const cJSON *delegations = NULL;
    return pp_json_object(body, "delegations", &delegations, error) &&
           (trust_schema_delegations(delegations, error) || pp_wrap(error, "delegations"));
}

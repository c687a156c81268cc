#include "trust/verify.h"

#include "base/json.h"
#include "trust/keys.h"

#define CANONICAL_MAX (128UL * 1024 * 1024) /* bytes; above what the caps on downloads let through */

struct trust_authority trust_authority_of_root(const struct trust_metadata *root, enum trust_type role) {
    const cJSON *roles = cJSON_GetObjectItemCaseSensitive(root->body, "roles");
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(roles, trust_type_name(role));
    return (struct trust_authority){
        .keys = cJSON_GetObjectItemCaseSensitive(root->body, "keys"),
        .keyids = cJSON_GetObjectItemCaseSensitive(entry, "keyids"),
        .threshold = (int64_t)cJSON_GetObjectItemCaseSensitive(entry, "threshold")->valuedouble,
    };
}

static bool names_keyid(const cJSON *keyids, const char *keyid) {
    const cJSON *entry;
    cJSON_ArrayForEach(entry, keyids) {
        if (strcmp(entry->valuestring, keyid) == 0)
            return true;
    }
    return false;
}

/* Keys that have signed, each told by its public text. */
struct tally {
    const char *keys[TRUST_SIGNATURES_MAX];
    size_t count;
};

static bool tally_has(const struct tally *tally, const char *public_text) {
    for (size_t i = 0; i < tally->count; i++) {
        if (strcmp(tally->keys[i], public_text) == 0)
            return true;
    }
    return false;
}

static void count_signature(const cJSON *entry, const struct trust_authority *authority,
                            const struct pp_buf *signed_bytes, struct tally *tally) {
    const char *keyid = cJSON_GetObjectItemCaseSensitive(entry, "keyid")->valuestring;
    const char *signature = cJSON_GetObjectItemCaseSensitive(entry, "sig")->valuestring;
    if (!names_keyid(authority->keyids, keyid))
        return;
    const cJSON *key = cJSON_GetObjectItemCaseSensitive(authority->keys, keyid);
    const char *public_text = key ? trust_key_public(key) : NULL;
    if (!public_text || tally_has(tally, public_text))
        return;
    if (trust_key_verify(keyid, key, signed_bytes->data, signed_bytes->size, signature, NULL))
        tally->keys[tally->count++] = public_text;
}

bool trust_verify(const struct trust_metadata *metadata, const struct trust_authority *authority,
                  struct pp_error *error) {
    pp_autobuf struct pp_buf signed_bytes = PP_BUF_INIT(CANONICAL_MAX);
    if (!pp_json_canonical(metadata->body, &signed_bytes, error))
        return pp_wrap(error, "signed");
    struct tally tally = {.count = 0};
    const cJSON *entry;
    cJSON_ArrayForEach(entry, metadata->signatures) {
        count_signature(entry, authority, &signed_bytes, &tally);
        if ((int64_t)tally.count >= authority->threshold)
            return true;
    }
    return pp_fail(error, PP_E_AUTH, "signed by %zu of the %lld keys that must sign it", tally.count,
                   (long long)authority->threshold);
}

#include "agent/control_keys.h"

#include <string.h>

#include "base/json.h"

#define DOCUMENT_MAX 4096 /* bytes */

static bool read_key(const cJSON *jwk, struct control_keys *keys, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char *kid = keys->kids[keys->count];
    const char *named = NULL;
    if (!cJSON_IsObject(jwk))
        return pp_fail(error, PP_E_INVALID, "not an object");
    if (!jwk_to_point(jwk, JWK_VERIFY, point, error) || !jwk_thumbprint_text(point, kid, error) ||
        !pp_json_string(jwk, "kid", JWK_THUMBPRINT_TEXT_SIZE, &named, error))
        return false;
    if (strcmp(kid, named) != 0)
        return pp_fail(error, PP_E_INVALID, "\"kid\" is not the key's thumbprint");
    struct crypto_public *key = crypto_public_load_point(point, error);
    if (!key)
        return false;
    keys->keys[keys->count++] = key;
    return true;
}

static bool read_keys(const cJSON *set, struct control_keys *keys, struct pp_error *error) {
    const cJSON *list = NULL;
    const cJSON *jwk;
    if (!cJSON_IsObject(set))
        return pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (!pp_json_array(set, "keys", CONTROL_KEYS_MAX, &list, error))
        return false;
    cJSON_ArrayForEach(jwk, list) {
        if (!read_key(jwk, keys, error))
            return pp_wrap(error, "key %zu", keys->count + 1);
    }
    return keys->count > 0 || pp_fail(error, PP_E_INVALID, "there is no key in it");
}

bool control_keys_read(const char *json, size_t size, struct control_keys *out, struct pp_error *error) {
    struct control_keys keys = {0};
    pp_autojson cJSON *set = pp_json_parse(json, size, DOCUMENT_MAX, error);
    if (!set || !read_keys(set, &keys, error)) {
        control_keys_finish(&keys);
        return pp_wrap(error, "control keys");
    }
    *out = keys;
    return true;
}

void control_keys_finish(struct control_keys *keys) {
    for (size_t i = 0; i < keys->count; i++)
        crypto_public_destroy(keys->keys[i]);
    *keys = (struct control_keys){0};
}

const struct crypto_public *control_keys_find(void *arg, const char *kid) {
    const struct control_keys *keys = arg;
    for (size_t i = 0; kid && i < keys->count; i++) {
        if (strcmp(keys->kids[i], kid) == 0)
            return keys->keys[i];
    }
    return NULL;
}

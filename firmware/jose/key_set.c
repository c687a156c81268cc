#include "jose/key_set.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/jwk.h"
#include "crypto/rsa_der.h"

#define SET_ITEMS_MAX 256 /* that are looked at */

static bool member_is(const cJSON *jwk, const char *name, const char *value) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(jwk, name);
    return cJSON_IsString(member) && strcmp(member->valuestring, value) == 0;
}

/* Absent, or just this. */
static bool member_allows(const cJSON *jwk, const char *name, const char *value) {
    return !cJSON_GetObjectItemCaseSensitive(jwk, name) || member_is(jwk, name, value);
}

static bool operations_allow(const cJSON *jwk) {
    const cJSON *operations = cJSON_GetObjectItemCaseSensitive(jwk, "key_ops");
    const cJSON *item;
    if (!operations)
        return true;
    cJSON_ArrayForEach(item, operations) {
        if (cJSON_IsString(item) && strcmp(item->valuestring, "verify") == 0)
            return true;
    }
    return false;
}

/* Base64urlUInt (RFC 7518 §2): no leading zeros. */
static bool read_number(const cJSON *jwk, const char *name, uint8_t *number, size_t room, size_t *size) {
    const char *text = NULL;
    return pp_json_string(jwk, name, (room + 2) / 3 * 4, &text, NULL) &&
           pp_base64url_decode(text, strlen(text), number, room, size, NULL);
}

static struct crypto_public *read_rsa(const cJSON *jwk) {
    uint8_t modulus[RSA_MODULUS_MAX];
    uint8_t exponent[RSA_EXPONENT_MAX];
    size_t modulus_size = 0, exponent_size = 0;
    if (!read_number(jwk, "n", modulus, sizeof modulus, &modulus_size) ||
        !read_number(jwk, "e", exponent, sizeof exponent, &exponent_size))
        return NULL;
    return crypto_public_load_rsa(modulus, modulus_size, exponent, exponent_size, NULL);
}

static struct crypto_public *read_point(const cJSON *jwk) {
    uint8_t point[CRYPTO_POINT_SIZE];
    return jwk_to_point(jwk, JWK_VERIFY, point, NULL) ? crypto_public_load_point(point, NULL) : NULL;
}

/* False where it is none that is of use here. */
static bool read_key(const cJSON *jwk, struct key_set_entry *out) {
    const char *kid = "";
    bool named = cJSON_GetObjectItemCaseSensitive(jwk, "kid");
    if (!cJSON_IsObject(jwk) || (named && !pp_json_string(jwk, "kid", JOSE_NAME_MAX, &kid, NULL)) ||
        !member_allows(jwk, "use", "sig") || !operations_allow(jwk) ||
        cJSON_GetObjectItemCaseSensitive(jwk, "d"))
        return false;
    bool rsa = member_is(jwk, "kty", "RSA");
    if (!rsa && !member_is(jwk, "kty", "EC"))
        return false;
    if (!member_allows(jwk, "alg", rsa ? "RS256" : "ES256"))
        return false;
    out->key = rsa ? read_rsa(jwk) : read_point(jwk);
    out->scheme = rsa ? CRYPTO_RS256 : CRYPTO_ES256;
    strcpy(out->kid, kid);
    return out->key;
}

bool key_set_parse(const void *json, size_t size, struct key_set *out, struct pp_error *error) {
    const cJSON *keys = NULL;
    const cJSON *item;
    struct key_set set = {0};
    pp_autojson cJSON *document = pp_json_parse(json, size, KEY_SET_DOCUMENT_MAX, error);
    if (!document || !pp_json_array(document, "keys", SET_ITEMS_MAX, &keys, error))
        return pp_wrap(error, "key set");
    cJSON_ArrayForEach(item, keys) {
        if (set.count < KEY_SET_MAX)
            set.count += read_key(item, &set.entries[set.count]);
    }
    *out = set;
    return true;
}

void key_set_finish(struct key_set *set) {
    for (size_t i = 0; i < set->count; i++)
        crypto_public_destroy(set->entries[i].key);
    set->count = 0;
}

const struct key_set_entry *key_set_find(const struct key_set *set, const char *kid,
                                         enum crypto_scheme scheme) {
    const struct key_set_entry *found = NULL;
    for (size_t i = 0; i < set->count; i++) {
        const struct key_set_entry *entry = &set->entries[i];
        if (entry->scheme != scheme || (kid && strcmp(entry->kid, kid) != 0))
            continue;
        if (found) /* of two, which? */
            return NULL;
        found = entry;
    }
    return found;
}

#include "trust/keys.h"

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "crypto/verify.h"
#include "trust/metadata.h"

#define KEY_CANONICAL_MAX (64UL * 1024) /* bytes */

static struct crypto_public *load_pem(const char *text, struct pp_error *error) {
    return crypto_public_load_pem(text, strlen(text), error);
}

static struct crypto_public *load_hex(const char *text, struct pp_error *error) {
    uint8_t raw[BULK_ED25519_KEY_SIZE];
    if (!pp_hex_decode(text, raw, sizeof raw, error))
        return NULL;
    return crypto_public_load_ed25519(raw, error);
}

static const struct key_kind {
    const char *keytype, *scheme;
    enum crypto_scheme verified_as;
    struct crypto_public *(*load)(const char *text, struct pp_error *error);
} kinds[] = {
    {"ecdsa", "ecdsa-sha2-nistp256", CRYPTO_ECDSA_SHA256, load_pem},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", CRYPTO_ECDSA_SHA256, load_pem}, /* before 1.0.32 */
    {"rsa", "rsassa-pss-sha256", CRYPTO_RSA_PSS_SHA256, load_pem},
    {"ed25519", "ed25519", CRYPTO_ED25519, load_hex},
};

static const struct key_kind *kind_of(const cJSON *key, struct pp_error *error) {
    const char *keytype = cJSON_GetObjectItemCaseSensitive(key, "keytype")->valuestring;
    const char *scheme = cJSON_GetObjectItemCaseSensitive(key, "scheme")->valuestring;
    for (size_t i = 0; i < PP_COUNT(kinds); i++) {
        if (strcmp(kinds[i].keytype, keytype) == 0 && strcmp(kinds[i].scheme, scheme) == 0)
            return &kinds[i];
    }
    pp_fail(error, PP_E_UNSUPPORTED, "key of type %s, scheme %s is not known", keytype, scheme);
    return NULL;
}

const char *trust_key_public(const cJSON *key) {
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(key, "keyval");
    const char *text = NULL;
    return pp_json_string(value, "public", TRUST_KEY_TEXT_MAX, &text, NULL) ? text : NULL;
}

static bool check_keyid(const char *keyid, const cJSON *key, struct pp_error *error) {
    pp_autobuf struct pp_buf canonical = PP_BUF_INIT(KEY_CANONICAL_MAX);
    uint8_t digest[BULK_SHA256_SIZE];
    char expected[PP_HEX_SIZE(BULK_SHA256_SIZE)];
    if (!pp_json_canonical(key, &canonical, error) ||
        !crypto_sha256(canonical.data, canonical.size, digest, error))
        return pp_wrap(error, "key %.64s", keyid);
    pp_hex_encode(digest, sizeof digest, expected);
    if (strcmp(keyid, expected) != 0)
        return pp_fail(error, PP_E_AUTH, "key %.64s is not the one of that keyid", keyid);
    return true;
}

bool trust_key_verify(const char *keyid, const cJSON *key, const void *data, size_t size,
                      const char *signature, struct pp_error *error) {
    uint8_t raw[TRUST_SIGNATURE_MAX / 2];
    size_t raw_size = strlen(signature) / 2;
    const char *text = trust_key_public(key);
    const struct key_kind *kind = kind_of(key, error);
    if (!kind)
        return false;
    if (!text)
        return pp_fail(error, PP_E_INVALID, "key %.64s has no \"public\" text", keyid);
    if (raw_size > sizeof raw || !pp_hex_decode(signature, raw, raw_size, error))
        return pp_wrap(error, "signature by %.64s", keyid);
    if (!check_keyid(keyid, key, error))
        return false;
    PP_AUTO(crypto_public) struct crypto_public *public = kind->load(text, error);
    return public && crypto_public_verify(public, kind->verified_as, data, size, raw, raw_size, error);
}

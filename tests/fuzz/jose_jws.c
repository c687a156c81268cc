/*
 * Any bytes as a signed token, and any header and payload with a good signature over them. What verifies is by
 * ES256, has its payload in the one base64url there is of it, and its claims can be read or are refused.
 *
 *     input = 0, token | 1, header, 0x00, payload | 2, document of claims
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "jose/claims.h"
#include "jose/compact.h"
#include "jose/jws.h"

#define TOKEN_MAX (64 * 1024) /* bytes */

struct keys {
    struct crypto_key *key;
    struct crypto_public *public;
};

/* RFC 6979 §A.2.5. */
static void load_keys(struct keys *keys) {
    static const char document[] = "30310201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120"
                                   "f6721a00a06082a8648ce3d030107";
    uint8_t der[sizeof document / 2], point[CRYPTO_POINT_SIZE];
    if (!pp_hex_decode(document, der, sizeof der, NULL))
        abort();
    keys->key = crypto_key_load_der(der, sizeof der, NULL);
    if (!keys->key || !crypto_key_public_point(keys->key, point, NULL))
        abort();
    keys->public = crypto_public_load_point(point, NULL);
}

static const struct crypto_public *find_key(void *arg, const char *kid) {
    const struct keys *keys = arg;
    return kid && strcmp(kid, "k") == 0 ? keys->public : NULL;
}

static void check_payload(const char *token, size_t size, const struct pp_buf *payload) {
    char *text = malloc(PP_BASE64_SIZE(payload->size));
    const char *dot = memchr(token, '.', size);
    if (!text || !dot)
        abort();
    pp_base64url_encode(payload->data, payload->size, text);
    size_t length = strlen(text);
    if (dot + 1 + length >= token + size || memcmp(dot + 1, text, length) != 0 || dot[1 + length] != '.')
        abort();
    free(text);
}

static bool verify(struct keys *keys, const char *token, size_t size) {
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(TOKEN_MAX);
    const struct jws_verifier verifier = {.typ = "t", .find = find_key, .arg = keys};
    struct pp_error error = {0};
    if (!jws_verify(&verifier, token, size, &payload, &error)) {
        if (error.code == PP_OK || payload.size)
            abort();
        return false;
    }
    check_payload(token, size, &payload);
    return true;
}

static void add_part(struct pp_buf *token, const void *data, size_t size) {
    if (!compact_add(token, data, size, NULL))
        abort();
}

static void try_header(struct keys *keys, const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, 0, size);
    size_t header_size = end ? (size_t)(end - data) : size;
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    struct pp_buf token pp_autobuf = PP_BUF_INIT(TOKEN_MAX * 2);
    if (size > TOKEN_MAX)
        return;
    add_part(&token, data, header_size);
    add_part(&token, data + header_size, size - header_size);
    if (!crypto_key_sign_raw(keys->key, token.data, token.size, signature, NULL))
        abort();
    add_part(&token, signature, sizeof signature);
    if (!verify(keys, pp_buf_text(&token), token.size))
        return;
    pp_autojson cJSON *header = pp_json_parse(data, header_size, header_size, NULL);
    const char *algorithm = NULL;
    if (!pp_json_string(header, "alg", 5, &algorithm, NULL) || strcmp(algorithm, "ES256") != 0 ||
        cJSON_GetObjectItemCaseSensitive(header, "crit") || cJSON_GetObjectItemCaseSensitive(header, "jwk"))
        abort();
}

static void try_claims(const uint8_t *data, size_t size) {
    const struct claims_demands demands = {
        .audience = "d", .nonce = "n", .expires = true, .now_s = 1795900000, .skew_s = 60, .version_min = 1};
    struct claims claims = {.version = -2};
    struct pp_error error = {0};
    pp_autojson cJSON *document = pp_json_parse(data, size, TOKEN_MAX, NULL);
    if (!document)
        return;
    if (claims_check(document, &demands, &claims, &error) != (error.code == PP_OK) ||
        (error.code == PP_OK && (claims.version < 1 || claims.expires_at <= claims.issued_at)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct keys keys;
    if (!keys.key)
        load_keys(&keys);
    if (!size)
        return 0;
    switch (data[0]) {
    case 0:
        verify(&keys, (const char *)data + 1, size - 1);
        break;
    case 1:
        try_header(&keys, data + 1, size - 1);
        break;
    default:
        try_claims(data + 1, size - 1);
    }
    return 0;
}

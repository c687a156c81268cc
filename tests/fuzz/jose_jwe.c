/*
 * Any bytes as an encrypted token, any header with a good tag over it, and any key as a JWK. What decrypts is by
 * ECDH-ES and A256GCM and gives back what was encrypted.
 *
 *     input = 0, token | 1, header, where "EPK" stands for the ephemeral key | 2, JWK
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "crypto/jwk.h"
#include "jose/compact.h"
#include "jose/concat_kdf.h"
#include "jose/jwe.h"

#define TOKEN_MAX (64 * 1024) /* bytes */

static const struct jwe_context context = {.kid = "k", .typ = "t"};

struct keys {
    struct crypto_key *key;
    uint8_t content_key[32]; /* what it and the ephemeral key below agree on */
    char *epk;
};

static struct crypto_key *load_key(const char *document) {
    uint8_t der[51];
    if (!pp_hex_decode(document, der, sizeof der, NULL))
        abort();
    return crypto_key_load_der(der, sizeof der, NULL);
}

/* RFC 7518 §C: Alice's and Bob's as SEC 1 documents. */
#define ALICE                                                                                                \
    "30310201010420d3f3716913d4310a0026de741b3f18893afc8114f0c84682ba677e313a13988aa00a06082a8648ce3d030107"
#define BOB                                                                                                  \
    "303102010104205449836690d75caf29f0dd029ddb31b3ddb8aba9d2d515c5012465e817d4a9dca00a06082a8648ce3d030107"

static void load_keys(struct keys *keys) {
    uint8_t point[CRYPTO_POINT_SIZE], secret[CRYPTO_SECRET_SIZE];
    const struct concat_kdf kdf = {.algorithm = "A256GCM"};
    struct crypto_key *ephemeral = load_key(ALICE);
    keys->key = load_key(BOB);
    if (!ephemeral || !keys->key || !crypto_key_public_point(keys->key, point, NULL) ||
        !crypto_key_agree(ephemeral, point, secret, NULL) ||
        !concat_kdf(&kdf, secret, keys->content_key, sizeof keys->content_key, NULL) ||
        !crypto_key_public_point(ephemeral, point, NULL))
        abort();
    pp_autojson cJSON *jwk = jwk_from_point(point, NULL);
    keys->epk = cJSON_PrintUnformatted(jwk);
    crypto_key_destroy(ephemeral);
}

static bool decrypt(struct keys *keys, const char *token, size_t size, const char *wanted) {
    struct pp_buf clear pp_autobuf = PP_BUF_INIT(TOKEN_MAX);
    struct pp_error error = {0};
    if (!jwe_decrypt(keys->key, &context, token, size, &clear, &error)) {
        if (error.code == PP_OK || clear.size)
            abort();
        return false;
    }
    if (wanted && strcmp(pp_buf_text(&clear), wanted) != 0)
        abort();
    return true;
}

static void add_part(struct pp_buf *token, const void *data, size_t size) {
    if (!compact_add(token, data, size, NULL))
        abort();
}

/* The header with the ephemeral key in its place. */
static void fill_in(const struct keys *keys, const uint8_t *data, size_t size, struct pp_buf *header) {
    const uint8_t *place = memmem(data, size, "EPK", 3);
    size_t before = place ? (size_t)(place - data) : size;
    if (!pp_buf_add(header, data, before, NULL) ||
        (place && (!pp_buf_add_text(header, keys->epk, NULL) ||
                   !pp_buf_add(header, place + 3, size - before - 3, NULL))))
        abort();
}

static void try_header(struct keys *keys, const uint8_t *data, size_t size) {
    static const uint8_t nonce[BULK_NONCE_SIZE] = {1};
    uint8_t sealed[7 + BULK_TAG_SIZE];
    struct pp_buf header pp_autobuf = PP_BUF_INIT(TOKEN_MAX), token pp_autobuf = PP_BUF_INIT(TOKEN_MAX * 2);
    if (size > TOKEN_MAX / 2)
        return;
    fill_in(keys, data, size, &header);
    add_part(&token, header.data, header.size);
    PP_AUTO(crypto_gcm)
    struct crypto_gcm *gcm = crypto_gcm_create(keys->content_key, sizeof keys->content_key, NULL);
    if (!crypto_gcm_seal(gcm, nonce, token.data, token.size, "content", 7, sealed, NULL))
        abort();
    add_part(&token, NULL, 0);
    add_part(&token, nonce, sizeof nonce);
    add_part(&token, sealed, 7);
    add_part(&token, sealed + 7, BULK_TAG_SIZE);
    if (!decrypt(keys, pp_buf_text(&token), token.size, "content"))
        return;
    pp_autojson cJSON *read = pp_json_parse(header.data, header.size, header.size, NULL);
    const char *algorithm = NULL;
    const char *encryption = NULL;
    if (!pp_json_string(read, "alg", 7, &algorithm, NULL) || strcmp(algorithm, "ECDH-ES") != 0 ||
        !pp_json_string(read, "enc", 7, &encryption, NULL) || strcmp(encryption, "A256GCM") != 0 ||
        cJSON_GetObjectItemCaseSensitive(read, "crit") || cJSON_GetObjectItemCaseSensitive(read, "zip"))
        abort();
}

/* A key that is taken can be encrypted to. */
static void try_jwk(const uint8_t *data, size_t size) {
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_buf token pp_autobuf = PP_BUF_INIT(TOKEN_MAX);
    pp_autojson cJSON *jwk = pp_json_parse(data, size, TOKEN_MAX, NULL);
    if (jwk && jwk_to_point(jwk, JWK_AGREE, point, NULL) &&
        !jwe_encrypt(point, &context, "x", 1, &token, NULL))
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
        decrypt(&keys, (const char *)data + 1, size - 1, NULL);
        break;
    case 1:
        try_header(&keys, data + 1, size - 1);
        break;
    default:
        try_jwk(data + 1, size - 1);
    }
    return 0;
}

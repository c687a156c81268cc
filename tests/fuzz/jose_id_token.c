/*
 * What a provider answers, or whoever stands in its place: configuration, key set, and ID tokens, by the set itself
 * and by a key that signs whatever header and claims there are.
 *
 *     input = 0, configuration | 1, key set | 2, token | 3, header, 0x00, claims
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "crypto/key.h"
#include "jose/compact.h"
#include "jose/discovery.h"
#include "jose/id_token.h"

#define INPUT_MAX (64 * 1024) /* bytes */
#define ISSUER    "https://a.example"

struct signer {
    struct crypto_key *key;
    struct key_set keys;
};

/* RFC 6979 §A.2.5. */
static void load_signer(struct signer *signer) {
    static const char document[] = "30310201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120"
                                   "f6721a00a06082a8648ce3d030107";
    uint8_t der[sizeof document / 2], point[CRYPTO_POINT_SIZE];
    if (!pp_hex_decode(document, der, sizeof der, NULL))
        abort();
    signer->key = crypto_key_load_der(der, sizeof der, NULL);
    if (!signer->key || !crypto_key_public_point(signer->key, point, NULL))
        abort();
    signer->keys.count = 1;
    signer->keys.entries[0] = (struct key_set_entry){
        .kid = "k", .scheme = CRYPTO_ES256, .key = crypto_public_load_point(point, NULL)};
}

static void try_configuration(const uint8_t *data, size_t size) {
    struct discovery found = {0};
    struct pp_error error = {0};
    bool good = discovery_parse(data, size, ISSUER, &found, &error);
    if (good != (error.code == PP_OK) ||
        good != (strncmp(found.token, "https://", 8) == 0 && strncmp(found.keys, "https://", 8) == 0 &&
                 strncmp(found.device, "https://", 8) == 0))
        abort();
}

static void try_keys(const uint8_t *data, size_t size) {
    key_set_auto struct key_set keys = {0};
    struct pp_error error = {0};
    if (key_set_parse(data, size, &keys, &error) != (error.code == PP_OK) || keys.count > KEY_SET_MAX)
        abort();
    for (size_t i = 0; i < keys.count; i++) {
        if (!keys.entries[i].key)
            abort();
    }
}

static bool try_token(const struct signer *signer, const char *token, size_t size) {
    const struct id_token_demands demands = {.issuer = ISSUER,
                                             .client_id = "c",
                                             .nonce = "n",
                                             .now_s = 1795900000,
                                             .skew_s = 60,
                                             .age_max_s = 600};
    id_token_auto struct id_token read = {0};
    struct pp_error error = {0};
    bool good = id_token_read(token, size, &signer->keys, &demands, &read, &error);
    if (good != (error.code == PP_OK) || good != (read.claims != NULL) || good != (*read.subject != 0))
        abort();
    if (good && (!id_token_claim_has(&read, "iss", ISSUER) || !id_token_claim_has(&read, "aud", "c") ||
                 read.expires_s <= demands.now_s - 60 || read.issued_s > demands.now_s + 60))
        abort();
    return good;
}

static void try_claims(const struct signer *signer, const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, 0, size);
    size_t header_size = end ? (size_t)(end - data) : size;
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    struct pp_buf token pp_autobuf = PP_BUF_INIT(INPUT_MAX * 2);
    if (size > INPUT_MAX)
        return;
    size_t skip = header_size + (end != NULL);
    if (!compact_add(&token, data, header_size, NULL) ||
        !compact_add(&token, data + skip, size - skip, NULL) ||
        !crypto_key_sign_raw(signer->key, token.data, token.size, signature, NULL) ||
        !compact_add(&token, signature, sizeof signature, NULL))
        abort();
    try_token(signer, pp_buf_text(&token), token.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct signer signer;
    if (!signer.key)
        load_signer(&signer);
    if (!size)
        return 0;
    switch (data[0]) {
    case 0:
        try_configuration(data + 1, size - 1);
        break;
    case 1:
        try_keys(data + 1, size - 1);
        break;
    case 2:
        if (try_token(&signer, (const char *)data + 1, size - 1))
            abort(); /* nobody else has that key */
        break;
    default:
        try_claims(&signer, data + 1, size - 1);
    }
    return 0;
}

/*
 * Any bytes as a proof (RFC 9449), and any header and payload with a good signature over them by the key that the
 * seeds' headers name. What is read is by ES256, of the one request, and names the key that signed.
 *
 *     input = 0, token | 1, header, 0x00, payload
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "jose/compact.h"
#include "jose/proof.h"

#define TOKEN_MAX (64 * 1024) /* bytes */

/* RFC 6979 §A.2.5. */
static struct crypto_key *load_key(void) {
    static const char document[] = "30310201010420c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120"
                                   "f6721a00a06082a8648ce3d030107";
    uint8_t der[sizeof document / 2];
    if (!pp_hex_decode(document, der, sizeof der, NULL))
        abort();
    struct crypto_key *key = crypto_key_load_der(der, sizeof der, NULL);
    if (!key)
        abort();
    return key;
}

static void try_token(const char *token, size_t size, const uint8_t *signer) {
    const struct proof_request request = {.method = "GET", .url = "https://a.example/x?y", .bound = "c"};
    struct proof proof = {0};
    struct pp_error error = {0};
    bool good = proof_read(token, size, &request, &proof, &error);
    if (good != (error.code == PP_OK) || good != (proof.jti[0] != 0) || strlen(proof.nonce) > PROOF_TEXT_MAX)
        abort();
    if (good && signer && memcmp(proof.point, signer, sizeof proof.point) != 0)
        abort();
}

static void try_header(const struct crypto_key *key, const uint8_t *data, size_t size) {
    const uint8_t *end = memchr(data, 0, size);
    size_t header_size = end ? (size_t)(end - data) : size;
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_buf token pp_autobuf = PP_BUF_INIT(TOKEN_MAX * 2);
    if (size > TOKEN_MAX)
        return;
    if (!compact_add(&token, data, header_size, NULL) ||
        !compact_add(&token, data + header_size, size - header_size, NULL) ||
        !crypto_key_sign_raw(key, token.data, token.size, signature, NULL) ||
        !compact_add(&token, signature, sizeof signature, NULL) || !crypto_key_public_point(key, point, NULL))
        abort();
    try_token(pp_buf_text(&token), token.size, point);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct crypto_key *key;
    if (!key)
        key = load_key();
    if (!size)
        return 0;
    if (data[0] == 0)
        try_token((const char *)data + 1, size - 1, NULL);
    else
        try_header(key, data + 1, size - 1);
    return 0;
}

#include "jose/jws.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "jose/compact.h"

#define JWS_ALGORITHM "ES256"

enum { JWS_HEADER, JWS_PAYLOAD, JWS_SIGNATURE, JWS_PARTS };

static bool sign_parts(const struct jws_signer *signer, const cJSON *header, const void *payload, size_t size,
                       struct pp_buf *token, struct pp_error *error) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    return compact_header_add(token, header, error) && compact_add(token, payload, size, error) &&
           crypto_key_sign_raw(signer->key, token->data, token->size, signature, error) &&
           compact_add(token, signature, sizeof signature, error);
}

bool jws_sign(const struct jws_signer *signer, const void *payload, size_t size, struct pp_buf *token,
              struct pp_error *error) {
    pp_autobuf struct pp_buf made = PP_BUF_INIT(JWS_TOKEN_MAX);
    if (size > JWS_PAYLOAD_MAX)
        return pp_fail(error, PP_E_LIMIT, "JWS: payload of more than %d bytes", JWS_PAYLOAD_MAX);
    pp_autojson cJSON *header = cJSON_CreateObject();
    if (!compact_header_put(header, "alg", JWS_ALGORITHM, error) ||
        !compact_header_put(header, "kid", signer->kid, error) ||
        !compact_header_put(header, "typ", signer->typ, error) ||
        !sign_parts(signer, header, payload, size, &made, error))
        return pp_wrap(error, "JWS");
    return pp_buf_add(token, made.data, made.size, error);
}

/* The key that the header names, which is all that is taken from it. */
static const struct crypto_public *find_key(const struct jws_verifier *verifier,
                                            const struct compact_part *part, struct pp_error *error) {
    const char *kid = NULL;
    pp_autojson cJSON *header = compact_header(part, error);
    if (!header || !compact_header_algorithm(header, "alg", JWS_ALGORITHM, error) ||
        !compact_header_text(header, "typ", verifier->typ, error) || !compact_header_kid(header, &kid, error))
        return NULL;
    const struct crypto_public *key = verifier->find(verifier->arg, kid);
    if (!key)
        pp_fail(error, PP_E_NOTFOUND, "signed by a key that is not known");
    return key;
}

static bool verify_parts(const struct jws_verifier *verifier, const struct compact_part parts[JWS_PARTS],
                         struct pp_error *error) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    const struct crypto_public *key = find_key(verifier, &parts[JWS_HEADER], error);
    if (!key || !compact_decode_exact(&parts[JWS_SIGNATURE], "signature", signature, sizeof signature, error))
        return false;
    /* RFC 7515 §5.2, step 8: over the text, both parts and the dot between them. */
    const char *text = parts[JWS_HEADER].text;
    size_t size = parts[JWS_HEADER].size + 1 + parts[JWS_PAYLOAD].size;
    return crypto_public_verify(key, CRYPTO_ES256, text, size, signature, sizeof signature, error);
}

bool jws_verify(const struct jws_verifier *verifier, const char *token, size_t size, struct pp_buf *payload,
                struct pp_error *error) {
    struct compact_part parts[JWS_PARTS];
    if (size > JWS_TOKEN_MAX)
        return pp_fail(error, PP_E_LIMIT, "JWS: more than %d characters", JWS_TOKEN_MAX);
    if (!compact_split(token, size, parts, JWS_PARTS, error) || !verify_parts(verifier, parts, error) ||
        !compact_decode(&parts[JWS_PAYLOAD], "payload", payload, error))
        return pp_wrap(error, "JWS");
    return true;
}

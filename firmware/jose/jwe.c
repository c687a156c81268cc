#include "jose/jwe.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "crypto/bulk.h"
#include "crypto/jwk.h"
#include "crypto/random.h"
#include "jose/compact.h"
#include "jose/concat_kdf.h"

#define JWE_ALGORITHM  "ECDH-ES"
#define JWE_ENCRYPTION "A256GCM"
#define JWE_KEY_SIZE   32 /* bytes */

enum { JWE_HEADER, JWE_KEY, JWE_NONCE, JWE_CIPHERTEXT, JWE_TAG, JWE_PARTS };

_Static_assert(JWE_PARTY_MAX <= CONCAT_KDF_PARTY_MAX, "what a context may say goes into the key derivation");
_Static_assert(COMPACT_TEXT_SIZE(JWE_PARTY_MAX) <= JOSE_NAME_MAX, "and into a header's text");

/* The cipher under the key that `ours` and `theirs` agree on in this context. */
static struct crypto_gcm *agree_cipher(const struct crypto_key *ours, const uint8_t theirs[CRYPTO_POINT_SIZE],
                                       const struct jwe_context *context, struct pp_error *error) {
    /* RFC 7518 §4.6.2: AlgorithmID is "enc" in direct agreement. */
    const struct concat_kdf kdf = {.algorithm = JWE_ENCRYPTION,
                                   .apu = context->apu,
                                   .apu_size = context->apu_size,
                                   .apv = context->apv,
                                   .apv_size = context->apv_size};
    uint8_t secret[CRYPTO_SECRET_SIZE];
    uint8_t key[JWE_KEY_SIZE];
    struct crypto_gcm *cipher = NULL;
    if (crypto_key_agree(ours, theirs, secret, error) && concat_kdf(&kdf, secret, key, sizeof key, error))
        cipher = crypto_gcm_create(key, sizeof key, error);
    pp_wipe(secret, sizeof secret);
    pp_wipe(key, sizeof key);
    return cipher;
}

/* ---- Encrypting ---- */

static bool put_party(cJSON *header, const char *name, const void *data, size_t size,
                      struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMPACT_TEXT_SIZE(JWE_PARTY_MAX));
    if (size > JWE_PARTY_MAX)
        return pp_fail(error, PP_E_LIMIT, "header: \"%s\" of more than %d bytes", name, JWE_PARTY_MAX);
    if (!size)
        return true;
    return compact_add(&text, data, size, error) &&
           (cJSON_AddStringToObject(header, name, pp_buf_text(&text)) ||
            pp_fail(error, PP_E_NOMEM, "out of memory"));
}

static bool put_ephemeral(cJSON *header, const struct crypto_key *ephemeral, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!crypto_key_public_point(ephemeral, point, error))
        return false;
    pp_autojson cJSON *jwk = jwk_from_point(point, error);
    if (!jwk)
        return false;
    if (!cJSON_AddItemToObject(header, "epk", jwk))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    jwk = NULL; /* the header's */
    return true;
}

static bool add_header(const struct jwe_context *context, const struct crypto_key *ephemeral,
                       struct pp_buf *token, struct pp_error *error) {
    pp_autojson cJSON *header = cJSON_CreateObject();
    return compact_header_put(header, "alg", JWE_ALGORITHM, error) &&
           compact_header_put(header, "enc", JWE_ENCRYPTION, error) &&
           compact_header_put(header, "kid", context->kid, error) &&
           compact_header_put(header, "typ", context->typ, error) &&
           put_ephemeral(header, ephemeral, error) &&
           put_party(header, "apu", context->apu, context->apu_size, error) &&
           put_party(header, "apv", context->apv, context->apv_size, error) &&
           compact_header_add(token, header, error);
}

/* The token has the header, which is what is authenticated beside the content (RFC 7516 §5.1, step 14). */
static bool add_sealed(struct crypto_gcm *cipher, const void *clear, size_t size, struct pp_buf *token,
                       struct pp_error *error) {
    uint8_t nonce[BULK_NONCE_SIZE];
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(JWE_CLEAR_MAX + BULK_TAG_SIZE);
    uint8_t *room = pp_buf_reserve(&sealed, size + BULK_TAG_SIZE, error);
    return room && crypto_random(nonce, sizeof nonce, error) &&
           crypto_gcm_seal(cipher, nonce, token->data, token->size, clear, size, room, error) &&
           compact_add(token, NULL, 0, error) && compact_add(token, nonce, sizeof nonce, error) &&
           compact_add(token, room, size, error) && compact_add(token, room + size, BULK_TAG_SIZE, error);
}

bool jwe_encrypt(const uint8_t recipient[CRYPTO_POINT_SIZE], const struct jwe_context *context,
                 const void *clear, size_t size, struct pp_buf *token, struct pp_error *error) {
    pp_autobuf struct pp_buf made = PP_BUF_INIT(JWE_TOKEN_MAX);
    if (size > JWE_CLEAR_MAX)
        return pp_fail(error, PP_E_LIMIT, "JWE: content of more than %d bytes", JWE_CLEAR_MAX);
    PP_AUTO(crypto_key) struct crypto_key *ephemeral = crypto_key_generate(error);
    if (!ephemeral)
        return pp_wrap(error, "JWE");
    PP_AUTO(crypto_gcm) struct crypto_gcm *cipher = agree_cipher(ephemeral, recipient, context, error);
    if (!cipher || !add_header(context, ephemeral, &made, error) ||
        !add_sealed(cipher, clear, size, &made, error))
        return pp_wrap(error, "JWE");
    return pp_buf_add(token, made.data, made.size, error);
}

/* ---- Decrypting ---- */

/* "apu" and "apv" are what the context says, or absent where it says nothing. */
static bool check_party(const cJSON *header, const char *name, const void *data, size_t size,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMPACT_TEXT_SIZE(JWE_PARTY_MAX));
    return (!size || compact_add(&text, data, size, error)) &&
           compact_header_text(header, name, size ? pp_buf_text(&text) : NULL, error);
}

static bool check_header(const struct compact_part *part, const struct jwe_context *context,
                         uint8_t ephemeral[CRYPTO_POINT_SIZE], struct pp_error *error) {
    const cJSON *epk = NULL;
    pp_autojson cJSON *header = compact_header(part, error);
    if (!header || !compact_header_algorithm(header, "alg", JWE_ALGORITHM, error) ||
        !compact_header_algorithm(header, "enc", JWE_ENCRYPTION, error) ||
        !compact_header_text(header, "typ", context->typ, error) ||
        !compact_header_text(header, "kid", context->kid, error) ||
        !check_party(header, "apu", context->apu, context->apu_size, error) ||
        !check_party(header, "apv", context->apv, context->apv_size, error))
        return false;
    if (!pp_json_object(header, "epk", &epk, error))
        return pp_wrap(error, "header");
    return jwk_to_point(epk, JWK_AGREE, ephemeral, error) || pp_wrap(error, "header: \"epk\"");
}

static bool open_sealed(struct crypto_gcm *cipher, const struct compact_part parts[JWE_PARTS],
                        struct pp_buf *clear, struct pp_error *error) {
    uint8_t nonce[BULK_NONCE_SIZE];
    uint8_t tag[BULK_TAG_SIZE];
    const struct compact_part *header = &parts[JWE_HEADER];
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(JWE_CLEAR_MAX + BULK_TAG_SIZE);
    if (!compact_decode_exact(&parts[JWE_NONCE], "nonce", nonce, sizeof nonce, error) ||
        !compact_decode(&parts[JWE_CIPHERTEXT], "ciphertext", &sealed, error) ||
        !compact_decode_exact(&parts[JWE_TAG], "tag", tag, sizeof tag, error) ||
        !pp_buf_add(&sealed, tag, sizeof tag, error))
        return false;
    size_t size = sealed.size - sizeof tag;
    uint8_t *room = pp_buf_reserve(clear, size, error);
    struct pp_error reason = {0};
    if (!room)
        return false;
    if (!crypto_gcm_open(cipher, nonce, header->text, header->size, sealed.data, sealed.size, room, &reason))
        return reason.code == PP_E_AUTH ? pp_fail(error, PP_E_AUTH, "it does not decrypt")
                                        : pp_fail(error, reason.code, "%s", reason.message);
    clear->size += size;
    clear->data[clear->size] = 0;
    return true;
}

static bool decrypt_parts(const struct crypto_key *key, const struct jwe_context *context,
                          const struct compact_part parts[JWE_PARTS], struct pp_buf *clear,
                          struct pp_error *error) {
    uint8_t ephemeral[CRYPTO_POINT_SIZE];
    if (!check_header(&parts[JWE_HEADER], context, ephemeral, error))
        return false;
    if (parts[JWE_KEY].size)
        return pp_fail(error, PP_E_INVALID, "an encrypted key, where none is to be");
    PP_AUTO(crypto_gcm) struct crypto_gcm *cipher = agree_cipher(key, ephemeral, context, error);
    return cipher && open_sealed(cipher, parts, clear, error);
}

bool jwe_decrypt(const struct crypto_key *key, const struct jwe_context *context, const char *token,
                 size_t size, struct pp_buf *clear, struct pp_error *error) {
    struct compact_part parts[JWE_PARTS];
    if (size > JWE_TOKEN_MAX)
        return pp_fail(error, PP_E_LIMIT, "JWE: more than %d characters", JWE_TOKEN_MAX);
    if (!compact_split(token, size, parts, JWE_PARTS, error) ||
        !decrypt_parts(key, context, parts, clear, error))
        return pp_wrap(error, "JWE");
    return true;
}

#include "command/upload.h"

#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/random.h"
#include "jose/jwe.h"

#define MAGIC      "PPU1"
#define MAGIC_SIZE 4
#define HEAD_SIZE  (MAGIC_SIZE + 2)
#define TOKEN_MAX  2048 /* characters */
#define TOKEN_TYPE "pingplay-upload-key"
#define JWK_MAX    128 /* bytes */
#define AD_SIZE    (sizeof "pingplay/upload//" + COMMAND_DEVICE_ID_MAX + COMMAND_ID_SIZE)

bool command_upload_key_parse(const cJSON *state, struct command_upload_key *out, struct pp_error *error) {
    const cJSON *jwk = NULL;
    *out = (struct command_upload_key){0};
    if (!pp_json_has(state, "upload_key"))
        return true;
    if (!pp_json_object(state, "upload_key", &jwk, error) ||
        !jwk_to_point(jwk, JWK_AGREE, out->point, error) || !jwk_thumbprint_text(out->point, out->kid, error))
        return pp_wrap(error, "upload_key");
    out->known = true;
    return true;
}

static bool associated_data(const struct command_upload *upload, char text[AD_SIZE], struct pp_error *error) {
    if (strlen(upload->device) > COMMAND_DEVICE_ID_MAX || !command_id_valid(upload->command))
        return pp_fail(error, PP_E_INVALID, "an upload needs the ids of its device and its command");
    snprintf(text, AD_SIZE, "pingplay/upload/%s/%s", upload->device, upload->command);
    return true;
}

static struct jwe_context context_of(const struct command_upload *upload, const char *kid) {
    return (struct jwe_context){
        .kid = kid, .typ = TOKEN_TYPE, .apv = upload->device, .apv_size = strlen(upload->device)};
}

/* ---- Sealing ---- */

static bool token_make(const struct command_upload_key *to, const struct command_upload *upload,
                       const uint8_t key[SEAL_KEY_SIZE], struct pp_buf *token, struct pp_error *error) {
    char text[PP_BASE64_SIZE(SEAL_KEY_SIZE)];
    char jwk[JWK_MAX];
    const struct jwe_context context = context_of(upload, to->kid);
    pp_base64url_encode(key, SEAL_KEY_SIZE, text);
    int size = snprintf(jwk, sizeof jwk, "{\"kty\":\"oct\",\"k\":\"%s\"}", text);
    bool ok = jwe_encrypt(to->point, &context, jwk, (size_t)size, token, error);
    pp_wipe(text, sizeof text);
    pp_wipe(jwk, sizeof jwk);
    return ok;
}

static bool seal_with(const uint8_t key[SEAL_KEY_SIZE], const struct command_upload_key *to,
                      const struct command_upload *upload, const void *clear, size_t size, struct pp_buf *out,
                      struct pp_error *error) {
    char ad[AD_SIZE];
    pp_autobuf struct pp_buf token = PP_BUF_INIT(TOKEN_MAX);
    if (!associated_data(upload, ad, error) || !token_make(to, upload, key, &token, error))
        return false;
    const uint8_t head[HEAD_SIZE] = {'P', 'P', 'U', '1', (uint8_t)(token.size >> 8), (uint8_t)token.size};
    return pp_buf_add(out, head, sizeof head, error) && pp_buf_add(out, token.data, token.size, error) &&
           seal_encrypt(clear, size, key, ad, out, error);
}

bool command_upload_seal(const struct command_upload_key *to, const struct command_upload *upload,
                         const void *clear, size_t size, struct pp_buf *out, struct pp_error *error) {
    uint8_t key[SEAL_KEY_SIZE];
    if (!to->known)
        return pp_fail(error, PP_E_STATE, "the headend has named no key to seal it to");
    if (size > COMMAND_UPLOAD_MAX)
        return pp_fail(error, PP_E_LIMIT, "%zu bytes are more than the headend takes", size);
    bool ok = crypto_random(key, sizeof key, error) && seal_with(key, to, upload, clear, size, out, error);
    pp_wipe(key, sizeof key);
    return ok;
}

/* ---- Opening ---- */

static bool key_read(const struct pp_buf *jwk, uint8_t key[SEAL_KEY_SIZE], struct pp_error *error) {
    const char *text = NULL;
    pp_autojson cJSON *object = pp_json_parse(jwk->data, jwk->size, JWK_MAX, error);
    return object && pp_json_string(object, "k", PP_BASE64_SIZE(SEAL_KEY_SIZE), &text, error) &&
           pp_base64url_decode_exact(text, key, SEAL_KEY_SIZE, error);
}

bool command_upload_token(const void *sealed, size_t size, struct command_upload_parts *parts,
                          struct pp_error *error) {
    const uint8_t *bytes = sealed;
    size_t token = size >= HEAD_SIZE ? (size_t)bytes[MAGIC_SIZE] << 8 | bytes[MAGIC_SIZE + 1] : 0;
    if (!token || token > TOKEN_MAX || size - HEAD_SIZE < token || memcmp(bytes, MAGIC, MAGIC_SIZE) != 0)
        return pp_fail(error, PP_E_INVALID, "not an upload");
    *parts = (struct command_upload_parts){.token = (const char *)bytes + HEAD_SIZE,
                                           .token_size = token,
                                           .stream = bytes + HEAD_SIZE + token,
                                           .stream_size = size - HEAD_SIZE - token};
    return true;
}

bool command_upload_token_open(const struct crypto_key *key, const struct command_upload *upload,
                               const char *token, size_t size, uint8_t out[SEAL_KEY_SIZE],
                               struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    pp_autobuf struct pp_buf jwk = PP_BUF_INIT(JWK_MAX);
    if (!crypto_key_public_point(key, point, error) || !jwk_thumbprint_text(point, kid, error))
        return false;
    const struct jwe_context context = context_of(upload, kid);
    return jwe_decrypt(key, &context, token, size, &jwk, error) && key_read(&jwk, out, error);
}

bool command_upload_stream_open(const uint8_t key[SEAL_KEY_SIZE], const struct command_upload *upload,
                                const struct command_upload_parts *parts, struct pp_buf *clear,
                                struct pp_error *error) {
    char ad[AD_SIZE];
    return associated_data(upload, ad, error) &&
           seal_decrypt_unexplained(parts->stream, parts->stream_size, key, ad, clear, error);
}

bool command_upload_open(const struct crypto_key *key, const struct command_upload *upload,
                         const void *sealed, size_t size, struct pp_buf *clear, struct pp_error *error) {
    struct command_upload_parts parts;
    uint8_t content_key[SEAL_KEY_SIZE];
    char ad[AD_SIZE];
    if (!command_upload_token(sealed, size, &parts, error))
        return false;
    bool ok = associated_data(upload, ad, error) &&
              command_upload_token_open(key, upload, parts.token, parts.token_size, content_key, error) &&
              command_upload_stream_open(content_key, upload, &parts, clear, error);
    pp_wipe(content_key, sizeof content_key);
    return ok || pp_wrap(error, "upload");
}

/*
 * Drives firmware/jose from the command line, for tests against another implementation: a request in JSON on each
 * line of the standard input, an answer on each line of the standard output.
 *
 *     {"do":"sign", "key":PEM, "kid":TEXT, "typ":TEXT, "data":BASE64URL}         -> {"data":TOKEN}
 *     {"do":"verify", "jwk":JWK, "kid":TEXT, "typ":TEXT, "data":TOKEN}           -> {"data":PAYLOAD}
 *     {"do":"encrypt", "jwk":JWK, "kid", "typ", "apu", "apv":TEXT, "data":BYTES} -> {"data":TOKEN}
 *     {"do":"decrypt", "key":PEM, "kid", "typ", "apu", "apv":TEXT, "data":TOKEN} -> {"data":BYTES}
 *
 * or {"error":CODE, "message":TEXT}. "data" is in base64url, tokens too: what is no token goes through as well.
 * "kid", "typ", "apu" and "apv" may be left out.
 */
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/jwk.h"
#include "jose/jwe.h"
#include "jose/jws.h"

#define LINE_MAX_SIZE (4 * 1024 * 1024) /* bytes */

struct request {
    const cJSON *json;
    struct jwe_context context; /* kid and typ of a signature as well */
    struct pp_buf data;
};

static const char *text_or_null(const cJSON *json, const char *name) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, name));
}

static bool read_request(const cJSON *json, struct request *request, struct pp_error *error) {
    const char *data = NULL;
    size_t size = 0;
    const char *apu = text_or_null(json, "apu");
    const char *apv = text_or_null(json, "apv");
    request->json = json;
    request->context = (struct jwe_context){.kid = text_or_null(json, "kid"),
                                            .typ = text_or_null(json, "typ"),
                                            .apu = apu,
                                            .apu_size = apu ? strlen(apu) : 0,
                                            .apv = apv,
                                            .apv_size = apv ? strlen(apv) : 0};
    if (!pp_json_string(json, "data", LINE_MAX_SIZE, &data, error))
        return false;
    uint8_t *room = pp_buf_reserve(&request->data, strlen(data), error);
    if (!room || !pp_base64url_decode(data, strlen(data), room, strlen(data), &size, error))
        return false;
    request->data.size = size;
    request->data.data[size] = 0;
    return true;
}

static struct crypto_key *take_key(const struct request *request, struct pp_error *error) {
    const char *pem = NULL;
    return pp_json_string(request->json, "key", CRYPTO_KEY_DOCUMENT_MAX, &pem, error)
               ? crypto_key_load_pem(pem, strlen(pem), error)
               : NULL;
}

static bool take_point(const struct request *request, enum jwk_purpose purpose,
                       uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    const cJSON *jwk = NULL;
    return pp_json_object(request->json, "jwk", &jwk, error) && jwk_to_point(jwk, purpose, point, error);
}

static bool do_sign(const struct request *request, struct pp_buf *out, struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = take_key(request, error);
    const struct jws_signer signer = {.key = key, .kid = request->context.kid, .typ = request->context.typ};
    return key && jws_sign(&signer, request->data.data, request->data.size, out, error);
}

struct known_key {
    const struct crypto_public *key;
    const char *kid;
};

static const struct crypto_public *find_key(void *arg, const char *kid) {
    const struct known_key *known = arg;
    bool same = kid && known->kid ? strcmp(kid, known->kid) == 0 : kid == known->kid;
    return same ? known->key : NULL;
}

static bool do_verify(const struct request *request, struct pp_buf *out, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    if (!take_point(request, JWK_VERIFY, point, error))
        return false;
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_point(point, error);
    struct known_key known = {.key = key, .kid = request->context.kid};
    const struct jws_verifier verifier = {.typ = request->context.typ, .find = find_key, .arg = &known};
    return key && jws_verify(&verifier, pp_buf_text(&request->data), request->data.size, out, error);
}

static bool do_encrypt(const struct request *request, struct pp_buf *out, struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    return take_point(request, JWK_AGREE, point, error) &&
           jwe_encrypt(point, &request->context, request->data.data, request->data.size, out, error);
}

static bool do_decrypt(const struct request *request, struct pp_buf *out, struct pp_error *error) {
    PP_AUTO(crypto_key) struct crypto_key *key = take_key(request, error);
    return key &&
           jwe_decrypt(key, &request->context, pp_buf_text(&request->data), request->data.size, out, error);
}

static const struct command {
    const char *name;
    bool (*run)(const struct request *request, struct pp_buf *out, struct pp_error *error);
} commands[] = {{"sign", do_sign}, {"verify", do_verify}, {"encrypt", do_encrypt}, {"decrypt", do_decrypt}};

static bool run(const char *line, size_t size, struct pp_buf *out, struct pp_error *error) {
    const char *name = NULL;
    pp_autojson cJSON *json = pp_json_parse(line, size, LINE_MAX_SIZE, error);
    if (!json || !pp_json_string(json, "do", 16, &name, error))
        return false;
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        struct request request = {.data = PP_BUF_INIT(LINE_MAX_SIZE)};
        bool done = read_request(json, &request, error) && commands[i].run(&request, out, error);
        pp_buf_finish(&request.data);
        return done;
    }
    return pp_fail(error, PP_E_INVALID, "no such request: %s", name);
}

static bool answer(const char *line, size_t size) {
    struct pp_buf out pp_autobuf = PP_BUF_INIT(LINE_MAX_SIZE);
    struct pp_error error = {0};
    pp_autojson cJSON *json = cJSON_CreateObject();
    if (run(line, size, &out, &error)) {
        pp_autofree char *text = malloc(PP_BASE64_SIZE(out.size));
        if (!text)
            return false;
        pp_base64url_encode(pp_buf_text(&out), out.size, text);
        cJSON_AddStringToObject(json, "data", text);
    } else {
        cJSON_AddStringToObject(json, "error", pp_code_name(error.code));
        cJSON_AddStringToObject(json, "message", error.message);
    }
    pp_autojsontext char *text = cJSON_PrintUnformatted(json);
    return text && puts(text) >= 0 && fflush(stdout) == 0;
}

int main(void) {
    pp_autofree char *line = NULL;
    size_t room = 0;
    for (ssize_t size; (size = getline(&line, &room, stdin)) > 0;) {
        if (!answer(line, (size_t)size))
            return 1;
    }
    return 0;
}

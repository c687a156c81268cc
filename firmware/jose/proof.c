#include "jose/proof.h"

#include <string.h>
#include <strings.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "crypto/random.h"
#include "crypto/verify.h"
#include "jose/compact.h"

#define ALGORITHM   "ES256"
#define JTI_BYTES   16
#define PAYLOAD_MAX 3072 /* bytes */

enum { PROOF_HEADER, PROOF_PAYLOAD, PROOF_SIGNATURE, PROOF_PARTS };

#define HASH_TEXT_SIZE PP_BASE64_SIZE(BULK_SHA256_SIZE)

static bool hash_text(const char *text, char hash[HASH_TEXT_SIZE], struct pp_error *error) {
    uint8_t digest[BULK_SHA256_SIZE];
    if (!crypto_sha256(text, strlen(text), digest, error))
        return false;
    pp_base64url_encode(digest, sizeof digest, hash);
    return true;
}

/* ---- Making ---- */

static cJSON *make_header(const struct proof_signer *signer, struct pp_error *error) {
    pp_autojson cJSON *header = cJSON_CreateObject();
    cJSON *jwk = jwk_from_point(signer->point, error);
    if (!jwk)
        return NULL;
    bool made = compact_header_put(header, "typ", PROOF_TYPE, NULL) &&
                compact_header_put(header, "alg", ALGORITHM, NULL);
    if (!cJSON_AddItemToObject(header, "jwk", jwk)) {
        cJSON_Delete(jwk);
        made = false;
    }
    if (!made)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return made ? pp_steal(&header) : NULL;
}

static bool add_text(cJSON *object, const char *name, const char *text) {
    return !text || cJSON_AddStringToObject(object, name, text);
}

static char *make_payload(const struct proof_request *request, int64_t now_s, struct pp_error *error) {
    uint8_t random[JTI_BYTES];
    char jti[PP_BASE64_SIZE(JTI_BYTES)];
    char hash[HASH_TEXT_SIZE];
    char url[PROOF_URL_MAX + 1];
    size_t length = strcspn(request->url, "?#");
    if (length > PROOF_URL_MAX) {
        pp_fail(error, PP_E_LIMIT, "address longer than %d bytes", PROOF_URL_MAX);
        return NULL;
    }
    snprintf(url, sizeof url, "%.*s", (int)length, request->url);
    if (!crypto_random(random, sizeof random, error) ||
        (request->bound && !hash_text(request->bound, hash, error)))
        return NULL;
    pp_base64url_encode(random, sizeof random, jti);
    pp_autojson cJSON *payload = cJSON_CreateObject();
    bool made = add_text(payload, "htm", request->method) && add_text(payload, "htu", url) &&
                cJSON_AddNumberToObject(payload, "iat", (double)now_s) && add_text(payload, "jti", jti) &&
                add_text(payload, "nonce", request->nonce) &&
                add_text(payload, "ath", request->bound ? hash : NULL);
    char *text = made ? cJSON_PrintUnformatted(payload) : NULL;
    if (!text)
        pp_fail(error, PP_E_NOMEM, "out of memory");
    return text;
}

bool proof_make(const struct proof_signer *signer, const struct proof_request *request, int64_t now_s,
                struct pp_buf *token, struct pp_error *error) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    pp_autobuf struct pp_buf made = PP_BUF_INIT(PROOF_TOKEN_MAX);
    pp_autojson cJSON *header = make_header(signer, error);
    pp_autojsontext char *payload = header ? make_payload(request, now_s, error) : NULL;
    bool ok = payload && compact_header_add(&made, header, error) &&
              compact_add(&made, payload, strlen(payload), error) &&
              signer->sign(signer->arg, made.data, made.size, signature, error) &&
              compact_add(&made, signature, sizeof signature, error) &&
              pp_buf_add(token, made.data, made.size, error);
    return ok || pp_wrap(error, "proof");
}

/* ---- Reading ---- */

/* The key in the header, and only of a header that says nothing else that matters. */
static bool read_header(const struct compact_part *part, uint8_t point[CRYPTO_POINT_SIZE],
                        struct pp_error *error) {
    const cJSON *jwk = NULL;
    pp_autojson cJSON *header = compact_header_with_key(part, error);
    return header && compact_header_algorithm(header, "alg", ALGORITHM, error) &&
           compact_header_text(header, "typ", PROOF_TYPE, error) &&
           pp_json_object(header, "jwk", &jwk, error) && jwk_to_point(jwk, JWK_VERIFY, point, error);
}

static bool check_signature(const struct compact_part parts[PROOF_PARTS],
                            const uint8_t point[CRYPTO_POINT_SIZE], struct pp_error *error) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    PP_AUTO(crypto_public) struct crypto_public *key = crypto_public_load_point(point, error);
    return key &&
           compact_decode_exact(&parts[PROOF_SIGNATURE], "signature", signature, sizeof signature, error) &&
           crypto_public_verify(key, CRYPTO_ES256, parts[PROOF_HEADER].text,
                                parts[PROOF_HEADER].size + 1 + parts[PROOF_PAYLOAD].size, signature,
                                sizeof signature, error);
}

/* "https://HOST" whose port is the scheme's own; 0 for another scheme. */
static size_t authority_size(const char *url, size_t *port) {
    static const char scheme[] = "https://";
    if (strncasecmp(url, scheme, sizeof scheme - 1) != 0)
        return 0;
    size_t whole = sizeof scheme - 1 + strcspn(url + sizeof scheme - 1, "/?#");
    *port = whole > 4 && memcmp(url + whole - 4, ":443", 4) == 0 ? 4 : 0;
    return whole - *port;
}

/* Of the same address (RFC 3986 §6.2.2, §6.2.3): host and scheme in any case, the scheme's port or none, and the
 * path to the letter; the query is none of the proof's. */
static bool same_address(const char *said, const char *url) {
    size_t said_port = 0, port = 0;
    size_t size = authority_size(url, &port);
    if (!size || authority_size(said, &said_port) != size || strncasecmp(said, url, size) != 0)
        return false;
    const char *said_path = said + size + said_port;
    const char *path = url + size + port;
    size_t length = strcspn(path, "?#");
    return strlen(said_path) == length && memcmp(said_path, path, length) == 0;
}

/* `ath` where the request carries something that is bound, and none where it does not. */
static bool check_bound(const cJSON *payload, const char *bound, struct pp_error *error) {
    char hash[HASH_TEXT_SIZE];
    const char *said = NULL;
    if (!bound)
        return !cJSON_GetObjectItemCaseSensitive(payload, "ath") ||
               pp_fail(error, PP_E_AUTH, "\"ath\": the request carries nothing that it could be of");
    return pp_json_string(payload, "ath", PROOF_TEXT_MAX, &said, error) && hash_text(bound, hash, error) &&
           (strcmp(said, hash) == 0 || pp_fail(error, PP_E_AUTH, "\"ath\": it is of another cookie"));
}

static bool check_request(const cJSON *payload, const struct proof_request *request, struct pp_error *error) {
    const char *method = NULL;
    const char *url = NULL;
    int64_t made_s = 0;
    if (!pp_json_string(payload, "htm", PROOF_TEXT_MAX, &method, error) ||
        !pp_json_string(payload, "htu", PROOF_URL_MAX, &url, error) ||
        !pp_json_integer(payload, "iat", 0, PP_JSON_INTEGER_MAX, &made_s, error))
        return false;
    if (strcmp(method, request->method) != 0)
        return pp_fail(error, PP_E_AUTH, "\"htm\": it is for another method");
    if (!same_address(url, request->url))
        return pp_fail(error, PP_E_AUTH, "\"htu\": it is for another address");
    return check_bound(payload, request->bound, error);
}

static bool read_payload(const struct compact_part *part, const struct proof_request *request,
                         struct proof *proof, struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(PAYLOAD_MAX);
    const char *jti = NULL;
    const char *nonce = "";
    if (!compact_decode(part, "payload", &text, error))
        return false;
    pp_autojson cJSON *payload = pp_json_parse(text.data, text.size, PAYLOAD_MAX, error);
    if (!payload)
        return false;
    if (!cJSON_IsObject(payload))
        return pp_fail(error, PP_E_INVALID, "not a JSON object");
    if (!pp_json_string(payload, "jti", PROOF_TEXT_MAX, &jti, error) ||
        (pp_json_has(payload, "nonce") && !pp_json_string(payload, "nonce", PROOF_TEXT_MAX, &nonce, error)) ||
        !check_request(payload, request, error))
        return false;
    if (!*jti)
        return pp_fail(error, PP_E_INVALID, "\"jti\" is empty");
    strcpy(proof->jti, jti);
    strcpy(proof->nonce, nonce);
    return true;
}

bool proof_read(const char *token, size_t size, const struct proof_request *request, struct proof *proof,
                struct pp_error *error) {
    struct compact_part parts[PROOF_PARTS];
    struct proof read = {0};
    if (size > PROOF_TOKEN_MAX)
        return pp_fail(error, PP_E_LIMIT, "proof: more than %d characters", PROOF_TOKEN_MAX);
    if (!compact_split(token, size, parts, PROOF_PARTS, error) ||
        !read_header(&parts[PROOF_HEADER], read.point, error) || !check_signature(parts, read.point, error) ||
        !read_payload(&parts[PROOF_PAYLOAD], request, &read, error) ||
        !jwk_thumbprint(read.point, read.thumbprint, error))
        return pp_wrap(error, "proof");
    *proof = read;
    return true;
}

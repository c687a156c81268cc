#include "fleet/documents.h"

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "command/receipt.h"
#include "crypto/random.h"
#include "events/head.h"
#include "jose/jws.h"

#define ANNOUNCEMENT_TYPE "pingplay-agreement-key"
#define STATE_TYPE        "pingplay-state"
#define AUDIENCE          "pingplay-headend"
#define PLAY_S            10 /* of each item */

bool document_id(char id[DOCUMENT_ID_SIZE], struct pp_error *error) {
    uint8_t bytes[16];
    char hex[PP_HEX_SIZE(sizeof bytes)];
    if (!crypto_random(bytes, sizeof bytes, error))
        return false;
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    pp_hex_encode(bytes, sizeof bytes, hex);
    snprintf(id, DOCUMENT_ID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return true;
}

bool document_nonce(char nonce[DOCUMENT_NONCE_SIZE], struct pp_error *error) {
    uint8_t bytes[16];
    if (!crypto_random(bytes, sizeof bytes, error))
        return false;
    pp_base64url_encode(bytes, sizeof bytes, nonce);
    return true;
}

/* ---- Enrolment ---- */

static bool openssl_fail(struct pp_error *error, const char *what) {
    unsigned long number = ERR_get_error();
    return pp_fail(error, PP_E_INVALID, "%s: %s", what,
                   number ? ERR_reason_error_string(number) : "it failed");
}

static X509_REQ *request_make(EVP_PKEY *key) {
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = request ? X509_REQ_get_subject_name(request) : NULL;
    const unsigned char words[] = "display";
    if (name && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, words, -1, -1, 0) == 1 &&
        X509_REQ_set_pubkey(request, key) == 1 && X509_REQ_sign(request, key, EVP_sha256()) > 0)
        return request;
    X509_REQ_free(request);
    return NULL;
}

bool document_request(const struct pp_buf *key, struct pp_buf *base64, struct pp_error *error) {
    const unsigned char *at = key->data;
    unsigned char *der = NULL;
    EVP_PKEY *pkey = d2i_PrivateKey(EVP_PKEY_EC, NULL, &at, (long)key->size);
    X509_REQ *request = pkey ? request_make(pkey) : NULL;
    int size = request ? i2d_X509_REQ(request, &der) : -1;
    bool ok = size > 0 ? pp_base64_encode_lines(der, (size_t)size, base64, error)
                       : openssl_fail(error, "certification request");
    OPENSSL_free(der);
    X509_REQ_free(request);
    EVP_PKEY_free(pkey);
    return ok;
}

static bool certificate_first(const PKCS7 *message, struct pp_buf *der, struct pp_error *error) {
    STACK_OF(X509) *certificates = message && PKCS7_type_is_signed(message) ? message->d.sign->cert : NULL;
    X509 *first = certificates ? sk_X509_value(certificates, 0) : NULL;
    unsigned char *bytes = NULL;
    int size = first ? i2d_X509(first, &bytes) : -1;
    bool ok = size > 0 ? pp_buf_add(der, bytes, (size_t)size, error) : openssl_fail(error, "PKCS#7");
    OPENSSL_free(bytes);
    return ok;
}

bool document_certificate(const char *base64, size_t size, struct pp_buf *der, struct pp_error *error) {
    uint8_t bytes[DOCUMENT_MAX];
    size_t count = 0;
    if (!pp_base64_decode(base64, size, bytes, sizeof bytes, &count, error))
        return false;
    const unsigned char *at = bytes;
    PKCS7 *message = d2i_PKCS7(NULL, &at, (long)count);
    bool ok = certificate_first(message, der, error);
    PKCS7_free(message);
    return ok;
}

static bool announcement_write(const uint8_t point[CRYPTO_POINT_SIZE], struct pp_buf *payload,
                               struct pp_error *error) {
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    pp_autojson cJSON *jwk = jwk_from_point(point, error);
    if (!jwk || !jwk_thumbprint_text(point, kid, error))
        return false;
    cJSON_AddStringToObject(jwk, "use", "enc");
    cJSON_AddStringToObject(jwk, "alg", "ECDH-ES");
    cJSON_AddStringToObject(jwk, "kid", kid);
    pp_autojsontext char *text = cJSON_PrintUnformatted(jwk);
    return text ? pp_buf_addf(payload, error, "{\"aud\":\"%s\",\"iat\":%lld,\"jwk\":%s}", AUDIENCE,
                              (long long)pp_clock_realtime_s(), text)
                : pp_fail(error, PP_E_NOMEM, "out of memory");
}

bool document_announcement(const struct document_signer *signer, struct pp_buf *token,
                           struct pp_error *error) {
    uint8_t point[CRYPTO_POINT_SIZE];
    const struct jws_signer jws = {.key = signer->key, .kid = signer->kid, .typ = ANNOUNCEMENT_TYPE};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(DOCUMENT_TOKEN_MAX);
    PP_AUTO(crypto_key) struct crypto_key *agreement = crypto_key_generate(error);
    return agreement && crypto_key_public_point(agreement, point, error) &&
           announcement_write(point, &payload, error) &&
           jws_sign(&jws, payload.data, payload.size, token, error);
}

/* ---- The state ---- */

/* One of a token's three parts. */
static bool part_read(const char *text, size_t size, struct pp_buf *out, struct pp_error *error) {
    uint8_t *room = pp_buf_reserve(out, size, error);
    size_t count = 0;
    if (!room || !pp_base64url_decode(text, size, room, size, &count, error))
        return false;
    out->size += count;
    room[count] = 0;
    return true;
}

static bool token_read(const char *token, size_t size, struct pp_buf *payload, struct pp_error *error) {
    const char *typ;
    pp_autobuf struct pp_buf head = PP_BUF_INIT(JOSE_HEADER_MAX);
    const char *first = memchr(token, '.', size);
    const char *second = first ? memchr(first + 1, '.', size - (size_t)(first + 1 - token)) : NULL;
    if (!second)
        return pp_fail(error, PP_E_INVALID, "the state is no token");
    if (!part_read(token, (size_t)(first - token), &head, error) ||
        !part_read(first + 1, (size_t)(second - first) - 1, payload, error))
        return false;
    pp_autojson cJSON *object = pp_json_parse(head.data, head.size, JOSE_HEADER_MAX, error);
    if (!object || !pp_json_string(object, "typ", 64, &typ, error))
        return false;
    return strcmp(typ, STATE_TYPE) == 0 || pp_fail(error, PP_E_AUTH, "the token is no state, but a %s", typ);
}

static bool is_said(const cJSON *object, const char *name, const char *wanted, struct pp_error *error) {
    const char *text;
    if (!pp_json_string(object, name, 128, &text, error))
        return false;
    return strcmp(text, wanted) == 0 || pp_fail(error, PP_E_AUTH, "\"%s\" is another one's", name);
}

static bool channel_read(const cJSON *object, struct document_state *state, struct pp_error *error) {
    const cJSON *channel;
    if (!pp_json_has(object, "channel"))
        return true;
    return pp_json_object(object, "channel", &channel, error) &&
           pp_json_copy(channel, "id", sizeof state->channel - 1, state->channel, error);
}

bool document_state_read(const char *token, size_t size, const char *device, const char *nonce,
                         struct document_state *state, struct pp_error *error) {
    *state = (struct document_state){0};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(JWS_PAYLOAD_MAX);
    if (!token_read(token, size, &payload, error))
        return pp_wrap(error, "state");
    pp_autojson cJSON *object = pp_json_parse(payload.data, payload.size, JWS_PAYLOAD_MAX, error);
    return (object && is_said(object, "aud", device, error) && is_said(object, "nonce", nonce, error) &&
            pp_json_integer(object, "epoch", 0, PP_JSON_INTEGER_MAX, &state->epoch, error) &&
            pp_json_integer(object, "version", 1, PP_JSON_INTEGER_MAX, &state->version, error) &&
            pp_json_integer(object, "iat", 1, PP_JSON_INTEGER_MAX, &state->issued_s, error) &&
            pp_json_integer(object, "publish", 0, PP_JSON_INTEGER_MAX, &state->publish, error) &&
            channel_read(object, state, error) &&
            command_upload_key_parse(object, &state->upload_key, error) &&
            command_list_parse(object, &state->commands, error)) ||
           pp_wrap(error, "state");
}

/* ---- Reports ---- */

bool document_status(const struct document_state *state, const char *head, struct pp_buf *body,
                     struct pp_error *error) {
    char now[PP_RFC3339_SIZE];
    char issued[PP_RFC3339_SIZE];
    pp_time_format(pp_clock_realtime_s(), now);
    pp_time_format(state->issued_s, issued);
    return pp_buf_addf(
               body, error,
               "{\"time\":\"%s\",\"time_source\":\"system\",\"software\":\"%s\",\"state\":\"online\","
               "\"lock\":\"none\","
               "\"state_version\":%lld,\"state_floor\":{\"epoch\":%lld,\"version\":%lld,\"time\":\"%s\"},"
               "\"root_version\":1,\"channel\":\"%s\",\"manifest_version\":%lld,\"content_shown\":true,"
               "\"key_provider\":\"file\",\"device_key\":\"software\","
               "\"sandbox\":\"a user of their own, seccomp, no new privileges, namespaces, Landlock\","
               "\"store\":{\"bytes\":734003200,\"free_bytes\":12884901888,\"objects\":41,\"quarantined\":0},"
               "\"display\":{\"width\":1920,\"height\":1080,\"driver\":\"KMSDRM\"}",
               now, PP_VERSION, (long long)state->version, (long long)state->epoch, (long long)state->version,
               issued, state->channel, (long long)state->publish) &&
           (!*head || pp_buf_addf(body, error, ",\"event_head\":\"%s\"", head)) &&
           pp_buf_add_text(body, "}", error);
}

static bool play_add(unsigned before_end, struct pp_buf *body, struct pp_error *error) {
    char id[DOCUMENT_ID_SIZE];
    char time[PP_RFC3339_SIZE];
    pp_time_format(pp_clock_realtime_s() - (int64_t)PLAY_S * before_end, time);
    return document_id(id, error) &&
           pp_buf_addf(
               body, error,
               "{\"id\":\"%s\",\"time\":\"%s\",\"monotonic_ms\":%lld,\"kind\":\"play\",\"channel\":\"fleet\","
               "\"item\":\"item-%u\",\"shown_at\":\"%s\",\"shown_ms\":%d,\"frames_presented\":1}",
               id, time, (long long)pp_clock_monotonic_ms(), before_end, time, PLAY_S * 1000);
}

static bool batch_begin(struct pp_buf *body, struct pp_error *error) {
    char id[DOCUMENT_ID_SIZE];
    return document_id(id, error) && pp_buf_addf(body, error, "{\"batch\":\"%s\",\"items\":[", id);
}

bool document_plays(unsigned count, struct pp_buf *body, struct pp_error *error) {
    if (!batch_begin(body, error))
        return false;
    for (unsigned left = count; left; left--) {
        if (!play_add(left, body, error) || (left > 1 && !pp_buf_add_text(body, ",", error)))
            return false;
    }
    return pp_buf_add_text(body, "]}", error);
}

static cJSON *event_make(struct event_head *chain, struct pp_error *error) {
    char id[DOCUMENT_ID_SIZE];
    char time[PP_RFC3339_SIZE];
    pp_time_format(pp_clock_realtime_s(), time);
    if ((!*chain->chain && !event_head_begin(chain, error)) || !document_id(id, error))
        return NULL;
    pp_autojson cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "id", id);
    cJSON_AddStringToObject(event, "time", time);
    cJSON_AddNumberToObject(event, "monotonic_ms", (double)pp_clock_monotonic_ms());
    cJSON_AddStringToObject(event, "kind", "item-skipped");
    cJSON_AddStringToObject(event, "detail", "an item of a simulated screen was not shown");
    return event_link(event, chain, error) ? pp_steal(&event) : NULL;
}

bool document_events(struct event_head *chain, const struct document_signer *signer, struct pp_buf *body,
                     struct pp_buf *head, struct pp_error *error) {
    const struct jws_signer jws = {.key = signer->key, .kid = signer->kid, .typ = EVENT_HEAD_TYP};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(EVENT_HEAD_PAYLOAD_MAX);
    pp_autojson cJSON *event = event_make(chain, error);
    pp_autojsontext char *text = event ? cJSON_PrintUnformatted(event) : NULL;
    return text && batch_begin(body, error) && pp_buf_addf(body, error, "%s]}", text) &&
           event_head_write_payload(chain, pp_clock_realtime_s(), &payload, error) &&
           jws_sign(&jws, payload.data, payload.size, head, error);
}

bool document_receipt(const struct document_signer *signer, const struct command *command,
                      enum command_outcome outcome, const char *result, struct pp_buf *token,
                      struct pp_error *error) {
    const struct jws_signer jws = {.key = signer->key, .kid = signer->kid, .typ = COMMAND_RECEIPT_TYP};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX);
    pp_autofree char *copy = result ? strdup(result) : NULL;
    struct command_entry entry = {.kind = command->kind,
                                  .number = command->number,
                                  .outcome = outcome,
                                  .result = copy,
                                  .sequence = pp_clock_realtime_ms(),
                                  .at_s = pp_clock_realtime_s()};
    snprintf(entry.id, sizeof entry.id, "%s", command->id);
    snprintf(entry.name, sizeof entry.name, "%s", command->name);
    if (outcome == COMMAND_REFUSED)
        snprintf(entry.reason, sizeof entry.reason, "a simulated screen takes screenshots only");
    return command_receipt_write(&entry, &payload, error) &&
           jws_sign(&jws, payload.data, payload.size, token, error);
}

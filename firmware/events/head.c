#include "events/head.h"

#include <string.h>

bool event_head_read(const cJSON *object, struct event_head *head, struct pp_error *error) {
    const char *chain = NULL, *hash = NULL;
    uint8_t name[EVENT_CHAIN_BYTES];
    if (!pp_json_string(object, "chain", EVENT_CHAIN_SIZE, &chain, error) ||
        !pp_json_integer(object, "seq", 0, PP_JSON_INTEGER_MAX, &head->seq, error) ||
        !pp_json_string(object, "hash", EVENT_HASH_SIZE, &hash, error) ||
        !pp_base64url_decode_exact(hash, head->hash, sizeof head->hash, error) ||
        !pp_base64url_decode_exact(chain, name, sizeof name, error))
        return false;
    pp_base64url_encode(name, sizeof name, head->chain);
    return true;
}

bool event_head_write_payload(const struct event_head *head, int64_t now_s, struct pp_buf *payload,
                              struct pp_error *error) {
    char hash[EVENT_HASH_SIZE];
    pp_base64url_encode(head->hash, sizeof head->hash, hash);
    return pp_buf_addf(payload, error,
                       "{\"aud\":\"%s\",\"iat\":%lld,\"chain\":\"%s\",\"seq\":%lld,\"hash\":\"%s\"}",
                       EVENT_HEAD_AUDIENCE, (long long)now_s, head->chain, (long long)head->seq, hash);
}

bool event_head_read_payload(const void *payload, size_t size, struct event_head *head, int64_t *signed_s,
                             struct pp_error *error) {
    const char *audience = NULL;
    pp_autojson cJSON *object = pp_json_parse(payload, size, EVENT_HEAD_PAYLOAD_MAX, error);
    return object && pp_json_string(object, "aud", sizeof EVENT_HEAD_AUDIENCE, &audience, error) &&
           (strcmp(audience, EVENT_HEAD_AUDIENCE) == 0 ||
            pp_fail(error, PP_E_INVALID, "field \"aud\": it is for somebody else")) &&
           pp_json_integer(object, "iat", 0, PP_JSON_INTEGER_MAX, signed_s, error) &&
           event_head_read(object, head, error) &&
           (head->seq > 0 || pp_fail(error, PP_E_INVALID, "field \"seq\": there is no event 0"));
}

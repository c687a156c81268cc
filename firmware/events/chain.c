#include "events/chain.h"

#include <string.h>

#include "crypto/bulk.h"
#include "crypto/random.h"

static bool chain_root(const char *chain, uint8_t hash[EVENT_HASH_BYTES], struct pp_error *error) {
    return crypto_sha256(chain, strlen(chain), hash, error);
}

bool event_head_begin(struct event_head *head, struct pp_error *error) {
    uint8_t name[EVENT_CHAIN_BYTES];
    _Static_assert(EVENT_HASH_BYTES == BULK_SHA256_SIZE, "a hash is SHA-256");
    *head = (struct event_head){0};
    if (!crypto_random(name, sizeof name, error))
        return false;
    pp_base64url_encode(name, sizeof name, head->chain);
    return chain_root(head->chain, head->hash, error);
}

/* `event` has no "hash" yet. */
static bool hash_of(const uint8_t prev[EVENT_HASH_BYTES], const cJSON *event, uint8_t hash[EVENT_HASH_BYTES],
                    struct pp_error *error) {
    pp_autobuf struct pp_buf bytes = PP_BUF_INIT(EVENT_HASH_BYTES + EVENT_CANONICAL_MAX);
    return pp_buf_add(&bytes, prev, EVENT_HASH_BYTES, error) && pp_json_canonical(event, &bytes, error) &&
           crypto_sha256(bytes.data, bytes.size, hash, error);
}

static bool add_hash(cJSON *event, const char *name, const uint8_t hash[EVENT_HASH_BYTES]) {
    char text[EVENT_HASH_SIZE];
    pp_base64url_encode(hash, EVENT_HASH_BYTES, text);
    return cJSON_AddStringToObject(event, name, text);
}

bool event_link(cJSON *event, struct event_head *head, struct pp_error *error) {
    struct event_head next = *head;
    next.seq++;
    if (!cJSON_AddStringToObject(event, "chain", head->chain) ||
        !cJSON_AddNumberToObject(event, "seq", (double)next.seq) || !add_hash(event, "prev", head->hash))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    if (!hash_of(head->hash, event, next.hash, error))
        return false;
    if (!add_hash(event, "hash", next.hash))
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    *head = next;
    return true;
}

bool event_is_linked(const cJSON *event) {
    static const char *const names[] = {"chain", "seq", "prev", "hash"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (cJSON_HasObjectItem(event, names[i]))
            return true;
    }
    return false;
}

static bool read_hash(const cJSON *event, const char *name, uint8_t hash[EVENT_HASH_BYTES],
                      struct pp_error *error) {
    const char *text = NULL;
    if (!pp_json_string(event, name, EVENT_HASH_SIZE, &text, error))
        return false;
    return pp_base64url_decode_exact(text, hash, EVENT_HASH_BYTES, NULL) ||
           pp_fail(error, PP_E_INVALID, "%s: not %d bytes in base64url", name, EVENT_HASH_BYTES);
}

bool event_place_read(const cJSON *event, struct event_place *place, struct pp_error *error) {
    const char *chain = NULL;
    uint8_t name[EVENT_CHAIN_BYTES];
    if (!pp_json_string(event, "chain", EVENT_CHAIN_SIZE, &chain, error) ||
        !pp_json_integer(event, "seq", 1, PP_JSON_INTEGER_MAX, &place->seq, error) ||
        !read_hash(event, "prev", place->prev, error) || !read_hash(event, "hash", place->hash, error))
        return false;
    if (!pp_base64url_decode_exact(chain, name, sizeof name, NULL))
        return pp_fail(error, PP_E_INVALID, "chain: not %d bytes in base64url", EVENT_CHAIN_BYTES);
    pp_base64url_encode(name, sizeof name, place->chain);
    return true;
}

bool event_is_whole(const cJSON *event, const struct event_place *place, bool *whole,
                    struct pp_error *error) {
    uint8_t hash[EVENT_HASH_BYTES], root[EVENT_HASH_BYTES];
    pp_autojson cJSON *bare = cJSON_Duplicate(event, true);
    if (!bare)
        return pp_fail(error, PP_E_NOMEM, "out of memory");
    cJSON_DeleteItemFromObjectCaseSensitive(bare, "hash");
    if (!hash_of(place->prev, bare, hash, error) || !chain_root(place->chain, root, error))
        return false;
    *whole = memcmp(hash, place->hash, sizeof hash) == 0 &&
             (place->seq > 1 || memcmp(place->prev, root, sizeof root) == 0);
    return true;
}

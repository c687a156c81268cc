#include "trust_text.h"

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "simulator.h"

#define TEXT_KEY_MAX 65536 /* bytes */

cJSON *text_words(const char *text) {
    cJSON *words = cJSON_CreateArray();
    while (*text) {
        size_t length = strcspn(text, " ");
        char word[1024] = {0};
        assert_true(length < sizeof word);
        memcpy(word, text, length);
        if (length)
            cJSON_AddItemToArray(words, cJSON_CreateString(word));
        text += length + (text[length] != 0);
    }
    return words;
}

void text_sha256(const void *data, size_t size, char hex[65]) {
    uint8_t digest[BULK_SHA256_SIZE];
    assert_true(crypto_sha256(data, size, digest, NULL));
    pp_hex_encode(digest, sizeof digest, hex);
}

void text_keyid(const cJSON *key, char keyid[65]) {
    pp_autobuf struct pp_buf canonical = PP_BUF_INIT(TEXT_KEY_MAX);
    assert_true(pp_json_canonical(key, &canonical, NULL));
    text_sha256(canonical.data, canonical.size, keyid);
}

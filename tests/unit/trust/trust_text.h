/* Small helpers of the simulator and the tests: words, hashes, keyids, files of the client's folder. */
#ifndef PP_TESTS_TRUST_TEXT_H
#define PP_TESTS_TRUST_TEXT_H

#include <cjson/cJSON.h>
#include <stddef.h>

/* An array of the words of a text. */
cJSON *text_words(const char *text);
void text_sha256(const void *data, size_t size, char hex[65]);
/* SHA-256 of the canonical JSON of a key object. */
void text_keyid(const cJSON *key, char keyid[65]);

#endif

#include "headend/http/tus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/encode.h"
#include "headend/http/path_map.h"

bool tus_number(const char *header, uint64_t *value, struct pp_error *error) {
    size_t digits = header ? strspn(header, "0123456789") : 0;
    if (!digits || digits > 16 || header[digits])
        return pp_fail(error, PP_E_INVALID, "not a number of bytes");
    *value = strtoull(header, NULL, 10);
    return *value <= PATH_NUMBER_MAX || pp_fail(error, PP_E_INVALID, "too large a number of bytes");
}

/* One pair of the header. */
struct pair {
    const char *key, *value;
    size_t key_size, value_size;
};

/* The pair that begins at *at, which becomes the begin of the next; NULL behind the last. */
static void pair_next(const char **at, struct pair *pair) {
    const char *comma = strchr(*at, ',');
    size_t size = comma ? (size_t)(comma - *at) : strlen(*at);
    const char *space = memchr(*at, ' ', size);
    pair->key = *at;
    pair->key_size = space ? (size_t)(space - *at) : size;
    pair->value = space ? space + 1 : *at + size;
    pair->value_size = space ? size - pair->key_size - 1 : 0;
    *at = comma ? comma + 1 : NULL;
}

static bool pair_good(const struct pair *pair) {
    uint8_t bytes[TUS_METADATA_MAX];
    size_t size;
    for (size_t i = 0; i < pair->key_size; i++) {
        if (pair->key[i] <= ' ' || pair->key[i] > '~')
            return false;
    }
    return pair->key_size &&
           pp_base64_decode(pair->value, pair->value_size, bytes, sizeof bytes, &size, NULL);
}

bool tus_metadata_check(const char *header, struct pp_error *error) {
    struct pair pairs[TUS_METADATA_KEYS_MAX];
    size_t count = 0;
    if (strlen(header) > TUS_METADATA_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d bytes", TUS_METADATA_MAX);
    for (const char *at = *header ? header : NULL; at; count++) {
        if (count == TUS_METADATA_KEYS_MAX)
            return pp_fail(error, PP_E_LIMIT, "more than %d keys", TUS_METADATA_KEYS_MAX);
        struct pair *pair = &pairs[count];
        pair_next(&at, pair);
        if (!pair_good(pair))
            return pp_fail(error, PP_E_INVALID, "not pairs of a key and a value in Base64");
        for (size_t i = 0; i < count; i++) {
            if (pairs[i].key_size == pair->key_size && memcmp(pairs[i].key, pair->key, pair->key_size) == 0)
                return pp_fail(error, PP_E_INVALID, "a key stands twice");
        }
    }
    return true;
}

void tus_metadata_text(const char *header, const char *key, char *text, size_t size) {
    size_t got = 0;
    text[0] = 0;
    for (const char *at = header; at;) {
        struct pair pair;
        pair_next(&at, &pair);
        if (pair.key_size != strlen(key) || memcmp(pair.key, key, pair.key_size) != 0)
            continue;
        if (!pp_base64_decode(pair.value, pair.value_size, text, size - 1, &got, NULL))
            got = 0;
        text[got] = 0;
        if (strlen(text) != got)
            text[0] = 0;
        return;
    }
}

bool tus_checksum(const char *header, uint8_t sha256[TUS_SHA256_SIZE], struct pp_error *error) {
    static const char name[] = TUS_CHECKSUMS " ";
    size_t size = 0;
    if (strncmp(header, name, sizeof name - 1) != 0)
        return pp_fail(error, PP_E_UNSUPPORTED, "the algorithm has to be " TUS_CHECKSUMS);
    const char *value = header + sizeof name - 1;
    return (pp_base64_decode(value, strlen(value), sha256, TUS_SHA256_SIZE, &size, NULL) &&
            size == TUS_SHA256_SIZE) ||
           pp_fail(error, PP_E_INVALID, "not a SHA-256 in Base64");
}

void tus_date(int64_t seconds, char text[TUS_DATE_SIZE]) {
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm parts = {0};
    time_t time = (time_t)seconds;
    gmtime_r(&time, &parts);
    snprintf(text, TUS_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT", days[parts.tm_wday % 7],
             (unsigned)parts.tm_mday % 100, months[parts.tm_mon % 12],
             (unsigned)(parts.tm_year + 1900) % 10000, (unsigned)parts.tm_hour % 100,
             (unsigned)parts.tm_min % 100, (unsigned)parts.tm_sec % 100);
}

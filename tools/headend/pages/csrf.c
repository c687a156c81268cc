#include "headend/pages/csrf.h"

#include <string.h>

#include "base/encode.h"
#include "crypto/random.h"

bool csrf_token(const char *cookie, char token[CSRF_SIZE], struct pp_error *error) {
    uint8_t hash[SECRET_HASH_SIZE];
    if (!secret_hash("csrf", cookie, hash, error))
        return false;
    pp_base64url_encode(hash, sizeof hash, token);
    return true;
}

bool csrf_check(const char *cookie, const char *token) {
    char expected[CSRF_SIZE];
    return *cookie && strlen(token) == CSRF_SIZE - 1 && csrf_token(cookie, expected, NULL) &&
           crypto_equal(expected, token, CSRF_SIZE);
}

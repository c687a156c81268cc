#include "headend/server/csrf.h"

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

bool csrf_same_origin(const struct request *request) {
    const char *site = request_header(request, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    const char *origin = request_header(request, MHD_HTTP_HEADER_ORIGIN);
    const char *host = request_header(request, MHD_HTTP_HEADER_HOST);
    if (!origin)
        return true;
    return host && strncmp(origin, "https://", 8) == 0 && strcmp(origin + 8, host) == 0;
}

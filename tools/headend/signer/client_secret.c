#include "headend/signer/client_secret.h"

#include <fcntl.h>

#include "headend/public/agreement.h"

#define KEPT_TYPE "pingplay-kept-client-secret"
#define SENT_TYPE "pingplay-client-secret"

bool client_secret_check(const char *secret, struct pp_error *error) {
    size_t size = strlen(secret);
    if (!size || size > CLIENT_SECRET_MAX)
        return pp_fail(error, PP_E_LIMIT, "client secret: must have 1 to %d bytes", CLIENT_SECRET_MAX);
    for (const char *c = secret; *c; c++) {
        if (*c < ' ' || *c > '~')
            return pp_fail(error, PP_E_INVALID, "client secret: has what no secret has (RFC 6749 §A.2)");
    }
    return true;
}

bool client_secret_read(const char *path, char secret[CLIENT_SECRET_MAX + 1], struct pp_error *error) {
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CLIENT_SECRET_MAX + 2);
    if (!pp_file_read(AT_FDCWD, path, &text, error))
        return pp_wrap(error, "client secret: %s", path);
    size_t size = strcspn(pp_buf_text(&text), "\r\n");
    if (size > CLIENT_SECRET_MAX)
        return pp_fail(error, PP_E_LIMIT, "client secret: more than %d bytes", CLIENT_SECRET_MAX);
    snprintf(secret, CLIENT_SECRET_MAX + 1, "%.*s", (int)size, pp_buf_text(&text));
    return client_secret_check(secret, error);
}

bool client_secret_seal(const struct sign_in_key *key, const char *device, const char *secret,
                        struct pp_buf *kept, struct pp_error *error) {
    return sign_in_key_seal(key, KEPT_TYPE, device, secret, strlen(secret), kept, error);
}

bool client_secret_send(struct sign_in_key *key, const char *device, const char *kept,
                        const uint8_t agreement[CRYPTO_POINT_SIZE], struct pp_buf *token,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(CLIENT_SECRET_MAX);
    return sign_in_key_unseal(key, KEPT_TYPE, device, kept, &clear, error) &&
           agreement_seal(agreement, SENT_TYPE, device, clear.data, clear.size, token, error);
}

#include "headend/signer/client_secret.h"

#include "headend/public/agreement.h"

#define KEPT_TYPE "pingplay-kept-client-secret"
#define SENT_TYPE "pingplay-client-secret"

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

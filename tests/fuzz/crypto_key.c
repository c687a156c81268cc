/* Any bytes as a private or public key, DER or PEM. What is accepted must survive being saved and loaded. */
#include <stdint.h>

#include "crypto/key.h"
#include "crypto/verify.h"

static void try_private(struct crypto_key *key) {
    struct pp_buf saved pp_autobuf = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    if (!key)
        return;
    if (!crypto_key_save_der(key, &saved, NULL))
        abort();
    struct crypto_key *again = crypto_key_load_der(saved.data, saved.size, NULL);
    if (!again)
        abort();
    crypto_key_destroy(again);
    crypto_key_destroy(key);
}

static void try_public(struct crypto_public *key, const uint8_t *data, size_t size) {
    for (int scheme = CRYPTO_ECDSA_SHA256; key && scheme <= CRYPTO_ES256; scheme++)
        (void)!crypto_public_verify(key, (enum crypto_scheme)scheme, "text", 4, data, size, NULL);
    crypto_public_destroy(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_private(crypto_key_load_der(data, size, NULL));
    try_private(crypto_key_load_pem(data, size, NULL));
    try_public(crypto_public_load_der(data, size, NULL), data, size);
    try_public(crypto_public_load_pem(data, size, NULL), data, size);
    return 0;
}

/* Internal: a device key with what it is known by. */
#ifndef PP_IDENTITY_DEVICE_KEY_H
#define PP_IDENTITY_DEVICE_KEY_H

#include "crypto/key.h"
#include "identity/identity.h"

struct device_key {
    struct crypto_key *key; /* NULL: there is none */
    uint8_t point[CRYPTO_POINT_SIZE];
    char thumbprint[IDENTITY_THUMBPRINT_SIZE];
    char words[IDENTITY_WORDS_SIZE];
};

/* Takes the key, also where it fails. */
PP_MUST_USE bool device_key_init(struct device_key *own, struct crypto_key *key, struct pp_error *error);
void device_key_finish(struct device_key *own);
#define device_autokey PP_CLEANUP(device_key_finish)

#endif

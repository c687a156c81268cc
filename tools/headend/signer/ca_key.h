/* The private keys of the certificate authorities (public/ca.h). */
#ifndef HEADEND_SIGNER_CA_KEY_H
#define HEADEND_SIGNER_CA_KEY_H

#include "crypto/key.h"
#include "headend/public/ca.h"

/* "keys/authorities/<hex>.pem" */
#define CA_KEY_PATH_MAX 128 /* bytes with the NUL */
void ca_key_path(const uint8_t sha256[CA_HASH_SIZE], char path[CA_KEY_PATH_MAX]);
struct crypto_key *ca_key_read(const struct home *home, const uint8_t sha256[CA_HASH_SIZE],
                               struct pp_error *error);
PP_MUST_USE bool ca_key_write(const struct home *home, const uint8_t sha256[CA_HASH_SIZE],
                              const struct crypto_key *key, struct pp_error *error);
/* Of the one that issues. PP_E_INVALID where it is not its certificate's. */
struct crypto_key *ca_issuing_key(const struct home *home, const struct ca *ca, struct pp_error *error);

#endif

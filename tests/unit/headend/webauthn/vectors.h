/* The test vectors of Web Authentication Level 3 (§16), as tests/data/webauthn/vectors.json has them. */
#ifndef TEST_WEBAUTHN_VECTORS_H
#define TEST_WEBAUTHN_VECTORS_H

#include "base/json.h"
#include "headend/webauthn/webauthn.h"

#define VECTORS              15
#define VECTOR_CHALLENGE_MAX 128 /* bytes: of one of them; ours are CHALLENGE_SIZE */

/* One ceremony of a vector: bytes that a test may change. */
struct vector {
    char challenge[(VECTOR_CHALLENGE_MAX + 2) / 3 * 4 + 1];
    uint8_t client_data[CLIENT_DATA_MAX], attestation[ATTESTATION_MAX];
    uint8_t authenticator_data[AUTHENTICATOR_DATA_MAX], signature[SIGNATURE_MAX];
    size_t client_size, attestation_size, data_size, signature_size;
};

cJSON *vectors_read(void);
const char *vector_name(const cJSON *vectors, int number);
/* `ceremony`: "create" or "get". */
void vector_take(const cJSON *vectors, const char *name, const char *ceremony, struct vector *out);

struct webauthn_bytes vector_client(const struct vector *vector);
struct webauthn_bytes vector_attestation(const struct vector *vector);
struct webauthn_assertion vector_assertion(const struct vector *vector);
/* The same credential as a browser sends it where no attestation is asked for. */
void vector_without_attestation(struct vector *vector);

#endif

/* The "hashes" of metadata and targets (specification §4.4, HASHES): SHA-256 and SHA-512. */
#ifndef PP_TRUST_DIGEST_H
#define PP_TRUST_DIGEST_H

#include <cjson/cJSON.h>

#include "trust/trust.h"

struct trust_digests {
    bool has_sha256, has_sha512;
    uint8_t sha256[TRUST_SHA256_SIZE];
    uint8_t sha512[TRUST_SHA512_SIZE];
};

/* Algorithms that are not known are passed over, but one at least must be: PP_E_UNSUPPORTED. */
PP_MUST_USE bool trust_digests_parse(const cJSON *hashes, struct trust_digests *out, struct pp_error *error);

/* All of them; PP_E_AUTH where one differs. */
PP_MUST_USE bool trust_digests_verify(const struct trust_digests *digests, const void *data, size_t size,
                                      struct pp_error *error);

#endif

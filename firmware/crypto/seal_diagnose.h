/*
 * Internal: why a segment of a sealed stream does not authenticate. AES-GCM itself says only "no"; which of
 * the things that happen to files happened is found by trying what would have been right: the other value of
 * the last flag, other segment numbers, lengths, single bits. Each answer is therefore a fact, never a guess,
 * and what cannot be told apart is said as such. At most SEAL_DIAGNOSE_MAX bytes are run through the cipher,
 * and no clear byte leaves.
 */
#ifndef PP_CRYPTO_SEAL_DIAGNOSE_H
#define PP_CRYPTO_SEAL_DIAGNOSE_H

#include "crypto/seal_format.h"

struct seal_scene {
    const struct seal_cipher *cipher;
    const uint8_t *key;          /* params.ikm_size bytes; NULL once another segment proved the key */
    const char *associated_data; /* NULL for none */
    uint64_t place;              /* where the segment stands that failed */
    bool last;                   /* whether it stands at the stream's end */
    const uint8_t *sealed;       /* its bytes, with the tag */
    size_t size;                 /* bytes */
    uint64_t segments;           /* count that the length allows for; 0 in a pipe */
    /* The bytes of another place; NULL in a pipe. `out` has params.segment_size bytes. */
    bool (*load)(void *arg, uint64_t place, uint8_t *out, size_t *size);
    void *arg;
};

/* Fills `error` (PP_E_AUTH) and returns false. */
PP_MUST_USE bool seal_diagnose(const struct seal_scene *scene, struct pp_error *error);

#endif

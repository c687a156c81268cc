/* Internal: the arithmetic and the cipher of sealed streams, shared by writer, reader and opener. */
#ifndef PP_CRYPTO_SEAL_FORMAT_H
#define PP_CRYPTO_SEAL_FORMAT_H

#include "crypto/bulk.h"
#include "crypto/seal.h"

#define SEAL_SEGMENTS_MAX (UINT64_C(1) << 32) /* the nonce has 4 bytes for a segment's number */

/* One stream's header and the key that follows from it. */
struct seal_cipher {
    struct seal_params params;
    size_t header_size; /* bytes */
    uint8_t header[SEAL_HEADER_MAX];
    struct crypto_gcm *gcm; /* NULL until seal_cipher_derive */
};

/* How many segments stand in a stream of `length` bytes, and the last one's size. */
struct seal_layout {
    uint64_t segments;
    size_t last_size;    /* bytes, with the tag; below SEAL_TAG_SIZE the stream is cut */
    uint64_t clear_size; /* bytes, where last_size allows it */
};

size_t seal_header_size(const struct seal_params *params);
/* Sealed bytes (tag included) that the first segment and any other may have. */
size_t seal_room(const struct seal_params *params, uint64_t number);
/* Where a segment begins, from the stream's first byte. */
uint64_t seal_segment_offset(const struct seal_params *params, uint64_t number);
/* The segment that holds a byte of clear data, and the place of its own first byte. */
uint64_t seal_segment_of(const struct seal_params *params, uint64_t clear_offset);
uint64_t seal_segment_clear_offset(const struct seal_params *params, uint64_t number);
/* PP_E_INVALID when even the header is cut, PP_E_LIMIT over SEAL_SEGMENTS_MAX. */
PP_MUST_USE bool seal_layout_of(const struct seal_params *params, uint64_t length, struct seal_layout *layout,
                                struct pp_error *error);

void seal_params_or_default(const struct seal_params *params, struct seal_params *out);

/* Checks `params`; NULL stands for the defaults. */
PP_MUST_USE bool seal_cipher_init(struct seal_cipher *cipher, const struct seal_params *params,
                                  struct pp_error *error);
void seal_cipher_finish(struct seal_cipher *cipher); /* wipes */
/* A fresh salt and nonce prefix. */
PP_MUST_USE bool seal_cipher_make_header(struct seal_cipher *cipher, struct pp_error *error);
PP_MUST_USE bool seal_cipher_take_header(struct seal_cipher *cipher, const uint8_t *header,
                                         struct pp_error *error);
PP_MUST_USE bool seal_cipher_derive(struct seal_cipher *cipher, const uint8_t *key,
                                    const char *associated_data, struct pp_error *error);
/* One segment; `out` gets size + SEAL_TAG_SIZE bytes. */
PP_MUST_USE bool seal_cipher_seal(struct seal_cipher *cipher, uint64_t number, bool last, const void *in,
                                  size_t size, void *out, struct pp_error *error);
PP_MUST_USE bool seal_cipher_open(struct seal_cipher *cipher, uint64_t number, bool last, const void *in,
                                  size_t size, void *out, struct pp_error *error);

/* The three parts of a header. */
const uint8_t *seal_cipher_salt(const struct seal_cipher *cipher);
const uint8_t *seal_cipher_nonce_prefix(const struct seal_cipher *cipher);
void seal_cipher_info(const struct seal_cipher *cipher, struct seal_info *info);

/* As seal_reader_create_memory with the default parameters, but without a search for the reason of a failure.
 */
struct seal_reader *seal_reader_create_unexplained(const void *sealed, uint64_t length, const uint8_t *key,
                                                   const char *associated_data, struct pp_error *error);

#endif

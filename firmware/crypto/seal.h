/*
 * Sealed streams: the "AES-GCM-HKDF streaming" format of Google Tink, as its implementations write and read
 * it (https://developers.google.com/tink/wire-format#aes-gcm-hkdf_streaming).
 *
 *   byte 0            1 + K          8 + K                                segment_size - first_offset
 *   +--------+--------+--------------+-----------------------------+-----+------------------------------+----
 *   | 8 + K  | salt   | nonce prefix | ciphertext of segment 0     | tag | ciphertext of segment 1      | tag
 *   | 1 byte | K      | 7 bytes      | at most S - first - (8+K) - 16 | 16 | at most S - 16             | 16
 *   +--------+--------+--------------+-----------------------------+-----+------------------------------+----
 *
 * K is the size of the AES key (16 or 32), S the segment size. AES key = HKDF(hash, input key, salt,
 * info = associated data, K bytes). Nonce of segment i = nonce prefix, i (4 bytes, big-endian), 1 for the
 * last segment, else 0. All segments but the last are full; only a stream of nothing has an empty segment.
 * `first_offset` makes the first segment that much shorter (for callers that keep a header of their own in
 * front); those bytes are not part of the stream.
 *
 * A stream is opened only with the whole truth about it: the reader authenticates the last segment, and so
 * the length, before it tells anything; each segment authenticates its bytes, its place and whether it is the
 * last. After a failure the message tells what can be told (cut, appended, reordered, damaged and where);
 * finding that out is bounded by SEAL_DIAGNOSE_MAX and releases nothing. It can take
 * seconds on a small board: who cannot wait has seal_decrypt_unexplained.
 *
 * Objects here belong to one thread at a time.
 */
#ifndef PP_CRYPTO_SEAL_H
#define PP_CRYPTO_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/mem.h"
#include "crypto/hkdf.h"

enum {
    SEAL_KEY_SIZE = 32, /* bytes of every key of this project */
    SEAL_IKM_MIN = 16,  /* bytes of an input key, and at least key_size */
    SEAL_IKM_MAX = 256,
    SEAL_NONCE_PREFIX_SIZE = 7, /* bytes */
    SEAL_TAG_SIZE = 16,
    SEAL_HEADER_MAX = 40,
    SEAL_SEGMENT_DEFAULT = 65536,
    SEAL_SEGMENT_MAX = 16 * 1024 * 1024,   /* bytes */
    SEAL_ASSOCIATED_DATA_MAX = 4096,       /* bytes */
    SEAL_DIAGNOSE_MAX = 128 * 1024 * 1024, /* bytes run through AES-GCM to explain one failure */
    SEAL_MEMORY_MAX = 256 * 1024 * 1024,   /* bytes of clear data of a one-shot */
};

#define SEAL_AD_OBJECT   "pingplay/object"
#define SEAL_AD_MANIFEST "pingplay/manifest/" /* and the channel's id */
#define SEAL_AD_VAULT    "pingplay/vault/"    /* and the record's name, "/", its generation */

struct seal_params {
    size_t ikm_size;       /* bytes of the input key; 0 means SEAL_KEY_SIZE */
    size_t key_size;       /* bytes of the AES key: 16 or 32 */
    enum crypto_hash hash; /* of HKDF */
    uint32_t segment_size; /* bytes of a whole sealed segment; more than first_offset + header + tag */
    uint32_t first_offset; /* bytes */
};
#define SEAL_PARAMS_DEFAULT                                                                                  \
    ((struct seal_params){.ikm_size = SEAL_KEY_SIZE,                                                         \
                          .key_size = 32,                                                                    \
                          .hash = CRYPTO_SHA256,                                                             \
                          .segment_size = SEAL_SEGMENT_DEFAULT})

/* In everything below: `key` points to params->ikm_size bytes and is not kept; `associated_data` is a text,
 * NULL for none; `params` NULL stands for SEAL_PARAMS_DEFAULT. */

/* PP_E_INVALID, with the parameter's name, when the set cannot be used. */
PP_MUST_USE bool seal_params_check(const struct seal_params *params, struct pp_error *error);

/* ---- Reading at any place ---- */
struct seal_reader;

/* The stream stands at `base` in `fd` (borrowed, read with pread) and is `length` bytes long. Authenticates
 * the last segment. NULL: PP_E_AUTH (tampered, wrong key or associated data), PP_E_INVALID (no sealed
 * stream), PP_E_IO. */
struct seal_reader *seal_reader_create(int fd, uint64_t base, uint64_t length, const uint8_t *key,
                                       const char *associated_data, const struct seal_params *params,
                                       struct pp_error *error);
/* The same over memory, which is borrowed. */
struct seal_reader *seal_reader_create_memory(const void *sealed, uint64_t length, const uint8_t *key,
                                              const char *associated_data, const struct seal_params *params,
                                              struct pp_error *error);
void seal_reader_destroy(struct seal_reader *reader); /* wipes */
PP_DEFINE_AUTO(seal_reader, struct seal_reader, seal_reader_destroy)

uint64_t seal_reader_size(const struct seal_reader *reader); /* bytes of clear data, authenticated */

/* Up to `size` bytes from `offset` of the clear data. `*got` is less than `size` only at the end, 0 from
 * there on. On failure nothing is released: `out` is wiped. */
PP_MUST_USE bool seal_reader_read(struct seal_reader *reader, uint64_t offset, void *out, size_t size,
                                  size_t *got, struct pp_error *error);

/* Bytes from `offset` to the end of its segment; 0 at the stream's end. Who reads a stream in its order and
 * has room for a whole segment reads best so much at a time: it is then decrypted where it is wanted, and
 * nothing is copied. */
uint64_t seal_reader_run(const struct seal_reader *reader, uint64_t offset);

/* What stands in the header, for people. */
struct seal_info {
    size_t header_size; /* bytes */
    size_t salt_size;   /* bytes */
    uint8_t salt[32];   /* salt_size bytes of it */
    uint8_t nonce_prefix[SEAL_NONCE_PREFIX_SIZE];
    uint64_t segments;    /* count */
    uint64_t sealed_size; /* bytes */
    uint64_t clear_size;  /* bytes */
};
void seal_reader_info(const struct seal_reader *reader, struct seal_info *info);

/* ---- Writing, and reading what cannot be sought in ---- */
/* Takes the next bytes of output; false, with the error filled, stops the work. */
typedef bool (*seal_sink)(void *arg, const void *data, size_t size, struct pp_error *error);

struct seal_writer;
struct seal_writer *seal_writer_create(seal_sink sink, void *arg, const uint8_t *key,
                                       const char *associated_data, const struct seal_params *params,
                                       struct pp_error *error);
PP_MUST_USE bool seal_writer_write(struct seal_writer *writer, const void *data, size_t size,
                                   struct pp_error *error);
/* Writes the last segment. Without it the stream is refused by every reader. */
PP_MUST_USE bool seal_writer_finish(struct seal_writer *writer, struct pp_error *error);
void seal_writer_destroy(struct seal_writer *writer);
PP_DEFINE_AUTO(seal_writer, struct seal_writer, seal_writer_destroy)

/* The inverse for pipes: sealed bytes go in, clear bytes of each segment come out once it is authenticated.
 * Only _finish tells that the stream was whole: until then a consumer of the sink holds a beginning. */
struct seal_opener;
struct seal_opener *seal_opener_create(seal_sink sink, void *arg, const uint8_t *key,
                                       const char *associated_data, const struct seal_params *params,
                                       struct pp_error *error);
PP_MUST_USE bool seal_opener_write(struct seal_opener *opener, const void *data, size_t size,
                                   struct pp_error *error);
PP_MUST_USE bool seal_opener_finish(struct seal_opener *opener, struct pp_error *error);
void seal_opener_destroy(struct seal_opener *opener);
PP_DEFINE_AUTO(seal_opener, struct seal_opener, seal_opener_destroy)
void seal_opener_info(const struct seal_opener *opener, struct seal_info *info); /* after _finish */

/* ---- One-shots, default parameters, a key of SEAL_KEY_SIZE bytes; appended to `out` ---- */
PP_MUST_USE bool seal_encrypt(const void *plain, size_t size, const uint8_t key[SEAL_KEY_SIZE],
                              const char *associated_data, struct pp_buf *out, struct pp_error *error);
PP_MUST_USE bool seal_decrypt(const void *sealed, size_t size, const uint8_t key[SEAL_KEY_SIZE],
                              const char *associated_data, struct pp_buf *out, struct pp_error *error);
/* The same, but a failure is told at once, without a search for its reason. */
PP_MUST_USE bool seal_decrypt_unexplained(const void *sealed, size_t size, const uint8_t key[SEAL_KEY_SIZE],
                                          const char *associated_data, struct pp_buf *out,
                                          struct pp_error *error);

#endif

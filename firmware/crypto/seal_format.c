#include "crypto/seal_format.h"

#include "crypto/random.h"

void seal_params_or_default(const struct seal_params *params, struct seal_params *out) {
    *out = params ? *params : SEAL_PARAMS_DEFAULT;
    if (!out->ikm_size)
        out->ikm_size = SEAL_KEY_SIZE;
}

size_t seal_header_size(const struct seal_params *params) {
    return 1 + params->key_size + SEAL_NONCE_PREFIX_SIZE;
}

static bool params_check_key(const struct seal_params *params, struct pp_error *error) {
    size_t ikm_size = params->ikm_size ? params->ikm_size : SEAL_KEY_SIZE;
    if (params->key_size != 16 && params->key_size != 32)
        return pp_fail(error, PP_E_INVALID, "key size %zu is not 16 or 32", params->key_size);
    if (params->hash != CRYPTO_SHA1 && params->hash != CRYPTO_SHA256 && params->hash != CRYPTO_SHA512)
        return pp_fail(error, PP_E_INVALID, "hash is not SHA-1, SHA-256 or SHA-512");
    if (ikm_size < SEAL_IKM_MIN || ikm_size < params->key_size || ikm_size > SEAL_IKM_MAX)
        return pp_fail(error, PP_E_INVALID, "key of %zu bytes, expected %zu to %d", ikm_size,
                       params->key_size, SEAL_IKM_MAX);
    return true;
}

bool seal_params_check(const struct seal_params *params, struct pp_error *error) {
    if (!params_check_key(params, error))
        return false;
    if (params->segment_size > SEAL_SEGMENT_MAX)
        return pp_fail(error, PP_E_LIMIT, "segment size %u is over %d", params->segment_size,
                       SEAL_SEGMENT_MAX);
    uint64_t overhead = (uint64_t)params->first_offset + seal_header_size(params) + SEAL_TAG_SIZE;
    if (params->segment_size <= overhead)
        return pp_fail(error, PP_E_INVALID,
                       "segment size %u is too small, more than %llu are needed (first offset, header, tag)",
                       params->segment_size, (unsigned long long)overhead);
    return true;
}

size_t seal_room(const struct seal_params *params, uint64_t number) {
    return params->segment_size - (number ? 0 : params->first_offset + seal_header_size(params));
}

uint64_t seal_segment_offset(const struct seal_params *params, uint64_t number) {
    return number ? number * params->segment_size - params->first_offset : seal_header_size(params);
}

uint64_t seal_segment_of(const struct seal_params *params, uint64_t clear_offset) {
    uint64_t lead = params->first_offset + seal_header_size(params);
    return (clear_offset + lead) / (params->segment_size - SEAL_TAG_SIZE);
}

uint64_t seal_segment_clear_offset(const struct seal_params *params, uint64_t number) {
    uint64_t lead = params->first_offset + seal_header_size(params);
    return number ? number * (params->segment_size - SEAL_TAG_SIZE) - lead : 0;
}

bool seal_layout_of(const struct seal_params *params, uint64_t length, struct seal_layout *layout,
                    struct pp_error *error) {
    size_t header_size = seal_header_size(params);
    if (length < header_size)
        return pp_fail(error, PP_E_INVALID, "the stream ends inside its header: %llu of %zu bytes",
                       (unsigned long long)length, header_size);
    if (length > SEAL_SEGMENTS_MAX * params->segment_size - params->first_offset)
        return pp_fail(error, PP_E_LIMIT, "more than 2^32 segments");
    uint64_t body = length - header_size;
    size_t first = seal_room(params, 0);
    layout->segments = body <= first ? 1 : 2 + (body - first - 1) / params->segment_size;
    layout->last_size = (size_t)(length - seal_segment_offset(params, layout->segments - 1));
    layout->clear_size = body - layout->segments * SEAL_TAG_SIZE;
    return true;
}

bool seal_cipher_init(struct seal_cipher *cipher, const struct seal_params *params, struct pp_error *error) {
    *cipher = (struct seal_cipher){0};
    seal_params_or_default(params, &cipher->params);
    cipher->header_size = seal_header_size(&cipher->params);
    return seal_params_check(&cipher->params, error);
}

void seal_cipher_finish(struct seal_cipher *cipher) {
    crypto_gcm_destroy(cipher->gcm);
    cipher->gcm = NULL;
}

bool seal_cipher_make_header(struct seal_cipher *cipher, struct pp_error *error) {
    cipher->header[0] = (uint8_t)cipher->header_size;
    return crypto_random(cipher->header + 1, cipher->header_size - 1, error);
}

bool seal_cipher_take_header(struct seal_cipher *cipher, const uint8_t *header, struct pp_error *error) {
    if (header[0] != cipher->header_size)
        return pp_fail(
            error, PP_E_INVALID,
            "not a sealed stream with these parameters: the length byte at offset 0 is %u, not %zu",
            header[0], cipher->header_size);
    memcpy(cipher->header, header, cipher->header_size);
    return true;
}

bool seal_cipher_derive(struct seal_cipher *cipher, const uint8_t *key, const char *associated_data,
                        struct pp_error *error) {
    uint8_t derived[32];
    size_t ad_size = associated_data ? strlen(associated_data) : 0;
    if (ad_size > SEAL_ASSOCIATED_DATA_MAX)
        return pp_fail(error, PP_E_LIMIT, "associated data longer than %d bytes", SEAL_ASSOCIATED_DATA_MAX);
    seal_cipher_finish(cipher);
    if (crypto_hkdf(cipher->params.hash, key, cipher->params.ikm_size, seal_cipher_salt(cipher),
                    cipher->params.key_size, associated_data, ad_size, derived, cipher->params.key_size,
                    error))
        cipher->gcm = crypto_gcm_create(derived, cipher->params.key_size, error);
    pp_wipe(derived, sizeof derived);
    return cipher->gcm != NULL;
}

static bool segment_nonce(const struct seal_cipher *cipher, uint64_t number, bool last,
                          uint8_t nonce[BULK_NONCE_SIZE], struct pp_error *error) {
    if (number >= SEAL_SEGMENTS_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than 2^32 segments");
    memcpy(nonce, seal_cipher_nonce_prefix(cipher), SEAL_NONCE_PREFIX_SIZE);
    nonce[7] = (uint8_t)(number >> 24);
    nonce[8] = (uint8_t)(number >> 16);
    nonce[9] = (uint8_t)(number >> 8);
    nonce[10] = (uint8_t)number;
    nonce[11] = last;
    return true;
}

bool seal_cipher_seal(struct seal_cipher *cipher, uint64_t number, bool last, const void *in, size_t size,
                      void *out, struct pp_error *error) {
    uint8_t nonce[BULK_NONCE_SIZE];
    /* The last number belongs to a last segment: nothing can follow it. */
    if (number == SEAL_SEGMENTS_MAX - 1 && !last)
        return pp_fail(error, PP_E_LIMIT, "more than 2^32 segments");
    return segment_nonce(cipher, number, last, nonce, error) &&
           crypto_gcm_seal(cipher->gcm, nonce, NULL, 0, in, size, out, error);
}

bool seal_cipher_open(struct seal_cipher *cipher, uint64_t number, bool last, const void *in, size_t size,
                      void *out, struct pp_error *error) {
    uint8_t nonce[BULK_NONCE_SIZE];
    return segment_nonce(cipher, number, last, nonce, error) &&
           crypto_gcm_open(cipher->gcm, nonce, NULL, 0, in, size, out, error);
}

const uint8_t *seal_cipher_salt(const struct seal_cipher *cipher) {
    return cipher->header + 1;
}

const uint8_t *seal_cipher_nonce_prefix(const struct seal_cipher *cipher) {
    return cipher->header + 1 + cipher->params.key_size;
}

void seal_cipher_info(const struct seal_cipher *cipher, struct seal_info *info) {
    *info = (struct seal_info){.header_size = cipher->header_size, .salt_size = cipher->params.key_size};
    memcpy(info->salt, seal_cipher_salt(cipher), cipher->params.key_size);
    memcpy(info->nonce_prefix, seal_cipher_nonce_prefix(cipher), SEAL_NONCE_PREFIX_SIZE);
}

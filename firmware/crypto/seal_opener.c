#include "crypto/seal_diagnose.h"

struct seal_opener {
    struct seal_cipher cipher;
    seal_sink sink;
    void *arg;
    uint8_t key[SEAL_IKM_MAX]; /* until the header came, and for explaining a failure */
    char *associated_data;
    size_t header_size; /* bytes of the header that came, in cipher.header's order */
    uint8_t header[SEAL_HEADER_MAX];
    uint64_t number; /* of the segment in `sealed` */
    uint8_t *sealed; /* a segment waiting: only when more comes is it known not to be the last */
    size_t size;     /* bytes in `sealed` */
    uint8_t *clear;
    uint64_t clear_size; /* bytes released */
    uint64_t taken;      /* bytes that came */
    bool finished;
    bool failed;
};

static bool opener_init(struct seal_opener *opener, const uint8_t *key, const char *associated_data,
                        const struct seal_params *params, struct pp_error *error) {
    if (!seal_cipher_init(&opener->cipher, params, error))
        return false;
    memcpy(opener->key, key, opener->cipher.params.ikm_size);
    opener->associated_data = strdup(associated_data ? associated_data : "");
    opener->sealed = malloc(opener->cipher.params.segment_size);
    opener->clear = malloc(opener->cipher.params.segment_size);
    return (opener->associated_data && opener->sealed && opener->clear) ||
           pp_fail(error, PP_E_NOMEM, "out of memory");
}

struct seal_opener *seal_opener_create(seal_sink sink, void *arg, const uint8_t *key,
                                       const char *associated_data, const struct seal_params *params,
                                       struct pp_error *error) {
    PP_AUTO(seal_opener) struct seal_opener *opener = calloc(1, sizeof *opener);
    if (!opener) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    opener->sink = sink;
    opener->arg = arg;
    if (!opener_init(opener, key, associated_data, params, error))
        return NULL;
    return pp_steal(&opener);
}

void seal_opener_destroy(struct seal_opener *opener) {
    if (!opener)
        return;
    if (opener->clear)
        pp_wipe(opener->clear, opener->cipher.params.segment_size);
    free(opener->clear);
    free(opener->sealed);
    free(opener->associated_data);
    seal_cipher_finish(&opener->cipher);
    pp_wipe(opener, sizeof *opener);
    free(opener);
}

static bool opener_take_header(struct seal_opener *opener, const uint8_t **data, size_t *size,
                               struct pp_error *error) {
    size_t part = opener->cipher.header_size - opener->header_size;
    part = part < *size ? part : *size;
    memcpy(opener->header + opener->header_size, *data, part);
    opener->header_size += part;
    *data += part;
    *size -= part;
    if (opener->header_size < opener->cipher.header_size)
        return true;
    return seal_cipher_take_header(&opener->cipher, opener->header, error) &&
           seal_cipher_derive(&opener->cipher, opener->key, opener->associated_data, error);
}

static bool opener_explain(const struct seal_opener *opener, bool last, const uint8_t *sealed, size_t size,
                           struct pp_error *error) {
    return seal_diagnose(&(struct seal_scene){.cipher = &opener->cipher,
                                              .key = opener->number ? NULL : opener->key,
                                              .associated_data = opener->associated_data,
                                              .place = opener->number,
                                              .last = last,
                                              .sealed = sealed,
                                              .size = size},
                         error);
}

static bool opener_open(struct seal_opener *opener, bool last, const uint8_t *sealed, size_t size,
                        struct pp_error *error) {
    struct pp_error reason = {0};
    if (size < SEAL_TAG_SIZE ||
        !seal_cipher_open(&opener->cipher, opener->number, last, sealed, size, opener->clear, &reason)) {
        if (size < SEAL_TAG_SIZE || reason.code == PP_E_AUTH)
            return opener_explain(opener, last, sealed, size, error);
        if (error)
            *error = reason;
        return false;
    }
    opener->number++;
    opener->clear_size += size - SEAL_TAG_SIZE;
    return size == SEAL_TAG_SIZE || opener->sink(opener->arg, opener->clear, size - SEAL_TAG_SIZE, error);
}

static bool opener_take_body(struct seal_opener *opener, const uint8_t **data, size_t *size,
                             struct pp_error *error) {
    size_t room = seal_room(&opener->cipher.params, opener->number);
    size_t part = room - opener->size;
    if (!opener->size && *size > room) {
        if (!opener_open(opener, false, *data, room, error))
            return false;
        part = room;
    } else if (!part) {
        if (!opener_open(opener, false, opener->sealed, opener->size, error))
            return false;
        opener->size = 0;
    } else {
        part = part < *size ? part : *size;
        memcpy(opener->sealed + opener->size, *data, part);
        opener->size += part;
    }
    *data += part;
    *size -= part;
    return true;
}

bool seal_opener_write(struct seal_opener *opener, const void *data, size_t size, struct pp_error *error) {
    const uint8_t *bytes = data;
    if (opener->finished || opener->failed)
        return pp_fail(error, PP_E_STATE, "the sealed stream is already finished, or failed");
    opener->taken += size;
    while (size) {
        bool ok = opener->header_size < opener->cipher.header_size
                      ? opener_take_header(opener, &bytes, &size, error)
                      : opener_take_body(opener, &bytes, &size, error);
        if (!ok) {
            opener->failed = true;
            return false;
        }
    }
    return true;
}

bool seal_opener_finish(struct seal_opener *opener, struct pp_error *error) {
    struct seal_layout layout;
    if (opener->finished || opener->failed)
        return pp_fail(error, PP_E_STATE, "the sealed stream is already finished, or failed");
    opener->finished = true;
    if (!seal_layout_of(&opener->cipher.params, opener->taken, &layout, error))
        return false;
    return opener_open(opener, true, opener->sealed, opener->size, error);
}

void seal_opener_info(const struct seal_opener *opener, struct seal_info *info) {
    seal_cipher_info(&opener->cipher, info);
    info->segments = opener->number;
    info->sealed_size = opener->taken;
    info->clear_size = opener->clear_size;
}

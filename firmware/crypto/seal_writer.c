#include "crypto/seal_format.h"

struct seal_writer {
    struct seal_cipher cipher;
    seal_sink sink;
    void *arg;
    uint64_t number; /* of the segment being filled */
    uint8_t *clear;  /* that segment, waiting: only when more comes is it known not to be the last */
    size_t size;     /* bytes in `clear` */
    uint8_t *sealed; /* one segment on its way out */
    bool header_out;
    bool finished;
    bool failed;
};

static bool writer_init(struct seal_writer *writer, const uint8_t *key, const char *associated_data,
                        const struct seal_params *params, struct pp_error *error) {
    if (!seal_cipher_init(&writer->cipher, params, error) ||
        !seal_cipher_make_header(&writer->cipher, error) ||
        !seal_cipher_derive(&writer->cipher, key, associated_data, error))
        return false;
    writer->clear = malloc(writer->cipher.params.segment_size);
    writer->sealed = malloc(writer->cipher.params.segment_size);
    return (writer->clear && writer->sealed) || pp_fail(error, PP_E_NOMEM, "out of memory");
}

struct seal_writer *seal_writer_create(seal_sink sink, void *arg, const uint8_t *key,
                                       const char *associated_data, const struct seal_params *params,
                                       struct pp_error *error) {
    PP_AUTO(seal_writer) struct seal_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    writer->sink = sink;
    writer->arg = arg;
    if (!writer_init(writer, key, associated_data, params, error))
        return NULL;
    return pp_steal(&writer);
}

void seal_writer_destroy(struct seal_writer *writer) {
    if (!writer)
        return;
    if (writer->clear)
        pp_wipe(writer->clear, writer->cipher.params.segment_size);
    free(writer->clear);
    free(writer->sealed);
    seal_cipher_finish(&writer->cipher);
    free(writer);
}

static bool writer_put_header(struct seal_writer *writer, struct pp_error *error) {
    if (writer->header_out)
        return true;
    writer->header_out = true;
    return writer->sink(writer->arg, writer->cipher.header, writer->cipher.header_size, error);
}

static bool writer_put_segment(struct seal_writer *writer, bool last, const uint8_t *clear, size_t size,
                               struct pp_error *error) {
    if (!writer_put_header(writer, error) ||
        !seal_cipher_seal(&writer->cipher, writer->number, last, clear, size, writer->sealed, error))
        return false;
    writer->number++;
    return writer->sink(writer->arg, writer->sealed, size + SEAL_TAG_SIZE, error);
}

/* Takes the beginning of `*data`: a whole segment straight from it where one is known not to be the last,
 * else what fits into the waiting one. */
static bool writer_take(struct seal_writer *writer, const uint8_t **data, size_t *size,
                        struct pp_error *error) {
    size_t room = seal_room(&writer->cipher.params, writer->number) - SEAL_TAG_SIZE;
    size_t part = room - writer->size;
    if (!writer->size && *size > room) {
        if (!writer_put_segment(writer, false, *data, room, error))
            return false;
        part = room;
    } else if (!part) {
        if (!writer_put_segment(writer, false, writer->clear, writer->size, error))
            return false;
        writer->size = 0;
    } else {
        part = part < *size ? part : *size;
        memcpy(writer->clear + writer->size, *data, part);
        writer->size += part;
    }
    *data += part;
    *size -= part;
    return true;
}

bool seal_writer_write(struct seal_writer *writer, const void *data, size_t size, struct pp_error *error) {
    const uint8_t *bytes = data;
    if (writer->finished || writer->failed)
        return pp_fail(error, PP_E_STATE, "the sealed stream is already finished, or failed");
    while (size) {
        if (!writer_take(writer, &bytes, &size, error)) {
            writer->failed = true;
            return false;
        }
    }
    return true;
}

bool seal_writer_finish(struct seal_writer *writer, struct pp_error *error) {
    if (writer->finished || writer->failed)
        return pp_fail(error, PP_E_STATE, "the sealed stream is already finished, or failed");
    writer->finished = true;
    return writer_put_segment(writer, true, writer->clear, writer->size, error);
}

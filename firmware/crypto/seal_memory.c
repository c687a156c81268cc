/* Sealed streams that fit in memory: manifests, vault records. */
#include "crypto/seal_format.h"

static bool memory_sink(void *arg, const void *data, size_t size, struct pp_error *error) {
    return pp_buf_add(arg, data, size, error);
}

bool seal_encrypt(const void *plain, size_t size, const uint8_t key[SEAL_KEY_SIZE],
                  const char *associated_data, struct pp_buf *out, struct pp_error *error) {
    size_t before = out->size;
    if (size > SEAL_MEMORY_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d bytes to seal at once", SEAL_MEMORY_MAX);
    PP_AUTO(seal_writer)
    struct seal_writer *writer = seal_writer_create(memory_sink, out, key, associated_data, NULL, error);
    if (writer && seal_writer_write(writer, plain, size, error) && seal_writer_finish(writer, error))
        return true;
    out->size = before;
    if (out->data)
        out->data[before] = 0;
    return false;
}

/* Everything that the reader holds. */
static bool read_whole(struct seal_reader *reader, struct pp_buf *out, struct pp_error *error) {
    uint64_t clear_size = seal_reader_size(reader);
    if (clear_size > SEAL_MEMORY_MAX)
        return pp_fail(error, PP_E_LIMIT, "more than %d bytes to open at once", SEAL_MEMORY_MAX);
    uint8_t *place = pp_buf_reserve(out, (size_t)clear_size, error);
    size_t got = 0;
    if (!place || !seal_reader_read(reader, 0, place, (size_t)clear_size, &got, error))
        return false;
    out->size += got;
    out->data[out->size] = 0;
    return true;
}

bool seal_decrypt(const void *sealed, size_t size, const uint8_t key[SEAL_KEY_SIZE],
                  const char *associated_data, struct pp_buf *out, struct pp_error *error) {
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_memory(sealed, size, key, associated_data, NULL, error);
    return reader && read_whole(reader, out, error);
}

bool seal_decrypt_unexplained(const void *sealed, size_t size, const uint8_t key[SEAL_KEY_SIZE],
                              const char *associated_data, struct pp_buf *out, struct pp_error *error) {
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_unexplained(sealed, size, key, associated_data, error);
    return reader && read_whole(reader, out, error);
}

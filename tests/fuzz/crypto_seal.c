/* Any bytes as a sealed stream, at any place and from a pipe. The first byte chooses the parameters; the
 * second, where odd, lets the bytes be sealed first and then be damaged at a place they name, so that the
 * code behind the tags is reached too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/seal.h"

#define CLEAR_MAX 4096 /* bytes */

static const uint8_t fuzz_key[SEAL_KEY_SIZE] = "a key that everybody knows, 32 b";

static bool collect(void *arg, const void *data, size_t size, struct pp_error *error) {
    return pp_buf_add(arg, data, size, error);
}

static struct seal_params choose_params(uint8_t byte) {
    struct seal_params params = SEAL_PARAMS_DEFAULT;
    params.key_size = byte & 1 ? 16 : 32;
    params.hash = (enum crypto_hash)(byte >> 1 & 3) % 3;
    params.segment_size = 64 + (byte >> 3 & 7) * 16;
    params.first_offset = byte >> 6;
    return params;
}

/* What came out is in its place in the clear data, where that is known. */
static void check(const struct pp_buf *clear, uint64_t offset, const void *out, size_t size) {
    if (size && clear && (offset + size > clear->size || memcmp(clear->data + offset, out, size) != 0))
        abort();
}

static void read_everywhere(struct seal_reader *reader, const struct pp_buf *clear) {
    uint8_t out[300];
    for (uint64_t offset = 0; offset <= seal_reader_size(reader); offset += 97) {
        size_t got = 0;
        if (seal_reader_read(reader, offset, out, sizeof out, &got, NULL))
            check(clear, offset, out, got);
    }
}

/* `clear` is what the stream was made of, NULL where it is any bytes. What a pipe calls whole, a reader must
 * read to the same end. */
static void open_both_ways(const struct seal_params *params, const uint8_t *sealed, size_t size,
                           const struct pp_buf *clear) {
    struct pp_buf poured pp_autobuf = PP_BUF_INIT(4 * CLEAR_MAX);
    PP_AUTO(seal_opener)
    struct seal_opener *opener = seal_opener_create(collect, &poured, fuzz_key, "fuzz", params, NULL);
    bool whole = opener && seal_opener_write(opener, sealed, size / 3, NULL) &&
                 seal_opener_write(opener, sealed + size / 3, size - size / 3, NULL) &&
                 seal_opener_finish(opener, NULL);
    check(clear, 0, poured.data, poured.size);
    if (whole && !clear)
        clear = &poured;
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_memory(sealed, size, fuzz_key, "fuzz", params, NULL);
    if (reader)
        read_everywhere(reader, clear);
    if (whole && (!reader || seal_reader_size(reader) != poured.size || poured.size != clear->size))
        abort();
}

/* Seals the bytes, then cuts the stream and changes a byte where they say. */
static void open_damaged(const struct seal_params *params, const uint8_t *data, size_t size) {
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(4 * CLEAR_MAX);
    PP_AUTO(seal_writer)
    struct seal_writer *writer = seal_writer_create(collect, &sealed, fuzz_key, "fuzz", params, NULL);
    if (size < 4 || size > CLEAR_MAX || !writer || !seal_writer_write(writer, data, size, NULL) ||
        !seal_writer_finish(writer, NULL))
        return;
    sealed.data[(size_t)(data[0] << 8 | data[1]) % sealed.size] ^= data[2];
    const struct pp_buf clear = {.data = (uint8_t *)(uintptr_t)data, .size = size};
    open_both_ways(params, sealed.data, sealed.size - data[3] % sealed.size, &clear);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    struct seal_params params = choose_params(data[0]);
    if (data[1] & 1)
        open_damaged(&params, data + 2, size - 2);
    else
        open_both_ways(&params, data + 2, size - 2, NULL);
    return 0;
}

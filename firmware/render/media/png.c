#include "render/media/png.h"

#include <string.h>
#include <zlib.h>

#define HEAD    8  /* bytes: length and type */
#define FRAME   12 /* bytes: those and the CRC */
#define INFLATE 16384

static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

struct chunk {
    const uint8_t *type; /* 4 bytes */
    const uint8_t *data;
    size_t length;
    size_t whole; /* bytes with length, type and CRC; cut at the end of the file */
};

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static size_t skip_signature(const uint8_t *data, size_t size) {
    return size >= sizeof signature && memcmp(data, signature, sizeof signature) == 0 ? sizeof signature : 0;
}

static bool chunk_at(const uint8_t *data, size_t size, size_t at, struct chunk *chunk) {
    if (size - at < HEAD)
        return false;
    size_t length = big_endian(data + at), left = size - at;
    *chunk = (struct chunk){.type = data + at + 4, .data = data + at + HEAD};
    chunk->whole = length <= left && FRAME <= left - length ? FRAME + length : left;
    chunk->length = length < left - HEAD ? length : left - HEAD;
    return true;
}

static bool is_type(const struct chunk *chunk, const char *type) {
    return memcmp(chunk->type, type, 4) == 0;
}

static bool is_of_the_picture(const struct chunk *chunk) {
    static const char *const types[] = {"IHDR", "PLTE", "IDAT", "IEND", "tRNS",
                                        "pHYs", "acTL", "fcTL", "fdAT"};
    for (size_t i = 0; i < PP_COUNT(types); i++) {
        if (is_type(chunk, types[i]))
            return true;
    }
    return false;
}

size_t png_clean(uint8_t *data, size_t size) {
    size_t at = skip_signature(data, size), kept = at;
    struct chunk chunk;
    while (chunk_at(data, size, at, &chunk)) {
        if (is_of_the_picture(&chunk)) {
            memmove(data + kept, data + at, chunk.whole);
            kept += chunk.whole;
        }
        at += chunk.whole;
    }
    return kept;
}

/* Into `out`, up to its limit; what does not fit or is damaged is nothing. */
static void inflate_into(const uint8_t *data, size_t size, struct pp_buf *out) {
    z_stream stream = {.next_in = (uint8_t *)(uintptr_t)data, .avail_in = (uInt)size};
    uint8_t piece[INFLATE];
    struct pp_error ignored = {0};
    int result = inflateInit(&stream);
    bool fits = result == Z_OK;
    while (fits && result == Z_OK) {
        stream.next_out = piece;
        stream.avail_out = sizeof piece;
        result = inflate(&stream, Z_NO_FLUSH);
        fits = pp_buf_add(out, piece, sizeof piece - stream.avail_out, &ignored);
    }
    inflateEnd(&stream);
    if (!fits || result != Z_STREAM_END)
        pp_buf_finish(out);
}

/* iCCP: a name, a NUL, the method 0, the deflated profile. */
static void read_profile(const struct chunk *chunk, struct png_colours *colours) {
    const uint8_t *end = memchr(chunk->data, 0, chunk->length);
    if (!end || colours->profile.size > 0)
        return;
    size_t before = (size_t)(end - chunk->data) + 2;
    if (before <= chunk->length && end[1] == 0)
        inflate_into(chunk->data + before, chunk->length - before, &colours->profile);
}

static void read_chunk(const struct chunk *chunk, struct png_colours *colours) {
    struct colour_description *about = &colours->description;
    if (is_type(chunk, "iCCP")) {
        read_profile(chunk, colours);
    } else if (is_type(chunk, "sRGB")) {
        about->is_srgb = true;
    } else if (is_type(chunk, "gAMA") && chunk->length == 4) {
        about->gamma = big_endian(chunk->data);
    } else if (is_type(chunk, "cHRM") && chunk->length == 32) {
        about->has_chromaticity = true;
        for (size_t i = 0; i < 8; i++)
            about->chromaticity[i] = big_endian(chunk->data + 4 * i);
    } else if (is_type(chunk, "cICP") && chunk->length == 4) {
        about->has_code = true;
        about->primaries = chunk->data[0];
        about->transfer = chunk->data[1];
    }
}

void png_read_colours(const uint8_t *data, size_t size, struct png_colours *colours) {
    struct chunk chunk;
    for (size_t at = skip_signature(data, size); chunk_at(data, size, at, &chunk) && !is_type(&chunk, "IDAT");
         at += chunk.whole)
        read_chunk(&chunk, colours);
}

void png_colours_finish(struct png_colours *colours) {
    pp_buf_finish(&colours->profile);
}

#include "crypto/seal_format.h"

#include "base/file.h"
#include "crypto/seal_diagnose.h"

#define NO_SEGMENT UINT64_MAX
/* Bytes: out of the page cache the kernel copies a third faster to where a page begins. */
#define COPY_ALIGNMENT 4096u

struct seal_reader {
    struct seal_cipher cipher;
    int fd;                /* borrowed; -1: memory */
    const uint8_t *memory; /* borrowed */
    uint64_t base;         /* of the stream in fd */
    uint64_t length;       /* bytes of the stream */
    bool unexplained;      /* failures are not diagnosed */
    struct seal_layout layout;
    uint8_t *sealed; /* one segment */
    uint8_t *clear;  /* one segment, authenticated */
    uint64_t cached; /* the segment in `clear`, or NO_SEGMENT */
};

static bool source_read(const struct seal_reader *reader, uint64_t offset, void *out, size_t size,
                        struct pp_error *error) {
    if (reader->fd >= 0)
        return pp_pread_all(reader->fd, out, size, reader->base + offset, error) ||
               pp_wrap(error, "sealed stream at offset %llu", (unsigned long long)offset);
    memcpy(out, reader->memory + offset, size);
    return true;
}

/* Sealed bytes of a segment, its tag included. */
static size_t segment_size(const struct seal_reader *reader, uint64_t number) {
    return number + 1 == reader->layout.segments ? reader->layout.last_size
                                                 : seal_room(&reader->cipher.params, number);
}

static bool segment_load(const struct seal_reader *reader, uint64_t number, uint8_t *out,
                         struct pp_error *error) {
    return source_read(reader, seal_segment_offset(&reader->cipher.params, number), out,
                       segment_size(reader, number), error);
}

static bool load_for_diagnosis(void *arg, uint64_t place, uint8_t *out, size_t *size) {
    const struct seal_reader *reader = arg;
    *size = segment_size(reader, place);
    return segment_load(reader, place, out, NULL);
}

static bool reader_explain(struct seal_reader *reader, uint64_t number, const uint8_t *key,
                           const char *associated_data, struct pp_error *error) {
    if (reader->unexplained)
        return pp_fail(error, PP_E_AUTH, "segment %llu does not authenticate", (unsigned long long)number);
    return seal_diagnose(&(struct seal_scene){.cipher = &reader->cipher,
                                              .key = key,
                                              .associated_data = associated_data,
                                              .place = number,
                                              .last = number + 1 == reader->layout.segments,
                                              .sealed = reader->sealed,
                                              .size = segment_size(reader, number),
                                              .segments = reader->layout.segments,
                                              .load = load_for_diagnosis,
                                              .arg = reader},
                         error);
}

/* Opens a segment into `out`. */
static bool segment_open(struct seal_reader *reader, uint64_t number, uint8_t *out, struct pp_error *error) {
    return segment_load(reader, number, reader->sealed, error) &&
           seal_cipher_open(&reader->cipher, number, number + 1 == reader->layout.segments, reader->sealed,
                            segment_size(reader, number), out, error);
}

static bool reader_allocate(struct seal_reader *reader, struct pp_error *error) {
    size_t size = reader->cipher.params.segment_size;
    reader->sealed =
        aligned_alloc(COPY_ALIGNMENT, (size + COPY_ALIGNMENT - 1) / COPY_ALIGNMENT * COPY_ALIGNMENT);
    reader->clear = malloc(size);
    reader->cached = NO_SEGMENT;
    return (reader->sealed && reader->clear) || pp_fail(error, PP_E_NOMEM, "out of memory");
}

/* Until the last segment authenticates, nothing about the stream is known, its length included. */
static bool reader_authenticate(struct seal_reader *reader, const uint8_t *key, const char *associated_data,
                                struct pp_error *error) {
    uint64_t last = reader->layout.segments - 1;
    struct pp_error reason = {0};
    if (!segment_open(reader, last, reader->clear, &reason)) {
        if (reason.code == PP_E_AUTH)
            return reader_explain(reader, last, key, associated_data, error);
        if (error)
            *error = reason;
        return false;
    }
    reader->cached = last;
    return true;
}

static bool reader_begin(struct seal_reader *reader, const uint8_t *key, const char *associated_data,
                         const struct seal_params *params, struct pp_error *error) {
    uint8_t header[SEAL_HEADER_MAX];
    return seal_cipher_init(&reader->cipher, params, error) &&
           seal_layout_of(&reader->cipher.params, reader->length, &reader->layout, error) &&
           source_read(reader, 0, header, reader->cipher.header_size, error) &&
           seal_cipher_take_header(&reader->cipher, header, error) && reader_allocate(reader, error) &&
           seal_cipher_derive(&reader->cipher, key, associated_data, error) &&
           reader_authenticate(reader, key, associated_data, error);
}

static struct seal_reader *reader_create(const struct seal_reader *source, const uint8_t *key,
                                         const char *associated_data, const struct seal_params *params,
                                         struct pp_error *error) {
    PP_AUTO(seal_reader) struct seal_reader *reader = malloc(sizeof *reader);
    if (!reader) {
        pp_fail(error, PP_E_NOMEM, "out of memory");
        return NULL;
    }
    *reader = *source;
    return reader_begin(reader, key, associated_data, params, error) ? pp_steal(&reader) : NULL;
}

struct seal_reader *seal_reader_create(int fd, uint64_t base, uint64_t length, const uint8_t *key,
                                       const char *associated_data, const struct seal_params *params,
                                       struct pp_error *error) {
    struct seal_reader source = {.fd = fd, .base = base, .length = length};
    return reader_create(&source, key, associated_data, params, error);
}

struct seal_reader *seal_reader_create_memory(const void *sealed, uint64_t length, const uint8_t *key,
                                              const char *associated_data, const struct seal_params *params,
                                              struct pp_error *error) {
    struct seal_reader source = {.fd = -1, .memory = sealed, .length = length};
    return reader_create(&source, key, associated_data, params, error);
}

struct seal_reader *seal_reader_create_unexplained(const void *sealed, uint64_t length, const uint8_t *key,
                                                   const char *associated_data, struct pp_error *error) {
    struct seal_reader source = {.fd = -1, .memory = sealed, .length = length, .unexplained = true};
    return reader_create(&source, key, associated_data, NULL, error);
}

void seal_reader_destroy(struct seal_reader *reader) {
    if (!reader)
        return;
    if (reader->clear)
        pp_wipe(reader->clear, reader->cipher.params.segment_size);
    free(reader->clear);
    free(reader->sealed);
    seal_cipher_finish(&reader->cipher);
    free(reader);
}

uint64_t seal_reader_size(const struct seal_reader *reader) {
    return reader->layout.clear_size;
}

uint64_t seal_reader_run(const struct seal_reader *reader, uint64_t offset) {
    const struct seal_params *params = &reader->cipher.params;
    if (offset >= reader->layout.clear_size)
        return 0;
    uint64_t number = seal_segment_of(params, offset);
    return seal_segment_clear_offset(params, number) + segment_size(reader, number) - SEAL_TAG_SIZE - offset;
}

void seal_reader_info(const struct seal_reader *reader, struct seal_info *info) {
    seal_cipher_info(&reader->cipher, info);
    info->segments = reader->layout.segments;
    info->sealed_size = reader->length;
    info->clear_size = reader->layout.clear_size;
}

/* A segment into `out`, or into the cache where `out` is NULL. */
static bool reader_fetch(struct seal_reader *reader, uint64_t number, uint8_t *out, struct pp_error *error) {
    struct pp_error reason = {0};
    if (!out)
        reader->cached = NO_SEGMENT;
    if (!segment_open(reader, number, out ? out : reader->clear, &reason)) {
        if (reason.code == PP_E_AUTH)
            return reader_explain(reader, number, NULL, NULL, error);
        if (error)
            *error = reason;
        return false;
    }
    if (!out)
        reader->cached = number;
    return true;
}

/* Copies from one segment; a whole one that is wanted whole goes straight to the caller. */
static bool reader_copy(struct seal_reader *reader, uint64_t offset, uint8_t *out, size_t size,
                        size_t *copied, struct pp_error *error) {
    uint64_t number = seal_segment_of(&reader->cipher.params, offset);
    size_t skip = (size_t)(offset - seal_segment_clear_offset(&reader->cipher.params, number));
    size_t whole = segment_size(reader, number) - SEAL_TAG_SIZE;
    size_t part = whole - skip < size ? whole - skip : size;
    *copied = part;
    if (number != reader->cached && part == whole)
        return reader_fetch(reader, number, out, error);
    if (number != reader->cached && !reader_fetch(reader, number, NULL, error))
        return false;
    memcpy(out, reader->clear + skip, part);
    return true;
}

bool seal_reader_read(struct seal_reader *reader, uint64_t offset, void *out, size_t size, size_t *got,
                      struct pp_error *error) {
    uint64_t left = offset < reader->layout.clear_size ? reader->layout.clear_size - offset : 0;
    size_t wanted = left < size ? (size_t)left : size;
    size_t done = 0;
    *got = 0;
    while (done < wanted) {
        size_t copied = 0;
        if (!reader_copy(reader, offset + done, (uint8_t *)out + done, wanted - done, &copied, error)) {
            pp_wipe(out, wanted);
            return false;
        }
        done += copied;
    }
    *got = done;
    return true;
}

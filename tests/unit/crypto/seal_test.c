#include "crypto/seal.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "crypto/seal_diagnose.h"
#include "crypto/seal_format.h"
#include "crypto_test_support.h"

/* ---- Published vectors ---- */

struct seal_vector {
    enum crypto_hash hash;
    size_t key_size;
    uint32_t segment_size;
    const char *key, *associated_data, *clear, *sealed;
};

#define KEY_16 "6eb56cdc726dfbe5d57f2fcdc6e9345b"
#define KEY_32 "00112233445566778899aabbccddeeff6eb56cdc726dfbe5d57f2fcdc6e9345b"

/* The key's own vectors of Tink (tink-java, AesGcmHkdfStreamingTestUtil, 0 to 6; the seventh has associated
 * data that is no text). */
static const struct seal_vector vectors[] = {
    {CRYPTO_SHA1, 16, 64, KEY_16, "aad",
     "This is a fairly long plaintext. It is of the exact length to create three output blocks. ",
     "1893b3af5e14ab378d065addfc8484da642c0862877baea8"
     "db92d9c77406a406168478821c4298eab3e6d531277f4c1a051714faebcaefcbca7b7be05e9445ea"
     "a0bb2904153398a25084dd80ae0edcd1c3079fcea2cd3770630ee36f7539207b8ec9d754956d486b71cdf989f0ed6fba"
     "6779b63558be0a66e668df14e1603cd2af8944844078345286d0b292e772e7190775c51a0f83e40c0b75821027e7e538e111"},
    {CRYPTO_SHA1, 16, 64, KEY_16, "", "",
     "18ec99b2c3884194023bd41bb9bff309205354c750fa0cb3c0d02609abf71f88eaeaa48d7deca27f"},
    {CRYPTO_SHA256, 16, 64, KEY_16, "", "",
     "18be78bce0cab6fd38a9041eea8ab0ffc4cf17e3c00b661d3927f5f79069f41a210fedc40b25648c"},
    {CRYPTO_SHA512, 16, 64, KEY_16, "", "",
     "18fec8139ccb406e0f140d7e2bcc41e1b899bc1b121574cc31d1c78ed2ca1cdf324665b8dce21095"},
    {CRYPTO_SHA1, 16, 64, KEY_32, "", "",
     "180880e85a24207a7b72cefde26306ed09d7d76e58104b751d005a3ffd72dd6151f0d9c8ccf163f7"},
    {CRYPTO_SHA1, 32, 64, KEY_32, "", "",
     "28fae780c70a82d1256c8303a1261ac6a98cf557b4e173967a62f3c149517ba5b2431da93b3c6e90f508b34dc14bfda59bab056"
     "81c"
     "6ad3fa"},
    {CRYPTO_SHA1, 32, 128, KEY_32, "", "",
     "28fae780c70a82d1256c8303a1261ac6a98cf557b4e173967a62f3c149517ba5b2431da93b3c6e90f508b34dc14bfda59bab056"
     "81c"
     "6ad3fa"},
};

static bool collect(void *arg, const void *data, size_t size, struct pp_error *error) {
    return pp_buf_add(arg, data, size, error);
}

static void run_vector(const struct seal_vector *vector) {
    struct pp_error error = {0};
    struct bytes key = from_hex(vector->key), sealed = from_hex(vector->sealed);
    struct seal_params params = {key.size, vector->key_size, vector->hash, vector->segment_size, 0};
    uint8_t clear[TEST_BYTES_MAX];
    size_t got = 0;
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_memory(sealed.data, sealed.size, key.data,
                                                           vector->associated_data, &params, &error);
    assert_non_null(reader);
    assert_int_equal(seal_reader_size(reader), strlen(vector->clear));
    assert_true(seal_reader_read(reader, 0, clear, sizeof clear, &got, &error));
    assert_int_equal(got, strlen(vector->clear));
    assert_memory_equal(clear, vector->clear, got);

    struct pp_buf poured pp_autobuf = PP_BUF_INIT(TEST_BYTES_MAX);
    PP_AUTO(seal_opener)
    struct seal_opener *opener =
        seal_opener_create(collect, &poured, key.data, vector->associated_data, &params, &error);
    for (size_t i = 0; i < sealed.size; i++)
        assert_true(seal_opener_write(opener, sealed.data + i, 1, &error));
    assert_true(seal_opener_finish(opener, &error));
    assert_string_equal(pp_buf_text(&poured), vector->clear);
}

static void seal_opens_the_published_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(vectors); i++)
        run_vector(&vectors[i]);
}

/* The same header gives the same bytes: what we write is what Tink writes. */
static void seal_writes_the_published_vector(void **state) {
    (void)state;
    const struct seal_vector *vector = &vectors[0];
    struct pp_error error = {0};
    struct bytes key = from_hex(vector->key), sealed = from_hex(vector->sealed);
    struct seal_params params = {key.size, vector->key_size, vector->hash, vector->segment_size, 0};
    struct seal_cipher cipher;
    uint8_t out[64];
    assert_true(seal_cipher_init(&cipher, &params, &error));
    assert_true(seal_cipher_take_header(&cipher, sealed.data, &error));
    assert_true(seal_cipher_derive(&cipher, key.data, vector->associated_data, &error));
    size_t done = 0;
    for (uint64_t number = 0; number < 3; number++) {
        size_t part = number < 2 ? seal_room(&params, number) - SEAL_TAG_SIZE : strlen(vector->clear) - done;
        assert_true(seal_cipher_seal(&cipher, number, number == 2, vector->clear + done, part, out, &error));
        assert_memory_equal(out, sealed.data + seal_segment_offset(&params, number), part + SEAL_TAG_SIZE);
        done += part;
    }
    seal_cipher_finish(&cipher);
}

/* ---- Every boundary ---- */

static const struct seal_params param_sets[] = {
    {32, 32, CRYPTO_SHA256, 128, 0},  {32, 16, CRYPTO_SHA1, 64, 0},      {32, 32, CRYPTO_SHA512, 57, 0},
    {16, 16, CRYPTO_SHA256, 61, 20},  {32, 32, CRYPTO_SHA256, 300, 100}, {64, 32, CRYPTO_SHA256, 4096, 1},
    {0, 32, CRYPTO_SHA256, 65536, 0},
};

static void write_in_steps(const struct seal_params *params, const uint8_t *key, const uint8_t *clear,
                           size_t size, size_t step, struct pp_buf *out) {
    struct pp_error error = {0};
    PP_AUTO(seal_writer)
    struct seal_writer *writer = seal_writer_create(collect, out, key, "ad", params, &error);
    assert_non_null(writer);
    for (size_t done = 0; done < size; done += step) {
        size_t part = size - done < step ? size - done : step;
        assert_true(seal_writer_write(writer, clear + done, part, &error));
    }
    assert_true(seal_writer_finish(writer, &error));
    assert_false(seal_writer_finish(writer, &error));
    assert_false(seal_writer_write(writer, "x", 1, &error));
    assert_int_equal(error.code, PP_E_STATE);
}

static void open_in_steps(const struct seal_params *params, const uint8_t *key, const struct pp_buf *sealed,
                          size_t step, struct pp_buf *out) {
    struct pp_error error = {0};
    PP_AUTO(seal_opener)
    struct seal_opener *opener = seal_opener_create(collect, out, key, "ad", params, &error);
    for (size_t done = 0; done < sealed->size; done += step) {
        size_t part = sealed->size - done < step ? sealed->size - done : step;
        assert_true(seal_opener_write(opener, sealed->data + done, part, &error));
    }
    assert_true(seal_opener_finish(opener, &error));
}

/* Header and segments, of which each has its tag, and the last is the one that is not full, or exactly so. */
static size_t sealed_size_of(size_t clear, const struct seal_params *params) {
    const struct seal_params used = params ? *params : SEAL_PARAMS_DEFAULT;
    size_t header = 1 + used.key_size + SEAL_NONCE_PREFIX_SIZE, size = header;
    size_t room = used.segment_size - used.first_offset - header - SEAL_TAG_SIZE;
    for (; clear > room; room = used.segment_size - SEAL_TAG_SIZE) {
        size += room + SEAL_TAG_SIZE;
        clear -= room;
    }
    return size + clear + SEAL_TAG_SIZE;
}

static void round_trip(const struct seal_params *params, size_t size, size_t step) {
    struct pp_error error = {0};
    uint8_t key[64];
    uint8_t *clear = malloc(size + 1);
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(1 << 20), back pp_autobuf = PP_BUF_INIT(1 << 20);
    fill(key, sizeof key, 9);
    fill(clear, size, (unsigned)size);
    write_in_steps(params, key, clear, size, step, &sealed);
    assert_int_equal(sealed.size, sealed_size_of(size, params));
    PP_AUTO(seal_reader)
    struct seal_reader *reader =
        seal_reader_create_memory(sealed.data, sealed.size, key, "ad", params, &error);
    assert_non_null(reader);
    assert_int_equal(seal_reader_size(reader), size);
    uint8_t *place = pp_buf_reserve(&back, size + 1, &error);
    size_t got = 0;
    assert_true(seal_reader_read(reader, 0, place, size + 1, &got, &error));
    assert_int_equal(got, size);
    assert_memory_equal(place, clear, size);
    open_in_steps(params, key, &sealed, step, &back);
    assert_int_equal(back.size, size);
    assert_memory_equal(back.data, clear, size);
    free(clear);
}

static void seal_round_trips_around_every_boundary(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(param_sets); i++) {
        size_t first = seal_room(&param_sets[i], 0) - SEAL_TAG_SIZE;
        size_t room = seal_room(&param_sets[i], 1) - SEAL_TAG_SIZE;
        round_trip(&param_sets[i], 0, 1);
        for (size_t full = 0; full < 4; full++) {
            size_t boundary = first + full * room;
            for (size_t size = boundary - 1; size <= boundary + 1; size++) {
                round_trip(&param_sets[i], size, 65536);
                round_trip(&param_sets[i], size, 13);
                round_trip(&param_sets[i], size, room);
            }
        }
    }
}

/* ---- Reading at any place ---- */

struct sample {
    uint8_t key[32];
    uint8_t clear[1000];
    struct seal_params params;
    struct pp_buf sealed;
};

static void sample_init(struct sample *sample) {
    fill(sample->key, sizeof sample->key, 21);
    fill(sample->clear, sizeof sample->clear, 22);
    sample->params = (struct seal_params){32, 32, CRYPTO_SHA256, 128, 5};
    sample->sealed = PP_BUF_INIT(4096);
    write_in_steps(&sample->params, sample->key, sample->clear, sizeof sample->clear, 4096, &sample->sealed);
}

static void seal_reader_reads_any_range(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_memory(sample.sealed.data, sample.sealed.size, sample.key,
                                                           "ad", &sample.params, &error);
    for (size_t offset = 0; offset <= 1010; offset += 7) {
        for (size_t size = 0; size <= 1010; size += 31) {
            uint8_t out[1010];
            size_t got = 99;
            size_t expected = offset >= 1000 ? 0 : (1000 - offset < size ? 1000 - offset : size);
            assert_true(seal_reader_read(reader, offset, out, size, &got, &error));
            assert_int_equal(got, expected);
            assert_memory_equal(out, sample.clear + (expected ? offset : 0), got);
        }
    }
    size_t got = 1;
    assert_true(seal_reader_read(reader, UINT64_MAX, sample.clear, 1, &got, &error));
    assert_int_equal(got, 0);
    pp_buf_finish(&sample.sealed);
}

static void seal_reader_runs_end_with_their_segments(void **state) {
    (void)state;
    /* Sealed segments of 128 bytes with a tag of 16; the first is shorter by an offset of 5 and a header
     * of 40. */
    const uint64_t first = 128 - 5 - 40 - 16;
    const uint64_t whole = 128 - 16;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_memory(sample.sealed.data, sample.sealed.size, sample.key,
                                                           "ad", &sample.params, &error);
    assert_int_equal(seal_reader_run(reader, 0), first);
    assert_int_equal(seal_reader_run(reader, first - 1), 1);
    assert_int_equal(seal_reader_run(reader, first), whole);
    assert_int_equal(seal_reader_run(reader, first + 1), whole - 1);
    assert_int_equal(seal_reader_run(reader, first + 8 * whole), 1000 - first - 8 * whole);
    assert_int_equal(seal_reader_run(reader, 999), 1);
    assert_int_equal(seal_reader_run(reader, 1000), 0);
    assert_int_equal(seal_reader_run(reader, UINT64_MAX), 0);
    pp_buf_finish(&sample.sealed);
}

static int temporary_file(const void *data, size_t size) {
    struct pp_error error = {0};
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(pp_write_all(fd, data, size, &error));
    return fd;
}

static void seal_reader_reads_a_file_from_its_base(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    pp_autoclose int fd = temporary_file("12345", 5);
    assert_true(pp_write_all(fd, sample.sealed.data, sample.sealed.size, &error));
    assert_true(pp_write_all(fd, "behind", 6, &error));
    PP_AUTO(seal_reader)
    struct seal_reader *reader =
        seal_reader_create(fd, 5, sample.sealed.size, sample.key, "ad", &sample.params, &error);
    assert_non_null(reader);
    uint8_t out[1000];
    size_t got = 0;
    assert_true(seal_reader_read(reader, 500, out, sizeof out, &got, &error));
    assert_int_equal(got, 500);
    assert_memory_equal(out, sample.clear + 500, 500);
    struct seal_info info;
    seal_reader_info(reader, &info);
    assert_int_equal(info.header_size, 40);
    assert_int_equal(info.segments, 10);
    assert_int_equal(info.clear_size, 1000);
    pp_buf_finish(&sample.sealed);
}

static void seal_reader_tells_a_file_that_shrank_from_a_forged_one(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    pp_autoclose int fd = temporary_file(sample.sealed.data, sample.sealed.size - 1);
    assert_null(seal_reader_create(fd, 0, sample.sealed.size, sample.key, "ad", &sample.params, &error));
    assert_int_equal(error.code, PP_E_IO);
    pp_buf_finish(&sample.sealed);
}

/* A flipped byte in the middle is found when it is read, not before; nothing of that read is released. */
static void seal_reader_refuses_a_damaged_segment_and_reads_the_others(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    sample.sealed.data[3 * 128 + 50] ^= 3;
    PP_AUTO(seal_reader)
    struct seal_reader *reader = seal_reader_create_memory(sample.sealed.data, sample.sealed.size, sample.key,
                                                           "ad", &sample.params, &error);
    assert_non_null(reader);
    uint8_t out[1000];
    size_t got = 7;
    memset(out, 0xaa, sizeof out);
    assert_false(seal_reader_read(reader, 0, out, sizeof out, &got, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_string_equal(error.message, "bytes of segment 3 were changed, or others stand in its place");
    assert_int_equal(got, 0);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 0);
    assert_true(seal_reader_read(reader, 0, out, 200, &got, &error));
    assert_memory_equal(out, sample.clear, 200);
    assert_true(seal_reader_read(reader, 600, out, 400, &got, &error));
    assert_memory_equal(out, sample.clear + 600, 400);
    pp_buf_finish(&sample.sealed);
}

/* ---- Tampering ---- */

static bool opens_whole(const struct sample *sample, const uint8_t *sealed, size_t size,
                        struct pp_error *error) {
    uint8_t out[1000];
    size_t got = 0;
    PP_AUTO(seal_reader)
    struct seal_reader *reader =
        seal_reader_create_memory(sealed, size, sample->key, "ad", &sample->params, error);
    return reader && seal_reader_read(reader, 0, out, sizeof out, &got, error);
}

static bool pours_whole(const struct sample *sample, const uint8_t *sealed, size_t size,
                        struct pp_error *error) {
    struct pp_buf out pp_autobuf = PP_BUF_INIT(4096);
    PP_AUTO(seal_opener)
    struct seal_opener *opener = seal_opener_create(collect, &out, sample->key, "ad", &sample->params, error);
    bool ok = seal_opener_write(opener, sealed, size, error) && seal_opener_finish(opener, error);
    assert_memory_equal(out.data ? out.data : sample->clear, sample->clear, out.size);
    return ok;
}

static void refuse_both(const struct sample *sample, const uint8_t *sealed, size_t size) {
    struct pp_error error = {0};
    assert_false(opens_whole(sample, sealed, size, &error));
    assert_true(error.code == PP_E_AUTH || error.code == PP_E_INVALID);
    assert_true(error.message[0]);
    assert_null(strchr(error.message, '\n'));
    error = (struct pp_error){0};
    assert_false(pours_whole(sample, sealed, size, &error));
    assert_true(error.code == PP_E_AUTH || error.code == PP_E_INVALID);
}

static void seal_refuses_flipped_bits_in_every_region(void **state) {
    (void)state;
    struct sample sample;
    sample_init(&sample);
    for (size_t i = 0; i < sample.sealed.size; i += i < 60 ? 1 : 5) {
        sample.sealed.data[i] ^= (uint8_t)(1U << i % 8);
        refuse_both(&sample, sample.sealed.data, sample.sealed.size);
        sample.sealed.data[i] ^= (uint8_t)(1U << i % 8);
    }
    struct pp_error error = {0};
    assert_true(opens_whole(&sample, sample.sealed.data, sample.sealed.size, &error));
    pp_buf_finish(&sample.sealed);
}

static void seal_refuses_every_shorter_and_longer_stream(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    size_t whole = sample.sealed.size;
    for (size_t size = 0; size < whole; size += size < 42 ? 1 : 9)
        refuse_both(&sample, sample.sealed.data, size);
    for (size_t more = 1; more < 300; more += 13) {
        uint8_t noise[300];
        fill(noise, more, (unsigned)more);
        sample.sealed.size = whole;
        assert_true(pp_buf_add(&sample.sealed, noise, more, &error));
        refuse_both(&sample, sample.sealed.data, sample.sealed.size);
    }
    pp_buf_finish(&sample.sealed);
}

static void seal_refuses_every_exchange_of_two_segments(void **state) {
    (void)state;
    struct sample sample;
    sample_init(&sample);
    for (uint64_t a = 1; a < 8; a++) {
        for (uint64_t b = a + 1; b < 9; b++) {
            uint8_t kept[128];
            uint8_t *left = sample.sealed.data + seal_segment_offset(&sample.params, a);
            uint8_t *right = sample.sealed.data + seal_segment_offset(&sample.params, b);
            memcpy(kept, left, sizeof kept);
            memcpy(left, right, sizeof kept);
            refuse_both(&sample, sample.sealed.data, sample.sealed.size); /* repeated */
            memcpy(right, kept, sizeof kept);
            refuse_both(&sample, sample.sealed.data, sample.sealed.size); /* swapped */
            memcpy(right, left, sizeof kept);
            memcpy(left, kept, sizeof kept);
        }
    }
    struct pp_error error = {0};
    assert_true(opens_whole(&sample, sample.sealed.data, sample.sealed.size, &error));
    pp_buf_finish(&sample.sealed);
}

/* A file whose middle can no longer be read: the sample, of which places 3 to 8 are gone. */
static bool load_what_is_left(void *arg, uint64_t place, uint8_t *out, size_t *size) {
    const struct sample *sample = arg;
    *size = seal_room(&sample->params, place);
    if (place >= 3)
        return false;
    memcpy(out, sample->sealed.data + seal_segment_offset(&sample->params, place), *size);
    return true;
}

static void seal_diagnosis_holds_where_segments_cannot_be_read(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    size_t last = seal_segment_offset(&sample.params, 9);
    struct seal_cipher cipher;
    assert_true(seal_cipher_init(&cipher, &sample.params, &error));
    assert_true(seal_cipher_take_header(&cipher, sample.sealed.data, &error));
    assert_true(seal_cipher_derive(&cipher, sample.key, "ad", &error));
    /* An exact copy lets the address sanitizer see a read past the end. */
    size_t size = sample.sealed.size - last - 1;
    uint8_t *cut = malloc(size);
    memcpy(cut, sample.sealed.data + last, size);
    assert_false(seal_diagnose(&(struct seal_scene){.cipher = &cipher,
                                                    .key = sample.key,
                                                    .associated_data = "ad",
                                                    .place = 9,
                                                    .last = true,
                                                    .sealed = cut,
                                                    .size = size,
                                                    .segments = 10,
                                                    .load = load_what_is_left,
                                                    .arg = &sample},
                               &error));
    assert_string_equal(error.message, "the stream was cut inside segment 9, or bytes of that segment were "
                                       "changed or appended");
    seal_cipher_finish(&cipher);
    free(cut);
    pp_buf_finish(&sample.sealed);
}

/* The vault is waited for; nobody waits there for a search. */
static void seal_decrypt_unexplained_opens_the_same_and_searches_for_no_reason(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t key[SEAL_KEY_SIZE] = {1};
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(1000), out pp_autobuf = PP_BUF_INIT(100);
    assert_true(seal_encrypt("hello", 5, key, "ad", &sealed, &error));
    assert_true(seal_decrypt_unexplained(sealed.data, sealed.size, key, "ad", &out, &error));
    assert_string_equal(pp_buf_text(&out), "hello");
    sealed.data[20] ^= 1;
    assert_false(seal_decrypt(sealed.data, sealed.size, key, "ad", &out, &error));
    assert_string_equal(error.message, "a bit is flipped in the salt of the header");
    assert_false(seal_decrypt_unexplained(sealed.data, sealed.size, key, "ad", &out, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_string_equal(error.message, "segment 0 does not authenticate");
    assert_string_equal(pp_buf_text(&out), "hello");
}

/* ---- Limits ---- */

static void seal_refuses_parameters_that_cannot_be(void **state) {
    (void)state;
    static const struct {
        struct seal_params params;
        const char *names;
    } rows[] = {
        {{32, 24, CRYPTO_SHA256, 65536, 0}, "key size"},
        {{32, 32, (enum crypto_hash)7, 65536, 0}, "hash"},
        {{15, 16, CRYPTO_SHA256, 65536, 0}, "key of 15"},
        {{16, 32, CRYPTO_SHA256, 65536, 0}, "key of 16"},
        {{257, 32, CRYPTO_SHA256, 65536, 0}, "key of 257"},
        {{32, 32, CRYPTO_SHA256, 56, 0}, "segment size"},
        {{32, 16, CRYPTO_SHA256, 40, 0}, "segment size"},
        {{32, 32, CRYPTO_SHA256, 100, 44}, "segment size"},
        {{32, 32, CRYPTO_SHA256, 65536, UINT32_MAX}, "segment size"},
        {{32, 32, CRYPTO_SHA256, SEAL_SEGMENT_MAX + 1, 0}, "segment size"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_false(seal_params_check(&rows[i].params, &error));
        assert_non_null(strstr(error.message, rows[i].names));
    }
    struct pp_error error = {0};
    assert_true(seal_params_check(&(struct seal_params){32, 32, CRYPTO_SHA256, 57, 0}, &error));
    assert_true(seal_params_check(&(struct seal_params){32, 32, CRYPTO_SHA256, SEAL_SEGMENT_MAX, 0}, &error));
}

static void seal_stops_at_2_to_the_32_segments(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct seal_params params = {32, 32, CRYPTO_SHA256, 57, 0};
    struct seal_layout layout;
    uint64_t longest = SEAL_SEGMENTS_MAX * 57;
    assert_true(seal_layout_of(&params, longest, &layout, &error));
    assert_int_equal(layout.segments, SEAL_SEGMENTS_MAX);
    assert_int_equal(layout.clear_size, longest - 40 - SEAL_SEGMENTS_MAX * 16);
    assert_false(seal_layout_of(&params, longest + 1, &layout, &error));
    assert_int_equal(error.code, PP_E_LIMIT);

    uint8_t key[32] = {0}, out[57];
    struct seal_cipher cipher;
    assert_true(seal_cipher_init(&cipher, &params, &error));
    assert_true(seal_cipher_make_header(&cipher, &error));
    assert_true(seal_cipher_derive(&cipher, key, NULL, &error));
    assert_true(seal_cipher_seal(&cipher, UINT32_MAX, true, "x", 1, out, &error));
    assert_false(seal_cipher_seal(&cipher, UINT32_MAX, false, "x", 1, out, &error));
    assert_false(seal_cipher_seal(&cipher, SEAL_SEGMENTS_MAX, true, "x", 1, out, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    seal_cipher_finish(&cipher);
}

static bool refuse_to_take(void *arg, const void *data, size_t size, struct pp_error *error) {
    (void)arg, (void)data, (void)size;
    return pp_fail(error, PP_E_NOSPACE, "full");
}

static void seal_writer_and_opener_pass_on_what_the_sink_says(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct sample sample;
    sample_init(&sample);
    PP_AUTO(seal_writer)
    struct seal_writer *writer =
        seal_writer_create(refuse_to_take, NULL, sample.key, NULL, &sample.params, &error);
    assert_false(seal_writer_write(writer, sample.clear, sizeof sample.clear, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    assert_false(seal_writer_finish(writer, &error));
    assert_int_equal(error.code, PP_E_STATE);
    PP_AUTO(seal_opener)
    struct seal_opener *opener =
        seal_opener_create(refuse_to_take, NULL, sample.key, "ad", &sample.params, &error);
    assert_false(seal_opener_write(opener, sample.sealed.data, sample.sealed.size, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    assert_false(seal_opener_finish(opener, &error));
    pp_buf_finish(&sample.sealed);
}

static void seal_one_shots_obey_the_buffers_cap_and_change_nothing_on_failure(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t key[SEAL_KEY_SIZE] = {1};
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(1000), small pp_autobuf = PP_BUF_INIT(10);
    assert_true(pp_buf_add_text(&sealed, "before", &error));
    assert_true(seal_encrypt("hello", 5, key, SEAL_AD_OBJECT, &sealed, &error));
    assert_int_equal(sealed.size, 6 + 40 + 5 + 16);
    assert_true(pp_buf_add_text(&small, "123456", &error));
    assert_false(seal_decrypt(sealed.data + 6, sealed.size - 6, key, SEAL_AD_OBJECT, &small, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(pp_buf_text(&small), "123456");
    assert_false(seal_encrypt("hello", 5, key, NULL, &small, &error));
    assert_string_equal(pp_buf_text(&small), "123456");
    small.max = 6 + 40 + 20; /* the header fits */
    assert_false(seal_encrypt("hello", 5, key, NULL, &small, &error));
    assert_string_equal(pp_buf_text(&small), "123456");
    assert_false(seal_decrypt(sealed.data + 6, sealed.size - 6, key, "other", &sealed, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_string_equal(error.message,
                        "wrong associated data: the stream was sealed with \"pingplay/object\"");
}

static void seal_refuses_associated_data_over_its_cap(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t key[SEAL_KEY_SIZE] = {1};
    static char long_text[SEAL_ASSOCIATED_DATA_MAX + 2];
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(1000);
    memset(long_text, 'a', SEAL_ASSOCIATED_DATA_MAX + 1);
    assert_false(seal_encrypt("x", 1, key, long_text, &sealed, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seal_opens_the_published_vectors),
        cmocka_unit_test(seal_writes_the_published_vector),
        cmocka_unit_test(seal_round_trips_around_every_boundary),
        cmocka_unit_test(seal_reader_reads_any_range),
        cmocka_unit_test(seal_reader_runs_end_with_their_segments),
        cmocka_unit_test(seal_reader_reads_a_file_from_its_base),
        cmocka_unit_test(seal_reader_tells_a_file_that_shrank_from_a_forged_one),
        cmocka_unit_test(seal_reader_refuses_a_damaged_segment_and_reads_the_others),
        cmocka_unit_test(seal_refuses_flipped_bits_in_every_region),
        cmocka_unit_test(seal_refuses_every_shorter_and_longer_stream),
        cmocka_unit_test(seal_refuses_every_exchange_of_two_segments),
        cmocka_unit_test(seal_diagnosis_holds_where_segments_cannot_be_read),
        cmocka_unit_test(seal_decrypt_unexplained_opens_the_same_and_searches_for_no_reason),
        cmocka_unit_test(seal_refuses_parameters_that_cannot_be),
        cmocka_unit_test(seal_stops_at_2_to_the_32_segments),
        cmocka_unit_test(seal_writer_and_opener_pass_on_what_the_sink_says),
        cmocka_unit_test(seal_one_shots_obey_the_buffers_cap_and_change_nothing_on_failure),
        cmocka_unit_test(seal_refuses_associated_data_over_its_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

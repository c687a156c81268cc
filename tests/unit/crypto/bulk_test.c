/* Both implementations of crypto/bulk.h run the same published vectors. */
#include "crypto/bulk.h"

#include <string.h>

#include "crypto/ecdsa_der.h"
#include "crypto_test_support.h"

struct gcm_vector {
    const char *source, *key, *nonce, *clear, *aad, *sealed, *tag;
};

static const struct gcm_vector gcm_vectors[] = {
    {"McGrew and Viega, case 1", "00000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "58e2fccefa7e3061367f1d57a4e7455a"},
    {"McGrew and Viega, case 2", "00000000000000000000000000000000", "000000000000000000000000",
     "00000000000000000000000000000000", "", "0388dace60b6a392f328c2b971b2fe78",
     "ab6e47d42cec13bdf53a67b21257bddf"},
    {"McGrew and Viega, case 14", "0000000000000000000000000000000000000000000000000000000000000000",
     "000000000000000000000000", "00000000000000000000000000000000", "", "cea7403d4d606b6e074ec5d3baf39d18",
     "d0d1c8a799996bf0265b98b5d48ab919"},
    {"McGrew and Viega, case 16", "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
     "cafebabefacedbaddecaf888",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
     "b16aedf5aa0de657ba637b39",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"
     "c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
    /* The rest: NIST CAVP, gcmEncryptExtIV256.rsp. */
    {"[PTlen = 0] [AADlen = 0]", "b52c505a37d78eda5dd34f20c22540ea1b58963cf8e5bf8ffa85f9f2492505b4",
     "516c33929df5a3284ff463d7", "", "", "", "bdc1ac884d332457a1d2664f168c76f0"},
    {"[PTlen = 0] [AADlen = 0]", "5fe0861cdc2690ce69b3658c7f26f8458eec1c9243c5ba0845305d897e96ca0f",
     "770ac1a5a3d476d5d96944a1", "", "", "", "196d691e1047093ca4b3d2ef4baba216"},
    {"[PTlen = 0] [AADlen = 128]", "78dc4e0aaf52d935c3c01eea57428f00ca1fd475f5da86a49c8dd73d68c8e223",
     "d79cf22d504cc793c3fb6c8a", "", "b96baa8c1c75a671bfb2d08d06be5f36", "",
     "3e5d486aa2e30b22e040b85723a06e76"},
    {"[PTlen = 128] [AADlen = 0]", "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
     "0d18e06c7c725ac9e362e1ce", "2db5168e932556f8089a0622981d017d", "", "fa4362189661d163fcd6a56d8bf0405a",
     "d636ac1bbedd5cc3ee727dc2ab4a9489"},
    {"[PTlen = 104] [AADlen = 0]", "82c4f12eeec3b2d3d157b0f992d292b237478d2cecc1d5f161389b97f999057a",
     "7b40b20f5f397177990ef2d1", "982a296ee1cd7086afad976945", "", "ec8e05a0471d6b43a59ca5335f",
     "113ddeafc62373cac2f5951bb9165249"},
    {"[PTlen = 408] [AADlen = 160]", "24501ad384e473963d476edcfe08205237acfd49b5b8f33857f8114e863fec7f",
     "9ff18563b978ec281b3f2794",
     "27f348f9cdc0c5bd5e66b1ccb63ad920ff2219d14e8d631b3872265cf117ee86757accb158bd9abb3868fdc0d0b074b5f01b2"
     "c",
     "adb5ec720ccf9898500028bf34afccbcaca126ef",
     "eb7cb754c824e8d96f7c6d9b76c7d26fb874ffbf1d65c6f64a698d839b0b06145dae82057ad55994cf59ad7f67c0fa5e85fab"
     "8",
     "bc95c532fecc594c36d1550286a7a3f0"},
    {"[PTlen = 408] [AADlen = 720]", "148579a3cbca86d5520d66c0ec71ca5f7e41ba78e56dc6eebd566fed547fe691",
     "b08a5ea1927499c6ecbfd4e0",
     "9d0b15fdf1bd595f91f8b3abc0f7dec927dfd4799935a1795d9ce00c9b879434420fe42c275a7cd7b39d638fb81ca52b49dc4"
     "1",
     "e4f963f015ffbb99ee3349bbaf7e8e8e6c2a71c230a48f9d59860a29091d2747e01a5ca572347e247d25f56ba7ae8e05cde2b"
     "e3c97931292c02370208ecd097ef692687fecf2f419d3200162a6480a57dad408a0dfeb492e2c5d",
     "2097e372950a5e9383c675e89eea1c314f999159f5611344b298cda45e62843716f215f82ee663919c64002a5c198d7878fd3"
     "f",
     "adbecdb0d5c2224d804d2886ff9a5760"},
};

/* The backends of this build; every test runs over all of them. */
static size_t backends(const struct bulk_backend *found[2]) {
    found[0] = bulk_mbedtls();
    found[1] = bulk_openssl();
    return found[1] ? 2 : 1;
}

static void run_gcm_vector(const struct bulk_backend *backend, const struct gcm_vector *vector) {
    struct pp_error error = {0};
    struct bytes key = from_hex(vector->key), nonce = from_hex(vector->nonce),
                 clear = from_hex(vector->clear);
    struct bytes aad = from_hex(vector->aad), sealed = from_hex(vector->sealed), tag = from_hex(vector->tag);
    uint8_t out[TEST_BYTES_MAX];
    memcpy(sealed.data + sealed.size, tag.data, tag.size);
    sealed.size += tag.size;
    void *gcm = backend->gcm_create(key.data, key.size, &error);
    assert_non_null(gcm);
    for (int round = 0; round < 2; round++) { /* the object can be used again, in both directions */
        assert_true(
            backend->gcm_seal(gcm, nonce.data, aad.data, aad.size, clear.data, clear.size, out, &error));
        assert_memory_equal(out, sealed.data, sealed.size);
        assert_true(
            backend->gcm_open(gcm, nonce.data, aad.data, aad.size, sealed.data, sealed.size, out, &error));
        assert_memory_equal(out, clear.data, clear.size);
    }
    backend->gcm_destroy(gcm);
}

static void bulk_gcm_gives_the_published_vectors(void **state) {
    (void)state;
    const struct bulk_backend *found[2];
    for (size_t i = 0, count = backends(found); i < count; i++) {
        for (size_t j = 0; j < PP_COUNT(gcm_vectors); j++)
            run_gcm_vector(found[i], &gcm_vectors[j]);
    }
}

static void bulk_gcm_works_in_place(void **state) {
    (void)state;
    const struct gcm_vector *vector = &gcm_vectors[3];
    const struct bulk_backend *found[2];
    struct bytes key = from_hex(vector->key), nonce = from_hex(vector->nonce), aad = from_hex(vector->aad);
    for (size_t i = 0, count = backends(found); i < count; i++) {
        struct pp_error error = {0};
        struct bytes buffer = from_hex(vector->clear);
        void *gcm = found[i]->gcm_create(key.data, key.size, &error);
        size_t size = buffer.size;
        assert_true(
            found[i]->gcm_seal(gcm, nonce.data, aad.data, aad.size, buffer.data, size, buffer.data, &error));
        assert_is_hex(buffer.data, size, vector->sealed);
        assert_is_hex(buffer.data + size, BULK_TAG_SIZE, vector->tag);
        assert_true(found[i]->gcm_open(gcm, nonce.data, aad.data, aad.size, buffer.data, size + BULK_TAG_SIZE,
                                       buffer.data, &error));
        assert_is_hex(buffer.data, size, vector->clear);
        found[i]->gcm_destroy(gcm);
    }
}

static void refuse_flip(const struct bulk_backend *backend, void *gcm, const struct bytes *nonce,
                        const struct bytes *aad, const struct bytes *sealed) {
    struct pp_error error = {0};
    uint8_t out[TEST_BYTES_MAX];
    memset(out, 0xaa, sizeof out);
    assert_false(
        backend->gcm_open(gcm, nonce->data, aad->data, aad->size, sealed->data, sealed->size, out, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    for (size_t i = 0; i < sealed->size - BULK_TAG_SIZE; i++)
        assert_int_equal(out[i], 0);
}

/* Every bit of ciphertext, tag, associated data and nonce counts, and nothing is released. */
static void bulk_gcm_refuses_every_flipped_bit(void **state) {
    (void)state;
    const struct gcm_vector *vector = &gcm_vectors[3];
    const struct bulk_backend *found[2];
    for (size_t i = 0, count = backends(found); i < count; i++) {
        struct pp_error error = {0};
        struct bytes key = from_hex(vector->key), nonce = from_hex(vector->nonce),
                     aad = from_hex(vector->aad);
        struct bytes sealed = from_hex(vector->sealed), tag = from_hex(vector->tag);
        memcpy(sealed.data + sealed.size, tag.data, tag.size);
        sealed.size += tag.size;
        void *gcm = found[i]->gcm_create(key.data, key.size, &error);
        struct bytes *parts[] = {&sealed, &aad, &nonce};
        for (size_t part = 0; part < PP_COUNT(parts); part++) {
            for (size_t bit = 0; bit < parts[part]->size * 8; bit++) {
                parts[part]->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
                refuse_flip(found[i], gcm, &nonce, &aad, &sealed);
                parts[part]->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
            }
        }
        found[i]->gcm_destroy(gcm);
    }
}

static void bulk_backends_agree_on_large_messages(void **state) {
    (void)state;
    if (!bulk_openssl())
        return;
    enum { SIZE = 65536 + 17 };
    struct pp_error error = {0};
    uint8_t key[32], nonce[BULK_NONCE_SIZE];
    uint8_t *clear = malloc(SIZE), *left = malloc(SIZE + 16), *right = malloc(SIZE + 16);
    fill(key, sizeof key, 1);
    fill(nonce, sizeof nonce, 2);
    fill(clear, SIZE, 3);
    void *reference = bulk_mbedtls()->gcm_create(key, sizeof key, &error);
    void *fast = bulk_openssl()->gcm_create(key, sizeof key, &error);
    assert_true(bulk_mbedtls()->gcm_seal(reference, nonce, NULL, 0, clear, SIZE, left, &error));
    assert_true(bulk_openssl()->gcm_seal(fast, nonce, NULL, 0, clear, SIZE, right, &error));
    assert_memory_equal(left, right, SIZE + 16);
    assert_true(bulk_mbedtls()->gcm_open(reference, nonce, NULL, 0, right, SIZE + 16, left, &error));
    assert_memory_equal(left, clear, SIZE);
    bulk_mbedtls()->gcm_destroy(reference);
    bulk_openssl()->gcm_destroy(fast);
    free(clear);
    free(left);
    free(right);
}

struct hash_vector {
    const char *message;
    size_t repeat;
    const char *digest;
};

/* FIPS 180-4's examples (NIST, "Example values"). */
static const struct hash_vector sha256_vectors[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void bulk_sha256_gives_the_published_vectors(void **state) {
    (void)state;
    const struct bulk_backend *found[2];
    for (size_t i = 0, count = backends(found); i < count; i++) {
        for (size_t j = 0; j < PP_COUNT(sha256_vectors); j++) {
            const struct hash_vector *vector = &sha256_vectors[j];
            struct pp_error error = {0};
            uint8_t digest[BULK_SHA256_SIZE];
            void *hash = found[i]->sha256_create(&error);
            for (size_t k = 0; k < vector->repeat; k++)
                assert_true(found[i]->sha256_update(hash, vector->message, strlen(vector->message), &error));
            assert_true(found[i]->sha256_finish(hash, digest, &error));
            assert_is_hex(digest, sizeof digest, vector->digest);
            found[i]->sha256_destroy(hash);
        }
    }
}

/* RFC 8032 §7.1: tests 1 to 3. */
static const char *const ed25519_vectors[][3] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f"
     "059"
     "5bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2ea"
     "eb4"
     "302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e"
     "971"
     "6ed28dc027beceea1ec40a"},
};

static void bulk_ed25519_gives_the_published_vectors(void **state) {
    (void)state;
    const struct bulk_backend *found[2];
    for (size_t i = 0, count = backends(found); i < count; i++) {
        for (size_t j = 0; j < PP_COUNT(ed25519_vectors) && found[i]->ed25519_verify; j++) {
            struct pp_error error = {0};
            struct bytes key = from_hex(ed25519_vectors[j][0]), message = from_hex(ed25519_vectors[j][1]);
            struct bytes signature = from_hex(ed25519_vectors[j][2]);
            assert_true(
                found[i]->ed25519_verify(key.data, message.data, message.size, signature.data, &error));
            signature.data[j * 20] ^= 1;
            assert_false(
                found[i]->ed25519_verify(key.data, message.data, message.size, signature.data, &error));
            assert_int_equal(error.code, PP_E_AUTH);
        }
    }
}

/* RFC 6979 §A.2.5: a private number and its point. NIST CAVP, KAS ECC CDH Primitive, P-256, COUNT = 0. */
#define P256_NUMBER "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define P256_POINT                                                                                           \
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1" \
    "b20c2d7e9f5177a3c294d4462299"
#define P256_OURS "7d7dc5f71eb29ddaf80d6214632eeae03d9058af1fb6d22ed80badb62bc1a534"
#define P256_PEER                                                                                            \
    "04700c48f77f56584c5cc632ca65640db91b6bacce3a4df6b42ce7cc838833d287db71e509e3fd9b060ddb20ba5c51dcc5948d" \
    "46fbf640dfe0441782cab85fa4ac"
#define P256_SHARED "46fc62106420ff012e54a434fbdd2d25ccc5852060561e68040dd7778997bd7b"
#define P256_ORDER  "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
/* RFC 6979 §A.2.5, SHA-256 of "sample". */
#define P256_SIGNATURE                                                                                       \
    "3046022100efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716"                             \
    "022100f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"

static void bulk_p256_gives_the_published_vectors(void **state) {
    (void)state;
    const struct bulk_backend *found[2];
    for (size_t i = 0, count = backends(found); i < count; i++) {
        struct pp_error error = {0};
        uint8_t point[BULK_P256_POINT_SIZE], secret[BULK_P256_NUMBER_SIZE], digest[BULK_SHA256_SIZE];
        struct bytes number = from_hex(P256_NUMBER), ours = from_hex(P256_OURS), peer = from_hex(P256_PEER);
        struct bytes signature = from_hex(P256_SIGNATURE);
        assert_true(found[i]->p256_public(number.data, point, &error));
        assert_is_hex(point, sizeof point, P256_POINT);
        assert_true(found[i]->p256_check(point, &error));
        assert_true(found[i]->p256_agree(ours.data, peer.data, secret, &error));
        assert_is_hex(secret, sizeof secret, P256_SHARED);
        assert_true(crypto_sha256("sample", 6, digest, &error));
        assert_true(found[i]->p256_verify(point, digest, signature.data, signature.size, &error));
        digest[0] ^= 1;
        assert_false(found[i]->p256_verify(point, digest, signature.data, signature.size, &error));
        assert_int_equal(error.code, PP_E_AUTH);
    }
}

/* Deterministic, so every implementation makes the same ones. */
static void bulk_p256_signatures_are_the_same_and_verify(void **state) {
    (void)state;
    const struct bulk_backend *found[2];
    size_t count = backends(found);
    struct pp_error error = {0};
    for (unsigned round = 0; round < 200; round++) {
        uint8_t number[BULK_P256_NUMBER_SIZE], point[BULK_P256_POINT_SIZE], digest[BULK_SHA256_SIZE];
        uint8_t signatures[2][2 * BULK_P256_NUMBER_SIZE], der[ECDSA_P256_DER];
        fill(number, sizeof number, 2 * round + 1);
        number[0] &= 0x7f;
        fill(digest, sizeof digest, 2 * round + 2);
        if (round % 4 == 0)
            memset(digest, round % 8 ? 0xff : 0, sizeof digest); /* over the order; nothing */
        assert_true(found[0]->p256_public(number, point, &error));
        for (size_t i = 0; i < count; i++) {
            assert_true(found[i]->p256_sign(number, point, digest, signatures[i], &error));
            assert_memory_equal(signatures[i], signatures[0], sizeof signatures[0]);
            size_t size = ecdsa_der_from_raw(signatures[i], der);
            assert_true(found[count - 1 - i]->p256_verify(point, digest, der, size, &error));
        }
    }
    for (size_t i = 0; i < count; i++) { /* RFC 6979 §A.2.5 */
        uint8_t digest[BULK_SHA256_SIZE], raw[2 * BULK_P256_NUMBER_SIZE], der[ECDSA_P256_DER];
        struct bytes number = from_hex(P256_NUMBER), point = from_hex(P256_POINT);
        assert_true(crypto_sha256("sample", 6, digest, &error));
        assert_true(found[i]->p256_sign(number.data, point.data, digest, raw, &error));
        assert_is_hex(der, ecdsa_der_from_raw(raw, der), P256_SIGNATURE);
    }
}

static void bulk_p256_refuses_numbers_and_points_of_no_key(void **state) {
    (void)state;
    static const char *const numbers[] = {P256_ORDER,
                                          "0000000000000000000000000000000000000000000000000000000000000000",
                                          "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
    const struct bulk_backend *found[2];
    for (size_t i = 0, count = backends(found); i < count; i++) {
        struct pp_error error = {0};
        uint8_t point[BULK_P256_POINT_SIZE], secret[BULK_P256_NUMBER_SIZE];
        struct bytes ours = from_hex(P256_OURS), peer = from_hex(P256_PEER);
        for (size_t j = 0; j < PP_COUNT(numbers); j++) {
            struct bytes number = from_hex(numbers[j]);
            error.code = PP_OK;
            assert_false(found[i]->p256_public(number.data, point, &error));
            assert_int_equal(error.code, PP_E_INVALID);
        }
        for (size_t byte = 1; byte < sizeof point; byte += 7) { /* beside the curve */
            peer.data[byte] ^= 1;
            error.code = PP_OK;
            assert_false(found[i]->p256_check(peer.data, &error));
            assert_int_equal(error.code, PP_E_INVALID);
            assert_false(found[i]->p256_agree(ours.data, peer.data, secret, &error));
            peer.data[byte] ^= 1;
        }
    }
}

static void gcm_refuses_what_it_cannot_take(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t key[32] = {0}, nonce[BULK_NONCE_SIZE] = {0}, buffer[64] = {0};
    assert_null(crypto_gcm_create(key, 24, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(key, 16, &error);
    assert_false(crypto_gcm_open(gcm, nonce, NULL, 0, buffer, 15, buffer, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_false(crypto_gcm_seal(gcm, nonce, NULL, 0, buffer, (size_t)BULK_GCM_MAX + 1, buffer, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

static void sha_one_shots_and_streams_agree(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t data[1000], once[BULK_SHA256_SIZE], parts[BULK_SHA256_SIZE], wide[BULK_SHA512_SIZE];
    fill(data, sizeof data, 5);
    assert_true(crypto_sha256(data, sizeof data, once, &error));
    PP_AUTO(crypto_sha256) struct crypto_sha256 *hash = crypto_sha256_create(&error);
    for (size_t done = 0, step = 1; done < sizeof data; done += step, step += 7) {
        size_t part = sizeof data - done < step ? sizeof data - done : step;
        assert_true(crypto_sha256_update(hash, data + done, part, &error));
    }
    assert_true(crypto_sha256_update(hash, NULL, 0, &error));
    assert_true(crypto_sha256_finish(hash, parts, &error));
    assert_memory_equal(once, parts, sizeof once);
    assert_true(crypto_sha512("abc", 3, wide, &error));
    assert_is_hex(wide, sizeof wide,
                  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
    assert_true(crypto_sha512(NULL, 0, wide, &error));
}

static void prepare_succeeds_and_can_be_repeated(void **state) {
    (void)state;
    struct pp_error error = {0};
    assert_true(crypto_prepare(&error));
    assert_true(crypto_prepare(&error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bulk_gcm_gives_the_published_vectors),
        cmocka_unit_test(bulk_gcm_works_in_place),
        cmocka_unit_test(bulk_gcm_refuses_every_flipped_bit),
        cmocka_unit_test(bulk_backends_agree_on_large_messages),
        cmocka_unit_test(bulk_sha256_gives_the_published_vectors),
        cmocka_unit_test(bulk_ed25519_gives_the_published_vectors),
        cmocka_unit_test(bulk_p256_gives_the_published_vectors),
        cmocka_unit_test(bulk_p256_signatures_are_the_same_and_verify),
        cmocka_unit_test(bulk_p256_refuses_numbers_and_points_of_no_key),
        cmocka_unit_test(gcm_refuses_what_it_cannot_take),
        cmocka_unit_test(sha_one_shots_and_streams_agree),
        cmocka_unit_test(prepare_succeeds_and_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

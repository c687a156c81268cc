#include "crypto/hkdf.h"

#include "base/mem.h"
#include "crypto_test_support.h"

struct hkdf_vector {
    enum crypto_hash hash;
    const char *ikm, *salt, *info, *okm;
};

/* RFC 5869, appendix A.1 to A.7 (A.7's absent salt is an empty one). */
static const struct hkdf_vector vectors[] = {
    {CRYPTO_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
     "f0f1f2f3f4f5f6f7f8f9",
     "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
    {CRYPTO_SHA256,
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323"
     "334"
     "35363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f9091929"
     "394"
     "95969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e"
     "3e4"
     "e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da32756"
     "00c"
     "2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
    {CRYPTO_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
    {CRYPTO_SHA1, "0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
     "085a01ea1b10f36933068b56efa5ad81a4f14b822f5b091568a9cdd4f155fda2c22e422478d305f3f896"},
    {CRYPTO_SHA1,
     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323"
     "334"
     "35363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f",
     "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f9091929"
     "394"
     "95969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
     "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e"
     "3e4"
     "e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
     "0bd770a74d1160f7c9f12cd5912a06ebff6adcae899d92191fe4305673ba2ffe8fa3f1a4e5ad79f3f334b3b202b2173c486ea37"
     "ce3"
     "d397ed034c7f9dfeb15c5e927336d0441f4c4300e2cff0d0900b52d3b4"},
    {CRYPTO_SHA1, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
     "0ac1af7002b3d761d1e55298da9d0506b9ae52057220a306e07b6b87e8df21d0ea00033de03984d34918"},
    {CRYPTO_SHA1, "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c", "", "",
     "2c91117204d745f3500d636a62f64f0ab3bae548aa53d423b0d1f27ebba6f5e5673a081d70cce7acfc48"},
};

static void hkdf_gives_the_vectors_of_rfc_5869(void **state) {
    (void)state;
    for (size_t i = 0; i < PP_COUNT(vectors); i++) {
        struct pp_error error = {0};
        struct bytes ikm = from_hex(vectors[i].ikm), salt = from_hex(vectors[i].salt);
        struct bytes info = from_hex(vectors[i].info), okm = from_hex(vectors[i].okm);
        uint8_t out[TEST_BYTES_MAX];
        assert_true(crypto_hkdf(vectors[i].hash, ikm.data, ikm.size, salt.size ? salt.data : NULL, salt.size,
                                info.size ? info.data : NULL, info.size, out, okm.size, &error));
        assert_is_hex(out, okm.size, vectors[i].okm);
    }
}

/* Made with OpenSSL 3.0: openssl kdf -keylen 42 -kdfopt digest:SHA512 -kdfopt hexkey:0b… HKDF */
static void hkdf_knows_sha512(void **state) {
    (void)state;
    struct pp_error error = {0};
    struct bytes ikm = from_hex(vectors[0].ikm), salt = from_hex(vectors[0].salt),
                 info = from_hex(vectors[0].info);
    uint8_t out[42];
    assert_true(crypto_hkdf(CRYPTO_SHA512, ikm.data, ikm.size, salt.data, salt.size, info.data, info.size,
                            out, sizeof out, &error));
    assert_is_hex(out, sizeof out,
                  "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb");
}

static void hkdf_refuses_more_than_255_blocks(void **state) {
    (void)state;
    static uint8_t out[255 * 32 + 1];
    struct pp_error error = {0};
    assert_true(crypto_hkdf(CRYPTO_SHA256, "k", 1, NULL, 0, NULL, 0, out, 255 * 32, &error));
    assert_false(crypto_hkdf(CRYPTO_SHA256, "k", 1, NULL, 0, NULL, 0, out, sizeof out, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hkdf_gives_the_vectors_of_rfc_5869),
        cmocka_unit_test(hkdf_knows_sha512),
        cmocka_unit_test(hkdf_refuses_more_than_255_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

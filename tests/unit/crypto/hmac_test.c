/* crypto/hmac against the vectors of RFC 4231 §4. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/encode.h"
#include "crypto/hmac.h"

static void is_the_vectors(const void *key, size_t key_size, const void *data, size_t size,
                           const char *expected) {
    uint8_t mac[BULK_SHA256_SIZE];
    char hex[PP_HEX_SIZE(sizeof mac)];
    assert_true(crypto_hmac_sha256(key, key_size, data, size, mac, NULL));
    pp_hex_encode(mac, sizeof mac, hex);
    assert_string_equal(hex, expected);
}

static void hmac_is_that_of_rfc_4231(void **state) {
    (void)state;
    uint8_t key[131];
    uint8_t data[50];
    const char *longer = "Test Using Larger Than Block-Size Key - Hash Key First";
    memset(key, 0x0b, 20);
    is_the_vectors(key, 20, "Hi There", 8,
                   "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    is_the_vectors("Jefe", 4, "what do ya want for nothing?", 28,
                   "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(data, 0xdd, sizeof data);
    is_the_vectors(key, 20, data, sizeof data,
                   "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    is_the_vectors(key, sizeof key, longer, strlen(longer),
                   "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_is_that_of_rfc_4231),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

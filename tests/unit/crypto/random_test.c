#include "crypto/random.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/bulk.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "crypto_test_support.h"
#include "support/broken_call.h"

static void random_fills_and_equal_compares_all_bytes(void **state) {
    (void)state;
    struct pp_error error = {0};
    uint8_t left[64] = {0}, right[64] = {0};
    assert_true(crypto_equal(left, right, sizeof left));
    assert_true(crypto_random(left, sizeof left, &error));
    assert_true(crypto_random(right, sizeof right, &error));
    assert_false(crypto_equal(left, right, sizeof left));
    for (size_t i = 0; i < sizeof left; i++) {
        uint8_t copy[64];
        memcpy(copy, left, sizeof copy);
        copy[i] ^= 0x80;
        assert_false(crypto_equal(left, copy, sizeof left));
    }
    assert_true(crypto_equal(left, right, 0));
}

enum { MADE_BYTES = 1, MADE_KEY = 2, MADE_STREAM = 4, NOT_TRIED = 8 };

/* What could be made all the same. */
static int try_without_randomness(void) {
    struct pp_error error = {0};
    uint8_t bytes[32], key[SEAL_KEY_SIZE] = {0};
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(1000);
    if (!break_call(SYS_getrandom))
        return NOT_TRIED;
    int made = 0;
    if (crypto_random(bytes, sizeof bytes, &error) ||
        strcmp(error.message, "getrandom: Input/output error") != 0)
        made |= MADE_BYTES;
    if (crypto_key_generate(NULL))
        made |= MADE_KEY;
    if (seal_encrypt("clear", 5, key, NULL, &sealed, NULL) || sealed.size)
        made |= MADE_STREAM;
    return made;
}

/* No key and no nonce comes of a generator that fails. */
static void nothing_secret_is_made_without_randomness(void **state) {
    (void)state;
    int status = 0;
    struct pp_error error = {0};
    assert_true(crypto_prepare(&error));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(try_without_randomness());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_fills_and_equal_compares_all_bytes),
        cmocka_unit_test(nothing_secret_is_made_without_randomness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "headend/base/secret.h"
#include "headend/server/csrf.h"

static void csrf_token_fits_its_cookie_only(void **state) {
    (void)state;
    char one[CSRF_SIZE];
    char two[CSRF_SIZE];
    assert_true(csrf_token("cookie one", one, NULL));
    assert_true(csrf_token("cookie two", two, NULL));
    assert_true(csrf_check("cookie one", one));
    assert_false(csrf_check("cookie one", two));
    assert_false(csrf_check("cookie one", ""));
    assert_false(csrf_check("", one));
    one[0] ^= 1;
    assert_false(csrf_check("cookie one", one));
}

static void csrf_token_does_not_tell_the_cookie_hash(void **state) {
    (void)state;
    char token[CSRF_SIZE];
    uint8_t session[SECRET_HASH_SIZE];
    uint8_t csrf[SECRET_HASH_SIZE];
    assert_true(csrf_token("cookie", token, NULL));
    assert_true(secret_hash("admin-session", "cookie", session, NULL));
    assert_true(secret_hash("csrf", "cookie", csrf, NULL));
    assert_memory_not_equal(session, csrf, sizeof csrf);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csrf_token_fits_its_cookie_only),
        cmocka_unit_test(csrf_token_does_not_tell_the_cookie_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

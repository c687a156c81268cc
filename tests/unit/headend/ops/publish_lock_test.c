/* headend/ops/publish: who publishes, does so alone. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <unistd.h>

#include "../headend_home.h"
#include "headend/ops/publish_steps.h"
#include "headend/signer/service.h"

static void a_command_holds_the_signers_lock_with_the_publish_lock(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    struct publish_lock lock = publish_lock(home, true, &error);
    assert_non_null(lock.home);
    assert_int_equal(signer_lock(home, false, &error), -1);
    assert_int_equal(error.code, PP_E_STATE);
    publish_unlock(&lock);
    int again = signer_lock(home, false, &error);
    assert_true(again >= 0);
    close(again);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_command_holds_the_signers_lock_with_the_publish_lock,
                                        test_home_setup, test_home_teardown),
    };
    return cmocka_run_group_tests_name("headend/ops/publish_lock", tests, NULL, NULL);
}

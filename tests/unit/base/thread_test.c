/* base/thread.h: who is started, and what of signals and names it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "base/thread.h"

static void *read_mask(void *arg) {
    pthread_sigmask(SIG_SETMASK, NULL, arg);
    return arg;
}

static void signals_are_the_starters_and_stay_as_they_were(void **state) {
    (void)state;
    sigset_t seen, before, after;
    pthread_t thread;
    void *result = NULL;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_false(sigismember(&before, SIGTERM));
    assert_true(pp_thread_start(&thread, "reads-a-mask", read_mask, &seen, NULL));
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &seen);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < 32; number++) {
        assert_int_equal(sigismember(&after, number), sigismember(&before, number));
        if (number != SIGKILL && number != SIGSTOP)
            assert_true(sigismember(&seen, number));
    }
}

static void *read_name(void *arg) {
    pthread_getname_np(pthread_self(), arg, PP_THREAD_NAME_MAX + 1);
    return NULL;
}

static void a_thread_has_its_name(void **state) {
    (void)state;
    char name[PP_THREAD_NAME_MAX + 1] = "";
    pthread_t thread;
    assert_true(pp_thread_start(&thread, "fifteen-letters", read_name, name, NULL));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(name, "fifteen-letters");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_are_the_starters_and_stay_as_they_were),
        cmocka_unit_test(a_thread_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

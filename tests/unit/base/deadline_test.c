/* A process that waits for ever is ended by its deadline, and one that does not is left alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"

#define SOON_MS 20
#define LATE_MS (60 * 60 * 1000)

/* What a child of ours says, and how it ends, whose main thread waits for ever or not. */
static int status_of_child(int wait_ms, bool hangs, char said[256]) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        struct pp_deadline *deadline = pp_deadline_start(wait_ms, "it was too long", NULL);
        while (hangs)
            pause();
        pp_deadline_finish(deadline);
        _exit(deadline ? 0 : 9);
    }
    close(ends[1]);
    size_t size = 0;
    for (ssize_t part; (part = read(ends[0], said + size, 255 - size)) > 0;)
        size += (size_t)part;
    said[size] = 0;
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void a_process_that_hangs_is_ended_with_its_words(void **state) {
    char said[256];
    (void)state;
    assert_int_equal(status_of_child(SOON_MS, true, said), PP_DEADLINE_STATUS);
    assert_non_null(strstr(said, "error: it was too long\n"));
}

static void one_that_comes_to_its_end_is_left_alone(void **state) {
    char said[256];
    (void)state;
    assert_int_equal(status_of_child(LATE_MS, false, said), 0);
    assert_string_equal(said, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_that_hangs_is_ended_with_its_words),
        cmocka_unit_test(one_that_comes_to_its_end_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

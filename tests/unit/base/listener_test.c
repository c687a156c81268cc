/* The socket of a unit is taken by the process that it was meant for, once, and by no child. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/listener.h"

/* In a child, whose descriptor 3 is a pipe's: 0 where all is as it should be. */
static int taken_by_child(bool ours, const char *count, int expected) {
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        char pid[16];
        int ends[2];
        snprintf(pid, sizeof pid, "%d", (int)(ours ? getpid() : getppid()));
        if (pipe(ends) != 0 || dup2(ends[0], 3) != 3 || setenv("LISTEN_PID", pid, 1) != 0 ||
            setenv("LISTEN_FDS", count, 1) != 0)
            _exit(1);
        if (pp_systemd_listener() != expected)
            _exit(2);
        if (expected >= 0 &&
            (fcntl(3, F_GETFD) != FD_CLOEXEC || getenv("LISTEN_PID") || getenv("LISTEN_FDS")))
            _exit(3);
        _exit(expected >= 0 && pp_systemd_listener() >= 0 ? 4 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_socket_is_taken_once_and_goes_to_no_child(void **state) {
    (void)state;
    assert_int_equal(taken_by_child(true, "1", 3), 0);
}

static void another_process_or_several_sockets_are_none(void **state) {
    (void)state;
    assert_int_equal(taken_by_child(false, "1", -1), 0);
    assert_int_equal(taken_by_child(true, "2", -1), 0);
    assert_int_equal(taken_by_child(true, "", -1), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_socket_is_taken_once_and_goes_to_no_child),
        cmocka_unit_test(another_process_or_several_sockets_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

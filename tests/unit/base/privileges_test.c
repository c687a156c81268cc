#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/privileges.h"

#define CAP_SETPCAP_NUMBER 8

/* In a child: it is for good. */
static int lines_missing(const char *const *lines, size_t count) {
    char text[4096];
    int missing = 0;
    pp_autofile FILE *file = fopen("/proc/self/status", "re");
    text[file ? fread(text, 1, sizeof text - 1, file) : 0] = 0;
    for (size_t i = 0; i < count; i++)
        missing += !strstr(text, lines[i]);
    return missing;
}

static void no_capability_is_left(void **state) {
    static const char *const lines[] = {"CapInh:\t0000000000000000", "CapPrm:\t0000000000000000",
                                        "CapEff:\t0000000000000000", "CapAmb:\t0000000000000000",
                                        "CapBnd:\t0000000000000000"};
    bool bounds = geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SETPCAP_NUMBER, 0, 0, 0) == 1;
    int status = -1;
    (void)state;
    if (!bounds)
        print_message("the BOUNDING SET is left out: emptying it takes CAP_SETPCAP\n");
    pid_t pid = fork();
    if (pid == 0) {
        struct pp_error error = {0};
        if (!pp_capabilities_drop(&error))
            _exit(99);
        _exit(lines_missing(lines, PP_COUNT(lines) - !bounds));
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void the_bounds_alone_take_nothing_that_is_there(void **state) {
    int status = -1;
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        pp_capability_bounds_drop();
        /* root may still do what it could, and nobody else had anything */
        _exit(geteuid() == 0 && setuid(1) < 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_capability_is_left),
        cmocka_unit_test(the_bounds_alone_take_nothing_that_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

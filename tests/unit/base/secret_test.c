/* Memory for secrets: in no core file, in no child, locked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

/* The flags of the mapping that holds `address`, as /proc/self/smaps tells them: "dd" no dump, "dc" no child, "lo"
 * locked. */
static bool has_flag(const void *address, const char *flag) {
    char line[512];
    bool inside = false, found = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps)) {
        uintptr_t from, to;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &from, &to) == 2)
            inside = (uintptr_t)address >= from && (uintptr_t)address < to;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag) != NULL;
    }
    fclose(maps);
    return found;
}

static void secret_is_zero_and_stays_in_this_process(void **state) {
    (void)state;
    enum pp_secret_level level = PP_SECRET_UNLOCKED;
    const uint8_t zero[100] = {0};
    uint8_t *secret = pp_secret_create(100, &level, NULL);
    assert_memory_equal(secret, zero, sizeof zero);
    assert_true(has_flag(secret, " dd"));
    assert_true(has_flag(secret, " dc"));
    assert_true(has_flag(secret, " lo"));
    assert_int_not_equal(level, PP_SECRET_UNLOCKED);
    memset(secret, 7, 100);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL); /* cmocka's would tell it as a failure of its own */
        volatile uint8_t byte = *secret;
        _exit(byte);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    pp_secret_destroy(secret, 100);
    pp_secret_destroy(NULL, 100);
}

static void secret_that_cannot_be_locked_is_had_and_says_so(void **state) {
    (void)state;
    struct rlimit before, none;
    enum pp_secret_level level = PP_SECRET_HIDDEN;
    assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    pid_t child = fork();
    if (child == 0) {
        /* As nobody: root may lock without limit. */
        if (getuid() == 0 && setresuid(65534, 65534, 65534) < 0)
            _exit(2);
        void *secret = pp_secret_create(32, &level, NULL);
        _exit(secret && level == PP_SECRET_UNLOCKED ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(setrlimit(RLIMIT_MEMLOCK, &before), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_string_equal(pp_secret_level_words(PP_SECRET_LOCKED), "locked");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secret_is_zero_and_stays_in_this_process),
        cmocka_unit_test(secret_that_cannot_be_locked_is_had_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A writer is killed at random instants: afterwards there is the old value or the new one, never neither. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vault/vault.h"
#include "vault_test_support.h"

enum {
    ROUNDS = 60,
    VALUE_SIZE = 3000, /* bytes; the first four are the counter, the rest follows from it */
};

static void value_make(uint32_t counter, uint8_t value[VALUE_SIZE]) {
    memcpy(value, &counter, sizeof counter);
    for (size_t i = sizeof counter; i < VALUE_SIZE; i++)
        value[i] = (uint8_t)(counter * 31 + i);
}

/* The child: writes ever higher counters, telling each through the pipe before and after it is put. */
static void write_for_ever(const char *path, uint32_t counter, int tell) {
    struct pp_error error = {0};
    uint8_t value[VALUE_SIZE];
    struct vault *vault = vault_open(path, NULL, &error);
    if (!vault)
        _exit(3);
    for (;; counter++) {
        value_make(counter, value);
        if (!vault_put(vault, "r", value, sizeof value, &error) ||
            write(tell, &counter, sizeof counter) != sizeof counter)
            _exit(4);
    }
}

/* The last counter that the child told to be on flash; `before` when it told none. */
static uint32_t last_told(int pipe_end, uint32_t before) {
    uint32_t told = before;
    uint32_t counter;
    while (read(pipe_end, &counter, sizeof counter) == sizeof counter)
        told = counter;
    return told;
}

/* Kills the child some time after its first put; the delay varies over what a put takes. */
static uint32_t run_and_kill(const char *path, uint32_t start, unsigned delay_us) {
    int ends[2];
    uint32_t first;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        write_for_ever(path, start, ends[1]);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &first, sizeof first), sizeof first);
    usleep(delay_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    uint32_t told = last_told(ends[0], first);
    close(ends[0]);
    return told;
}

static uint32_t value_counter(const struct test_folder *folder) {
    struct pp_error error = {0};
    uint8_t expected[VALUE_SIZE];
    uint32_t counter;
    struct pp_buf out pp_autobuf = PP_BUF_INIT(VALUE_SIZE);
    struct reports reports = {0};
    struct vault *vault = vault_open(folder->path, NULL, &error);
    assert_string_equal(error.message, "");
    vault_set_reporter(vault, count_report, &reports);
    assert_true(vault_get(vault, "r", &out, &error));
    vault_close(vault);
    assert_int_equal(out.size, VALUE_SIZE);
    memcpy(&counter, out.data, sizeof counter);
    value_make(counter, expected);
    assert_memory_equal(out.data, expected, VALUE_SIZE);
    assert_int_equal(reports.count, 0);
    return counter;
}

static void vault_has_the_old_or_the_new_value_after_kill_9(void **state) {
    const struct test_folder *folder = *state;
    uint32_t counter = 1;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t told = run_and_kill(folder->path, counter, round * 137 % 4000);
        uint32_t found = value_counter(folder);
        assert_true(found == told || found == told + 1);
        assert_false(state_has(folder, "vault/r.0.new"));
        assert_false(state_has(folder, "vault/r.1.new"));
        counter = found + 1;
    }
}

static void erase_when_told(const char *path, int tell) {
    struct pp_error error = {0};
    struct vault *vault = vault_open(path, NULL, &error);
    for (int i = 0; i < 40; i++) {
        char name[8];
        snprintf(name, sizeof name, "r%d", i);
        if (!vault || !vault_put(vault, name, "secret", 6, &error))
            _exit(3);
    }
    if (write(tell, "!", 1) != 1)
        _exit(4);
    (void)!vault_erase(vault, &error);
    for (;;)
        pause();
}

/* Killed during an erase, the next start finds all records, or none. */
static void vault_erase_is_whole_or_not_begun_after_kill_9(void **state) {
    const struct test_folder *folder = *state;
    for (unsigned round = 0; round < 15; round++) {
        struct pp_error error = {0};
        struct pp_buf out pp_autobuf = PP_BUF_INIT(100);
        int ends[2];
        char byte;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        pid_t child = fork();
        if (child == 0)
            erase_when_told(folder->path, ends[1]);
        close(ends[1]);
        assert_int_equal(read(ends[0], &byte, 1), 1);
        usleep(round * 300);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        close(ends[0]);
        struct vault *vault = vault_open(folder->path, NULL, &error);
        assert_string_equal(error.message, "");
        bool first = vault_get(vault, "r0", &out, NULL);
        for (int i = 0; i < 40; i++) {
            char name[8];
            snprintf(name, sizeof name, "r%d", i);
            assert_int_equal(vault_get(vault, name, &out, &error), first);
            out.size = 0;
        }
        vault_close(vault);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(vault_has_the_old_or_the_new_value_after_kill_9, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(vault_erase_is_whole_or_not_begun_after_kill_9, test_folder_create,
                                        test_folder_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

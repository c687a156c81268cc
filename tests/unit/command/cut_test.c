/* The power is cut at every write, fsync and rename of a display point that carries commands out, before it and
 * after it, and in the middle of a write: each effect comes once at most, and what is told of it is true. */
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum where { CUT_BEFORE, CUT_WITHIN, CUT_AFTER, CUT_PLACES };

/* Of a child process alone. */
static struct {
    bool armed;
    unsigned at; /* the call that is cut, from 1 */
    unsigned calls;
    enum where where;
} cut;

#define CUT_STATUS 42

static bool cut_here(void) {
    return cut.armed && ++cut.calls == cut.at;
}

/* In place of the C library's. */
ssize_t write(int fd, const void *data, size_t size) {
    bool here = cut_here();
    if (here && cut.where == CUT_WITHIN)
        syscall(SYS_write, fd, data, size / 2);
    if (here && cut.where != CUT_AFTER)
        _exit(CUT_STATUS);
    ssize_t written = syscall(SYS_write, fd, data, size);
    if (here)
        _exit(CUT_STATUS);
    return written;
}

static long cut_call(long number, long a, long b, long c, long d) {
    bool here = cut_here();
    if (here && cut.where != CUT_AFTER)
        _exit(CUT_STATUS);
    long result = syscall(number, a, b, c, d);
    if (here)
        _exit(CUT_STATUS);
    return result;
}

int fsync(int fd) {
    return (int)cut_call(SYS_fsync, fd, 0, 0, 0);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    return (int)cut_call(SYS_renameat, from_folder, (long)from, to_folder, (long)to);
}

/* What one start does: takes the commands, carries them out, tells each outcome but does not live to hear the answer of
 * the last, since that is written as well. */
static void live(struct bench *bench, const struct command *commands, size_t count) {
    bench->at_once = true;
    bench_start(bench);
    bench_take(bench, commands, count);
    while (*bench->telling.id)
        bench_answer(bench, true);
}

/* True where there was such a call. */
static bool live_and_cut(struct bench *bench, const struct command *commands, size_t count, unsigned at,
                         enum where where) {
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        cut.armed = true;
        cut.at = at;
        cut.where = where;
        live(bench, commands, count);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == CUT_STATUS || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == CUT_STATUS;
}

/* After the cut: the same state comes again. A receipt may have been answered just before, so then it is refused. */
static void check(struct bench *bench, const struct command *commands, size_t count, unsigned *interrupted) {
    live(bench, commands, count);
    for (size_t i = 0; i < count; i++) {
        const struct command_entry *receipt = bench_receipt(bench, commands[i].id);
        unsigned effects = bench_count(bench, commands[i].id);
        assert_true(effects <= 1);
        assert_non_null(receipt);
        if (receipt->outcome == COMMAND_DONE || receipt->outcome == COMMAND_REFUSED)
            assert_int_equal(effects, 1);
        else
            assert_string_equal(receipt->reason, "interrupted");
        *interrupted += receipt->outcome == COMMAND_FAILED;
    }
}

static void no_cut_brings_an_effect_twice(void **state) {
    unsigned cuts = 0, interrupted = 0;
    (void)state;
    for (int where = 0; where < CUT_PLACES; where++) {
        bool more = true;
        for (unsigned at = 1; more; at++) {
            struct bench bench;
            const struct command commands[] = {bench_command(1, COMMAND_VOLUME),
                                               bench_command(2, COMMAND_CLEAR_CACHE)};
            bench_make(&bench);
            bench_start(&bench);
            bench_stop(&bench);
            more = live_and_cut(&bench, commands, PP_COUNT(commands), at, (enum where)where);
            cuts += more;
            check(&bench, commands, PP_COUNT(commands), &interrupted);
            bench_remove(&bench);
        }
    }
    print_message("%u cuts, %u commands interrupted by them\n", cuts, interrupted);
    assert_true(cuts > 3 * 20);
    assert_true(interrupted > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_cut_brings_an_effect_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

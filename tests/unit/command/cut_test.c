/* The power is cut at every write, fsync and rename of a display point that carries commands out, before it and
 * after it, and in the middle of a write: each effect comes once at most, and what is told of it is true. */
#include "bench.h"

#include "support/power_cut.h"

struct life {
    struct bench *bench;
    const struct command *commands;
    size_t count;
};

/* What one start does: takes the commands, carries them out, tells each outcome but does not live to hear the answer of
 * the last, since that is written as well. */
static void live(void *arg) {
    const struct life *life = arg;
    life->bench->at_once = true;
    bench_start(life->bench);
    bench_take(life->bench, life->commands, life->count);
    while (*life->bench->telling.id)
        bench_answer(life->bench, true);
}

/* After the cut: the same state comes again. A receipt may have been answered just before, so then it is refused. */
static void check(struct life *life, unsigned *interrupted) {
    live(life);
    for (size_t i = 0; i < life->count; i++) {
        const char *id = life->commands[i].id;
        const struct command_entry *receipt = bench_receipt(life->bench, id);
        unsigned effects = bench_count(life->bench, id);
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
            struct life life = {&bench, commands, PP_COUNT(commands)};
            more = power_cut_run(at, (enum power_cut_where)where, live, &life);
            cuts += more;
            check(&life, &interrupted);
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

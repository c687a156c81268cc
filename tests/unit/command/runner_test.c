#include "bench.h"

#include <string.h>

#include "support/held_flash.h"

static int set_up(void **state) {
    static struct bench bench;
    bench_make(&bench);
    *state = &bench;
    return 0;
}

static int tear_down(void **state) {
    bench_remove(*state);
    return 0;
}

static void expect_telling(const struct bench *bench, const char *id, enum command_outcome outcome,
                           const char *reason) {
    assert_string_equal(bench->telling.id, id);
    assert_int_equal(bench->telling.outcome, outcome);
    assert_string_equal(bench->telling.reason, reason);
}

/* Settles whatever is told now with that outcome. */
static void expect_told(struct bench *bench, const char *id, enum command_outcome outcome,
                        const char *reason) {
    expect_telling(bench, id, outcome, reason);
    bench_answer(bench, true);
}

static void command_is_accepted_done_and_forgotten(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_IDENTIFY);
    bench_start(bench);
    bench_take(bench, &command, 1);
    assert_string_equal(bench->begun, command.id);
    expect_told(bench, command.id, COMMAND_ACCEPTED, "");
    assert_string_equal(bench->telling.id, "");
    assert_false(command_runner_has_news(bench->runner));
    bench_end(bench, NULL);
    expect_telling(bench, command.id, COMMAND_DONE, "");
    assert_true(bench->telling.sequence > bench->told[0].sequence);
    assert_int_equal(bench->telling.at_s, 1000);
    assert_true(command_runner_has_news(bench->runner));
    bench_answer(bench, true);
    assert_false(command_runner_has_news(bench->runner));
    assert_int_equal(bench->effects, 1);
}

static void failed_effect_is_told_with_its_reason(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_BRIGHTNESS);
    bench_start(bench);
    bench->online = false;
    bench_take(bench, &command, 1);
    bench_end(bench, "no backlight");
    bench->online = true;
    command_runner_poll(bench->runner);
    expect_told(bench, command.id, COMMAND_FAILED, "no backlight");
}

/* The same state comes again, with each poll and after each start. */
static void command_that_is_listed_again_is_not_repeated(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_IDENTIFY);
    bench->at_once = true;
    bench_start(bench);
    bench_take(bench, &command, 1);
    bench_take(bench, &command, 1);
    bench_stop(bench);
    bench_start(bench);
    bench_take(bench, &command, 1);
    expect_told(bench, command.id, COMMAND_DONE, "");
    assert_int_equal(bench_count(bench, command.id), 1);
    /* Forgotten by now, and yet not new. */
    bench_take(bench, &command, 1);
    expect_told(bench, command.id, COMMAND_REFUSED, "replayed: it is not newer than what was asked before");
    bench_stop(bench);
    bench_start(bench);
    bench_take(bench, &command, 1);
    assert_int_equal(bench->telling.outcome, COMMAND_REFUSED);
    assert_int_equal(bench_count(bench, command.id), 1);
}

static void command_of_an_older_number_is_refused_as_replayed(void **state) {
    struct bench *bench = *state;
    const struct command newer = bench_command(7, COMMAND_IDENTIFY);
    const struct command older = bench_command(6, COMMAND_IDENTIFY);
    bench->at_once = true;
    bench_start(bench);
    bench_take(bench, &newer, 1);
    bench_answer(bench, true);
    bench_take(bench, &older, 1);
    expect_told(bench, older.id, COMMAND_REFUSED, "replayed: it is not newer than what was asked before");
    assert_int_equal(bench_count(bench, older.id), 0);
}

static void command_counts_until_it_expires(void **state) {
    struct bench *bench = *state;
    const struct command last = bench_command(7, COMMAND_IDENTIFY);
    const struct command late = bench_command(8, COMMAND_IDENTIFY);
    bench->at_once = true;
    bench_start(bench);
    bench->now_ms = 4999999;
    bench_take(bench, &last, 1);
    expect_told(bench, last.id, COMMAND_DONE, "");
    bench->now_ms = 5000000;
    bench_take(bench, &late, 1);
    expect_told(bench, late.id, COMMAND_REFUSED, "expired");
    assert_int_equal(bench_count(bench, late.id), 0);
}

static void command_that_cannot_be_meant_is_refused_with_its_reason(void **state) {
    struct bench *bench = *state;
    struct command command = bench_command(7, COMMAND_IDENTIFY);
    command.kind = COMMAND_UNKNOWN;
    strcpy(command.name, "shell");
    strcpy(command.refusal, "not known to this version: shell");
    bench_start(bench);
    bench_take(bench, &command, 1);
    expect_told(bench, command.id, COMMAND_REFUSED, "not known to this version: shell");
    assert_int_equal(bench->effects, 0);
}

static void effects_come_one_after_the_other_in_the_order_of_their_numbers(void **state) {
    struct bench *bench = *state;
    const struct command commands[] = {bench_command(1, COMMAND_IDENTIFY), bench_command(2, COMMAND_VOLUME),
                                       bench_command(3, COMMAND_DISPLAY)};
    bench->online = false;
    bench_start(bench);
    bench_take(bench, commands, PP_COUNT(commands));
    for (size_t i = 0; i < PP_COUNT(commands); i++) {
        assert_string_equal(bench->begun, commands[i].id);
        assert_int_equal(bench->effects, i + 1);
        bench_end(bench, NULL);
    }
    assert_string_equal(bench->begun, "");
}

static void receipt_is_told_until_the_headend_has_it(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_IDENTIFY);
    bench->at_once = true;
    bench_start(bench);
    bench_take(bench, &command, 1);
    int64_t sequence = bench->telling.sequence;
    for (int i = 0; i < 3; i++) {
        bench_answer(bench, false);
        command_runner_poll(bench->runner);
        expect_telling(bench, command.id, COMMAND_DONE, "");
    }
    bench_stop(bench);
    bench_start(bench);
    expect_telling(bench, command.id, COMMAND_DONE, "");
    assert_int_equal(bench->telling.sequence, sequence);
    bench_answer(bench, true);
    bench_stop(bench);
    bench_start(bench);
    assert_string_equal(bench->telling.id, "");
}

/* That it was accepted, is told while it ends: the headend then has to hear of the end as well. */
static void outcome_that_comes_while_an_earlier_one_is_told_is_not_lost(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_IDENTIFY);
    bench_start(bench);
    bench_take(bench, &command, 1);
    expect_telling(bench, command.id, COMMAND_ACCEPTED, "");
    bench_end(bench, NULL);
    bench_answer(bench, true);
    expect_told(bench, command.id, COMMAND_DONE, "");
}

/* ---- Over a start ---- */

static void stop_in_the_middle(struct bench *bench, const struct command *command) {
    bench_start(bench);
    bench_take(bench, command, 1);
    assert_string_equal(bench->begun, command->id);
    bench_stop(bench);
}

static void interrupted_command_has_failed_and_is_not_repeated(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_CLEAR_CACHE);
    stop_in_the_middle(bench, &command);
    bench_start(bench);
    bench_take(bench, &command, 1);
    expect_told(bench, command.id, COMMAND_FAILED, "interrupted");
    assert_int_equal(bench_count(bench, command.id), 1);
}

static void restart_is_done_by_the_start_after_it(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_RESTART);
    stop_in_the_middle(bench, &command);
    bench_start(bench);
    expect_told(bench, command.id, COMMAND_DONE, "");
    bench_take(bench, &command, 1);
    assert_int_equal(bench_count(bench, command.id), 1);
}

static void reboot_is_done_where_the_machine_has_booted_since(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_REBOOT);
    const struct command other = bench_command(8, COMMAND_REBOOT);
    stop_in_the_middle(bench, &command);
    bench->boot = "two";
    bench_start(bench);
    expect_told(bench, command.id, COMMAND_DONE, "");
    bench_stop(bench);
    stop_in_the_middle(bench, &other);
    bench_start(bench);
    expect_told(bench, other.id, COMMAND_FAILED, "interrupted");
}

/* What must be brought to an end begins anew. */
static void retirement_goes_on_after_a_start(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_RETIRE);
    stop_in_the_middle(bench, &command);
    bench_start(bench);
    assert_string_equal(bench->begun, command.id);
}

/* Nothing is written any more, and the receipt is the last and latest. */
static void last_receipt_is_done_and_later_than_all_others(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_RETIRE);
    struct command_entry last;
    struct pp_error error = {0};
    bench_start(bench);
    assert_false(command_runner_finish_last(bench->runner, &last));
    bench_take(bench, &command, 1);
    int64_t sequence = bench->telling.sequence;
    assert_true(vault_erase(bench->vault, &error));
    assert_true(command_runner_finish_last(bench->runner, &last));
    assert_string_equal(last.id, command.id);
    assert_int_equal(last.outcome, COMMAND_DONE);
    assert_true(last.sequence > sequence);
}

/* ---- The flash ---- */

static void command_that_cannot_be_written_down_has_no_effect(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_REBOOT);
    bench_start(bench);
    flash_fail(1000);
    bench_take(bench, &command, 1);
    assert_int_equal(bench->effects, 0);
    assert_true(bench->unwritten > 0);
    assert_string_equal(bench->telling.id, "");
    flash_fail(0);
    command_runner_poll(bench->runner);
    assert_int_equal(bench->effects, 0);
    assert_int_equal(bench->telling.outcome, COMMAND_FAILED);
    assert_non_null(strstr(bench->telling.reason, "it could not be written down"));
}

/* An end that the flash does not take is not told: it would be another one after a start. */
static void outcome_is_told_once_it_is_written_down(void **state) {
    struct bench *bench = *state;
    const struct command command = bench_command(7, COMMAND_IDENTIFY);
    bench_start(bench);
    bench_take(bench, &command, 1);
    bench_answer(bench, true);
    flash_fail(1000);
    bench_end(bench, NULL);
    assert_string_equal(bench->telling.id, "");
    flash_fail(0);
    command_runner_poll(bench->runner);
    expect_told(bench, command.id, COMMAND_DONE, "");
}

static void remove_record(const struct bench *bench, const char *generation) {
    char path[TEST_FOLDER_SIZE + 32];
    snprintf(path, sizeof path, "%s/vault/commands.%s", bench->folder, generation);
    assert_int_equal(unlink(path), 0);
}

/* Whoever takes the newest file away finds the same in the other. */
static void both_generations_of_the_journal_say_the_same(void **state) {
    for (int i = 0; i < 2; i++) {
        struct bench *bench = *state;
        const struct command command = bench_command(7 + i, COMMAND_IDENTIFY);
        stop_in_the_middle(bench, &command);
        remove_record(bench, i ? "1" : "0");
        bench_start(bench);
        bench_take(bench, &command, 1);
        assert_int_equal(bench->telling.outcome, COMMAND_FAILED);
        assert_int_equal(bench_count(bench, command.id), 1);
        bench_answer(bench, true);
        bench_stop(bench);
    }
}

static void journal_that_is_gone_lets_nothing_old_come_again(void **state) {
    struct bench *bench = *state;
    const struct command old = bench_command(900, COMMAND_REBOOT);
    const struct command fresh = bench_command(1001, COMMAND_IDENTIFY);
    stop_in_the_middle(bench, &old);
    remove_record(bench, "0");
    remove_record(bench, "1");
    bench_start(bench);
    struct pp_error error = {0};
    assert_true(vault_remove(bench->vault, COMMAND_JOURNAL_RECORD, &error));
    assert_true(command_runner_load(bench->runner, 1000, &error));
    bench_take(bench, &old, 1);
    assert_int_equal(bench->telling.outcome, COMMAND_REFUSED);
    bench_answer(bench, true);
    bench_take(bench, &fresh, 1);
    assert_string_equal(bench->begun, fresh.id);
    assert_int_equal(bench_count(bench, old.id), 1);
}

static void full_journal_takes_commands_once_others_are_answered(void **state) {
    struct bench *bench = *state;
    bench->at_once = true;
    bench->online = false;
    bench_start(bench);
    for (int64_t number = 1; number <= COMMAND_ENTRIES_MAX + 1; number++) {
        const struct command command = bench_command(number, COMMAND_IDENTIFY);
        bench_take(bench, &command, 1);
    }
    const struct command last = bench_command(COMMAND_ENTRIES_MAX + 1, COMMAND_IDENTIFY);
    assert_int_equal(bench->effects, COMMAND_ENTRIES_MAX);
    bench->online = true;
    command_runner_poll(bench->runner);
    bench_answer(bench, true);
    bench_take(bench, &last, 1);
    assert_int_equal(bench_count(bench, last.id), 1);
}

static void new_registration_begins_without_the_commands_of_the_one_before(void **state) {
    struct bench *bench = *state;
    const struct command before = bench_command(100, COMMAND_IDENTIFY);
    const struct command after = bench_command(1, COMMAND_IDENTIFY);
    bench->online = false;
    bench_start(bench);
    bench_take(bench, &before, 1);
    command_runner_forget(bench->runner);
    *bench->begun = 0;
    bench->online = true;
    bench_take(bench, &after, 1);
    assert_string_equal(bench->begun, after.id);
    expect_told(bench, after.id, COMMAND_ACCEPTED, "");
}

#define bench_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        bench_test(command_is_accepted_done_and_forgotten),
        bench_test(failed_effect_is_told_with_its_reason),
        bench_test(command_that_is_listed_again_is_not_repeated),
        bench_test(command_of_an_older_number_is_refused_as_replayed),
        bench_test(command_counts_until_it_expires),
        bench_test(command_that_cannot_be_meant_is_refused_with_its_reason),
        bench_test(effects_come_one_after_the_other_in_the_order_of_their_numbers),
        bench_test(receipt_is_told_until_the_headend_has_it),
        bench_test(outcome_that_comes_while_an_earlier_one_is_told_is_not_lost),
        bench_test(interrupted_command_has_failed_and_is_not_repeated),
        bench_test(restart_is_done_by_the_start_after_it),
        bench_test(reboot_is_done_where_the_machine_has_booted_since),
        bench_test(retirement_goes_on_after_a_start),
        bench_test(last_receipt_is_done_and_later_than_all_others),
        bench_test(command_that_cannot_be_written_down_has_no_effect),
        bench_test(outcome_is_told_once_it_is_written_down),
        bench_test(both_generations_of_the_journal_say_the_same),
        bench_test(journal_that_is_gone_lets_nothing_old_come_again),
        bench_test(full_journal_takes_commands_once_others_are_answered),
        bench_test(new_registration_begins_without_the_commands_of_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

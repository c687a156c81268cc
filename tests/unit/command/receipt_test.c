#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "command/receipt.h"

#define ID "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f"
#define GOOD                                                                                                 \
    "\"aud\":\"pingplay-headend\",\"iat\":100,\"command\":\"" ID "\",\"name\":\"display\",\"reason\":\"\","  \
    "\"sequence\":7"

static struct command_entry entry_make(void) {
    struct command_entry entry = {.outcome = COMMAND_FAILED, .sequence = 7, .at_s = 100};
    strcpy(entry.id, ID);
    strcpy(entry.name, "display");
    strcpy(entry.reason, "there is no player");
    return entry;
}

static void receipt_is_read_as_it_was_written(void **state) {
    struct command_entry entry = entry_make();
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX);
    command_receipt_auto struct command_receipt receipt = {0};
    struct pp_error error = {0};
    char result[] = "{\"how\":\"black\"}";
    (void)state;
    entry.result = result;
    assert_true(command_receipt_write(&entry, &payload, &error));
    assert_string_equal(pp_buf_text(&payload),
                        "{\"aud\":\"pingplay-headend\",\"iat\":100,\"command\":\"" ID
                        "\",\"name\":\"display\",\"outcome\":\"failed\",\"reason\":\"there is no player\","
                        "\"sequence\":7,\"result\":{\"how\":\"black\"}}");
    assert_true(command_receipt_read(payload.data, payload.size, &receipt, &error));
    assert_string_equal(receipt.id, ID);
    assert_string_equal(receipt.name, "display");
    assert_int_equal(receipt.outcome, COMMAND_FAILED);
    assert_string_equal(receipt.reason, "there is no player");
    assert_string_equal(receipt.result, result);
    assert_int_equal(receipt.sequence, 7);
    assert_int_equal(receipt.at_s, 100);
}

static void receipt_that_is_none_is_refused_with_the_field(void **state) {
    static const struct {
        const char *payload, *said;
        enum pp_code code;
    } rows[] = {
        {"", "", PP_E_INVALID},
        {"[]", "not a JSON object", PP_E_INVALID},
        {"{" GOOD "}", "\"outcome\"", PP_E_INVALID},
        {"{" GOOD ",\"outcome\":\"waiting\"}", "\"outcome\"", PP_E_INVALID},
        {"{" GOOD ",\"outcome\":\"done\",\"result\":[]}", "\"result\"", PP_E_INVALID},
        {"{" GOOD ",\"outcome\":\"done\",\"outcome\":\"failed\"}", "outcome", PP_E_INVALID},
        {"{\"iat\":100}", "aud", PP_E_INVALID},
        {"{\"aud\":\"somebody\",\"iat\":100}", "aud", PP_E_AUTH},
        {"{\"aud\":\"pingplay-headend\"}", "iat", PP_E_INVALID},
        {"{\"aud\":\"pingplay-headend\",\"iat\":1,\"command\":\"x\"}", "\"command\"", PP_E_INVALID},
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct command_receipt receipt = {.sequence = 9};
        struct pp_error error = {0};
        assert_false(command_receipt_read(rows[i].payload, strlen(rows[i].payload), &receipt, &error));
        assert_int_equal(error.code, rows[i].code);
        assert_int_equal(receipt.sequence, 0);
        assert_null(receipt.result);
        if (!strstr(error.message, rows[i].said))
            fail_msg("%s: \"%s\" does not say %s", rows[i].payload, error.message, rows[i].said);
    }
}

static void receipt_with_a_result_over_the_cap_is_refused(void **state) {
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(COMMAND_RECEIPT_PAYLOAD_MAX * 2);
    struct command_receipt receipt;
    struct pp_error error = {0};
    (void)state;
    assert_true(pp_buf_add_text(&payload, "{" GOOD ",\"outcome\":\"done\",\"result\":{\"x\":\"", NULL));
    for (int i = 0; i < COMMAND_RESULT_MAX; i++)
        assert_true(pp_buf_add(&payload, "y", 1, NULL));
    assert_true(pp_buf_add_text(&payload, "\"}}", NULL));
    assert_false(command_receipt_read(payload.data, payload.size, &receipt, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

/* ---- The journal ---- */

static void journal_is_read_as_it_was_written(void **state) {
    struct command_journal *journal = calloc(1, sizeof *journal);
    struct command_journal *copy = calloc(1, sizeof *copy);
    pp_autobuf struct pp_buf text = PP_BUF_INIT(COMMAND_JOURNAL_MAX);
    pp_autobuf struct pp_buf again = PP_BUF_INIT(COMMAND_JOURNAL_MAX);
    struct pp_error error = {0};
    (void)state;
    journal->sequence = 41;
    for (int64_t number = 1; number <= COMMAND_ENTRIES_MAX; number++) {
        struct command command = {.number = number, .kind = COMMAND_DIAGNOSE, .id = ID, .name = "diagnose"};
        struct command_entry *entry = command_journal_add(journal, &command);
        assert_non_null(entry);
        /* As large as they may be, and twice that where it is quoted. */
        entry->result = malloc(COMMAND_RESULT_MAX + 1);
        memset(entry->result, '"', COMMAND_RESULT_MAX);
        entry->result[COMMAND_RESULT_MAX] = 0;
        entry->outcome = COMMAND_DONE;
    }
    assert_null(command_journal_add(journal, &(struct command){.number = 99}));
    assert_int_equal(journal->number, COMMAND_ENTRIES_MAX);
    assert_true(command_journal_write(journal, &text, &error));
    assert_true(command_journal_read(text.data, text.size, copy, &error));
    assert_true(command_journal_write(copy, &again, &error));
    assert_string_equal(pp_buf_text(&text), pp_buf_text(&again));
    assert_int_equal(copy->entries[3].kind, COMMAND_DIAGNOSE);
    command_journal_finish(journal);
    command_journal_finish(copy);
    free(journal);
    free(copy);
}

static void journal_that_is_none_changes_nothing(void **state) {
    static const char *const rows[] = {
        "",
        "{}",
        "{\"format\":2,\"number\":0,\"sequence\":0,\"entries\":[]}",
        "{\"format\":1,\"number\":-1,\"sequence\":0,\"entries\":[]}",
        "{\"format\":1,\"number\":0,\"sequence\":0,\"entries\":[{}]}",
        "{\"format\":1,\"number\":0,\"sequence\":0,\"entries\":[{\"id\":\"x\"}]}",
    };
    (void)state;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct command_journal *journal = calloc(1, sizeof *journal);
        struct pp_error error = {0};
        journal->sequence = 5;
        assert_false(command_journal_read(rows[i], strlen(rows[i]), journal, &error));
        assert_int_equal(journal->sequence, 5);
        assert_int_equal(error.code, PP_E_INVALID);
        free(journal);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipt_is_read_as_it_was_written),
        cmocka_unit_test(receipt_that_is_none_is_refused_with_the_field),
        cmocka_unit_test(receipt_with_a_result_over_the_cap_is_refused),
        cmocka_unit_test(journal_is_read_as_it_was_written),
        cmocka_unit_test(journal_that_is_none_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

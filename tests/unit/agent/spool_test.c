#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/spool.h"
#include "base/file.h"
#include "base/json.h"
#include "scratch.h"

static const char mark[] = "PLANTED-MARK-5c1d";

static void add(struct spool *spool, const char *kind) {
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "kind", kind);
    spool_add(spool, item, 1767600000);
}

static struct spool *open_events(struct scratch *scratch) {
    struct pp_error error = {0};
    struct spool *spool = spool_open(scratch->path, scratch->vault, "events", &error);
    assert_non_null(spool);
    return spool;
}

/* The parsed oldest batch, which the caller deletes; NULL when none waits. */
static cJSON *peek(struct spool *spool) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    struct pp_error error = {0};
    if (!spool_peek(spool, &json, &error))
        return NULL;
    cJSON *batch = pp_json_parse(json.data, json.size, SPOOL_BATCH_MAX, &error);
    assert_non_null(batch);
    return batch;
}

static const char *kind_of(const cJSON *batch, int index) {
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(batch, "items"), index);
    return cJSON_GetStringValue(cJSON_GetObjectItem(item, "kind"));
}

static void a_batch_stays_until_it_was_sent(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    assert_null(peek(spool));
    add(spool, "one");
    add(spool, "two");
    for (int i = 0; i < 2; i++) {
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), "one");
        assert_string_equal(kind_of(batch, 1), "two");
    }
    add(spool, "three"); /* while the batch is on its way */
    spool_sent(spool);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "three");
    assert_null(kind_of(batch, 1));
    spool_close(spool);
}

static void a_batch_over_the_cap_goes_without_its_oldest_items(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    char detail[2 * 1024];
    memset(detail, '"', sizeof detail - 1); /* twice as long in JSON */
    detail[sizeof detail - 1] = 0;
    for (int i = 0; i < SPOOL_ITEMS_MAX; i++)
        add(spool, i == 0 ? "first" : i < SPOOL_ITEMS_MAX - 1 ? detail : "last");
    pp_autojson cJSON *batch = peek(spool);
    assert_non_null(batch);
    int count = cJSON_GetArraySize(cJSON_GetObjectItem(batch, "items"));
    assert_in_range(count, 2, SPOOL_ITEMS_MAX - 1);
    assert_string_equal(kind_of(batch, count - 1), "last");
    assert_int_equal(cJSON_GetObjectItem(batch, "dropped")->valueint, SPOOL_ITEMS_MAX - count);
    spool_sent(spool);
    assert_null(peek(spool));
    spool_close(spool);
}

static void a_batch_that_went_to_flash_while_it_was_sent_is_there_still(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    struct pp_error error = {0};
    add(spool, "one");
    cJSON_Delete(peek(spool));
    assert_true(spool_flush(spool, &error));
    add(spool, "two");
    spool_sent(spool);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "one");
    spool_sent(spool);
    pp_autojson cJSON *next = peek(spool);
    assert_string_equal(kind_of(next, 0), "two");
    spool_close(spool);
}

static void what_waits_survives_a_restart_in_order_and_sealed(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    struct pp_error error = {0};
    add(spool, mark);
    assert_true(spool_flush(spool, &error));
    add(spool, "second");
    spool_close(spool);
    assert_int_equal(scratch_count_files(scratch, "spool"), 2);
    assert_false(scratch_contains(scratch, mark, strlen(mark)));

    spool = open_events(scratch);
    pp_autojson cJSON *first = peek(spool);
    assert_string_equal(kind_of(first, 0), mark);
    spool_sent(spool);
    pp_autojson cJSON *second = peek(spool);
    assert_string_equal(kind_of(second, 0), "second");
    spool_sent(spool);
    assert_null(peek(spool));
    assert_int_equal(scratch_count_files(scratch, "spool"), 0);
    spool_close(spool);
}

static void over_the_cap_the_oldest_go_and_are_counted(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    struct pp_error error = {0};
    for (int i = 0; i < SPOOL_FILES_MAX + 3; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i);
        add(spool, kind);
        assert_true(spool_flush(spool, &error));
    }
    assert_int_equal(scratch_count_files(scratch, "spool"), SPOOL_FILES_MAX);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "k3");
    for (int i = 0; i < SPOOL_FILES_MAX; i++) {
        pp_autojson cJSON *next = peek(spool);
        if (i == SPOOL_FILES_MAX - 1)
            assert_int_equal(cJSON_GetObjectItem(next, "dropped")->valueint, 1);
        spool_sent(spool);
    }
    spool_close(spool);
}

static void a_damaged_batch_is_dropped_and_the_rest_goes_on(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    struct pp_error error = {0};
    add(spool, "damaged");
    assert_true(spool_flush(spool, &error));
    add(spool, "whole");
    assert_true(spool_flush(spool, &error));
    char path[PP_PATH_MAX];
    pp_path_format(path, &error, "%s/spool/events-0000000000000000.sealed", scratch->path);
    pp_autoclose int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "x", 1, 60), 1);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "whole");
    spool_close(spool);
}

/* A file of that name in the spool's folder. */
static void put_stray(const struct scratch *scratch, const char *name) {
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, NULL, "%s/spool/%s", scratch->path, name));
    pp_autoclose int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
}

/* Walking from the one to the other would take centuries. */
static void a_stray_file_with_a_huge_number_is_no_range_to_walk(void **state) {
    static const char *const strays[] = {
        "events-0000000000000900.sealed", "events-0999999999999000.sealed",
        "events-9999999999999999.sealed", "events-18446744073709551615.sealed",
        "events--000000000000001.sealed",
    };
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    struct spool *spool = open_events(scratch);
    add(spool, "one");
    spool_close(spool);
    for (size_t i = 0; i < sizeof strays / sizeof *strays; i++)
        put_stray(scratch, strays[i]);
    spool = open_events(scratch);
    for (int i = 0; i < 3; i++) {
        add(spool, i ? "more" : "two");
        assert_true(spool_flush(spool, &error));
    }
    spool_close(spool);
    spool = open_events(scratch);
    static const char *const kinds[] = {"one", "two", "more", "more"};
    for (size_t i = 0; i < 4; i++) {
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), kinds[i]);
        spool_sent(spool);
    }
    assert_null(peek(spool));
    assert_int_equal(scratch_count_files(scratch, "spool"), 3); /* those that are not ours stay */
    spool_close(spool);
}

static void more_files_than_the_cap_are_cut_to_the_newest(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    struct pp_error error = {0};
    for (int i = 0; i < SPOOL_FILES_MAX; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i);
        add(spool, kind);
        assert_true(spool_flush(spool, &error));
    }
    spool_close(spool);
    for (int i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof name, "events-%016d.sealed", 1000 + i);
        put_stray(scratch, name);
    }
    spool = open_events(scratch);
    assert_int_equal(scratch_count_files(scratch, "spool"), SPOOL_FILES_MAX);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "k5");
    spool_close(spool);
}

static void too_many_items_go_to_flash_by_themselves(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    for (int i = 0; i < SPOOL_ITEMS_MAX + 1; i++)
        add(spool, "many");
    assert_int_equal(scratch_count_files(scratch, "spool"), 1);
    spool_close(spool);
}

/* The files of the key's record: there may be one of them only. */
static void key_path(const struct scratch *scratch, int generation, const char *suffix,
                     char path[PP_PATH_MAX]) {
    assert_true(
        pp_path_format(path, NULL, "%s/vault/%s.%d%s", scratch->path, SPOOL_KEY_RECORD, generation, suffix));
}

static void a_key_that_cannot_be_read_just_now_is_not_made_anew(void **state) {
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    char kept[2][PP_PATH_MAX];
    char path[2][PP_PATH_MAX];
    struct spool *spool = open_events(scratch);
    add(spool, "one");
    assert_true(spool_flush(spool, &error));
    spool_close(spool);
    for (int i = 0; i < 2; i++) {
        key_path(scratch, i, "", path[i]);
        key_path(scratch, i, ".kept", kept[i]);
        if (rename(path[i], kept[i]) == 0)
            assert_int_equal(symlink(path[i], path[i]),
                             0); /* no end of links: nothing is said of the bytes */
    }
    scratch_reopen(scratch);
    assert_null(spool_open(scratch->path, scratch->vault, "events", &error));
    assert_non_null(strstr(error.message, "spool-key"));
    for (int i = 0; i < 2; i++)
        rename(kept[i], path[i]);
    scratch_reopen(scratch);
    spool = open_events(scratch);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "one");
    spool_close(spool);
}

static void rot_key(const struct scratch *scratch) {
    for (int generation = 0; generation < 2; generation++) {
        char path[PP_PATH_MAX];
        assert_true(
            pp_path_format(path, NULL, "%s/vault/%s.%d", scratch->path, SPOOL_KEY_RECORD, generation));
        pp_autoclose int fd = open(path, O_WRONLY);
        if (fd >= 0)
            assert_int_equal(pwrite(fd, "rotten", 6, 30), 6);
    }
    assert_true(scratch_contains(scratch, "rotten", 6));
}

static void a_lost_key_is_made_anew_and_only_the_reports_under_it_go(void **state) {
    struct scratch *scratch = *state;
    struct pp_error error = {0};
    struct spool *spool = open_events(scratch);
    add(spool, "lost");
    assert_true(spool_flush(spool, &error));
    spool_close(spool);
    rot_key(scratch);
    scratch_reopen(scratch);
    for (int start = 0; start < 2; start++) {
        spool = open_events(scratch);
        if (start == 0) {
            add(spool, "after it");
            assert_true(spool_flush(spool, &error));
        }
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), "after it");
        spool_close(spool);
    }
}

static int setup(void **state) {
    static struct scratch scratch;
    scratch_open(&scratch);
    *state = &scratch;
    return 0;
}

static int teardown(void **state) {
    scratch_remove(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_batch_stays_until_it_was_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_survives_a_restart_in_order_and_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(over_the_cap_the_oldest_go_and_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_batch_is_dropped_and_the_rest_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stray_file_with_a_huge_number_is_no_range_to_walk, setup, teardown),
        cmocka_unit_test_setup_teardown(more_files_than_the_cap_are_cut_to_the_newest, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_cannot_be_read_just_now_is_not_made_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_key_is_made_anew_and_only_the_reports_under_it_go, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(too_many_items_go_to_flash_by_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_over_the_cap_goes_without_its_oldest_items, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_went_to_flash_while_it_was_sent_is_there_still, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

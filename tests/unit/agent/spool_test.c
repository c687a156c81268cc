#include <errno.h>
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
#include "support/held_flash.h"

/* In place of the C library's, too: batches that cannot be opened. */
static int open_errno;        /* 0: none */
static const char *open_only; /* whose name has this; NULL: all of the spool */
int openat64(int dir, const char *path, int flags, ...);

int openat64(int dir, const char *path, int flags, ...) {
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    errno = open_errno;
    if (open_errno && strstr(path, ".sealed") && (!open_only || strstr(path, open_only)))
        return -1;
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

static struct pp_jobs *jobs; /* NULL: all is done at once */

static const char mark[] = "PLANTED-MARK-5c1d";

static void add(struct spool *spool, const char *kind) {
    cJSON *item = cJSON_CreateObject();
    cJSON_AddStringToObject(item, "kind", kind);
    spool_add(spool, item, 1767600000);
}

static struct spool *open_events(struct scratch *scratch) {
    struct pp_error error = {0};
    struct spool *spool = spool_open(scratch->path, scratch->vault, jobs, "events", &error);
    assert_non_null(spool);
    return spool;
}

static struct pp_error peek_error; /* of the last one that failed */

/* The parsed oldest batch, which the caller deletes; NULL when none waits. */
static cJSON *peek(struct spool *spool) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(SPOOL_BATCH_MAX);
    struct pp_error error = {0};
    if (!spool_peek(spool, &json, &error)) {
        peek_error = error;
        return NULL;
    }
    cJSON *batch = pp_json_parse(json.data, json.size, SPOOL_BATCH_MAX, &error);
    assert_non_null(batch);
    return batch;
}

static const char *kind_of(const cJSON *batch, int index) {
    const cJSON *item = cJSON_GetArrayItem(cJSON_GetObjectItem(batch, "items"), index);
    return cJSON_GetStringValue(cJSON_GetObjectItem(item, "kind"));
}

static int lost_of(const cJSON *batch) {
    return cJSON_GetObjectItem(batch, "lost")->valueint;
}

static void add_many(struct spool *spool, const char *kind, int count) {
    for (int i = 0; i < count; i++)
        add(spool, kind);
}

static int item_count(const cJSON *batch) {
    return cJSON_GetArraySize(cJSON_GetObjectItem(batch, "items"));
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

static void what_is_over_a_batch_s_cap_goes_in_the_next(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    char detail[2 * 1024];
    memset(detail, '"', sizeof detail - 1); /* twice as long in JSON */
    detail[sizeof detail - 1] = 0;
    int left = SPOOL_ITEMS_MAX;
    for (int i = 0; i < SPOOL_ITEMS_MAX; i++)
        add(spool, detail);
    for (int batches = 0; left > 0; batches++) {
        pp_autojson cJSON *batch = peek(spool);
        assert_non_null(batch);
        assert_in_range(item_count(batch), 1, SPOOL_ITEMS_MAX - 1);
        assert_int_equal(lost_of(batch), 0);
        left -= item_count(batch);
        spool_sent(spool);
    }
    assert_int_equal(left, 0);
    assert_null(peek(spool));
    spool_close(spool);
}

static void a_batch_that_went_to_flash_while_it_was_sent_is_there_still(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    add(spool, "one");
    cJSON_Delete(peek(spool));
    spool_flush(spool);
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
    add(spool, mark);
    spool_flush(spool);
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
    for (int i = 0; i < SPOOL_FILES_MAX + 3; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i);
        add_many(spool, kind, 2);
        spool_flush(spool);
    }
    assert_int_equal(scratch_count_files(scratch, "spool"), SPOOL_FILES_MAX);
    assert_int_equal(spool_lost(spool), 6);
    for (int i = 3; i < SPOOL_FILES_MAX + 3; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i);
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), kind);
        spool_sent(spool);
    }
    pp_autojson cJSON *rest = peek(spool); /* no item waits, but that some are lost is news */
    assert_int_equal(item_count(rest), 0);
    assert_int_equal(lost_of(rest), 6);
    spool_sent(spool);
    assert_null(peek(spool));
    spool_close(spool);
}

static void the_batch_that_is_on_its_way_is_not_the_one_that_goes(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    for (int i = 0; i < SPOOL_FILES_MAX; i++) {
        add(spool, i ? "more" : "first");
        spool_flush(spool);
    }
    pp_autojson cJSON *first = peek(spool);
    assert_string_equal(kind_of(first, 0), "first");
    add(spool, "one too many");
    spool_flush(spool);
    assert_int_equal(spool_lost(spool), 1);
    spool_sent(spool);
    assert_int_equal(scratch_count_files(scratch, "spool"), SPOOL_FILES_MAX - 1);
    pp_autojson cJSON *next = peek(spool);
    assert_string_equal(kind_of(next, 0), "more");
    assert_int_equal(spool_lost(spool), 1);
    spool_close(spool);
}

/* Nothing is given up because it cannot be read just now: not the first batch, and not all 128 behind it. */
static void a_batch_that_cannot_be_read_just_now_stays(void **state) {
    static const int reasons[] = {EMFILE, ENFILE, ENOMEM, EIO, ETIMEDOUT};
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    for (int i = 0; i < 3; i++) {
        add(spool, i ? "more" : "first");
        spool_flush(spool);
    }
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        open_errno = reasons[i];
        assert_null(peek(spool));
        if (reasons[i] == EMFILE)
            assert_int_equal(peek_error.code, PP_E_NOMEM);
        open_errno = 0;
        assert_int_equal(scratch_count_files(scratch, "spool"), 3);
        assert_int_equal(spool_lost(spool), 0);
        spool_close(spool);
        spool = open_events(scratch);
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), "first");
    }
    spool_close(spool);
}

static void a_batch_that_cannot_be_read_keeps_no_other_waiting(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    for (int i = 0; i < 2; i++) {
        add(spool, i ? "second" : "first");
        spool_flush(spool);
    }
    add(spool, "third");
    open_errno = EIO;
    open_only = "000-1.sealed";
    static const char *const kinds[] = {"second", "third"};
    for (size_t i = 0; i < 2; i++) {
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), kinds[i]);
        spool_sent(spool);
    }
    assert_null(peek(spool));
    open_errno = 0;
    spool_close(spool);
    spool = open_events(scratch);
    pp_autojson cJSON *batch = peek(spool);
    assert_string_equal(kind_of(batch, 0), "first");
    assert_int_equal(lost_of(batch), 0);
    spool_close(spool);
}

static void damage_batch(const struct scratch *scratch, const char *name) {
    char path[PP_PATH_MAX];
    uint8_t byte;
    assert_true(pp_path_format(path, NULL, "%s/spool/%s", scratch->path, name));
    pp_autoclose int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, 60), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 60), 1);
}

static void a_lost_batch_counts_each_of_its_items_also_after_a_restart(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    add_many(spool, "many", SPOOL_ITEMS_MAX);
    spool_flush(spool);
    damage_batch(scratch, "events-0000000000000000-64.sealed");
    pp_autojson cJSON *before = peek(spool);
    assert_int_equal(item_count(before), 0);
    assert_int_equal(lost_of(before), SPOOL_ITEMS_MAX);
    spool_close(spool);
    spool = open_events(scratch);
    add(spool, "after it");
    pp_autojson cJSON *after = peek(spool);
    assert_int_equal(lost_of(after), SPOOL_ITEMS_MAX);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(after, "spool")),
                        cJSON_GetStringValue(cJSON_GetObjectItem(before, "spool")));
    spool_sent(spool);
    assert_null(peek(spool));
    spool_close(spool);
}

static void what_is_lost_while_a_batch_is_on_its_way_is_told_by_the_next(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    add(spool, "one");
    spool_flush(spool);
    damage_batch(scratch, "events-0000000000000000-1.sealed");
    add(spool, "two");
    pp_autojson cJSON *first = peek(spool);
    assert_int_equal(lost_of(first), 1);
    spool_add(spool, NULL, 0); /* for want of memory */
    spool_sent(spool);
    pp_autojson cJSON *second = peek(spool);
    assert_int_equal(lost_of(second), 2);
    spool_sent(spool);
    assert_null(peek(spool));
    spool_close(spool);
}

static void what_the_headend_will_not_have_is_lost(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    add_many(spool, "on flash", 3);
    spool_flush(spool);
    add_many(spool, "in memory", 2);
    for (int i = 0; i < 2; i++) {
        pp_autojson cJSON *batch = peek(spool);
        assert_int_equal(item_count(batch), i ? 2 : 3);
        spool_refused(spool);
    }
    pp_autojson cJSON *rest = peek(spool);
    assert_int_equal(lost_of(rest), 5);
    spool_refused(spool); /* and that is the end of it */
    assert_null(peek(spool));
    assert_int_equal(scratch_count_files(scratch, "spool"), 0);
    spool_close(spool);
}

/* ---- Without waiting for the flash ---- */

static void nobody_waits_for_a_batch_to_be_on_flash(void **state) {
    struct scratch *scratch = *state;
    jobs = pp_jobs_create("flash", NULL);
    vault_set_jobs(scratch->vault, jobs);
    struct spool *spool = open_events(scratch);
    add_many(spool, "first", SPOOL_ITEMS_MAX);
    flash_hold(true);
    spool_flush(spool);
    add_many(spool, "second", SPOOL_MEMORY_MAX - SPOOL_ITEMS_MAX);
    assert_int_equal(spool_lost(spool), 0);
    add_many(spool, "third", 3); /* the oldest that is not on its way goes for each */
    assert_int_equal(spool_lost(spool), 3);
    pp_autojson cJSON *early = peek(spool); /* nor does the headend, should it be there */
    assert_string_equal(kind_of(early, 0), "first");
    flash_hold(false);
    pp_jobs_wait(jobs);
    spool_sent(spool); /* what arrived while it went to flash goes once more */
    pp_autojson cJSON *again = peek(spool);
    assert_string_equal(kind_of(again, 0), "first");
    assert_int_equal(item_count(again), SPOOL_ITEMS_MAX);
    spool_sent(spool);
    pp_autojson cJSON *rest = peek(spool);
    assert_string_equal(kind_of(rest, 0), "second");
    assert_int_equal(item_count(rest), SPOOL_ITEMS_MAX);
    assert_string_equal(kind_of(rest, SPOOL_ITEMS_MAX - 1), "third");
    spool_sent(spool);
    assert_null(peek(spool));
    spool_close(spool);
    assert_int_equal(scratch_count_files(scratch, "spool"), 0);
}

static void a_batch_that_could_not_be_written_stays_in_memory(void **state) {
    struct scratch *scratch = *state;
    jobs = pp_jobs_create("flash", NULL);
    vault_set_jobs(scratch->vault, jobs);
    struct spool *spool = open_events(scratch);
    add_many(spool, "kept", 3);
    flash_fail(1);
    spool_flush(spool);
    pp_jobs_wait(jobs);
    assert_int_equal(scratch_count_files(scratch, "spool"), 0);
    assert_int_equal(spool_lost(spool), 0);
    spool_close(spool); /* which brings it there */
    spool = open_events(scratch);
    pp_autojson cJSON *batch = peek(spool);
    assert_int_equal(item_count(batch), 3);
    spool_close(spool);
}

static void a_damaged_batch_is_dropped_and_the_rest_goes_on(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    add(spool, "damaged");
    spool_flush(spool);
    add(spool, "whole");
    spool_flush(spool);
    damage_batch(scratch, "events-0000000000000000-1.sealed");
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
        "events-0000000000000900-1.sealed",  "events-0999999999999000-1.sealed",
        "events-9999999999999999-1.sealed",  "events-18446744073709551615-1.sealed",
        "events--000000000000001-1.sealed",  "events-0000000000000001.sealed",
        "events-0000000000000001-01.sealed", "events-0000000000000001-65.sealed",
    };
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    add(spool, "one");
    spool_close(spool);
    for (size_t i = 0; i < sizeof strays / sizeof *strays; i++)
        put_stray(scratch, strays[i]);
    spool = open_events(scratch);
    for (int i = 0; i < 3; i++) {
        add(spool, i ? "more" : "two");
        spool_flush(spool);
    }
    spool_close(spool);
    spool = open_events(scratch);
    static const char *const kinds[] = {"one", "two", "more", "more"};
    for (size_t i = 0; i < 4; i++) {
        pp_autojson cJSON *batch = peek(spool);
        assert_string_equal(kind_of(batch, 0), kinds[i]);
        spool_sent(spool);
    }
    pp_autojson cJSON *rest = peek(spool);
    assert_int_equal(lost_of(rest), 2); /* two of the strays might have been ours */
    spool_sent(spool);
    assert_null(peek(spool));
    assert_int_equal(scratch_count_files(scratch, "spool"), 6); /* those that are not ours stay */
    spool_close(spool);
}

static void more_files_than_the_cap_are_cut_to_the_newest(void **state) {
    struct scratch *scratch = *state;
    struct spool *spool = open_events(scratch);
    for (int i = 0; i < SPOOL_FILES_MAX; i++) {
        char kind[16];
        snprintf(kind, sizeof kind, "k%d", i);
        add(spool, kind);
        spool_flush(spool);
    }
    spool_close(spool);
    for (int i = 0; i < 5; i++) {
        char name[64];
        snprintf(name, sizeof name, "events-%016d-1.sealed", 1000 + i);
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
    spool_flush(spool);
    spool_close(spool);
    for (int i = 0; i < 2; i++) {
        key_path(scratch, i, "", path[i]);
        key_path(scratch, i, ".kept", kept[i]);
        if (rename(path[i], kept[i]) == 0)
            assert_int_equal(symlink(path[i], path[i]),
                             0); /* no end of links: nothing is said of the bytes */
    }
    scratch_reopen(scratch);
    assert_null(spool_open(scratch->path, scratch->vault, jobs, "events", &error));
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
    struct spool *spool = open_events(scratch);
    add(spool, "lost");
    spool_flush(spool);
    spool_close(spool);
    rot_key(scratch);
    scratch_reopen(scratch);
    for (int start = 0; start < 2; start++) {
        spool = open_events(scratch);
        if (start == 0) {
            add(spool, "after it");
            spool_flush(spool);
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
    flash_hold(false);
    open_errno = 0;
    open_only = NULL;
    struct scratch *scratch = *state;
    vault_set_jobs(scratch->vault, NULL);
    pp_jobs_destroy(jobs);
    jobs = NULL;
    scratch_remove(*state);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_batch_stays_until_it_was_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(what_waits_survives_a_restart_in_order_and_sealed, setup, teardown),
        cmocka_unit_test_setup_teardown(over_the_cap_the_oldest_go_and_are_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(the_batch_that_is_on_its_way_is_not_the_one_that_goes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_cannot_be_read_just_now_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_cannot_be_read_keeps_no_other_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_batch_counts_each_of_its_items_also_after_a_restart, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_lost_while_a_batch_is_on_its_way_is_told_by_the_next, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_the_headend_will_not_have_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_waits_for_a_batch_to_be_on_flash, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_could_not_be_written_stays_in_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_batch_is_dropped_and_the_rest_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stray_file_with_a_huge_number_is_no_range_to_walk, setup, teardown),
        cmocka_unit_test_setup_teardown(more_files_than_the_cap_are_cut_to_the_newest, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_cannot_be_read_just_now_is_not_made_anew, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lost_key_is_made_anew_and_only_the_reports_under_it_go, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(too_many_items_go_to_flash_by_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_over_a_batch_s_cap_goes_in_the_next, setup, teardown),
        cmocka_unit_test_setup_teardown(a_batch_that_went_to_flash_while_it_was_sent_is_there_still, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Records that are put without waiting, on a flash that lets the test say when an fsync is over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/held_flash.h"
#include "support/test_folder.h"
#include "vault/later.h"

#define ROUNDS 1000

struct stage {
    char folder[TEST_FOLDER_SIZE];
    struct vault *vault;
    struct pp_jobs *jobs;
    int kept;
    struct pp_error failure; /* of the last one */
};

static void on_kept(void *arg, const struct pp_error *error) {
    struct stage *stage = arg;
    stage->kept++;
    stage->failure = error ? *error : (struct pp_error){0};
}

static void open_vault(struct stage *stage) {
    stage->vault = vault_open(stage->folder, NULL, NULL);
    assert_non_null(stage->vault);
    vault_set_jobs(stage->vault, stage->jobs);
}

static int setup(void **state) {
    static struct stage stage;
    stage = (struct stage){.jobs = pp_jobs_create("flash", NULL)};
    test_folder_make(stage.folder);
    open_vault(&stage);
    flash.syncs = 0;
    *state = &stage;
    return 0;
}

static int teardown(void **state) {
    struct stage *stage = *state;
    flash_hold(false);
    pp_jobs_destroy(stage->jobs);
    vault_close(stage->vault);
    test_folder_remove(stage->folder);
    return 0;
}

static void put(struct stage *stage, const char *name, const char *text) {
    struct pp_error error = {0};
    if (!vault_put_later(stage->vault, name, text, strlen(text), on_kept, stage, &error))
        fail_msg("%s", error.message);
}

/* What the vault says now; "-" none. */
static void assert_has(struct stage *stage, const char *name, const char *text) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(64);
    struct pp_error error = {0};
    bool there = vault_get(stage->vault, name, &out, &error);
    if (!there)
        assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_string_equal(there ? pp_buf_text(&out) : "-", text);
}

static void nobody_waits_for_a_flash_that_takes_its_time(void **state) {
    struct stage *stage = *state;
    assert_true(vault_put(stage->vault, "other", "one", 3, NULL));
    assert_true(vault_put(stage->vault, "state", "old", 3, NULL));
    flash_hold(true);
    put(stage, "state", "new");
    assert_has(stage, "state", "new");
    flash_wait();
    assert_has(stage, "state", "new");
    assert_has(stage, "other", "one"); /* nor for another record that is being written */
    pp_jobs_finish(stage->jobs);
    assert_int_equal(stage->kept, 0);
    flash_hold(false);
    pp_jobs_wait(stage->jobs);
    assert_int_equal(stage->kept, 1);
    assert_int_equal(stage->failure.code, PP_OK);
    vault_close(stage->vault);
    open_vault(stage);
    assert_has(stage, "state", "new");
}

static void the_newest_value_takes_the_place_of_those_that_wait(void **state) {
    struct stage *stage = *state;
    flash_hold(true);
    put(stage, "state", "1");
    flash_wait();
    put(stage, "floors", "a");
    for (char text[] = "2"; *text <= '9'; ++*text)
        put(stage, "state", text);
    assert_has(stage, "state", "9");
    flash_hold(false);
    pp_jobs_wait(stage->jobs);
    assert_int_equal(stage->kept, 2); /* of the newest of each */
    assert_int_equal(flash.syncs, 6); /* a file and its folder: of "1", "a" and "9" */
    assert_has(stage, "state", "9");
    assert_has(stage, "floors", "a");
}

/* So that whoever takes the newest file away wins nothing by it. */
static void a_value_can_be_put_into_both_generations(void **state) {
    static const char *const files[] = {"floors.0", "floors.1"};
    struct stage *stage = *state;
    struct pp_error error = {0};
    for (int i = 0; i < 2; i++) {
        assert_true(vault_put(stage->vault, "floors", "open", 4, NULL));
        flash_hold(true);
        put(stage, "other", "-");
        flash_wait();
        assert_true(vault_put_both_later(stage->vault, "floors", "locked", 6, on_kept, stage, &error));
        if (i == 1)
            put(stage, "floors", "locked again"); /* while it waits: also into both */
        flash_hold(false);
        pp_jobs_wait(stage->jobs);
        char path[TEST_FOLDER_SIZE + 32];
        snprintf(path, sizeof path, "%s/vault/%s", stage->folder, files[i]);
        assert_int_equal(unlink(path), 0);
        assert_has(stage, "floors", i ? "locked again" : "locked");
    }
}

static void a_record_is_gone_before_it_is_off_the_flash(void **state) {
    struct stage *stage = *state;
    struct pp_error error = {0};
    assert_true(vault_put(stage->vault, "locked", "1", 1, NULL));
    flash_hold(true);
    assert_true(vault_remove_later(stage->vault, "locked", on_kept, stage, &error));
    assert_has(stage, "locked", "-");
    flash_hold(false);
    pp_jobs_wait(stage->jobs);
    assert_int_equal(stage->kept, 1);
    assert_has(stage, "locked", "-");
}

static void what_could_not_be_kept_is_told_and_the_old_value_stays(void **state) {
    struct stage *stage = *state;
    assert_true(vault_put(stage->vault, "state", "old", 3, NULL));
    flash_fail(1);
    put(stage, "state", "new");
    pp_jobs_wait(stage->jobs);
    assert_int_equal(stage->kept, 1);
    assert_int_equal(stage->failure.code, PP_E_IO);
    assert_has(stage, "state", "old");
}

static void a_value_that_somebody_waited_for_is_not_written_over(void **state) {
    struct stage *stage = *state;
    flash_hold(true);
    put(stage, "floors", "a");
    flash_wait();
    put(stage, "state", "waits");
    flash_hold(false);
    assert_true(vault_put(stage->vault, "state", "newer", 5, NULL));
    pp_jobs_wait(stage->jobs);
    assert_has(stage, "state", "newer");
}

/* However far the jobs' thread is with the other one. */
static void a_value_that_somebody_waits_for_comes_after_the_one_on_its_way(void **state) {
    struct stage *stage = *state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        put(stage, "state", "before");
        for (volatile unsigned wait = 0; wait < round * 40; wait++)
            continue;
        assert_true(vault_put(stage->vault, "state", "after", 5, NULL));
        assert_has(stage, "state", "after");
        pp_jobs_wait(stage->jobs);
        assert_has(stage, "state", "after");
    }
}

static void whoever_has_gone_hears_of_nothing_and_the_write_goes_on(void **state) {
    struct stage *stage = *state;
    flash_hold(true);
    put(stage, "state", "new");
    vault_forget_kept(stage->vault, "state");
    flash_hold(false);
    pp_jobs_wait(stage->jobs);
    assert_int_equal(stage->kept, 0);
    assert_has(stage, "state", "new");
}

static void nothing_is_written_into_an_erased_vault(void **state) {
    struct stage *stage = *state;
    pp_autobuf struct pp_buf out = PP_BUF_INIT(64);
    struct pp_error error = {0};
    flash_hold(true);
    put(stage, "floors", "a");
    flash_wait();
    put(stage, "state", "new");
    flash_hold(false);
    assert_true(vault_erase(stage->vault, NULL));
    pp_jobs_wait(stage->jobs);
    assert_false(vault_get(stage->vault, "state", &out, &error));
    assert_int_equal(error.code, PP_E_STATE);
    vault_close(stage->vault);
    open_vault(stage);
    assert_has(stage, "state", "-");
    assert_has(stage, "floors", "-");
}

/* By an erase: whoever waited for it must not obey it. */
static void a_value_that_was_dropped_is_not_told_as_kept(void **state) {
    struct stage *stage = *state;
    struct later later;
    struct pp_error error = {0};
    later_init(&later, stage->vault);
    later.jobs = stage->jobs;
    flash_hold(true);
    put(stage, "floors", "a");
    flash_wait();
    assert_true(later_add(&later, "state", "new", 3, 1, on_kept, stage, &error));
    later_drop_all(&later);
    flash_hold(false);
    pp_jobs_wait(stage->jobs);
    assert_int_equal(stage->kept, 2);
    assert_int_equal(stage->failure.code, PP_E_STATE);
    assert_has(stage, "state", "-");
    later_finish(&later);
}

static void without_jobs_it_is_done_at_once(void **state) {
    struct stage *stage = *state;
    vault_set_jobs(stage->vault, NULL);
    put(stage, "empty", "");
    assert_int_equal(stage->kept, 1);
    assert_int_equal(flash.syncs, 2);
    assert_has(stage, "empty", "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_waits_for_a_flash_that_takes_its_time, setup, teardown),
        cmocka_unit_test_setup_teardown(the_newest_value_takes_the_place_of_those_that_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_can_be_put_into_both_generations, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_is_gone_before_it_is_off_the_flash, setup, teardown),
        cmocka_unit_test_setup_teardown(what_could_not_be_kept_is_told_and_the_old_value_stays, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_value_that_somebody_waited_for_is_not_written_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_value_that_somebody_waits_for_comes_after_the_one_on_its_way, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(whoever_has_gone_hears_of_nothing_and_the_write_goes_on, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nothing_is_written_into_an_erased_vault, setup, teardown),
        cmocka_unit_test_setup_teardown(a_value_that_was_dropped_is_not_told_as_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(without_jobs_it_is_done_at_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

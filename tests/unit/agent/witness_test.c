/* An older vault that is put back, and the witness outside of it; and that no power cut looks like one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/floors.h"
#include "base/file.h"
#include "scratch.h"
#include "support/power_cut.h"

/* One start of a display point, up to where it goes on. */
static void start(struct floors *floors, struct scratch *scratch) {
    struct pp_error error = {0};
    if (!floors_load(floors, scratch->vault, NULL, &error) ||
        !floors_ask_witness(floors, scratch->path, &error))
        fail_msg("%s", error.message);
}

/* A start, a lock and its end, and the plug is pulled. */
static void live(struct scratch *scratch) {
    struct floors floors;
    start(&floors, scratch);
    assert_false(floors.rolled_back);
    (void)!floors_set_lock(&floors, LOCK_RETIRED, NULL);
    (void)!floors_set_lock(&floors, LOCK_NONE, NULL);
    floors_finish(&floors);
    scratch_reopen(scratch);
}

static void copy_file(const char *from_dir, const char *to_dir, const char *name) {
    char from[PP_PATH_MAX], to[PP_PATH_MAX];
    pp_autobuf struct pp_buf bytes = PP_BUF_INIT(1 << 20);
    snprintf(from, sizeof from, "%s/%s", from_dir, name);
    snprintf(to, sizeof to, "%s/%s", to_dir, name);
    if (pp_file_read(AT_FDCWD, from, &bytes, NULL))
        assert_true(pp_file_replace(AT_FDCWD, to, bytes.data, bytes.size, 0600, NULL));
}

/* The record's files, to another folder or back. */
static void copy_vault(const char *from, const char *to) {
    copy_file(from, to, FLOORS_RECORD ".0");
    copy_file(from, to, FLOORS_RECORD ".1");
}

static void path_of(const struct scratch *scratch, const char *name, char path[PP_PATH_MAX]) {
    snprintf(path, PP_PATH_MAX, "%s/%s", scratch->path, name);
}

static void expect(struct scratch *scratch, bool rolled_back) {
    struct floors floors;
    start(&floors, scratch);
    assert_int_equal(floors.rolled_back, rolled_back);
    assert_int_equal(floors.lock, rolled_back ? LOCK_UNTOLD : LOCK_NONE);
    floors_finish(&floors);
    scratch_reopen(scratch);
}

static void an_older_vault_that_is_put_back_locks_until_the_headend_accepts_it(void **state) {
    struct scratch scratch;
    struct floors floors;
    char vault[PP_PATH_MAX], aside[PP_PATH_MAX];
    (void)state;
    scratch_open(&scratch);
    live(&scratch);
    live(&scratch);
    path_of(&scratch, "vault", vault);
    path_of(&scratch, "aside", aside);
    assert_int_equal(mkdir(aside, 0700), 0);
    copy_vault(vault, aside);
    live(&scratch);
    copy_vault(aside, vault);
    expect(&scratch, true);
    /* It stays locked over a restart, which finds nothing older any more, until it is opened. */
    start(&floors, &scratch);
    assert_false(floors.rolled_back);
    assert_int_equal(floors.lock, LOCK_UNTOLD);
    assert_true(floors_set_lock(&floors, LOCK_NONE, NULL));
    floors_finish(&floors);
    scratch_reopen(&scratch);
    expect(&scratch, false);
    /* And the older one does not count for newer after it. */
    copy_vault(aside, vault);
    expect(&scratch, true);
    scratch_remove(&scratch);
}

static void damage(const struct scratch *scratch, const char *name, bool gone) {
    char path[PP_PATH_MAX];
    path_of(scratch, name, path);
    if (gone)
        assert_int_equal(unlink(path), 0);
    else
        assert_true(pp_file_replace(AT_FDCWD, path, "rotten", 6, 0600, NULL));
}

static void one_file_of_the_witness_may_be_lost_and_not_both(void **state) {
    struct scratch scratch;
    (void)state;
    scratch_open(&scratch);
    live(&scratch);
    live(&scratch);
    for (int gone = 0; gone < 2; gone++) {
        damage(&scratch, "witness.0", gone);
        expect(&scratch, false);
        damage(&scratch, "witness.1", gone);
        expect(&scratch, false);
    }
    damage(&scratch, "witness.0", true);
    damage(&scratch, "witness.1", false);
    expect(&scratch, true);
    scratch_remove(&scratch);
}

static void one_generation_of_the_witness_s_key_may_be_lost(void **state) {
    struct scratch scratch;
    (void)state;
    scratch_open(&scratch);
    live(&scratch);
    damage(&scratch, "vault/" WITNESS_KEY_RECORD ".0", false);
    expect(&scratch, false);
    damage(&scratch, "vault/" WITNESS_KEY_RECORD ".0", true);
    expect(&scratch, false);
    scratch_remove(&scratch);
}

/* A screen of before there were witnesses, whose flash is full or has gone read-only, goes on as it did. */
static void a_key_that_cannot_be_kept_stops_no_start(void **state) {
    struct scratch scratch;
    struct floors floors;
    char path[PP_PATH_MAX];
    (void)state;
    scratch_open(&scratch);
    assert_true(floors_load(&floors, scratch.vault, NULL, NULL));
    floors_finish(&floors);
    path_of(&scratch, "vault/" WITNESS_KEY_RECORD ".0", path);
    assert_int_equal(mkdir(path, 0700), 0); /* nothing can be put in its place, for root neither */
    path_of(&scratch, "vault/" WITNESS_KEY_RECORD ".0/full", path);
    assert_int_equal(mkdir(path, 0700), 0);
    start(&floors, &scratch);
    assert_false(floors.rolled_back);
    assert_false(floors.witness.open);
    assert_int_equal(floors.lock, LOCK_NONE);
    assert_true(floors_set_lock(&floors, LOCK_RETIRED, NULL));
    floors_finish(&floors);
    scratch_remove(&scratch);
}

static void a_record_that_was_lost_goes_on_above_its_witness(void **state) {
    struct scratch scratch;
    struct floors floors;
    (void)state;
    scratch_open(&scratch);
    live(&scratch);
    live(&scratch);
    damage(&scratch, "vault/" FLOORS_RECORD ".0", true);
    damage(&scratch, "vault/" FLOORS_RECORD ".1", true);
    start(&floors, &scratch);
    assert_true(floors.lost);
    assert_false(floors.rolled_back);
    int64_t witnessed = floors.witness.generation;
    assert_true(witnessed > 1);
    assert_true(floors_set_lock(&floors, LOCK_NONE, NULL));
    assert_true(floors.generation > witnessed);
    floors_finish(&floors);
    scratch_reopen(&scratch);
    expect(&scratch, false);
    scratch_remove(&scratch);
}

static void a_vault_of_before_there_were_witnesses_is_taken(void **state) {
    static const char record[] = "{\"state_version\":7,\"clock\":5,\"locked\":false}";
    struct scratch scratch;
    (void)state;
    scratch_open(&scratch);
    assert_true(vault_put(scratch.vault, FLOORS_RECORD, record, strlen(record), NULL));
    expect(&scratch, false);
    expect(&scratch, false);
    scratch_remove(&scratch);
}

struct cut {
    struct scratch *scratch;
    unsigned *locked; /* shared with the child: it was told that the lock is kept */
};

/* A child has none of its parent's keys: it opens the vault itself. */
static void live_in_child(void *arg) {
    const struct cut *cut = arg;
    struct floors floors;
    cut->scratch->vault = vault_open(cut->scratch->path, NULL, NULL);
    start(&floors, cut->scratch);
    *cut->locked = floors_set_lock(&floors, LOCK_RETIRED, NULL);
    floors_finish(&floors);
}

static unsigned no_cut_there_looks_like_an_older_vault(enum power_cut_where where, bool has_witness) {
    unsigned cuts = 0, *locked = power_cut_count_make();
    bool more = true;
    for (unsigned at = 1; more; at++) {
        struct scratch scratch;
        struct floors floors;
        struct cut cut = {&scratch, locked};
        *locked = 0;
        scratch_open(&scratch);
        if (has_witness)
            live(&scratch);
        vault_close(pp_steal(&scratch.vault));
        more = power_cut_run(at, where, live_in_child, &cut);
        cuts += more;
        scratch_reopen(&scratch);
        start(&floors, &scratch);
        assert_false(floors.rolled_back);
        assert_true(floors.lock == LOCK_RETIRED || (floors.lock == LOCK_NONE && !*locked));
        floors_finish(&floors);
        scratch_remove(&scratch);
    }
    munmap(locked, sizeof *locked);
    return cuts;
}

static void no_power_cut_looks_like_an_older_vault(void **state) {
    unsigned cuts = 0;
    (void)state;
    for (enum power_cut_where where = CUT_WITHIN; where < CUT_PLACES; where++) {
        cuts += no_cut_there_looks_like_an_older_vault(where, false);
        cuts += no_cut_there_looks_like_an_older_vault(where, true);
    }
    assert_true(cuts > 200);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_vault_that_is_put_back_locks_until_the_headend_accepts_it),
        cmocka_unit_test(one_file_of_the_witness_may_be_lost_and_not_both),
        cmocka_unit_test(one_generation_of_the_witness_s_key_may_be_lost),
        cmocka_unit_test(a_key_that_cannot_be_kept_stops_no_start),
        cmocka_unit_test(a_record_that_was_lost_goes_on_above_its_witness),
        cmocka_unit_test(a_vault_of_before_there_were_witnesses_is_taken),
        cmocka_unit_test(no_power_cut_looks_like_an_older_vault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The power is cut at every call that changes the flash, while a vault is written, used up and erased: what it has
 * afterwards is what was put last or what was put before, whole, and an erase that has begun is an erase. */
#include <stdlib.h>
#include <string.h>

#include "vault/vault.h"
#include "vault_test_support.h"

#include "support/power_cut.h"

#define LARGE 200000 /* bytes: several segments of a sealed stream */

struct stage {
    struct test_folder *folder;
    char *large[2];
    unsigned *done; /* shared with a child: steps that it was told are done */
};

static void begin(struct stage *stage) {
    void *folder = NULL;
    stage->done = power_cut_count_make();
    test_folder_create(&folder);
    stage->folder = folder;
    for (int i = 0; i < 2; i++) {
        stage->large[i] = malloc(LARGE);
        assert_non_null(stage->large[i]);
        memset(stage->large[i], 'a' + i, LARGE);
    }
    PP_AUTO(vault) struct vault *vault = vault_open(stage->folder->path, NULL, NULL);
    assert_non_null(vault);
    assert_true(vault_put(vault, "small", "old", 3, NULL));
    assert_true(vault_put(vault, "large", stage->large[0], LARGE, NULL));
    assert_true(vault_put(vault, "twice", "one", 3, NULL));
    assert_true(vault_put(vault, "twice", "old", 3, NULL));
    assert_true(vault_put(vault, "gone", "old", 3, NULL));
}

static void end(struct stage *stage) {
    void *folder = stage->folder;
    for (int i = 0; i < 2; i++)
        free(stage->large[i]);
    munmap(stage->done, sizeof *stage->done);
    test_folder_destroy(&folder);
}

/* "old", "new" or, where there is none, "". */
static const char *value_of(const struct stage *stage, struct vault *vault, const char *name) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf out = PP_BUF_INIT(LARGE + 1);
    if (!vault_get(vault, name, &out, &error)) {
        if (error.code != PP_E_NOTFOUND)
            fail_msg("%s: %s", name, error.message);
        return "";
    }
    for (int i = 0; i < 2; i++) {
        bool large = out.size == LARGE && memcmp(out.data, stage->large[i], LARGE) == 0;
        if (large || strcmp(pp_buf_text(&out), i ? "new" : "old") == 0)
            return i ? "new" : "old";
    }
    fail_msg("%s: %zu bytes of something else", name, out.size);
    return NULL;
}

/* ---- Writing: everything in order, so what is cut is old from there on ---- */

static void done(const struct stage *stage, bool ok) {
    if (!ok)
        _exit(1);
    ++*stage->done;
}

static void put_all(void *arg) {
    const struct stage *stage = arg;
    struct vault *vault = vault_open(stage->folder->path, NULL, NULL);
    if (!vault)
        _exit(1);
    done(stage, vault_put(vault, "small", "new", 3, NULL));
    done(stage, vault_put(vault, "large", stage->large[1], LARGE, NULL));
    done(stage, vault_put(vault, "twice", "new", 3, NULL));
    done(stage, vault_put(vault, "fresh", "new", 3, NULL));
    done(stage, vault_remove(vault, "gone", NULL));
}

/* How many of the five steps are done; a step is done or not, and none before the one in front of it. */
static int steps_done(const struct stage *stage, struct vault *vault) {
    const char *const values[] = {value_of(stage, vault, "small"), value_of(stage, vault, "large"),
                                  value_of(stage, vault, "twice"), value_of(stage, vault, "fresh"),
                                  value_of(stage, vault, "gone")};
    static const char *const done[] = {"new", "new", "new", "new", ""};
    static const char *const not_done[] = {"old", "old", "old", "", "old"};
    int steps = 0;
    for (int i = 0; i < 5; i++) {
        bool is = strcmp(values[i], done[i]) == 0;
        assert_true(is || strcmp(values[i], not_done[i]) == 0);
        assert_true(!is || steps == i);
        steps += is;
    }
    return steps;
}

/* Afterwards it can be written as ever. */
static void assert_usable(struct vault *vault) {
    pp_autobuf struct pp_buf out = PP_BUF_INIT(16);
    assert_true(vault_put(vault, "small", "after", 5, NULL));
    assert_true(vault_get(vault, "small", &out, NULL));
    assert_string_equal(pp_buf_text(&out), "after");
}

static void a_record_is_the_old_or_the_new_one_wherever_a_write_is_cut(void **state) {
    (void)state;
    for (enum power_cut_where where = 0; where < CUT_PLACES; where++) {
        int last = 0, seen[6] = {0};
        bool cut = true;
        for (unsigned at = 1; cut; at++) {
            struct stage stage;
            begin(&stage);
            cut = power_cut_run(at, where, put_all, &stage);
            PP_AUTO(vault) struct vault *vault = vault_open(stage.folder->path, NULL, NULL);
            assert_non_null(vault);
            int steps = steps_done(&stage, vault);
            assert_true(steps >= (int)*stage.done);                /* what was put stays */
            assert_true(steps >= last || where == CUT_LOSES_SOME); /* and what comes after it is no less */
            last = steps;
            seen[steps]++;
            assert_usable(vault);
            vault_close(pp_steal(&vault));
            end(&stage);
        }
        for (int i = 0; i < 6; i++)
            assert_true(seen[i] > 0);
    }
}

/* ---- Erasing ---- */

static void erase(void *arg) {
    const struct stage *stage = arg;
    struct vault *vault = vault_open(stage->folder->path, NULL, NULL);
    done(stage, vault && vault_erase(vault, NULL));
}

static bool key_stands_somewhere(const struct stage *stage, const uint8_t kek[VAULT_KEK_SIZE]) {
    static const char *const names[] = {"kek/kek", "kek/kek.erasing"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        if (state_has(stage->folder, names[i]) &&
            state_file_contains(stage->folder, names[i], kek, VAULT_KEK_SIZE))
            return true;
    }
    return false;
}

/* Everything or nothing: what can be read of an erased one is nothing, and its key is nowhere. */
static void an_erase_that_is_cut_is_none_or_is_ended_by_the_next_start(void **state) {
    (void)state;
    for (enum power_cut_where where = 0; where < CUT_PLACES; where++) {
        int whole = 0, erased = 0;
        bool cut = true;
        for (unsigned at = 1; cut; at++) {
            struct stage stage;
            uint8_t kek[VAULT_KEK_SIZE];
            bool any = true;
            begin(&stage);
            state_read(stage.folder, "kek/kek", kek, sizeof kek);
            cut = power_cut_run(at, where, erase, &stage);
            PP_AUTO(vault) struct vault *vault = vault_open(stage.folder->path, NULL, NULL);
            assert_non_null(vault);
            assert_true(vault_has_records(vault, &any, NULL));
            if (any) {
                assert_int_equal(steps_done(&stage, vault), 0);
                assert_true(erased == 0 || where == CUT_LOSES_SOME);
                assert_int_equal(*stage.done, 0); /* it does not come back */
            } else {
                assert_false(key_stands_somewhere(&stage, kek));
                assert_int_equal(state_count(stage.folder, "vault"), 0);
            }
            whole += any;
            erased += !any;
            assert_usable(vault);
            vault_close(pp_steal(&vault));
            end(&stage);
        }
        assert_true(whole > 0 && erased > 5);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_the_old_or_the_new_one_wherever_a_write_is_cut),
        cmocka_unit_test(an_erase_that_is_cut_is_none_or_is_ended_by_the_next_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

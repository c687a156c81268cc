/* The power is cut at every call of a file's replacement, of its removal and of a folder's making; and what the cut
 * takes from a program that syncs nothing, so that it is known to take something. */
#include "support/power_cut.h"

#include "base/file.h"

#define SIZE 5000 /* bytes of each content */

enum seen { SEEN_OLD, SEEN_NEW, SEEN_NONE, SEEN_PART, SEEN_KINDS };

struct stage {
    char path[TEST_FOLDER_SIZE];
    int fd;
    char contents[2][SIZE]; /* old, new */
    unsigned *done;         /* shared with the child: steps that it was told are done */
};

static void begin(struct stage *stage) {
    test_folder_make(stage->path);
    stage->fd = open(stage->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    memset(stage->contents[0], 'o', SIZE);
    memset(stage->contents[1], 'n', SIZE);
    *stage->done = 0;
    assert_true(pp_file_replace(stage->fd, "file", stage->contents[0], SIZE, 0600, NULL));
    assert_true(pp_file_replace(stage->fd, "gone", stage->contents[0], SIZE, 0600, NULL));
}

static void end(const struct stage *stage) {
    close(stage->fd);
    test_folder_remove(stage->path);
}

static enum seen look(const struct stage *stage, const char *path) {
    pp_autobuf struct pp_buf bytes = PP_BUF_INIT(2 * SIZE);
    struct pp_error error = {0};
    if (!pp_file_read(stage->fd, path, &bytes, &error)) {
        assert_int_equal(error.code, PP_E_NOTFOUND);
        return SEEN_NONE;
    }
    for (int i = 0; i < 2; i++) {
        if (bytes.size == SIZE && memcmp(bytes.data, stage->contents[i], SIZE) == 0)
            return i ? SEEN_NEW : SEEN_OLD;
    }
    return SEEN_PART;
}

/* Cuts it everywhere, and has `check` look each time. */
static void cut_everywhere(void (*live)(void *arg), void (*check)(const struct stage *stage, void *arg),
                           void *arg) {
    struct stage stage = {.done = power_cut_count_make()};
    for (enum power_cut_where where = 0; where < CUT_PLACES; where++) {
        bool more = true;
        for (unsigned at = 1; more; at++) {
            begin(&stage);
            more = power_cut_run(at, where, live, &stage);
            check(&stage, arg);
            end(&stage);
        }
    }
    munmap(stage.done, sizeof *stage.done);
}

/* ---- The module's own ---- */

static void change_all(void *arg) {
    const struct stage *stage = arg;
    if (!pp_file_replace(stage->fd, "file", stage->contents[1], SIZE, 0600, NULL))
        _exit(1);
    ++*stage->done;
    if (!pp_file_remove(stage->fd, "gone", NULL))
        _exit(1);
    ++*stage->done;
    if (!pp_dir_make(stage->fd, "a/b", 0700, NULL))
        _exit(1);
    ++*stage->done;
    if (!pp_file_replace(stage->fd, "a/b/file", stage->contents[1], SIZE, 0600, NULL))
        _exit(1);
    ++*stage->done;
}

static void check_order(const struct stage *stage, void *arg) {
    unsigned *times = arg;
    enum seen file = look(stage, "file"), gone = look(stage, "gone"), deep = look(stage, "a/b/file");
    bool folder = faccessat(stage->fd, "a/b", F_OK, 0) == 0;
    assert_true(file == SEEN_OLD || file == SEEN_NEW);
    assert_true(gone == SEEN_OLD || gone == SEEN_NONE);
    assert_true(deep == SEEN_NONE || deep == SEEN_NEW);
    unsigned steps = (file == SEEN_NEW) + (gone == SEEN_NONE) + folder + (deep == SEEN_NEW);
    assert_true(steps >= *stage->done); /* what is done stays done */
    assert_true(steps < 2 || gone == SEEN_NONE);
    assert_true(steps < 3 || folder);
    times[steps]++;
}

static void a_file_is_the_old_or_the_new_one_and_what_is_done_stays_done(void **state) {
    unsigned times[5] = {0};
    (void)state;
    cut_everywhere(change_all, check_order, times);
    for (size_t i = 0; i < PP_COUNT(times); i++)
        assert_true(times[i] > 0);
}

/* ---- A program that syncs nothing ---- */

static void replace_unsynced(void *arg) {
    const struct stage *stage = arg;
    pp_autoclose int fd = openat(stage->fd, "file.new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || !pp_write_all(fd, stage->contents[1], SIZE, NULL) ||
        renameat(stage->fd, "file.new", stage->fd, "file") < 0 || unlinkat(stage->fd, "gone", 0) < 0)
        _exit(1);
}

static void overwrite_unsynced(void *arg) {
    const struct stage *stage = arg;
    pp_autoclose int fd = openat(stage->fd, "file", O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (fd < 0 || !pp_write_all(fd, stage->contents[1], SIZE, NULL))
        _exit(1);
}

static void tally(const struct stage *stage, void *arg) {
    unsigned(*seen)[SEEN_KINDS] = arg;
    seen[0][look(stage, "file")]++;
    seen[1][look(stage, "gone")]++;
}

static void what_is_not_synced_may_be_there_or_not_or_in_part(void **state) {
    unsigned seen[2][SEEN_KINDS] = {0};
    (void)state;
    cut_everywhere(replace_unsynced, tally, seen);
    assert_true(seen[0][SEEN_OLD] > 0 && seen[0][SEEN_NEW] > 0 && seen[0][SEEN_PART] > 0);
    assert_int_equal(seen[0][SEEN_NONE], 0);
    assert_true(seen[1][SEEN_OLD] > 0 && seen[1][SEEN_NONE] > 0);
}

static void a_file_that_is_written_over_may_be_the_old_one_again(void **state) {
    unsigned seen[2][SEEN_KINDS] = {0};
    (void)state;
    cut_everywhere(overwrite_unsynced, tally, seen);
    assert_true(seen[0][SEEN_OLD] > 0 && seen[0][SEEN_NEW] > 0 && seen[0][SEEN_PART] > 0);
    assert_int_equal(seen[1][SEEN_NONE], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_the_old_or_the_new_one_and_what_is_done_stays_done),
        cmocka_unit_test(what_is_not_synced_may_be_there_or_not_or_in_part),
        cmocka_unit_test(a_file_that_is_written_over_may_be_the_old_one_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "test_support.h"

static mode_t mode_of(const struct test_folder *folder, const char *name) {
    struct stat status;
    assert_int_equal(fstatat(folder->fd, name, &status, 0), 0);
    return status.st_mode & 07777;
}

static void file_read_appends_the_whole_file(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    test_folder_write(folder, "a", "content");
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(10);
    assert_true(pp_buf_add_text(&buf, "to ", &error));
    assert_true(pp_file_read(folder->fd, "a", &buf, &error));
    assert_string_equal(pp_buf_text(&buf), "to content");
}

static void file_read_refuses_one_byte_over_the_cap(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    test_folder_write(folder, "a", "1234567");
    pp_autobuf struct pp_buf exact = PP_BUF_INIT(7);
    assert_true(pp_file_read(folder->fd, "a", &exact, &error));
    pp_autobuf struct pp_buf small = PP_BUF_INIT(6);
    assert_false(pp_file_read(folder->fd, "a", &small, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "a: larger than 6 bytes");
}

static void file_read_of_an_empty_file_is_empty(void **state) {
    const struct test_folder *folder = *state;
    test_folder_write(folder, "a", "");
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(0);
    assert_true(pp_file_read(folder->fd, "a", &buf, NULL));
    assert_int_equal(buf.size, 0);
}

static void file_read_says_which_file_is_missing(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    pp_autobuf struct pp_buf buf = PP_BUF_INIT(10);
    assert_false(pp_file_read(folder->fd, "gone", &buf, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_string_equal(error.message, "gone: No such file or directory");
    assert_false(pp_file_read(folder->fd, ".", &buf, &error));
    assert_int_equal(error.code, PP_E_IO);
}

static void file_replace_makes_and_replaces_with_the_mode(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    assert_true(pp_file_replace(folder->fd, "a", "one", 3, 0400, &error));
    test_folder_assert_file(folder, "a", "one");
    assert_int_equal(mode_of(folder, "a"), 0400);
    assert_true(pp_file_replace(folder->fd, "a", "second", 6, 0640, &error));
    test_folder_assert_file(folder, "a", "second");
    assert_int_equal(mode_of(folder, "a"), 0640);
    assert_int_equal(faccessat(folder->fd, "a.new", F_OK, 0), -1);
}

static void file_replace_passes_over_what_a_power_cut_left(void **state) {
    const struct test_folder *folder = *state;
    test_folder_write(folder, "a", "old");
    test_folder_write(folder, "a.new", "half of something much longer");
    assert_true(pp_file_replace(folder->fd, "a", "new", 3, 0600, NULL));
    test_folder_assert_file(folder, "a", "new");
}

static void file_replace_that_fails_leaves_the_old_file_and_nothing_beside_it(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    test_folder_write(folder, "a", "old");
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit before, small = {.rlim_cur = 2, .rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &small);
    bool ok = pp_file_replace(folder->fd, "a", "a long content", 14, 0600, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_false(ok);
    assert_non_null(strstr(error.message, "a.new"));
    test_folder_assert_file(folder, "a", "old");
    assert_int_equal(faccessat(folder->fd, "a.new", F_OK, 0), -1);
}

static void file_replace_does_not_follow_a_link_beside_the_file(void **state) {
    const struct test_folder *folder = *state;
    test_folder_write(folder, "victim", "untouched");
    assert_int_equal(symlinkat("victim", folder->fd, "a.new"), 0);
    assert_false(pp_file_replace(folder->fd, "a", "new", 3, 0600, NULL));
    test_folder_assert_file(folder, "victim", "untouched");
}

static void file_remove_of_a_missing_file_is_done_already(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    test_folder_write(folder, "a", "x");
    assert_true(pp_file_remove(folder->fd, "a", &error));
    assert_int_equal(faccessat(folder->fd, "a", F_OK, 0), -1);
    assert_true(pp_file_remove(folder->fd, "a", &error));
    assert_false(pp_file_remove(folder->fd, ".", &error));
}

static void dir_make_makes_all_parents_and_accepts_those_there(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    char path[PP_PATH_MAX];
    assert_true(pp_dir_make(folder->fd, "a/b/c", 0700, &error));
    assert_int_equal(mode_of(folder, "a/b/c"), 0700);
    assert_true(pp_dir_make(folder->fd, "a/b/c", 0755, &error));
    assert_int_equal(mode_of(folder, "a/b/c"), 0700);
    assert_true(pp_path_format(path, &error, "%s/d/e", folder->path));
    assert_true(pp_dir_make(AT_FDCWD, path, 0700, &error));
    pp_autoclose int fd = pp_dir_open(AT_FDCWD, path, &error);
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void dir_make_refuses_a_file_in_the_way(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    test_folder_write(folder, "a", "x");
    assert_false(pp_dir_make(folder->fd, "a", 0700, &error));
    assert_string_equal(error.message, "make folder a: Not a directory");
    assert_false(pp_dir_make(folder->fd, "a/b", 0700, &error));
    assert_int_equal(pp_dir_open(folder->fd, "a", &error), -1);
    assert_int_equal(pp_dir_open(folder->fd, "none", &error), -1);
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

static void dir_sync_of_knows_bare_names_and_the_root(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    assert_true(pp_dir_sync_of(folder->fd, "name", &error));
    assert_true(pp_dir_sync_of(folder->fd, "/name", &error));
    assert_false(pp_dir_sync_of(folder->fd, "none/name", &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
}

static void pread_all_reads_exactly_or_says_where_the_file_ends(void **state) {
    const struct test_folder *folder = *state;
    struct pp_error error = {0};
    test_folder_write(folder, "a", "0123456789");
    pp_autoclose int fd = openat(folder->fd, "a", O_RDONLY | O_CLOEXEC);
    char data[8] = {0};
    assert_true(pp_pread_all(fd, data, 4, 6, &error));
    assert_string_equal(data, "6789");
    assert_false(pp_pread_all(fd, data, 5, 6, &error));
    assert_int_equal(error.code, PP_E_IO);
    assert_string_equal(error.message, "file ends at byte 10, before its time");
    assert_true(pp_pread_all(fd, data, 0, 99, &error));
    assert_false(pp_pread_all(-1, data, 1, 0, &error));
}

static void write_all_reports_a_closed_reader(void **state) {
    (void)state;
    struct pp_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(pp_write_all(ends[1], "abc", 3, &error));
    close(ends[0]);
    assert_false(pp_write_all(ends[1], "abc", 3, &error));
    assert_int_equal(error.code, PP_E_IO);
    close(ends[1]);
}

static void path_format_refuses_what_does_not_fit(void **state) {
    (void)state;
    struct pp_error error = {0};
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, &error, "%0*d", PP_PATH_MAX - 1, 0));
    assert_int_equal(strlen(path), PP_PATH_MAX - 1);
    assert_false(pp_path_format(path, &error, "%0*d", PP_PATH_MAX, 0));
    assert_int_equal(error.code, PP_E_LIMIT);
    char longer[PP_PATH_MAX];
    memset(longer, 'x', sizeof longer);
    longer[PP_PATH_MAX - 2] = 0;
    assert_false(pp_file_replace(AT_FDCWD, longer, "", 0, 0600, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

#define FOLDER_TEST(name) cmocka_unit_test_setup_teardown(name, test_folder_create, test_folder_destroy)

int main(void) {
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(file_read_appends_the_whole_file),
        FOLDER_TEST(file_read_refuses_one_byte_over_the_cap),
        FOLDER_TEST(file_read_of_an_empty_file_is_empty),
        FOLDER_TEST(file_read_says_which_file_is_missing),
        FOLDER_TEST(file_replace_makes_and_replaces_with_the_mode),
        FOLDER_TEST(file_replace_passes_over_what_a_power_cut_left),
        FOLDER_TEST(file_replace_that_fails_leaves_the_old_file_and_nothing_beside_it),
        FOLDER_TEST(file_replace_does_not_follow_a_link_beside_the_file),
        FOLDER_TEST(file_remove_of_a_missing_file_is_done_already),
        FOLDER_TEST(dir_make_makes_all_parents_and_accepts_those_there),
        FOLDER_TEST(dir_make_refuses_a_file_in_the_way),
        FOLDER_TEST(dir_sync_of_knows_bare_names_and_the_root),
        FOLDER_TEST(pread_all_reads_exactly_or_says_where_the_file_ends),
        cmocka_unit_test(write_all_reports_a_closed_reader),
        cmocka_unit_test(path_format_refuses_what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

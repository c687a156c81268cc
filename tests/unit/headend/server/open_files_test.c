#include "headend/server/open_files.h"

#include "support/test_folder.h"

#include "base/mem.h"

#define MOST 3

static int file_open(const struct test_folder *folder, const char *name) {
    int fd = openat(folder->fd, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static bool is_open(int fd) {
    return fcntl(fd, F_GETFD) >= 0;
}

static void those_who_read_the_same_file_have_one_descriptor(void **state) {
    struct open_files *files = open_files_create(1, NULL);
    struct open_file *readers[100];
    for (size_t i = 0; i < PP_COUNT(readers); i++) {
        int fd = file_open(*state, "a");
        readers[i] = open_file_share(files, fd, NULL);
        assert_ptr_equal(readers[i], readers[0]);
        assert_int_equal(is_open(fd), i == 0);
    }
    int shared = open_file_descriptor(readers[0]);
    for (size_t i = 0; i < PP_COUNT(readers); i++) {
        assert_true(is_open(shared));
        open_file_give_back(readers[i]);
    }
    assert_false(is_open(shared));
    open_files_destroy(files);
}

static void a_file_that_took_the_others_name_is_another_one(void **state) {
    struct test_folder *folder = *state;
    struct open_files *files = open_files_create(MOST, NULL);
    struct open_file *before = open_file_share(files, file_open(folder, "a"), NULL);
    close(file_open(folder, "b"));
    assert_int_equal(renameat(folder->fd, "b", folder->fd, "a"), 0);
    struct open_file *after = open_file_share(files, file_open(folder, "a"), NULL);
    assert_non_null(after);
    assert_ptr_not_equal(before, after);
    open_file_give_back(before);
    open_file_give_back(after);
    open_files_destroy(files);
}

static void no_more_are_open_than_may_be(void **state) {
    static const char *const names[] = {"a", "b"};
    struct pp_error error = {0};
    struct open_files *files = open_files_create(MOST, NULL);
    struct open_file *shared[PP_COUNT(names)];
    for (size_t i = 0; i < PP_COUNT(names); i++)
        assert_non_null(shared[i] = open_file_share(files, file_open(*state, names[i]), NULL));
    assert_true(open_files_reserve(files));
    assert_false(open_files_reserve(files));
    int fd = file_open(*state, "c");
    assert_null(open_file_share(files, fd, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_false(is_open(fd));
    assert_ptr_equal(open_file_share(files, file_open(*state, "a"), NULL), shared[0]); /* which costs none */
    open_file_give_back(shared[0]);
    assert_false(open_files_reserve(files));
    open_file_give_back(shared[0]);
    assert_true(open_files_reserve(files));
    open_files_release(files);
    open_files_release(files);
    open_file_give_back(shared[1]);
    for (int i = 0; i < MOST; i++)
        assert_true(open_files_reserve(files));
    open_files_destroy(files);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(those_who_read_the_same_file_have_one_descriptor, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(a_file_that_took_the_others_name_is_another_one, test_folder_create,
                                        test_folder_destroy),
        cmocka_unit_test_setup_teardown(no_more_are_open_than_may_be, test_folder_create,
                                        test_folder_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

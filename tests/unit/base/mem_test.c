#include "base/mem.h"

#include <fcntl.h>

#include "test_support.h"

struct thing {
    int *destroyed;
};

static void thing_destroy(struct thing *thing) {
    if (thing)
        ++*thing->destroyed;
}
PP_DEFINE_AUTO(thing, struct thing, thing_destroy)

static void auto_thing_is_destroyed_at_the_end_of_its_scope(void **state) {
    (void)state;
    int destroyed = 0;
    {
        struct thing storage = {&destroyed};
        PP_AUTO(thing) struct thing *thing = &storage;
        assert_int_equal(*thing->destroyed, 0);
    }
    assert_int_equal(destroyed, 1);
}

static void stolen_thing_outlives_its_scope(void **state) {
    (void)state;
    int destroyed = 0;
    struct thing storage = {&destroyed};
    struct thing *kept = NULL;
    {
        PP_AUTO(thing) struct thing *thing = &storage;
        kept = pp_steal(&thing);
        assert_null(thing);
    }
    assert_ptr_equal(kept, &storage);
    assert_int_equal(destroyed, 0);
}

static void auto_descriptor_is_closed_and_a_stolen_one_is_not(void **state) {
    (void)state;
    int closed = -1, kept = -1;
    {
        pp_autoclose int a = open("/dev/null", O_RDONLY | O_CLOEXEC);
        pp_autoclose int b = open("/dev/null", O_RDONLY | O_CLOEXEC);
        closed = a;
        kept = pp_steal_fd(&b);
        assert_int_equal(b, -1);
    }
    assert_int_equal(fcntl(closed, F_GETFD), -1);
    assert_true(fcntl(kept, F_GETFD) >= 0);
    int copy = kept;
    pp_close(&kept);
    assert_int_equal(kept, -1);
    assert_int_equal(fcntl(copy, F_GETFD), -1);
    pp_close(&kept);
}

static void wipe_clears_and_count_counts(void **state) {
    (void)state;
    char secret[] = "secret";
    pp_wipe(secret, sizeof secret);
    for (size_t i = 0; i < sizeof secret; i++)
        assert_int_equal(secret[i], 0);
    assert_int_equal(PP_COUNT(secret), 7);
}

static void auto_free_file_and_folder_accept_nothing(void **state) {
    (void)state;
    pp_autofree char *memory = NULL;
    pp_autofile FILE *file = NULL;
    pp_autodir DIR *dir = NULL;
    pp_autofree char *block = malloc(10);
    pp_autofile FILE *null = fopen("/dev/null", "r");
    pp_autodir DIR *root = opendir("/");
    assert_non_null(block);
    assert_non_null(null);
    assert_non_null(root);
    assert_null(memory);
    assert_null(file);
    assert_null(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(auto_thing_is_destroyed_at_the_end_of_its_scope),
        cmocka_unit_test(stolen_thing_outlives_its_scope),
        cmocka_unit_test(auto_descriptor_is_closed_and_a_stolen_one_is_not),
        cmocka_unit_test(wipe_clears_and_count_counts),
        cmocka_unit_test(auto_free_file_and_folder_accept_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

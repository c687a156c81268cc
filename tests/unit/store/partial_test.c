/* What an interruption or a failing flash leaves of an object on its way. */
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "support/broken_call.h"

/* The last steps of a commit are: no longer writable, fsync, new name. A cut between them leaves the first.
 */
static void cut_between_mode_and_name_is_resumed(void **state) {
    (void)state;
    struct scratch s;
    bool root = geteuid() == 0;
    /* Root may write to any file, the agent's user may not. */
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    scratch_init(&s, 0);
    struct sample a = sample_make(1, 5000);
    struct pp_error error = {0};
    char path[256];
    scratch_path(&s, "partial", &a, path);
    path_write(path, a.data, a.size);
    assert_int_equal(chmod(path, 0400), 0);
    scratch_reopen(&s, 0);
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, &error);
    if (!partial)
        fail_msg("%s", error.message);
    assert_int_equal(store_partial_offset(partial), a.size);
    assert_true(store_partial_commit(partial, NULL));
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    scratch_finish(&s);
    if (root)
        assert_int_equal(seteuid(0), 0);
}

static void commit_with_broken_fsync(struct store *store, const struct sample *a) {
    struct pp_error error = {0};
    struct store_partial *partial = store_partial_begin(store, a->need.sha256, a->size, NULL, NULL);
    bool refused = partial && store_partial_write(partial, a->data, a->size, NULL) && break_call(SYS_fsync) &&
                   !store_partial_commit(partial, &error) && error.code == PP_E_IO;
    _exit(refused ? 0 : 1);
}

/* The kernel says once that bytes were lost, and then calls its own copy of them clean: hashed again they
 * would be right, and a second fsync would succeed. */
static void nothing_is_kept_of_what_could_not_be_synced(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(1, 5000);
    int status = -1;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        commit_with_broken_fsync(s.store, &a);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char path[256];
    scratch_path(&s, "partial", &a, path);
    assert_false(path_exists(path));
    scratch_path(&s, "objects", &a, path);
    assert_false(path_exists(path));
    sample_finish(&a);
    scratch_finish(&s);
}

static void remove_folder_of(const struct scratch *s, const struct sample *sample) {
    char path[256];
    scratch_path(s, "objects", sample, path);
    *strrchr(path, '/') = 0;
    assert_int_equal(rmdir(path), 0);
}

static void folder_that_is_missing_is_made(void **state) {
    (void)state;
    struct scratch s;
    struct pp_error error = {0};
    scratch_init(&s, 0);
    struct sample a = sample_make(1, 100);
    remove_folder_of(&s, &a);
    if (!store_object_put(s.store, a.need.sha256, a.data, a.size, &error))
        fail_msg("%s", error.message);
    scratch_reopen(&s, 0);
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    scratch_finish(&s);
}

static void store_opens_where_a_folder_cannot_be_made(void **state) {
    (void)state;
    struct scratch s;
    char objects[256];
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    scratch_init(&s, 0);
    struct sample good = sample_put(&s, 1, 100);
    struct sample other = sample_make(2, 100);
    remove_folder_of(&s, &other);
    snprintf(objects, sizeof objects, "%s/objects", s.dir);
    assert_int_equal(chmod(objects, 0500), 0);
    scratch_reopen(&s, 0);
    assert_true(scratch_has(&s, &good));
    assert_int_equal(chmod(objects, 0700), 0);
    sample_finish(&good);
    sample_finish(&other);
    scratch_finish(&s);
    if (root)
        assert_int_equal(seteuid(0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_between_mode_and_name_is_resumed),
        cmocka_unit_test(nothing_is_kept_of_what_could_not_be_synced),
        cmocka_unit_test(folder_that_is_missing_is_made),
        cmocka_unit_test(store_opens_where_a_folder_cannot_be_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

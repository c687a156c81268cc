/* Objects come whole or not at all, and an opening trusts nothing but names and lengths. */
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <utime.h>

#include "base/clock.h"

static void object_is_there_after_put_and_reopening(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 100000);
    scratch_reopen(&s, 0);
    assert_true(scratch_has(&s, &a));
    assert_false(store_has(s.store, a.need.sha256, a.size + 1));
    struct pp_buf out = PP_BUF_INIT(200000);
    assert_true(store_object_read(s.store, a.need.sha256, &out, NULL));
    assert_int_equal(out.size, a.size);
    assert_memory_equal(out.data, a.data, a.size);
    char path[256];
    struct stat info;
    scratch_path(&s, "objects", &a, path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0400);
    pp_buf_finish(&out);
    sample_finish(&a);
    scratch_finish(&s);
}

static void object_that_is_not_there_is_not_found(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(1, 10);
    struct pp_error error = {0};
    assert_int_equal(store_object_open(s.store, a.need.sha256, &error), -1);
    assert_int_equal(error.code, PP_E_NOTFOUND);
    sample_finish(&a);
    scratch_finish(&s);
}

static void object_is_not_there_before_commit(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(2, 5000);
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_non_null(partial);
    assert_true(store_partial_write(partial, a.data, a.size, NULL));
    assert_false(scratch_has(&s, &a));
    assert_true(store_partial_commit(partial, NULL));
    assert_true(scratch_has(&s, &a));
    char path[256];
    scratch_path(&s, "partial", &a, path);
    assert_false(path_exists(path));
    sample_finish(&a);
    scratch_finish(&s);
}

static void wrong_hash_is_refused_and_removed(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(3, 5000);
    struct pp_error error = {0};
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    a.data[4999] ^= 1;
    assert_true(store_partial_write(partial, a.data, a.size, NULL));
    assert_false(store_partial_commit(partial, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_false(scratch_has(&s, &a));
    char path[256];
    scratch_path(&s, "partial", &a, path);
    assert_false(path_exists(path));
    struct store_usage usage;
    store_usage(s.store, &usage);
    assert_int_equal(usage.bytes, 0);
    sample_finish(&a);
    scratch_finish(&s);
}

static void short_object_is_refused_and_kept_for_later(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(4, 5000);
    struct pp_error error = {0};
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_true(store_partial_write(partial, a.data, 4999, NULL));
    assert_false(store_partial_commit(partial, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_int_equal(store_partial_offset(partial), 4999);
    assert_true(store_partial_write(partial, a.data + 4999, 1, NULL));
    assert_true(store_partial_commit(partial, NULL));
    sample_finish(&a);
    scratch_finish(&s);
}

static void over_long_write_is_refused_and_writes_nothing(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(5, 5000);
    struct pp_error error = {0};
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, 4000, NULL, NULL);
    assert_true(store_partial_write(partial, a.data, 3000, NULL));
    assert_false(store_partial_write(partial, a.data + 3000, 1001, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_int_equal(store_partial_offset(partial), 3000);
    store_partial_keep(partial);
    char path[256];
    struct stat info;
    scratch_path(&s, "partial", &a, path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, 3000);
    sample_finish(&a);
    scratch_finish(&s);
}

static void partial_resumes_after_reopening_and_hashes_what_is_there(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(6, 700000);
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_true(store_partial_write(partial, a.data, 600001, NULL));
    store_partial_keep(partial);
    scratch_reopen(&s, 0);
    partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_int_equal(store_partial_offset(partial), 600001);
    assert_true(store_partial_write(partial, a.data + 600001, a.size - 600001, NULL));
    assert_true(store_partial_commit(partial, NULL));
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    scratch_finish(&s);
}

static void partial_with_a_flipped_bit_fails_at_commit_and_then_begins_anew(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(7, 9000);
    struct pp_error error = {0};
    char path[256];
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_true(store_partial_write(partial, a.data, 8000, NULL));
    store_partial_keep(partial);
    scratch_path(&s, "partial", &a, path);
    path_flip(path, 17);
    partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_true(store_partial_write(partial, a.data + 8000, 1000, NULL));
    assert_false(store_partial_commit(partial, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_int_equal(store_partial_offset(partial), 0);
    store_partial_discard(partial);
    sample_finish(&a);
    scratch_finish(&s);
}

static void partial_longer_than_the_object_begins_anew(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(8, 9000);
    char path[256];
    scratch_path(&s, "partial", &a, path);
    path_write(path, a.data, 9000);
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, 8999, NULL, NULL);
    assert_int_equal(store_partial_offset(partial), 0);
    store_partial_discard(partial);
    sample_finish(&a);
    scratch_finish(&s);
}

static void restart_forgets_what_was_written(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(9, 9000);
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_true(store_partial_write(partial, "rubbish", 7, NULL));
    assert_true(store_partial_restart(partial, NULL));
    assert_true(store_partial_write(partial, a.data, a.size, NULL));
    assert_true(store_partial_commit(partial, NULL));
    sample_finish(&a);
    scratch_finish(&s);
}

static void object_has_one_writer_at_a_time(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(10, 10);
    struct pp_error error = {0};
    struct store_partial *partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_null(store_partial_begin(s.store, a.need.sha256, a.size, NULL, &error));
    assert_int_equal(error.code, PP_E_STATE);
    store_partial_discard(partial);
    partial = store_partial_begin(s.store, a.need.sha256, a.size, NULL, NULL);
    assert_non_null(partial);
    store_partial_discard(partial);
    sample_finish(&a);
    scratch_finish(&s);
}

static void lengths_beyond_the_caps_are_refused(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct pp_error error = {0};
    uint8_t hash[STORE_HASH_SIZE] = {1};
    assert_null(store_partial_begin(s.store, hash, 0, NULL, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_null(store_partial_begin(s.store, hash, STORE_OBJECT_LENGTH_MAX + 1, NULL, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    scratch_finish(&s);
}

static void second_opening_of_a_store_is_refused(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct pp_error error = {0};
    assert_null(store_open(s.dir, &(struct store_config){0}, &error));
    assert_int_equal(error.code, PP_E_STATE);
    scratch_finish(&s);
}

static void reading_a_changed_object_fails(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 11, 1000);
    struct pp_error error = {0};
    struct pp_buf out = PP_BUF_INIT(2000);
    char path[256];
    scratch_path(&s, "objects", &a, path);
    path_flip(path, 999);
    assert_false(store_object_read(s.store, a.need.sha256, &out, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_int_equal(out.size, 0);
    pp_buf_finish(&out);
    sample_finish(&a);
    scratch_finish(&s);
}

static void opening_removes_what_cannot_be_an_object(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 12, 1000);
    struct sample b = sample_make(13, 10);
    char good[256];
    char empty[256];
    char stray[320];
    char elsewhere[320];
    scratch_path(&s, "objects", &a, good);
    snprintf(stray, sizeof stray, "%s.new", good);
    path_write(stray, "x", 1);
    /* A whole object's name in the folder of another. */
    const char *name = strrchr(good, '/') + 1;
    char other[3] = {name[0] == '0' ? '1' : '0', '0', 0};
    snprintf(elsewhere, sizeof elsewhere, "%s/objects/%s/%s", s.dir, other, name);
    path_write(elsewhere, a.data, a.size);
    scratch_path(&s, "partial", &b, empty);
    path_write(empty, "", 0);
    scratch_reopen(&s, 0);
    assert_true(path_exists(good));
    assert_false(path_exists(stray));
    assert_false(path_exists(elsewhere));
    assert_false(path_exists(empty));
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    sample_finish(&b);
    scratch_finish(&s);
}

static void opening_drops_old_partials_and_those_over_the_cap(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    time_t now = (time_t)pp_clock_realtime_s();
    char path[256];
    for (unsigned i = 0; i < STORE_PARTIALS_MAX + 3; i++) {
        struct sample a = sample_make(i, 50);
        scratch_path(&s, "partial", &a, path);
        path_write(path, a.data, 20);
        struct utimbuf times = {.modtime = now - 1000 + (time_t)i};
        if (i == 60)
            times.modtime = now - STORE_PARTIAL_AGE_MAX_S - 60;
        assert_int_equal(utime(path, &times), 0);
        sample_finish(&a);
    }
    scratch_reopen(&s, 0);
    /* One is too old, and of the rest two are too many: the oldest. */
    for (unsigned i = 0; i < STORE_PARTIALS_MAX + 3; i++) {
        struct sample a = sample_make(i, 50);
        scratch_path(&s, "partial", &a, path);
        assert_int_equal(path_exists(path), i >= 2 && i != 60);
        sample_finish(&a);
    }
    scratch_finish(&s);
}

static void use_is_written_to_flash_at_most_daily(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 14, 100);
    char path[256];
    struct stat info;
    scratch_path(&s, "objects", &a, path);
    time_t now = (time_t)pp_clock_realtime_s();
    time_t recent = now - STORE_TOUCH_INTERVAL_S / 2;
    time_t old = now - 2 * STORE_TOUCH_INTERVAL_S;
    assert_int_equal(utime(path, &(struct utimbuf){.modtime = recent}), 0);
    scratch_reopen(&s, 0);
    close(store_object_open(s.store, a.need.sha256, NULL));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mtime, recent);
    assert_int_equal(utime(path, &(struct utimbuf){.modtime = old}), 0);
    scratch_reopen(&s, 0);
    close(store_object_open(s.store, a.need.sha256, NULL));
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtime >= now);
    sample_finish(&a);
    scratch_finish(&s);
}

/* Of what is current: an idle screen writes nothing, however many items it plays. */
static void use_of_the_current_is_written_when_it_leaves(void **state) {
    (void)state;
    struct scratch s;
    struct stat info;
    char path[256];
    char byte;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 15, 100);
    struct sample b = sample_put(&s, 16, 100);
    struct store_need both[] = {a.need, b.need};
    scratch_path(&s, "objects", &a, path);
    time_t now = (time_t)pp_clock_realtime_s();
    time_t old = now - 2 * STORE_TOUCH_INTERVAL_S;
    assert_int_equal(utime(path, &(struct utimbuf){.actime = old, .modtime = old}), 0);
    scratch_reopen(&s, 0);
    assert_true(store_pin(s.store, STORE_PIN_CURRENT, both, 2, NULL));
    int fd = store_object_open(s.store, a.need.sha256, NULL);
    assert_int_equal(read(fd, &byte, 1), 1);
    close(fd);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mtime, old);
    assert_int_equal(info.st_atime, old);
    assert_true(store_pin(s.store, STORE_PIN_CURRENT, &b.need, 1, NULL));
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_mtime >= now);
    sample_finish(&a);
    sample_finish(&b);
    scratch_finish(&s);
}

static void folder_that_cannot_be_read_costs_only_what_is_in_it(void **state) {
    (void)state;
    struct scratch s;
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    scratch_init(&s, 0);
    struct sample lost = sample_put(&s, 1, 100);
    struct sample good = sample_put(&s, 2, 100);
    assert_int_not_equal(lost.need.sha256[0], good.need.sha256[0]);
    char path[256];
    scratch_path(&s, "objects", &lost, path);
    *strrchr(path, '/') = 0;
    assert_int_equal(chmod(path, 0), 0);
    scratch_reopen(&s, 0);
    assert_false(scratch_has(&s, &lost));
    assert_true(scratch_has(&s, &good));
    assert_int_equal(chmod(path, 0700), 0);
    sample_finish(&lost);
    sample_finish(&good);
    scratch_finish(&s);
    if (root)
        assert_int_equal(seteuid(0), 0);
}

static void opening_removes_nothing_through_a_link(void **state) {
    (void)state;
    struct scratch s;
    char link[320];
    char elsewhere[320];
    char file[400];
    scratch_init(&s, 0);
    snprintf(link, sizeof link, "%s/quarantine", s.dir);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", s.dir);
    snprintf(file, sizeof file, "%s/letter", elsewhere);
    assert_int_equal(mkdir(elsewhere, 0700), 0);
    path_write(file, "x", 1);
    assert_int_equal(rmdir(link), 0);
    assert_int_equal(symlink(elsewhere, link), 0);
    scratch_reopen(&s, 0);
    assert_true(path_exists(file));
    scratch_finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object_is_there_after_put_and_reopening),
        cmocka_unit_test(object_that_is_not_there_is_not_found),
        cmocka_unit_test(object_is_not_there_before_commit),
        cmocka_unit_test(wrong_hash_is_refused_and_removed),
        cmocka_unit_test(short_object_is_refused_and_kept_for_later),
        cmocka_unit_test(over_long_write_is_refused_and_writes_nothing),
        cmocka_unit_test(partial_resumes_after_reopening_and_hashes_what_is_there),
        cmocka_unit_test(partial_with_a_flipped_bit_fails_at_commit_and_then_begins_anew),
        cmocka_unit_test(partial_longer_than_the_object_begins_anew),
        cmocka_unit_test(restart_forgets_what_was_written),
        cmocka_unit_test(object_has_one_writer_at_a_time),
        cmocka_unit_test(lengths_beyond_the_caps_are_refused),
        cmocka_unit_test(second_opening_of_a_store_is_refused),
        cmocka_unit_test(reading_a_changed_object_fails),
        cmocka_unit_test(opening_removes_what_cannot_be_an_object),
        cmocka_unit_test(opening_drops_old_partials_and_those_over_the_cap),
        cmocka_unit_test(use_is_written_to_flash_at_most_daily),
        cmocka_unit_test(use_of_the_current_is_written_when_it_leaves),
        cmocka_unit_test(folder_that_cannot_be_read_costs_only_what_is_in_it),
        cmocka_unit_test(opening_removes_nothing_through_a_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

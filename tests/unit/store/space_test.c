/* What is needed stays, the rest goes least recently used first, and a full flash is told before it is full.
 */
#include "scratch.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

static void pinned_objects_are_never_evicted(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample pinned = sample_put(&s, 1, 40000);
    struct sample loose = sample_put(&s, 2, 40000);
    struct sample wanted = sample_make(3, 40000);
    assert_true(store_pin(s.store, STORE_PIN_PREVIOUS, &pinned.need, 1, NULL));
    store_close(s.store);
    s.store = NULL;
    scratch_reopen(&s, 100000);
    assert_true(store_pin(s.store, STORE_PIN_PREVIOUS, &pinned.need, 1, NULL));
    assert_true(store_evict(s.store, &wanted.need, 1, NULL));
    assert_true(scratch_has(&s, &pinned));
    assert_false(scratch_has(&s, &loose));
    sample_finish(&pinned);
    sample_finish(&loose);
    sample_finish(&wanted);
    scratch_finish(&s);
}

static void least_recently_used_goes_first(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 170000);
    struct sample a = sample_put(&s, 1, 50000);
    struct sample b = sample_put(&s, 2, 50000);
    struct sample c = sample_put(&s, 3, 50000);
    struct sample wanted = sample_make(4, 50000);
    close(store_object_open(s.store, a.need.sha256, NULL));
    assert_true(store_evict(s.store, &wanted.need, 1, NULL));
    assert_true(scratch_has(&s, &a));
    assert_false(scratch_has(&s, &b));
    assert_true(scratch_has(&s, &c));
    sample_finish(&a);
    sample_finish(&b);
    sample_finish(&c);
    sample_finish(&wanted);
    scratch_finish(&s);
}

static void rotten_objects_and_forgotten_downloads_go_before_objects(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 200000);
    struct sample rotten = sample_put(&s, 1, 50000);
    struct sample forgotten = sample_make(2, 60000);
    struct sample good = sample_put(&s, 3, 50000);
    struct sample wanted = sample_make(4, 120000);
    struct store_partial *partial =
        store_partial_begin(s.store, forgotten.need.sha256, forgotten.size, NULL, NULL);
    assert_true(store_partial_write(partial, forgotten.data, 50000, NULL));
    store_partial_keep(partial);
    assert_true(store_quarantine(s.store, rotten.need.sha256, NULL));
    assert_true(store_evict(s.store, &wanted.need, 1, NULL));
    char path[256];
    scratch_path(&s, "quarantine", &rotten, path);
    assert_false(path_exists(path));
    scratch_path(&s, "partial", &forgotten, path);
    assert_false(path_exists(path));
    assert_true(scratch_has(&s, &good));
    sample_finish(&rotten);
    sample_finish(&forgotten);
    sample_finish(&good);
    sample_finish(&wanted);
    scratch_finish(&s);
}

static void space_check_refuses_what_cannot_fit_and_evicts_nothing(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 100000);
    struct sample a = sample_put(&s, 1, 50000);
    struct sample wanted = sample_make(2, 120000);
    struct pp_error error = {0};
    assert_false(store_evict(s.store, &wanted.need, 1, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    assert_true(scratch_has(&s, &a));
    sample_finish(&a);
    sample_finish(&wanted);
    scratch_finish(&s);
}

static void what_is_there_is_not_reckoned_again(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 150000);
    struct sample a = sample_put(&s, 1, 80000);
    struct sample half = sample_make(2, 60000);
    struct store_partial *partial = store_partial_begin(s.store, half.need.sha256, half.size, NULL, NULL);
    assert_true(store_partial_write(partial, half.data, 50000, NULL));
    store_partial_keep(partial);
    /* Both, and one of them named twice, in 150,000 bytes. */
    struct store_need needs[] = {a.need, half.need, half.need, a.need};
    assert_true(store_evict(s.store, needs, PP_COUNT(needs), NULL));
    sample_finish(&a);
    sample_finish(&half);
    scratch_finish(&s);
}

static void lengths_that_overflow_are_refused(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct store_need needs[] = {{.sha256 = {1}, .length = UINT64_MAX},
                                 {.sha256 = {2}, .length = UINT64_MAX}};
    struct pp_error error = {0};
    assert_false(store_evict(s.store, needs, PP_COUNT(needs), &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    scratch_finish(&s);
}

static void eviction_without_needs_returns_below_the_cap(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 50000);
    struct sample b = sample_put(&s, 2, 50000);
    scratch_reopen(&s, 60000);
    assert_true(store_evict(s.store, NULL, 0, NULL));
    assert_false(scratch_has(&s, &a) && scratch_has(&s, &b));
    struct store_usage usage;
    store_usage(s.store, &usage);
    assert_true(usage.bytes <= 60000 && usage.bytes > 0);
    sample_finish(&a);
    sample_finish(&b);
    scratch_finish(&s);
}

static void reserve_counts_as_full(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_make(1, 10);
    struct pp_error error = {0};
    store_close(s.store);
    s.store = store_open(s.dir, &(struct store_config){.reserve_bytes = UINT64_C(1) << 60}, NULL);
    assert_false(store_evict(s.store, &a.need, 1, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    sample_finish(&a);
    scratch_finish(&s);
}

/* ---- A flash that really is full ---- */

#define SMALL_FLASH (1024 * 1024) /* bytes */

static bool mount_small_flash(const char *dir) {
    char options[64];
    snprintf(options, sizeof options, "size=%d", SMALL_FLASH);
    return mount("tmpfs", dir, "tmpfs", 0, options) == 0;
}

static void full_flash_keeps_what_is_there(void **state) {
    (void)state;
    struct scratch s = {0};
    test_folder_make(s.dir);
    if (!mount_small_flash(s.dir)) {
        print_message("[  SKIPPED ] full_flash_keeps_what_is_there: only root may mount a small tmpfs\n");
        rmdir(s.dir);
        skip();
    }
    scratch_reopen(&s, 0);
    struct sample a = sample_put(&s, 1, 300000);
    struct sample big = sample_make(2, SMALL_FLASH);
    struct pp_error error = {0};
    assert_true(store_pin(s.store, STORE_PIN_CURRENT, &a.need, 1, NULL));
    assert_false(store_evict(s.store, &big.need, 1, &error));
    assert_int_equal(error.code, PP_E_NOSPACE);
    /* Even where nobody asked first: the write that does not fit fails, and what was written before it
     * counts. */
    struct store_partial *partial = store_partial_begin(s.store, big.need.sha256, big.size, NULL, NULL);
    size_t written = 0;
    while (written < big.size && store_partial_write(partial, big.data + written, 65536, &error))
        written += 65536;
    assert_true(written < big.size);
    assert_int_equal(error.code, PP_E_NOSPACE);
    assert_int_equal(store_partial_offset(partial), written);
    store_partial_keep(partial);
    scratch_reopen(&s, 0);
    struct pp_buf out = PP_BUF_INIT(SMALL_FLASH);
    assert_true(store_object_read(s.store, a.need.sha256, &out, NULL));
    partial = store_partial_begin(s.store, big.need.sha256, big.size, NULL, NULL);
    assert_int_equal(store_partial_offset(partial), written);
    store_partial_discard(partial);
    pp_buf_finish(&out);
    sample_finish(&a);
    sample_finish(&big);
    store_close(s.store);
    assert_int_equal(umount(s.dir), 0);
    rmdir(s.dir);
}

/* ---- Many small files ---- */

/* For the folders, the reserve, and some objects. */
#define SMALL_INODE_TABLE "nr_inodes=480"

static void full_inode_table_makes_old_objects_go(void **state) {
    (void)state;
    struct scratch s = {0};
    struct pp_error error = {0};
    test_folder_make(s.dir);
    if (mount("tmpfs", s.dir, "tmpfs", 0, SMALL_INODE_TABLE) != 0) {
        print_message("[  SKIPPED ] full_inode_table_makes_old_objects_go: only root may mount a tmpfs\n");
        rmdir(s.dir);
        skip();
    }
    scratch_reopen(&s, 0);
    struct sample pinned = sample_put(&s, 0, 10);
    assert_true(store_pin(s.store, STORE_PIN_CURRENT, &pinned.need, 1, NULL));
    struct sample old;
    unsigned count = 1;
    for (bool room = true; room; count++) {
        old = sample_make(count, 10);
        room = store_object_put(s.store, old.need.sha256, old.data, old.size, &error);
        sample_finish(&old);
    }
    assert_int_equal(error.code, PP_E_NOSPACE);
    struct store_need needs[50];
    struct sample wanted[PP_COUNT(needs)];
    for (unsigned i = 0; i < PP_COUNT(needs); i++) {
        wanted[i] = sample_make(1000 + i, 10);
        needs[i] = wanted[i].need;
    }
    assert_true(store_evict(s.store, needs, PP_COUNT(needs), NULL));
    for (unsigned i = 0; i < PP_COUNT(needs); i++) {
        if (!store_object_put(s.store, needs[i].sha256, wanted[i].data, wanted[i].size, &error))
            fail_msg("%s", error.message);
        sample_finish(&wanted[i]);
    }
    assert_true(scratch_has(&s, &pinned));
    sample_finish(&pinned);
    store_close(s.store);
    assert_int_equal(umount(s.dir), 0);
    rmdir(s.dir);
}

/* Names are hashes, and nobody reads what is in the files. */
static void make_files(const struct scratch *s, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/objects/%02x/%02x%062x", s->dir, i % 256, i % 256, i);
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0400);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "x", 1), 1);
        close(fd);
    }
}

/* A screen that got new pictures every day for ten years. */
static void store_with_too_many_objects_opens_and_lets_the_oldest_go(void **state) {
    (void)state;
    struct scratch s;
    struct store_usage usage;
    scratch_init(&s, 0);
    make_files(&s, STORE_OBJECTS_MAX + 5);
    scratch_reopen(&s, 0);
    store_usage(s.store, &usage);
    assert_int_equal(usage.objects, STORE_OBJECTS_MAX);
    struct sample pinned = sample_make(1, 10);
    memset(pinned.need.sha256, 0, sizeof pinned.need.sha256);
    assert_true(store_has(s.store, pinned.need.sha256, 1));
    assert_true(store_pin(s.store, STORE_PIN_CURRENT, &pinned.need, 1, NULL));
    struct sample wanted = sample_make(2, 10);
    assert_true(store_evict(s.store, &wanted.need, 1, NULL));
    assert_true(store_object_put(s.store, wanted.need.sha256, wanted.data, wanted.size, NULL));
    store_usage(s.store, &usage);
    assert_int_equal(usage.objects, STORE_FILES_MAX);
    assert_true(store_has(s.store, pinned.need.sha256, 1));
    sample_finish(&pinned);
    sample_finish(&wanted);
    scratch_finish(&s);
}

static void what_nobody_needs_is_cleared_and_the_rest_stays(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample current = sample_put(&s, 1, 40000);
    struct sample previous = sample_put(&s, 2, 40000);
    struct sample loose = sample_put(&s, 3, 30000);
    struct sample open = sample_make(4, 20000);
    struct sample forgotten = sample_make(5, 10000);
    struct store_cleared cleared;
    assert_true(store_pin(s.store, STORE_PIN_CURRENT, &current.need, 1, NULL));
    assert_true(store_pin(s.store, STORE_PIN_PREVIOUS, &previous.need, 1, NULL));
    struct store_partial *partial =
        store_partial_begin(s.store, forgotten.need.sha256, forgotten.size, NULL, NULL);
    assert_true(store_partial_write(partial, forgotten.data, 5000, NULL));
    store_partial_keep(partial);
    struct store_partial *running = store_partial_begin(s.store, open.need.sha256, open.size, NULL, NULL);
    assert_true(store_partial_write(running, open.data, 20000, NULL));
    assert_true(store_clear(s.store, &cleared, NULL));
    assert_int_equal(cleared.files, 2);
    assert_int_equal(cleared.bytes, 35000);
    assert_true(scratch_has(&s, &current));
    assert_true(scratch_has(&s, &previous));
    assert_false(scratch_has(&s, &loose));
    assert_true(store_partial_commit(running, NULL));
    assert_true(scratch_has(&s, &open));
    sample_finish(&current);
    sample_finish(&previous);
    sample_finish(&loose);
    sample_finish(&open);
    sample_finish(&forgotten);
    scratch_finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_needs_is_cleared_and_the_rest_stays),
        cmocka_unit_test(pinned_objects_are_never_evicted),
        cmocka_unit_test(least_recently_used_goes_first),
        cmocka_unit_test(rotten_objects_and_forgotten_downloads_go_before_objects),
        cmocka_unit_test(space_check_refuses_what_cannot_fit_and_evicts_nothing),
        cmocka_unit_test(what_is_there_is_not_reckoned_again),
        cmocka_unit_test(lengths_that_overflow_are_refused),
        cmocka_unit_test(eviction_without_needs_returns_below_the_cap),
        cmocka_unit_test(reserve_counts_as_full),
        cmocka_unit_test(full_flash_keeps_what_is_there),
        cmocka_unit_test(full_inode_table_makes_old_objects_go),
        cmocka_unit_test(store_with_too_many_objects_opens_and_lets_the_oldest_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

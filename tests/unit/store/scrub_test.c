/* Bits that rot are found, and the object set aside. */
#include "scratch.h"

#include <sys/resource.h>
#include <utime.h>

#define STEP 300000 /* bytes */

/* Runs whole passes until two have ended: the first may have begun in the middle. */
static unsigned scrub_all(struct scratch *s, uint8_t bad[STORE_HASH_SIZE], uint64_t *bytes) {
    unsigned found = 0;
    *bytes = 0;
    for (unsigned passes = 0; passes < 2;) {
        struct store_scrub result;
        assert_true(store_scrub_step(s->store, STEP, &result, NULL));
        if (result.bad) {
            found++;
            memcpy(bad, result.sha256, STORE_HASH_SIZE);
        }
        passes += result.wrapped;
        *bytes += result.bytes;
    }
    return found;
}

static void whole_objects_pass(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample samples[8];
    uint8_t bad[STORE_HASH_SIZE];
    uint64_t bytes = 0;
    for (unsigned i = 0; i < 8; i++)
        samples[i] = sample_put(&s, i, 1 + i * 100000);
    assert_int_equal(scrub_all(&s, bad, &bytes), 0);
    assert_true(bytes >= 2800008); /* at least one whole pass */
    for (unsigned i = 0; i < 8; i++) {
        assert_true(scratch_has(&s, &samples[i]));
        sample_finish(&samples[i]);
    }
    scratch_finish(&s);
}

static void flipped_bit_is_found_and_the_object_set_aside(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample good = sample_put(&s, 1, 900000);
    struct sample rotten = sample_put(&s, 2, 900000);
    uint8_t bad[STORE_HASH_SIZE];
    uint64_t bytes = 0;
    char path[256];
    scratch_path(&s, "objects", &rotten, path);
    path_flip(path, 899999);
    assert_int_equal(scrub_all(&s, bad, &bytes), 1);
    assert_memory_equal(bad, rotten.need.sha256, STORE_HASH_SIZE);
    assert_false(scratch_has(&s, &rotten));
    assert_true(scratch_has(&s, &good));
    assert_false(path_exists(path));
    scratch_path(&s, "quarantine", &rotten, path);
    assert_true(path_exists(path));
    scratch_reopen(&s, 0);
    assert_false(scratch_has(&s, &rotten));
    /* It can be had again. */
    assert_true(store_object_put(s.store, rotten.need.sha256, rotten.data, rotten.size, NULL));
    assert_true(scratch_has(&s, &rotten));
    sample_finish(&good);
    sample_finish(&rotten);
    scratch_finish(&s);
}

static void cut_or_vanished_object_is_found(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample cut = sample_put(&s, 1, 5000);
    struct sample gone = sample_put(&s, 2, 5000);
    uint8_t bad[STORE_HASH_SIZE];
    uint64_t bytes = 0;
    char path[256];
    scratch_path(&s, "objects", &cut, path);
    assert_int_equal(truncate(path, 4999), 0);
    scratch_path(&s, "objects", &gone, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(scrub_all(&s, bad, &bytes), 2);
    assert_false(scratch_has(&s, &cut));
    assert_false(scratch_has(&s, &gone));
    sample_finish(&cut);
    sample_finish(&gone);
    scratch_finish(&s);
}

static void step_reads_no_more_than_its_budget(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 2000000);
    struct store_scrub result;
    for (unsigned i = 0; i < 20; i++) {
        assert_true(store_scrub_step(s.store, STEP, &result, NULL));
        assert_true(result.bytes <= STEP + 256 * 1024);
        assert_false(result.bad);
    }
    sample_finish(&a);
    scratch_finish(&s);
}

static void object_evicted_while_it_is_read_is_not_called_bad(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 1000001);
    struct sample a = sample_put(&s, 1, 1000000);
    struct sample wanted = sample_make(2, 900000);
    struct store_scrub result = {0};
    while (result.bytes == 0)
        assert_true(store_scrub_step(s.store, STEP, &result, NULL));
    assert_true(store_evict(s.store, &wanted.need, 1, NULL));
    assert_false(scratch_has(&s, &a));
    do {
        assert_true(store_scrub_step(s.store, STEP, &result, NULL));
        assert_false(result.bad);
    } while (!result.wrapped);
    sample_finish(&a);
    sample_finish(&wanted);
    scratch_finish(&s);
}

static void object_used_while_it_is_read_is_judged_all_the_same(void **state) {
    (void)state;
    struct scratch s;
    struct store_scrub result = {0};
    char path[256];
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 1000000);
    scratch_path(&s, "objects", &a, path);
    path_flip(path, 999999);
    assert_int_equal(utime(path, &(struct utimbuf){.modtime = 1}), 0);
    scratch_reopen(&s, 0);
    while (result.bytes == 0)
        assert_true(store_scrub_step(s.store, STEP, &result, NULL));
    close(store_object_open(s.store, a.need.sha256, NULL));
    do
        assert_true(store_scrub_step(s.store, STEP, &result, NULL));
    while (!result.bad && !result.wrapped);
    assert_true(result.bad);
    assert_false(scratch_has(&s, &a));
    sample_finish(&a);
    scratch_finish(&s);
}

static void want_of_descriptors_makes_no_object_bad(void **state) {
    (void)state;
    struct scratch s;
    struct store_scrub result = {0};
    struct rlimit limit;
    struct pp_error error = {0};
    scratch_init(&s, 0);
    struct sample a = sample_put(&s, 1, 1000);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){.rlim_max = limit.rlim_max}), 0);
    bool failed = false;
    for (unsigned i = 0; i < 3 && !failed; i++) /* the first may only end a pass */
        failed = !store_scrub_step(s.store, STEP, &result, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true(failed);
    assert_int_equal(error.code, PP_E_NOMEM);
    assert_false(result.bad);
    assert_true(scratch_has(&s, &a));
    do {
        assert_true(store_scrub_step(s.store, STEP, &result, NULL));
        assert_false(result.bad);
    } while (!result.wrapped);
    sample_finish(&a);
    scratch_finish(&s);
}

static void quarantine_holds_no_more_than_its_cap(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct store_usage usage;
    for (unsigned i = 0; i < STORE_QUARANTINE_MAX + 2; i++) {
        struct sample a = sample_put(&s, i, 100);
        assert_true(store_quarantine(s.store, a.need.sha256, NULL));
        char path[256];
        scratch_path(&s, "quarantine", &a, path);
        assert_true(path_exists(path));
        sample_finish(&a);
    }
    store_usage(s.store, &usage);
    assert_int_equal(usage.quarantined, STORE_QUARANTINE_MAX);
    scratch_finish(&s);
}

static void empty_store_has_nothing_to_scrub(void **state) {
    (void)state;
    struct scratch s;
    scratch_init(&s, 0);
    struct store_scrub result;
    assert_true(store_scrub_step(s.store, STEP, &result, NULL));
    assert_true(result.wrapped);
    assert_int_equal(result.bytes, 0);
    scratch_finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_objects_pass),
        cmocka_unit_test(flipped_bit_is_found_and_the_object_set_aside),
        cmocka_unit_test(cut_or_vanished_object_is_found),
        cmocka_unit_test(step_reads_no_more_than_its_budget),
        cmocka_unit_test(object_evicted_while_it_is_read_is_not_called_bad),
        cmocka_unit_test(object_used_while_it_is_read_is_judged_all_the_same),
        cmocka_unit_test(want_of_descriptors_makes_no_object_bad),
        cmocka_unit_test(quarantine_holds_no_more_than_its_cap),
        cmocka_unit_test(empty_store_has_nothing_to_scrub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "net/retry.h"

static void waits_stay_between_their_bounds_and_grow_at_most_threefold(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct net_retry retry;
        net_retry_init(&retry, seed);
        int64_t before = NET_RETRY_LEAST_MS;
        for (int i = 0; i < 50; i++) {
            int64_t wait = net_retry_next_ms(&retry, -1);
            assert_in_range(wait, NET_RETRY_LEAST_MS, NET_RETRY_MOST_MS);
            assert_true(wait <= before * 3);
            before = wait;
        }
    }
}

static void waits_reach_the_upper_half_when_failures_go_on(void **state) {
    (void)state;
    struct net_retry retry;
    net_retry_init(&retry, 7);
    int64_t most = 0;
    for (int i = 0; i < 100; i++) {
        int64_t wait = net_retry_next_ms(&retry, -1);
        most = wait > most ? wait : most;
    }
    assert_true(most > NET_RETRY_MOST_MS / 2);
}

static void same_seed_gives_the_same_waits_and_another_does_not(void **state) {
    (void)state;
    struct net_retry a;
    struct net_retry b;
    struct net_retry c;
    net_retry_init(&a, 42);
    net_retry_init(&b, 42);
    net_retry_init(&c, 43);
    int different = 0;
    for (int i = 0; i < 20; i++) {
        int64_t wait = net_retry_next_ms(&a, -1);
        assert_int_equal(wait, net_retry_next_ms(&b, -1));
        different += wait != net_retry_next_ms(&c, -1);
    }
    assert_true(different > 10);
}

static void a_success_starts_the_growth_anew(void **state) {
    (void)state;
    struct net_retry retry;
    net_retry_init(&retry, 1);
    for (int i = 0; i < 30; i++)
        net_retry_next_ms(&retry, -1);
    net_retry_reset(&retry);
    assert_true(net_retry_next_ms(&retry, -1) <= 3 * NET_RETRY_LEAST_MS);
}

static void retry_after_is_never_undercut_and_is_capped(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct net_retry retry;
        net_retry_init(&retry, seed);
        assert_in_range(net_retry_next_ms(&retry, 120), 120000, 132000);
        assert_in_range(net_retry_next_ms(&retry, INT64_MAX), 3600000, 3960000);
        assert_true(net_retry_next_ms(&retry, 0) >= NET_RETRY_LEAST_MS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(waits_stay_between_their_bounds_and_grow_at_most_threefold),
        cmocka_unit_test(waits_reach_the_upper_half_when_failures_go_on),
        cmocka_unit_test(same_seed_gives_the_same_waits_and_another_does_not),
        cmocka_unit_test(a_success_starts_the_growth_anew),
        cmocka_unit_test(retry_after_is_never_undercut_and_is_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

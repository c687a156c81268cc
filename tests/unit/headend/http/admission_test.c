#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "headend/http/admission.h"

#define LIMIT       64
#define PER_ADDRESS 16
#define RESERVE     (LIMIT / ADMISSION_RESERVE_PART)

struct hall {
    struct admission *admission;
    struct guest guests[1000];
    size_t count;
};

static int setup(void **state) {
    struct hall *hall = calloc(1, sizeof *hall);
    hall->admission = admission_create(LIMIT, PER_ADDRESS, NULL);
    *state = hall;
    return hall->admission ? 0 : -1;
}

static int teardown(void **state) {
    struct hall *hall = *state;
    for (size_t i = 0; i < hall->count; i++)
        admission_leave(hall->admission, &hall->guests[i]);
    for (int i = 0; i < STANDINGS; i++)
        assert_int_equal(admission_count(hall->admission, (enum standing)i), 0);
    assert_null(admission_first(hall->admission));
    admission_destroy(hall->admission);
    free(hall);
    return 0;
}

/* Somebody comes; the one who has to go, in the order of coming, or -1: nobody, or -2: he was not let in. */
static int comes(struct hall *hall, const char *address, const char *network, bool six) {
    struct guest *guest = &hall->guests[hall->count++];
    struct guest *evicted;
    snprintf(guest->address, sizeof guest->address, "%s", address);
    snprintf(guest->network, sizeof guest->network, "%s", network);
    guest->six = six;
    if (!admission_enter(hall->admission, guest, &evicted))
        return -2;
    return evicted ? (int)(evicted - hall->guests) : -1;
}

/* A screen of its own, from an address of its own. */
static bool screen_comes(struct hall *hall, int number, struct guest **evicted) {
    char address[ADDRESS_TEXT_SIZE];
    char id[UUID_TEXT_SIZE];
    snprintf(address, sizeof address, "10.1.0.%d", number);
    snprintf(id, sizeof id, "screen-%d", number);
    assert_int_not_equal(comes(hall, address, "10.1.0.0/24", false), -2);
    return admission_recognise(hall->admission, &hall->guests[hall->count - 1], STANDING_SCREEN, id, evicted);
}

static void silent_strangers_of_four_addresses_push_out_only_themselves(void **state) {
    struct hall *hall = *state;
    static const char *const from[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"};
    for (int i = 0; i < LIMIT; i++)
        assert_int_equal(comes(hall, from[i % 4], "203.0.113.0/24", false), -1);
    /* Each honest one gets in, and the oldest of them goes. */
    assert_int_equal(comes(hall, "192.0.2.1", "192.0.2.0/24", false), 0);
    assert_int_equal(comes(hall, "198.51.100.1", "198.51.100.0/24", false), 1);
    /* They come again, and go again. */
    assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), 2);
    assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false),
                     4); /* 203.0.113.1 has one more by now */
    assert_int_equal(admission_count(hall->admission, STANDING_STRANGER), LIMIT);
}

static void the_longest_idle_one_goes_before_one_who_is_answered(void **state) {
    struct hall *hall = *state;
    for (int i = 0; i < PER_ADDRESS; i++)
        assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), -1);
    hall->guests[0].busy = true;
    hall->guests[2].busy = true;
    assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), 1);
    assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), 3);
}

static void an_address_has_its_share_and_those_who_are_known_stay(void **state) {
    struct hall *hall = *state;
    struct guest *evicted;
    for (int i = 0; i < PER_ADDRESS; i++) {
        char id[UUID_TEXT_SIZE];
        snprintf(id, sizeof id, "screen-%d", i);
        assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), -1);
        if (i % 2)
            assert_true(
                admission_recognise(hall->admission, &hall->guests[i], STANDING_SCREEN, id, &evicted));
    }
    for (int i = 0; i < PER_ADDRESS / 2; i++)
        assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), 2 * i);
    assert_int_equal(admission_count(hall->admission, STANDING_SCREEN), PER_ADDRESS / 2);
    assert_int_equal(comes(hall, "203.0.113.2", "203.0.113.0/24", false), -1);
}

static void an_address_full_of_those_who_are_known_takes_no_more(void **state) {
    struct hall *hall = *state;
    struct guest *evicted;
    for (int i = 0; i < PER_ADDRESS; i++) {
        assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), -1);
        assert_true(admission_recognise(hall->admission, &hall->guests[i], STANDING_ADMIN, "", &evicted));
    }
    assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), -2);
    assert_int_equal(admission_count(hall->admission, STANDING_STRANGER), 0);
}

static void a_network_of_ipv6_has_its_share_however_many_addresses_it_uses(void **state) {
    struct hall *hall = *state;
    char address[ADDRESS_TEXT_SIZE];
    admission_destroy(hall->admission);
    hall->admission = admission_create(500, PER_ADDRESS, NULL);
    int most = PER_ADDRESS * ADMISSION_NETWORK_TIMES;
    for (int i = 0; i < most + 10; i++) {
        snprintf(address, sizeof address, "2001:db8:1:%x::/64", i);
        assert_int_equal(comes(hall, address, "2001:db8:1::/48", true), i < most ? -1 : i - most);
    }
    assert_int_equal(admission_count(hall->admission, STANDING_STRANGER), most);
    assert_int_equal(comes(hall, "2001:db8:2:1::/64", "2001:db8:2::/48", true), -1);
    /* Of IPv4 a network is only a neighbourhood. */
    for (int i = 0; i < most + 10; i++) {
        snprintf(address, sizeof address, "192.0.2.%d", i);
        assert_int_equal(comes(hall, address, "192.0.2.0/24", false), -1);
    }
}

static void places_are_kept_from_screens(void **state) {
    struct hall *hall = *state;
    struct guest *evicted;
    for (int i = 0; i < LIMIT - RESERVE; i++)
        assert_true(screen_comes(hall, i, &evicted));
    assert_false(screen_comes(hall, LIMIT, &evicted));
    assert_null(evicted);
    admission_leave(hall->admission, &hall->guests[hall->count - 1]);
    for (int i = 0; i < RESERVE; i++)
        assert_int_equal(comes(hall, "127.0.0.1", "127.0.0.0/24", false), -1);
    assert_true(
        admission_recognise(hall->admission, &hall->guests[hall->count - 1], STANDING_ADMIN, "", &evicted));
    /* Of the rest, one makes room for the next. */
    assert_int_equal(comes(hall, "192.0.2.1", "192.0.2.0/24", false), LIMIT - RESERVE + 1);
    assert_int_equal(admission_count(hall->admission, STANDING_SCREEN), LIMIT - RESERVE);
    assert_int_equal(admission_count(hall->admission, STANDING_ADMIN), 1);
}

static void a_screen_has_its_share_and_its_oldest_connection_goes(void **state) {
    struct hall *hall = *state;
    struct guest *evicted = NULL;
    for (int i = 0; i < ADMISSION_SCREEN_MAX + 3; i++) {
        char address[ADDRESS_TEXT_SIZE];
        snprintf(address, sizeof address, "203.0.113.%d", i);
        assert_int_equal(comes(hall, address, "203.0.113.0/24", false), -1);
        assert_true(admission_recognise(hall->admission, &hall->guests[i], STANDING_SCREEN, "one", &evicted));
        assert_ptr_equal(evicted, i < ADMISSION_SCREEN_MAX ? NULL : &hall->guests[i - ADMISSION_SCREEN_MAX]);
    }
    assert_int_equal(admission_count(hall->admission, STANDING_SCREEN), ADMISSION_SCREEN_MAX);
}

static void who_was_dismissed_counts_no_more_and_may_leave_later(void **state) {
    struct hall *hall = *state;
    for (int i = 0; i < PER_ADDRESS; i++)
        assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), -1);
    for (int i = 0; i < PER_ADDRESS; i++)
        admission_dismiss(hall->admission, &hall->guests[i]);
    assert_int_equal(comes(hall, "203.0.113.1", "203.0.113.0/24", false), -1);
    admission_leave(hall->admission, &hall->guests[PER_ADDRESS]);
    assert_int_equal(comes(hall, "", "", false), -1); /* of no family that we know */
}

static void a_machine_carries_what_its_descriptors_and_memory_do(void **state) {
    (void)state;
    assert_int_equal(admission_carried(16384, 384, 0), 12800);
    assert_int_equal(admission_carried(384, 384, 0), 0);
    assert_int_equal(admission_carried(5, 384, 0), 0);
    assert_int_equal(admission_carried(524288, 384, 8ULL << 30), 32768);
    assert_int_equal(admission_carried(1000384, 384, UINT64_MAX), 800000);
    assert_int_equal(admission_carried(UINT64_MAX, 384, 1ULL << 30), 4096);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_carries_what_its_descriptors_and_memory_do),
        cmocka_unit_test_setup_teardown(silent_strangers_of_four_addresses_push_out_only_themselves, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_longest_idle_one_goes_before_one_who_is_answered, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_address_has_its_share_and_those_who_are_known_stay, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_address_full_of_those_who_are_known_takes_no_more, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_network_of_ipv6_has_its_share_however_many_addresses_it_uses, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(places_are_kept_from_screens, setup, teardown),
        cmocka_unit_test_setup_teardown(a_screen_has_its_share_and_its_oldest_connection_goes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(who_was_dismissed_counts_no_more_and_may_leave_later, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

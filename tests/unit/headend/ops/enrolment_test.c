#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/enrolment.h"

/* Somebody at an IPv4 address; of the last one asked for. */
static const struct enrolment_origin *at(const char *address) {
    static struct enrolment_origin origin;
    snprintf(origin.address, sizeof origin.address, "%s", address);
    snprintf(origin.network, sizeof origin.network, "%.*s0/24", (int)(strrchr(address, '.') - address + 1),
             address);
    return &origin;
}

static void device_make(struct home *home, uint8_t mark, char id[UUID_TEXT_SIZE]) {
    const uint8_t thumbprint[32] = {mark};
    const struct device_settings settings = {.name = "Door", .time_zone = "UTC", .locale = "en"};
    const struct enrolment_answer answer = {.text = "0000", .any_group = true};
    struct enrolment_codes codes;
    assert_true(enrolment_start(home->db, thumbprint, at("10.0.0.1"), 600, 5, &codes, NULL));
    assert_true(enrolment_approve(home->db, codes.user_code, &answer, &settings, "test", id, NULL));
}

static void a_screen_that_is_retired_meanwhile_does_not_become_active(void **state) {
    struct home *home = *state;
    char id[UUID_TEXT_SIZE];
    struct device device;
    struct pp_error error = {0};
    device_make(home, 1, id);
    assert_true(enrolment_finish(home->db, id, 1000, NULL));
    assert_true(device_retire(home->db, id, NULL));
    assert_false(enrolment_finish(home->db, id, 2000, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_true(device_find(home->db, id, &device, NULL));
    assert_string_equal(device.status, "retired");
}

static void one_address_takes_only_its_share_of_the_codes(void **state) {
    struct home *home = *state;
    struct enrolment_codes codes;
    struct pp_error error = {0};
    for (uint8_t i = 0; i < ENROLMENT_PER_ADDRESS_MAX; i++) {
        const uint8_t thumbprint[32] = {2, i};
        assert_true(enrolment_start(home->db, thumbprint, at("10.0.0.2"), 600, 5, &codes, NULL));
    }
    const uint8_t more[32] = {3};
    assert_false(enrolment_start(home->db, more, at("10.0.0.2"), 600, 5, &codes, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(enrolment_start(home->db, more, at("10.0.0.3"), 600, 5, &codes, NULL));
}

static int64_t pending_at(struct home *home, const char *address) {
    db_autorow struct db_row *row =
        db_query_sql(home->db, NULL,
                     "SELECT count(*) FROM enrolment WHERE address = ? AND status = 'pending'", "s", address);
    assert_true(db_next(row, "count", NULL));
    return db_int(row, 0);
}

/* One code of a key of its own; whether it was given. */
static bool asks(struct home *home, const char *address, unsigned number, struct enrolment_codes *codes) {
    const uint8_t thumbprint[32] = {9, (uint8_t)(number >> 16), (uint8_t)(number >> 8), (uint8_t)number};
    return enrolment_start(home->db, thumbprint, at(address), 600, 5, codes, NULL);
}

static void many_addresses_with_many_codes_keep_no_screen_out(void **state) {
    struct home *home = *state;
    struct enrolment_codes honest[2];
    struct enrolment_codes codes;
    struct enrolment found;
    char address[64];
    unsigned number = 0;
    assert_true(db_defer_sync(home->db, NULL));
    assert_true(asks(home, "10.9.0.1", number++, &honest[0]));
    /* Sixteen addresses, of which eight are of one network, each with as many as it gets. */
    for (int i = 0; i < 16 * ENROLMENT_PER_ADDRESS_MAX; i++) {
        int one = i % 16;
        snprintf(address, sizeof address, "172.16.%d.%d", one < 8 ? 0 : one, one + 1);
        asks(home, address, number++, &codes);
    }
    db_autorow struct db_row *row =
        db_query_sql(home->db, NULL, "SELECT count(*) FROM enrolment WHERE status = 'pending'", "");
    assert_true(db_next(row, "count", NULL));
    assert_int_equal(db_int(row, 0), ENROLMENT_PENDING_MAX);
    /* Another honest one gets a code, and both keep theirs while the others go on. */
    assert_true(asks(home, "10.9.1.1", number++, &honest[1]));
    for (int i = 0; i < 200; i++) {
        snprintf(address, sizeof address, "172.16.0.%d", i % 8 + 1);
        asks(home, address, number++, &codes);
    }
    assert_true(enrolment_find(home->db, honest[0].user_code, &found, NULL));
    assert_true(enrolment_find(home->db, honest[1].user_code, &found, NULL));
    /* Those who are alone in their network kept theirs, too. */
    assert_int_equal(pending_at(home, "172.16.8.9"), ENROLMENT_PER_ADDRESS_MAX);
    assert_true(pending_at(home, "172.16.0.1") < ENROLMENT_PER_ADDRESS_MAX);
}

static void one_screen_takes_only_a_few_codes_at_once(void **state) {
    struct home *home = *state;
    const uint8_t thumbprint[32] = {5};
    struct enrolment_codes first;
    struct enrolment_codes codes;
    struct enrolment found;
    struct pp_error error = {0};
    assert_true(enrolment_start(home->db, thumbprint, at("10.0.0.5"), 600, 5, &first, NULL));
    for (int i = 1; i < ENROLMENT_PER_KEY_MAX; i++)
        assert_true(enrolment_start(home->db, thumbprint, at("10.0.0.5"), 600, 5, &codes, NULL));
    assert_false(enrolment_start(home->db, thumbprint, at("10.0.0.5"), 600, 5, &codes, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(enrolment_find(home->db, first.user_code, &found, NULL));
    assert_true(db_run_sql(home->db, NULL, "UPDATE enrolment SET created = created - ?", "i",
                           (int64_t)ENROLMENT_KEY_AGE_S));
    assert_true(enrolment_start(home->db, thumbprint, at("10.0.0.5"), 600, 5, &codes, NULL));
    assert_int_equal(enrolment_find(home->db, codes.user_code, &found, NULL), true);
    db_autorow struct db_row *row =
        db_query_sql(home->db, NULL, "SELECT count(*) FROM enrolment WHERE thumbprint = ?", "b",
                     (const void *)thumbprint, sizeof thumbprint);
    assert_true(db_next(row, "count", NULL));
    assert_int_equal(db_int(row, 0), ENROLMENT_PER_KEY_MAX); /* the oldest went */
}

static enum pp_code answer_given(struct home *home, const char *code, const char *text, bool any_group) {
    const struct enrolment_answer answer = {.text = text, .any_group = any_group};
    const struct device_settings settings = {.name = "Door", .time_zone = "UTC", .locale = "en"};
    char id[UUID_TEXT_SIZE];
    struct pp_error error = {0};
    return enrolment_approve(home->db, code, &answer, &settings, "test", id, &error) ? PP_OK : error.code;
}

/* A screen whose fingerprint is 3f2a 91bc 0d4e 77a1 but for its last digit; the page asks for one group. */
static void screen_waits(struct home *home, uint8_t last, int64_t asked, char code[USER_CODE_SIZE]) {
    const uint8_t thumbprint[32] = {0x3f, 0x2a, 0x91, 0xbc, 0x0d, 0x4e, 0x77, last};
    struct enrolment_codes codes;
    assert_true(enrolment_start(home->db, thumbprint, at("10.0.0.6"), 600, 5, &codes, NULL));
    assert_true(db_run_sql(home->db, NULL, "UPDATE enrolment SET asked = ? WHERE thumbprint = ?", "ib", asked,
                           (const void *)thumbprint, sizeof thumbprint));
    memcpy(code, codes.user_code, USER_CODE_SIZE);
}

static void only_the_group_that_was_asked_for_approves(void **state) {
    struct home *home = *state;
    static const char *const wrong[] = {"3f2a",
                                        "",
                                        "0d4",
                                        "0d4e7",
                                        "0d4e 77a2",
                                        "od4e",
                                        "91bc",
                                        "77a20",
                                        "????",
                                        "3f2a 91bc 0d4e 77a1",
                                        "3f2a91bc0d4e77a2 0d4e"};
    for (size_t i = 0; i < PP_COUNT(wrong); i++) {
        char code[USER_CODE_SIZE];
        screen_waits(home, 0xa2, 2, code);
        assert_int_equal(answer_given(home, code, wrong[i], false), PP_E_AUTH);
        assert_true(db_run_sql(home->db, NULL, "DELETE FROM enrolment", ""));
    }
    static const char *const right[] = {"0d4e", " 0D-4E ", "3f2a 91bc 0d4e 77a2", "3F2A91BC0D4E77A2"};
    for (size_t i = 0; i < PP_COUNT(right); i++) {
        char code[USER_CODE_SIZE];
        screen_waits(home, 0xa2, 2, code);
        assert_int_equal(answer_given(home, code, right[i], false), PP_OK);
    }
    static const char *const any[] = {"3f2a", "91bc", "0d4e", "77a2"};
    for (size_t i = 0; i < PP_COUNT(any); i++) {
        char code[USER_CODE_SIZE];
        screen_waits(home, 0xa2, 2, code);
        assert_int_equal(answer_given(home, code, any[i], true), PP_OK);
    }
}

static void a_few_wrong_answers_end_the_code(void **state) {
    struct home *home = *state;
    char code[USER_CODE_SIZE];
    struct enrolment found;
    screen_waits(home, 0xa3, 0, code);
    for (int i = 0; i < ENROLMENT_WRONG_MAX; i++) {
        assert_true(enrolment_find(home->db, code, &found, NULL));
        assert_int_equal(found.wrong, i);
        assert_int_equal(answer_given(home, code, "0000", true), PP_E_AUTH);
    }
    assert_int_equal(answer_given(home, code, "3f2a", true), PP_E_EXPIRED);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_screen_that_is_retired_meanwhile_does_not_become_active),
        cmocka_unit_test(one_address_takes_only_its_share_of_the_codes),
        cmocka_unit_test_setup_teardown(many_addresses_with_many_codes_keep_no_screen_out, test_home_setup,
                                        test_home_teardown),
        cmocka_unit_test(one_screen_takes_only_a_few_codes_at_once),
        cmocka_unit_test(only_the_group_that_was_asked_for_approves),
        cmocka_unit_test(a_few_wrong_answers_end_the_code),
    };
    return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}

/* What is taken of a channel's feeds, and what is refused whole. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "crypto/seal.h"
#include "feeds/document.h"

static const uint8_t key[CHANNEL_KEY_SIZE] = {1, 2, 3};

#define ONE(name, version, value)                                                                            \
    "\"" name "\":{\"version\":" #version ",\"time\":1000,\"stale_after_s\":60,\"value\":" value "}"
#define DOCUMENT(feeds) "{\"format\":1,\"channel\":\"lobby\",\"feeds\":{" feeds "}}"

static enum pp_code take(struct feeds *feeds, const char *text) {
    struct pp_error error = {0};
    bool ok = feeds_take_text(feeds, "lobby", text, strlen(text), &error);
    assert_int_equal(ok, error.code == PP_OK);
    return error.code;
}

static double number_of(const struct feeds *feeds, const char *name) {
    const struct feed *feed = feeds_find(feeds, name);
    assert_non_null(feed);
    return cJSON_GetNumberValue(feed->value);
}

static enum pp_code take_sealed(struct feeds *feeds, const char *text, const char *associated,
                                const uint8_t *with) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(4096);
    assert_true(seal_encrypt(text, strlen(text), with, associated, &sealed, &error));
    (void)!feeds_take(feeds, "lobby", key, sealed.data, sealed.size, &error);
    return error.code;
}

static void document_is_taken_and_an_older_one_refused_whole(void **state) {
    (void)state;
    struct feeds feeds = {0};
    assert_int_equal(take(&feeds, DOCUMENT(ONE("sales", 5, "1"))), PP_OK);
    assert_int_equal(take(&feeds, DOCUMENT(ONE("sales", 6, "2") "," ONE("stock", 3, "30"))), PP_OK);
    assert_true(number_of(&feeds, "sales") == 2 && number_of(&feeds, "stock") == 30);
    assert_true(cJSON_GetNumberValue(feeds_find(&feeds, "sales")->before) == 1);
    /* One of them is older: neither is taken. */
    assert_int_equal(take(&feeds, DOCUMENT(ONE("stock", 9, "90") "," ONE("sales", 5, "1"))), PP_E_ROLLBACK);
    assert_true(number_of(&feeds, "sales") == 2 && number_of(&feeds, "stock") == 30);
    /* What is not named stays, and its version too. */
    assert_int_equal(take(&feeds, DOCUMENT(ONE("stock", 4, "40"))), PP_OK);
    assert_true(number_of(&feeds, "sales") == 2);
    assert_int_equal(take(&feeds, DOCUMENT(ONE("sales", 5, "1"))), PP_E_ROLLBACK);
    /* The same again is no change, and no trend. */
    assert_int_equal(take(&feeds, DOCUMENT(ONE("sales", 6, "2"))), PP_OK);
    assert_true(cJSON_GetNumberValue(feeds_find(&feeds, "sales")->before) == 1);
    feeds_clear(&feeds);
}

static void document_of_anybody_else_is_refused(void **state) {
    (void)state;
    static const char text[] = DOCUMENT(ONE("sales", 5, "1"));
    const uint8_t other[CHANNEL_KEY_SIZE] = {9};
    struct feeds feeds = {0};
    assert_int_equal(take_sealed(&feeds, text, FEEDS_AD "lobby", key), PP_OK);
    assert_int_equal(take_sealed(&feeds, text, FEEDS_AD "bar", key), PP_E_AUTH); /* another channel's */
    assert_int_equal(take_sealed(&feeds, text, SEAL_AD_MANIFEST "lobby", key), PP_E_AUTH);
    assert_int_equal(take_sealed(&feeds, text, FEEDS_AD "lobby", other), PP_E_AUTH);
    /* Sealed for this one, and it says that it is another's. */
    assert_int_equal(
        take_sealed(&feeds, "{\"format\":1,\"channel\":\"bar\",\"feeds\":{}}", FEEDS_AD "lobby", key),
        PP_E_INVALID);
    assert_true(number_of(&feeds, "sales") == 1);
    feeds_clear(&feeds);
}

static void document_that_breaks_the_form_changes_nothing(void **state) {
    static const char *const bad[] = {
        "",
        "[]",
        "{\"format\":2,\"channel\":\"lobby\",\"feeds\":{}}",
        "{\"format\":1,\"channel\":\"lobby\",\"feeds\":[]}",
        "{\"format\":1,\"channel\":\"lobby\"}",
        DOCUMENT("\"sales\":1"),
        DOCUMENT("\"sales\":{\"version\":7,\"time\":1,\"stale_after_s\":60}"),
        DOCUMENT("\"sales\":{\"version\":0,\"time\":1,\"stale_after_s\":60,\"value\":1}"),
        DOCUMENT("\"sales\":{\"version\":7,\"time\":-1,\"stale_after_s\":60,\"value\":1}"),
        DOCUMENT("\"sales\":{\"version\":7,\"time\":1,\"stale_after_s\":0,\"value\":1}"),
        DOCUMENT(ONE("sales", 7, "1") "," ONE("sales", 8, "2")),
    };
    (void)state;
    struct feeds feeds = {0};
    assert_int_equal(take(&feeds, DOCUMENT(ONE("sales", 6, "2"))), PP_OK);
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        if (take(&feeds, bad[i]) != PP_E_INVALID)
            fail_msg("%s was taken", bad[i]);
    }
    assert_true(number_of(&feeds, "sales") == 2);
    feeds_clear(&feeds);
}

static void feeds_are_bounded_and_the_newest_named_ones_stay(void **state) {
    (void)state;
    struct feeds feeds = {0};
    struct pp_error error = {0};
    for (int round = 0; round < 2; round++) {
        pp_autobuf struct pp_buf text = PP_BUF_INIT(64 * 1024);
        assert_true(pp_buf_add_text(&text, "{\"format\":1,\"channel\":\"lobby\",\"feeds\":{", &error));
        for (int i = 0; i < CHANNEL_FEEDS_MAX; i++)
            assert_true(pp_buf_addf(
                &text, &error, "%s\"f%d-%d\":{\"version\":1,\"time\":1,\"stale_after_s\":1,\"value\":%d}",
                i ? "," : "", round, i, i));
        assert_true(pp_buf_add_text(&text, "}}", &error));
        assert_int_equal(take(&feeds, pp_buf_text(&text)), PP_OK);
    }
    assert_int_equal(feeds.count, CHANNEL_FEEDS_MAX);
    assert_null(feeds_find(&feeds, "f0-0"));
    assert_non_null(feeds_find(&feeds, "f1-15"));
    feeds_clear(&feeds);
}

static void another_channel_begins_anew(void **state) {
    (void)state;
    struct feeds feeds = {0};
    struct pp_error error = {0};
    static const char bar[] = "{\"format\":1,\"channel\":\"bar\",\"feeds\":{" ONE("sales", 1, "7") "}}";
    assert_int_equal(take(&feeds, DOCUMENT(ONE("sales", 6, "2") "," ONE("stock", 1, "1"))), PP_OK);
    assert_true(feeds_take_text(&feeds, "bar", bar, strlen(bar), &error));
    assert_int_equal(feeds.count, 1);
    assert_true(number_of(&feeds, "sales") == 7);
    feeds_clear(&feeds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(document_is_taken_and_an_older_one_refused_whole),
        cmocka_unit_test(document_of_anybody_else_is_refused),
        cmocka_unit_test(document_that_breaks_the_form_changes_nothing),
        cmocka_unit_test(feeds_are_bounded_and_the_newest_named_ones_stay),
        cmocka_unit_test(another_channel_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "events/chain.h"
#include "events/kinds.h"

static cJSON *event(const char *detail) {
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "kind", "locked");
    cJSON_AddStringToObject(json, "detail", detail);
    return json;
}

static bool whole(const cJSON *json, struct event_place *place) {
    bool is = false;
    assert_true(event_place_read(json, place, NULL));
    assert_true(event_is_whole(json, place, &is, NULL));
    return is;
}

static void each_event_has_the_hash_of_the_one_before_it(void **state) {
    (void)state;
    struct event_head head;
    struct event_place places[3];
    assert_true(event_head_begin(&head, NULL));
    for (int i = 0; i < 3; i++) {
        pp_autojson cJSON *json = event("x");
        assert_false(event_is_linked(json));
        assert_true(event_link(json, &head, NULL));
        assert_true(event_is_linked(json));
        assert_true(whole(json, &places[i]));
        assert_int_equal(places[i].seq, i + 1);
        assert_string_equal(places[i].chain, head.chain);
        if (i)
            assert_memory_equal(places[i].prev, places[i - 1].hash, EVENT_HASH_BYTES);
    }
    assert_memory_equal(head.hash, places[2].hash, EVENT_HASH_BYTES);
    assert_int_equal(head.seq, 3);
}

/* Worked out by hand with Python's hashlib and json. */
static void the_hash_is_that_of_the_header_s_words(void **state) {
    (void)state;
    static const char text[] = "{\"detail\":\"a \\\"b\\\" \\\\ "
                               "é\",\"kind\":\"locked\",\"chain\":\"AAECAwQFBgcICQoLDA0ODw\",\"seq\":1,"
                               "\"prev\":\"XSYR1aTdK0Cyd9_bXs9bSYGRUNfVxi9O75YMsMJNsgw\",\"hash\":"
                               "\"Io6tluQFn2OWkHZR8tYEILk3VdjCULyIDkpwoQBUxBw\"}";
    struct event_place place;
    pp_autojson cJSON *json = pp_json_parse(text, strlen(text), 4096, NULL);
    assert_non_null(json);
    assert_true(whole(json, &place));
}

static void whatever_is_changed_is_not_whole(void **state) {
    (void)state;
    struct event_head head, other;
    struct event_place place;
    assert_true(event_head_begin(&head, NULL) && event_head_begin(&other, NULL));
    pp_autojson cJSON *json = event("x");
    assert_true(event_link(json, &head, NULL));
    static const char *const names[] = {"kind", "detail", "chain", "seq", "prev", "hash"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        pp_autojson cJSON *changed = cJSON_Duplicate(json, true);
        char text[EVENT_HASH_SIZE];
        pp_base64url_encode(other.hash, sizeof other.hash, text);
        cJSON *value = strcmp(names[i], "seq") == 0     ? cJSON_CreateNumber(2)
                       : strcmp(names[i], "chain") == 0 ? cJSON_CreateString(other.chain)
                                                        : cJSON_CreateString(text);
        cJSON_ReplaceItemInObjectCaseSensitive(changed, names[i], value);
        if (whole(changed, &place))
            fail_msg("%s can be changed", names[i]);
    }
    pp_autojson cJSON *more = cJSON_Duplicate(json, true);
    cJSON_AddBoolToObject(more, "more", true);
    assert_false(whole(more, &place));
    pp_autojson cJSON *less = cJSON_Duplicate(json, true);
    cJSON_DeleteItemFromObject(less, "detail");
    assert_false(whole(less, &place));
}

static void the_first_event_belongs_to_its_chain(void **state) {
    (void)state;
    struct event_head head;
    struct event_place place;
    assert_true(event_head_begin(&head, NULL));
    memset(head.hash, 7, sizeof head.hash);
    pp_autojson cJSON *json = event("x");
    assert_true(event_link(json, &head, NULL));
    assert_false(whole(json, &place));
}

static void a_place_that_is_malformed_is_refused(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"chain\":\"AAECAwQFBgcICQoLDA0ODw\"}",
        "{\"seq\":1}",
        "{\"chain\":\"short\",\"seq\":1,\"prev\":\"\",\"hash\":\"\"}",
    };
    for (size_t i = 0; i < PP_COUNT(texts); i++) {
        struct event_place place;
        pp_autojson cJSON *json = pp_json_parse(texts[i], strlen(texts[i]), 4096, NULL);
        assert_true(event_is_linked(json));
        assert_false(event_place_read(json, &place, NULL));
    }
}

static void kinds_are_sorted_and_of_known_severity(void **state) {
    (void)state;
    size_t count = 0;
    const struct event_kind *kinds = event_kinds(&count);
    assert_true(count > 30);
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || strcmp(kinds[i - 1].name, kinds[i].name) < 0);
        assert_in_range(kinds[i].severity, 0, 10);
        assert_true(*kinds[i].words && strlen(kinds[i].name) <= 63);
        assert_ptr_equal(event_kind_find(kinds[i].name), &kinds[i]);
    }
    assert_null(event_kind_find("kind-of-tomorrow"));
    assert_true(event_kind_find("security-tls")->security);
    assert_false(event_kind_find("switched")->security);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_has_the_hash_of_the_one_before_it),
        cmocka_unit_test(the_hash_is_that_of_the_header_s_words),
        cmocka_unit_test(whatever_is_changed_is_not_whole),
        cmocka_unit_test(the_first_event_belongs_to_its_chain),
        cmocka_unit_test(a_place_that_is_malformed_is_refused),
        cmocka_unit_test(kinds_are_sorted_and_of_known_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/state_document.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/jws.h"

#define ALWAYS_S PP_JSON_INTEGER_MAX /* s since 1970: when it was signed is no matter */

#define KEY      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

/* In place of a JWE: the key itself, for device d-1. */
static bool read_key(void *arg, const char *token, const char *device_id, uint8_t key[CHANNEL_KEY_SIZE],
                     struct pp_error *error) {
    (void)arg;
    assert_string_equal(device_id, "d-1");
    return pp_base64url_decode_exact(token, key, CHANNEL_KEY_SIZE, error);
}

static const struct state_key_reader reader = {.read = read_key};

static const char whole[] =
    "{\"format\":2,\"aud\":\"d-1\",\"version\":12,\"iat\":1767600000,\"exp\":1770278400,"
    "\"name\":\"Lobby left\",\"site\":\"Lyon\",\"time_zone\":\"Europe/Paris\",\"locale\":\"fr\","
    "\"channel\":{\"id\":\"lobby\",\"key\":\"" KEY "\"},\"publish\":7,\"settings\":{},\"commands\":[]}";

/* The whole document with the first `from` made into `to`. */
static bool parse_changed(const char *from, const char *to, struct state_document *out,
                          struct pp_error *error) {
    char text[2048];
    const char *place = strstr(whole, from);
    assert_non_null(place);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(place - whole), whole, to, place + strlen(from));
    return state_document_parse(text, strlen(text), &reader, out, error);
}

/* The JWK set of one key, as the repository has it, and its name. */
static void control_set(const struct crypto_key *key, char set[1024], char kid[JWK_THUMBPRINT_TEXT_SIZE]) {
    uint8_t point[CRYPTO_POINT_SIZE];
    assert_true(crypto_key_public_point(key, point, NULL));
    assert_true(jwk_thumbprint_text(point, kid, NULL));
    pp_autojson cJSON *jwk = jwk_from_point(point, NULL);
    cJSON_AddStringToObject(jwk, "kid", kid);
    cJSON_AddStringToObject(jwk, "use", "sig");
    cJSON_AddStringToObject(jwk, "alg", "ES256");
    pp_autojsontext char *text = cJSON_PrintUnformatted(jwk);
    snprintf(set, 1024, "{\"keys\":[%s]}", text);
}

static void a_whole_document_is_read(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_true(state_document_parse(whole, strlen(whole), &reader, &document, &error));
    assert_string_equal(document.audience, "d-1");
    assert_int_equal(document.floor.version, 12);
    assert_int_equal(document.floor.epoch, 0);
    assert_int_equal(document.issued_s, 1767600000);
    assert_string_equal(document.time_zone, "Europe/Paris");
    assert_true(document.has_channel);
    assert_string_equal(document.channel, "lobby");
    for (int i = 0; i < CHANNEL_KEY_SIZE; i++)
        assert_int_equal(document.channel_key[i], i);
}

static void what_of_a_rollout_is_taken_is_a_hash_or_nothing(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    char with[256];
    uint8_t hash[CHANNEL_HASH_SIZE];
    memset(hash, 0xab, sizeof hash);
    assert_true(parse_changed("\"publish\"", "\"publish\"", &document, &error));
    assert_false(document.has_take);
    snprintf(with, sizeof with, "\"id\":\"lobby\",\"take\":{\"sha256\":\"%s%s%s%s\",\"more\":1}",
             "abababababababab", "abababababababab", "abababababababab", "ABABABABABABABAB");
    assert_true(parse_changed("\"id\":\"lobby\"", with, &document, &error));
    assert_true(document.has_take);
    assert_memory_equal(document.take, hash, sizeof hash);
    static const char *const bad[] = {
        "{}",
        "null",
        "[]",
        "\"ab\"",
        "{\"sha256\":7}",
        "{\"sha256\":\"ab\"}",
        "{\"sha256\":\"abababababababababababababababababababababababababababababababzz\"}",
        "{\"sha256\":\"abababababababababababababababababababababababababababababababab0\"}"};
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        snprintf(with, sizeof with, "\"id\":\"lobby\",\"take\":%s", bad[i]);
        bool absent = strcmp(bad[i], "null") == 0;
        assert_int_equal(parse_changed("\"id\":\"lobby\"", with, &document, &error), absent);
        assert_true(absent || strstr(error.message, "state: channel: "));
    }
}

static void a_document_that_answered_another_request_is_refused(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_true(parse_changed("\"settings\":{},", "\"settings\":{},\"nonce\":\"AAECAwQFBgcICQoLDA0ODw\",",
                              &document, &error));
    assert_true(state_document_answers(&document, "AAECAwQFBgcICQoLDA0ODw", &error));
    assert_false(state_document_answers(&document, "BAECAwQFBgcICQoLDA0ODw", &error));
    assert_int_equal(error.code, PP_E_ROLLBACK);
    assert_string_equal(error.message, "state: version 12 is the answer to another request");
    assert_true(
        parse_changed("\"settings\":{},", "\"settings\":{},", &document, &error)); /* of an earlier headend */
    assert_true(state_document_answers(&document, "BAECAwQFBgcICQoLDA0ODw", &error));
    assert_false(parse_changed("\"settings\":{},", "\"settings\":{},\"nonce\":7,", &document, &error));
}

static void the_rotation_is_a_quarter_turn_or_none(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_true(
        parse_changed("\"settings\":{}", "\"settings\":{\"rotation\":270,\"new\":1}", &document, &error));
    assert_int_equal(document.rotation, 270);
    assert_true(parse_changed("\"settings\":{}", "\"settings\":{}", &document, &error));
    assert_int_equal(document.rotation, 0);
    assert_true(parse_changed("\"settings\":{},", "", &document, &error));
    assert_int_equal(document.rotation, 0);
    static const char *const bad[] = {"45", "360", "-90", "\"90\"", "90.5"};
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "\"settings\":{\"rotation\":%s}", bad[i]);
        assert_false(parse_changed("\"settings\":{}", settings, &document, &error));
        assert_non_null(strstr(error.message, "rotation"));
    }
}

static void the_offline_mark_is_asked_for_or_not(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_true(parse_changed("\"settings\":{}", "\"settings\":{\"offline_mark\":true}", &document, &error));
    assert_true(document.offline_mark);
    assert_true(parse_changed("\"settings\":{}", "\"settings\":{\"offline_mark\":false}", &document, &error));
    assert_false(document.offline_mark);
    assert_true(parse_changed("\"settings\":{}", "\"settings\":{}", &document, &error));
    assert_false(document.offline_mark);
    static const char *const bad[] = {"1", "\"yes\"", "{}"};
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        char settings[64];
        snprintf(settings, sizeof settings, "\"settings\":{\"offline_mark\":%s}", bad[i]);
        assert_false(parse_changed("\"settings\":{}", settings, &document, &error));
        assert_non_null(strstr(error.message, "offline_mark"));
    }
}

static void a_proxy_is_read_and_its_hash_is_that_of_all_of_it(void **state) {
    (void)state;
    static const char *const rows[] = {
        "{\"address\":\"http://proxy.example:3128\"}",
        "{\"address\":\"http://proxy.example:3128\",\"user\":\"screen\"}",
        "{\"address\":\"http://proxy.example:3128\",\"user\":\"screen\",\"credentials\":\"a..b.c.d\"}",
        "{\"address\":\"https://proxy.example:3128\",\"ca\":\"pem\",\"except\":\"10.0.0.0/8\"}",
        "{\"address\":\"\"}",
    };
    char hashes[PP_COUNT(rows)][PP_HEX_SIZE(32)];
    static struct state_document document;
    struct pp_error error = {0};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char settings[256];
        snprintf(settings, sizeof settings, "\"settings\":{\"proxy\":%s}", rows[i]);
        assert_true(parse_changed("\"settings\":{}", settings, &document, &error));
        assert_true(document.proxy.given);
        assert_true(state_proxy_hash(&document.proxy, hashes[i], &error));
        assert_int_equal(strlen(hashes[i]), 64);
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(hashes[i], hashes[other]);
    }
    assert_true(parse_changed("\"settings\":{}", "\"settings\":{}", &document, &error));
    assert_false(document.proxy.given);
    assert_true(state_proxy_hash(&document.proxy, hashes[0], &error));
    assert_string_equal(hashes[0], "");
}

static void a_proxy_that_is_none_is_refused_by_name(void **state) {
    (void)state;
    static const char *const rows[] = {"1", "\"http://proxy.example\"", "{}", "{\"address\":1}",
                                       "{\"address\":\"\",\"user\":{}}"};
    static struct state_document document;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char settings[128];
        struct pp_error error = {0};
        snprintf(settings, sizeof settings, "\"settings\":{\"proxy\":%s}", rows[i]);
        assert_false(parse_changed("\"settings\":{}", settings, &document, &error));
        assert_non_null(strstr(error.message, "proxy"));
    }
}

static void a_document_without_a_channel_is_read(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_true(parse_changed("{\"id\":\"lobby\",\"key\":\"" KEY "\"}", "null", &document, &error));
    assert_false(document.has_channel);
}

static void each_bad_field_is_refused_by_name_and_nothing_is_changed(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } rows[] = {
        {"\"format\":2", "\"format\":1", "state: field \"format\" is not between 2 and 2"},
        {"\"aud\":\"d-1\"", "\"aud\":5", "state: field \"aud\" is not a string"},
        {"\"version\":12", "\"version\":0.5", "state: field \"version\" is not an integer"},
        {"\"version\":12", "\"version\":12,\"epoch\":-1",
         "state: field \"epoch\" is not between 0 and 9007199254740991"},
        {"\"version\":12,", "", "state: field \"version\" is missing"},
        {"\"iat\":1767600000", "\"iat\":\"2026-01-05T08:00:00Z\"", "state: field \"iat\" is not an integer"},
        {"\"exp\":1770278400", "\"exp\":1767600000", "state: field \"exp\" is not after \"iat\""},
        {"\"id\":\"lobby\"", "\"id\":\"../x\"", "state: channel: field \"id\" is not a channel id"},
        {"\"key\":\"AAEC", "\"key\":\"AAE",
         "state: channel: field \"key\": base64 has trailing bits that are not zero"},
        {"\"name\"", "\"aud\"", "state: field \"aud\" stands twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct state_document document = {.floor = {.version = 77}};
        struct pp_error error = {0};
        assert_false(parse_changed(rows[i].from, rows[i].to, &document, &error));
        if (i != 7) /* which of base64's complaints it is depends on the digits */
            assert_string_equal(error.message, rows[i].message);
        assert_int_equal(document.floor.version, 77);
    }
}

static void what_is_not_an_object_is_refused(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_false(state_document_parse("[1]", 3, &reader, &document, &error));
    assert_string_equal(error.message, "state: not a JSON object");
    assert_false(state_document_parse("", 0, &reader, &document, &error));
}

static void a_state_counts_that_a_control_key_has_signed(void **state) {
    (void)state;
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(NULL);
    PP_AUTO(crypto_key) struct crypto_key *other = crypto_key_generate(NULL);
    struct control_keys keys = {0};
    char set[1024];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    control_set(key, set, kid);
    assert_true(control_keys_read(set, strlen(set), &keys, NULL));
    const struct {
        const struct crypto_key *key;
        const char *kid, *typ;
        enum pp_code code;
    } rows[] = {
        {key, kid, "pingplay-state", PP_OK},
        {other, kid, "pingplay-state", PP_E_AUTH},     /* of somebody else, in its name */
        {key, "another", "pingplay-state", PP_E_AUTH}, /* of a key that nobody vouches for */
        {key, NULL, "pingplay-state", PP_E_AUTH},
        {key, kid, "pingplay-agreement-key", PP_E_INVALID}, /* another kind of document */
        {key, kid, NULL, PP_E_INVALID},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        pp_autobuf struct pp_buf token = PP_BUF_INIT(STATE_DOCUMENT_MAX);
        pp_autobuf struct pp_buf payload = PP_BUF_INIT(STATE_DOCUMENT_MAX);
        struct pp_error error = {0};
        const struct jws_signer signer = {.key = rows[i].key, .kid = rows[i].kid, .typ = rows[i].typ};
        assert_true(jws_sign(&signer, whole, strlen(whole), &token, NULL));
        bool verified = state_document_verify(token.data, token.size, &keys, &payload, &error);
        assert_int_equal(error.code, rows[i].code);
        assert_int_equal(verified, rows[i].code == PP_OK);
        assert_int_equal(payload.size, verified ? strlen(whole) : 0);
    }
    control_keys_finish(&keys);
}

static void only_a_newer_valid_document_for_this_device_may_take_effect(void **state) {
    (void)state;
    struct state_document document;
    struct pp_error error = {0};
    assert_true(state_document_parse(whole, strlen(whole), &reader, &document, &error));
    struct state_floor same = {.version = 12};
    struct state_floor above = {.version = 13};
    assert_true(state_document_check(&document, "d-1", &same, document.expires_s - 1, ALWAYS_S, &error));
    assert_false(state_document_check(&document, "d-2", &same, document.issued_s, ALWAYS_S, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    assert_false(state_document_check(&document, "d-1", &above, document.issued_s, ALWAYS_S, &error));
    assert_int_equal(error.code, PP_E_ROLLBACK);
    assert_false(state_document_check(&document, "d-1", &same, document.expires_s, ALWAYS_S, &error));
    assert_int_equal(error.code, PP_E_EXPIRED);
}

static void a_later_epoch_begins_with_any_version_and_an_earlier_one_is_over(void **state) {
    (void)state;
    const struct state_floor floor = {.epoch = 3, .version = 57};
    static const struct {
        struct state_floor document;
        enum pp_code code;
    } rows[] = {
        {{3, 57}, PP_OK},
        {{3, 58}, PP_OK},
        {{4, 1}, PP_OK},
        {{3, 56}, PP_E_ROLLBACK},
        {{2, 1000}, PP_E_ROLLBACK},
        {{0, 1}, PP_E_ROLLBACK},
        {{3, 57 + STATE_VERSION_STEP_MAX}, PP_OK},
        {{3, 58 + STATE_VERSION_STEP_MAX}, PP_E_LIMIT},
        {{3, PP_JSON_INTEGER_MAX}, PP_E_LIMIT},
        {{4, PP_JSON_INTEGER_MAX}, PP_E_LIMIT},
        {{3 + STATE_EPOCH_STEP_MAX, 1}, PP_OK},
        {{4 + STATE_EPOCH_STEP_MAX, 1}, PP_E_LIMIT},
        {{PP_JSON_INTEGER_MAX, 58}, PP_E_LIMIT},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct state_document document = {.audience = "d-1", .floor = rows[i].document, .expires_s = 10};
        struct pp_error error = {0};
        bool taken = state_document_check(&document, "d-1", &floor, 9, ALWAYS_S, &error);
        assert_int_equal(error.code, rows[i].code);
        assert_int_equal(taken, rows[i].code == PP_OK);
    }
}

static void a_document_signed_too_late_or_good_for_too_long_is_refused(void **state) {
    (void)state;
    const struct state_floor floor = {0};
    const int64_t latest_s = 1767600000;
    static const struct {
        int64_t issued_s, life_s;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {1767600000, 86400, PP_OK, ""},
        {1767600001, 86400, PP_E_LIMIT, "state: field \"iat\" of version 12 lies too far in the future"},
        {1767600000000, 86400, PP_E_LIMIT, /* ms */
         "state: field \"iat\" of version 12 lies too far in the future"},
        {PP_JSON_INTEGER_MAX - 1, 1, PP_E_LIMIT,
         "state: field \"iat\" of version 12 lies too far in the future"},
        {1767600000, STATE_LIFE_MAX_S, PP_OK, ""},
        {1767600000, STATE_LIFE_MAX_S + 1, PP_E_LIMIT,
         "state: field \"exp\" of version 12 is more than 366 days after \"iat\""},
        {0, PP_JSON_INTEGER_MAX, PP_E_LIMIT,
         "state: field \"exp\" of version 12 is more than 366 days after \"iat\""},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct state_document document = {.audience = "d-1",
                                          .floor = {.version = 12},
                                          .issued_s = rows[i].issued_s,
                                          .expires_s = rows[i].issued_s + rows[i].life_s};
        struct pp_error error = {0};
        bool taken = state_document_check(&document, "d-1", &floor, 1767600000, latest_s, &error);
        assert_int_equal(error.code, rows[i].code);
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(taken, rows[i].code == PP_OK);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_document_is_read),
        cmocka_unit_test(what_of_a_rollout_is_taken_is_a_hash_or_nothing),
        cmocka_unit_test(a_document_that_answered_another_request_is_refused),
        cmocka_unit_test(the_rotation_is_a_quarter_turn_or_none),
        cmocka_unit_test(the_offline_mark_is_asked_for_or_not),
        cmocka_unit_test(a_proxy_is_read_and_its_hash_is_that_of_all_of_it),
        cmocka_unit_test(a_proxy_that_is_none_is_refused_by_name),
        cmocka_unit_test(a_document_without_a_channel_is_read),
        cmocka_unit_test(each_bad_field_is_refused_by_name_and_nothing_is_changed),
        cmocka_unit_test(what_is_not_an_object_is_refused),
        cmocka_unit_test(a_state_counts_that_a_control_key_has_signed),
        cmocka_unit_test(a_later_epoch_begins_with_any_version_and_an_earlier_one_is_over),
        cmocka_unit_test(only_a_newer_valid_document_for_this_device_may_take_effect),
        cmocka_unit_test(a_document_signed_too_late_or_good_for_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

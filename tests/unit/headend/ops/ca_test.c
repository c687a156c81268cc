#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "headend/db/sql.h"
#include "headend/ops/device.h"
#include "headend/ops/device_certificate.h"
#include "headend/ops/publish.h"
#include "headend/public/authorities.h"
#include "headend/public/ca.h"
#include "headend/public/ca_file.h"
#include "headend/public/certificate.h"
#include "headend/signer/ca_key.h"

static cJSON *document_of(const struct home *home) {
    struct pp_error error = {0};
    pp_autobuf struct pp_buf text = PP_BUF_INIT(CA_DOCUMENT_MAX);
    pp_autobuf struct pp_buf again = PP_BUF_INIT(CA_DOCUMENT_MAX);
    assert_true(ca_document(home, &text, &error) && ca_document(home, &again, &error));
    assert_int_equal(text.size, again.size);
    assert_memory_equal(text.data, again.data, text.size);
    cJSON *document = pp_json_parse(text.data, text.size, CA_DOCUMENT_MAX, &error);
    assert_non_null(document);
    return document;
}

static const char *text_of(const cJSON *object, const char *name) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    assert_non_null(text);
    return text;
}

static const cJSON *list_of(const cJSON *object, const char *name, int count) {
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, name);
    assert_true(cJSON_IsArray(list));
    assert_int_equal(cJSON_GetArraySize(list), count);
    return list;
}

static void a_folder_without_a_change_names_its_only_authority(void **state) {
    const struct home *home = *state;
    uint8_t der[CA_CERTIFICATE_MAX];
    uint8_t sha256[CA_HASH_SIZE];
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    size_t size;
    pp_autojson cJSON *document = document_of(home);
    const cJSON *entry = cJSON_GetArrayItem(list_of(document, "authorities", 1), 0);
    const char *certificate = text_of(entry, "certificate");
    assert_true(pp_base64_decode(certificate, strlen(certificate), der, sizeof der, &size, NULL));
    assert_true(crypto_sha256(der, size, sha256, NULL));
    pp_hex_encode(sha256, sizeof sha256, hex);
    assert_string_equal(text_of(entry, "sha256"), hex);
    assert_string_equal(text_of(document, "issuing"), hex);
    list_of(document, "retired", 0);
    PP_AUTO(ca) struct ca *ca = ca_open(home, NULL);
    assert_non_null(ca);
    assert_int_equal(ca->authorities[0].der.size, size);
    assert_memory_equal(ca->authorities[0].der.data, der, size);
}

static struct ca *rotated(struct home *home) {
    struct pp_error error = {0};
    uint8_t sha256[CA_HASH_SIZE];
    if (!publish_ca_rotate(home, sha256, &error))
        fail_msg("%s", error.message);
    struct ca *ca = ca_open(home, NULL);
    assert_non_null(ca);
    assert_memory_equal(ca->authorities[0].sha256, sha256, sizeof sha256);
    return ca;
}

static void a_new_authority_has_the_name_of_the_others_and_their_word(void **state) {
    struct home *home = *state;
    assert_true(publish_init(home, NULL));
    PP_AUTO(ca) struct ca *first = ca_open(home, NULL);
    PP_AUTO(ca) struct ca *second = rotated(home);
    PP_AUTO(ca) struct ca *third = rotated(home);
    const struct pp_buf *line[CA_LINE_MAX];
    assert_string_equal(first->name, third->name);
    assert_int_equal(third->count, 3);
    assert_int_equal(third->link_count, 3);
    assert_int_equal(ca_line(third, line), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct pp_buf *by = &third->authorities[i + 1].der;
        assert_ptr_equal(line[i], &ca_link(third, &third->authorities[i], &third->authorities[i + 1])->der);
        assert_true(certificate_is_by(line[i]->data, line[i]->size, by));
        assert_false(certificate_is_by(line[i]->data, line[i]->size, &third->authorities[i].der));
    }
    assert_null(ca_link(third, &third->authorities[1], &third->authorities[0])); /* OldWithNew */
    assert_memory_equal(second->authorities[0].sha256, third->authorities[1].sha256, CA_HASH_SIZE);
    pp_autojson cJSON *document = document_of(home);
    list_of(document, "authorities", 3);
}

/* `code`, and nothing is changed. */
static void refused(struct home *home, const struct authority *authority, bool force, enum pp_code code) {
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    uint8_t sha256[CA_HASH_SIZE];
    struct pp_error error = {0};
    pp_hex_encode(authority->sha256, CA_HASH_SIZE, hex);
    assert_false(publish_ca_retire(home, hex, force, sha256, &error));
    assert_int_equal(error.code, code);
    PP_AUTO(ca) struct ca *ca = ca_open(home, NULL);
    assert_int_equal(ca->retired_count, 0);
}

static void only_the_oldest_that_is_trusted_is_retired(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    uint8_t sha256[CA_HASH_SIZE];
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    assert_true(publish_init(home, NULL));
    ca_close(rotated(home));
    PP_AUTO(ca) struct ca *third = rotated(home);
    assert_false(publish_ca_rotate(home, sha256, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    refused(home, &third->authorities[0], true, PP_E_STATE);
    refused(home, &third->authorities[1], true, PP_E_STATE);
    pp_hex_encode(third->authorities[2].sha256, CA_HASH_SIZE, hex);
    assert_true(publish_ca_retire(home, hex, false, sha256, NULL));
    assert_true(publish_ca_retire(home, hex, false, sha256, NULL)); /* again */
    pp_autojson cJSON *document = document_of(home);
    list_of(document, "authorities", 2);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetArrayItem(list_of(document, "retired", 1), 0)), hex);
    struct pp_error gone = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = ca_key_read(home, third->authorities[2].sha256, &gone);
    assert_null(key);
    assert_int_equal(gone.code, PP_E_NOTFOUND);
    PP_AUTO(ca) struct ca *fourth = rotated(home);
    assert_int_equal(fourth->count, 4);
    assert_int_equal(fourth->link_count, 5); /* the retired one vouches for no new one */
}

/* Ten rotations, each with its retirement: what is kept has an end. */
static void long_ago_is_forgotten(void **state) {
    struct home *home = *state;
    char hex[PP_HEX_SIZE(CA_HASH_SIZE)];
    uint8_t sha256[CA_HASH_SIZE];
    const struct pp_buf *line[CA_LINE_MAX];
    assert_true(publish_init(home, NULL));
    for (int i = 0; i < CA_KNOWN_MAX + 2; i++) {
        PP_AUTO(ca) struct ca *ca = rotated(home);
        pp_hex_encode(ca->authorities[1].sha256, CA_HASH_SIZE, hex);
        assert_true(publish_ca_retire(home, hex, false, sha256, NULL));
    }
    PP_AUTO(ca) struct ca *ca = ca_open(home, NULL);
    assert_int_equal(ca->count, CA_KNOWN_MAX);
    assert_int_equal(ca->retired_count, CA_KNOWN_MAX + 2);
    assert_int_equal(ca_line(ca, line), CA_LINE_MAX);
    pp_autojson cJSON *document = document_of(home);
    list_of(document, "authorities", 1);
    list_of(document, "retired", CA_KNOWN_MAX + 2);
}

static void a_retired_authority_has_no_word_on_screens(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    assert_true(
        db_run_sql(home->db, NULL,
                   "INSERT INTO device(id, thumbprint, name, site, time_zone, locale, status, created,"
                   " approved_by) VALUES('11111111-2222-4333-8444-555555555555', randomblob(32), 'Door', '',"
                   " 'UTC', 'en', 'active', 0, 'test')",
                   ""));
    struct device device;
    assert_true(device_find(home->db, "11111111-2222-4333-8444-555555555555", &device, NULL));
    struct certificate_facts facts = {.serial = {1},
                                      .serial_size = 1,
                                      .not_after = pp_clock_realtime_s() + 1000,
                                      .authority_retired = true};
    assert_true(device_certificate_add(home->db, device.id, &facts, NULL));
    assert_false(device_certificate_use(home->db, &device, &facts, &error));
    assert_int_equal(error.code, PP_E_AUTH);
    facts.serial[0] =
        2; /* unknown, and newer than all that are known: taken over, were it not for its authority */
    facts.not_after += 1000;
    assert_false(device_certificate_use(home->db, &device, &facts, &error));
    assert_int_equal(error.code, PP_E_DENIED);
    facts.authority_retired = false; /* trusted still, until the last screen has another certificate */
    assert_false(device_certificate_use(home->db, &device, &facts, &error));
    assert_int_equal(error.code, PP_E_DENIED);
    facts.authority_issues = true;
    assert_true(device_certificate_use(home->db, &device, &facts, &error));
}

static void nothing_is_begun_that_screens_cannot_be_told(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    uint8_t sha256[CA_HASH_SIZE];
    assert_true(publish_init(home, NULL));
    assert_int_equal(unlinkat(home->fd, "keys/targets.pem", 0), 0);
    assert_false(publish_ca_rotate(home, sha256, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_false(ca_file_exists(home));
}

static void a_damaged_folder_is_refused_whole(void **state) {
    static const char *const damaged[] = {
        "",
        "{}",
        "{\"format\":2,\"unfinished\":\"\",\"authorities\":[],\"links\":[],\"retired\":[]}",
        "{\"format\":1,\"unfinished\":\"\",\"authorities\":[],\"links\":[],\"retired\":[]}",
        "{\"format\":1,\"unfinished\":\"\",\"authorities\":[{\"certificate\":\"MAA=\",\"retired\":false}]}",
    };
    struct home *home = *state;
    for (size_t i = 0; i < PP_COUNT(damaged); i++) {
        struct pp_error error = {0};
        assert_true(pp_file_replace(home->fd, HOME_AUTHORITIES, damaged[i], strlen(damaged[i]), 0600, NULL));
        PP_AUTO(ca) struct ca *ca = ca_open(home, &error);
        assert_null(ca);
        assert_int_equal(error.code, PP_E_INVALID);
    }
}

static void who_follows_the_folder_sees_its_change_and_keeps_what_it_has_while_that_is_damaged(void **state) {
    struct home *home = *state;
    assert_true(publish_init(home, NULL));
    PP_AUTO(authorities) struct authorities *authorities = authorities_open(home, NULL);
    PP_AUTO(ca) struct ca *before = authorities_now(authorities);
    assert_int_equal(before->count, 1);
    PP_AUTO(ca) struct ca *made = rotated(home);
    PP_AUTO(ca) struct ca *after = authorities_now(authorities);
    assert_memory_equal(after->authorities[0].sha256, made->authorities[0].sha256, CA_HASH_SIZE);
    assert_int_equal(before->count, 1); /* who has it keeps it */
    assert_true(pp_file_replace(home->fd, HOME_AUTHORITIES, "{", 1, 0600, NULL));
    PP_AUTO(ca) struct ca *same = authorities_now(authorities);
    assert_ptr_equal(same, after);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_home_setup, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_folder_without_a_change_names_its_only_authority),
        TEST(a_new_authority_has_the_name_of_the_others_and_their_word),
        TEST(only_the_oldest_that_is_trusted_is_retired),
        TEST(long_ago_is_forgotten),
        TEST(a_retired_authority_has_no_word_on_screens),
        TEST(nothing_is_begun_that_screens_cannot_be_told),
        TEST(a_damaged_folder_is_refused_whole),
        TEST(who_follows_the_folder_sees_its_change_and_keeps_what_it_has_while_that_is_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

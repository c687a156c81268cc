/* Kinds of keys (specification §4.2.2) and thresholds (§5.3.4), by roots that their own keys signed; the
 * files are made by tests/data/trust/make.mjs. */
#include "simulator.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/verify.h"
#include "trust_text.h"

/* Offers a root to an empty folder. */
static enum pp_code offer(const void *data, size_t size) {
    char dir[] = "/tmp/pp-trust-keys-XXXXXX";
    char path[PP_PATH_MAX];
    struct pp_error error = {0};
    assert_non_null(mkdtemp(dir));
    bool taken = trust_init_root(dir, data, size, &error);
    snprintf(path, sizeof path, "%s/root.json", dir);
    assert_int_equal(access(path, F_OK), taken ? 0 : -1);
    unlink(path);
    assert_int_equal(rmdir(dir), 0);
    return taken ? PP_OK : error.code;
}

static void read_root(const char *name, struct pp_buf *out) {
    char path[PP_PATH_MAX];
    snprintf(path, sizeof path, PP_TEST_DATA "/trust/%s.root.json", name);
    assert_true(pp_file_read(AT_FDCWD, path, out, NULL));
}

static void assert_offered(const char *name, enum pp_code code) {
    pp_autobuf struct pp_buf root = PP_BUF_INIT(65536);
    read_root(name, &root);
    enum pp_code got = offer(root.data, root.size);
    if (got != code)
        fail_msg("%s: %s instead of %s", name, pp_code_name(got), pp_code_name(code));
}

/* The same file with one digit of what is signed changed. */
static void assert_changed_is_refused(const char *name) {
    pp_autobuf struct pp_buf root = PP_BUF_INIT(65536);
    read_root(name, &root);
    char *year = strstr((char *)root.data, "2040");
    assert_non_null(year);
    year[3] = '1';
    assert_int_equal(offer(root.data, root.size), PP_E_AUTH);
}

static void keys_of_each_kind_verify(void **state) {
    static const char *const names[] = {"ecdsa", "ecdsa-legacy", "rsa", "rsa-longest-salt", "unknown-beside"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        assert_offered(names[i], PP_OK);
        assert_changed_is_refused(names[i]);
    }
}

static void ed25519_verifies_where_the_build_has_it(void **state) {
    (void)state;
    assert_offered("ed25519", crypto_public_has_ed25519() ? PP_OK : PP_E_AUTH);
    assert_offered("mixed", crypto_public_has_ed25519() ? PP_OK : PP_E_AUTH);
    assert_changed_is_refused("mixed");
}

static void keys_that_must_not_count_do_not(void **state) {
    static const char *const names[] = {"unknown",        "p384", "rsa-1024", "renamed", "one-key-two-keyids",
                                        "one-keyid-twice"};
    (void)state;
    for (size_t i = 0; i < PP_COUNT(names); i++)
        assert_offered(names[i], PP_E_AUTH);
}

/* ---- With the simulator ---- */

static void offer_text(const char *text, enum pp_code code) {
    assert_int_equal(offer(text, strlen(text)), code);
}

static void a_threshold_needs_that_many_different_keys(void **state) {
    static const struct {
        const char *signers;
        enum pp_code code;
    } rows[] = {{"abc", PP_OK},    {"abcx", PP_OK},    {"xcba", PP_OK},
                {"ab", PP_E_AUTH}, {"abx", PP_E_AUTH}, {"", PP_E_AUTH}};
    struct sim *sim = *state;
    sim_authorize(sim, "root", "abcde", 3);
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        sim_sign_with(sim, "root", rows[i].signers);
        pp_autofree char *text = sim_signed_text(sim, "root");
        offer_text(text, rows[i].code);
    }
}

static cJSON *signatures_of(cJSON *document) {
    return cJSON_GetObjectItemCaseSensitive(document, "signatures");
}

static void offer_document(const cJSON *document, enum pp_code code) {
    char *text = cJSON_Print(document);
    offer_text(text, code);
    cJSON_free(text);
}

static void a_keyid_that_signs_twice_is_refused_though_the_threshold_is_met(void **state) {
    struct sim *sim = *state;
    pp_autofree char *text = sim_signed_text(sim, "root");
    cJSON *document = cJSON_Parse(text);
    cJSON_AddItemToArray(signatures_of(document), cJSON_Duplicate(signatures_of(document)->child, 1));
    offer_document(document, PP_E_INVALID);
    cJSON_Delete(document);
}

static void a_bad_signature_beside_enough_good_ones_does_no_harm(void **state) {
    static const char *const bad[] = {"", "zz", "abc", "00", "3006020101020101"};
    struct sim *sim = *state;
    sim_rotate(sim, "root", "ab", 1);
    pp_autofree char *text = sim_signed_text(sim, "root");
    for (size_t i = 0; i < PP_COUNT(bad); i++) {
        cJSON *document = cJSON_Parse(text);
        sim_set_text(signatures_of(document)->child, "sig", bad[i]);
        offer_document(document, PP_OK);
        sim_set_text(signatures_of(document)->child->next, "sig", bad[i]);
        offer_document(document, PP_E_AUTH);
        cJSON_Delete(document);
    }
}

static void fields_nobody_knows_are_part_of_what_is_verified(void **state) {
    struct sim *sim = *state;
    cJSON *root = sim_body(sim, "root");
    cJSON *roles = cJSON_GetObjectItemCaseSensitive(root, "roles");
    sim_set_text(root, "x-note", "\"quoted\" \\ \n é 😀");
    sim_set_number(cJSON_GetObjectItemCaseSensitive(roles, "root"), "x-number", -7);
    pp_autofree char *text = sim_signed_text(sim, "root");
    offer_text(text, PP_OK);
    cJSON *document = cJSON_Parse(text);
    sim_set_text(cJSON_GetObjectItemCaseSensitive(document, "signed"), "x-note", "changed");
    offer_document(document, PP_E_AUTH);
    cJSON_DeleteItemFromObjectCaseSensitive(cJSON_GetObjectItemCaseSensitive(document, "signed"), "x-note");
    offer_document(document, PP_E_AUTH);
    cJSON_Delete(document);
}

/* The keyid is over the whole key object, "keyid_hash_algorithms" and the like with it. */
static void fields_nobody_knows_are_part_of_a_key(void **state) {
    struct sim *sim = *state;
    char keyid[65];
    cJSON *key = sim_key_object(sim, 'r');
    sim_set_text(key, "keyid_hash_algorithms", "md5");
    text_keyid(key, keyid);
    cJSON *root = sim_body(sim, "root");
    sim_set(cJSON_GetObjectItemCaseSensitive(root, "keys"), keyid, key);
    cJSON *roles = cJSON_GetObjectItemCaseSensitive(root, "roles");
    cJSON *keyids = cJSON_CreateArray();
    cJSON_AddItemToArray(keyids, cJSON_CreateString(keyid));
    sim_set(cJSON_GetObjectItemCaseSensitive(roles, "root"), "keyids", keyids);
    pp_autofree char *text = sim_signed_text(sim, "root");
    cJSON *document = cJSON_Parse(text);
    sim_set_text(signatures_of(document)->child, "keyid", keyid);
    offer_document(document, PP_OK);
    cJSON_Delete(document);
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, sim_setup, sim_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_each_kind_verify),
        cmocka_unit_test(ed25519_verifies_where_the_build_has_it),
        cmocka_unit_test(keys_that_must_not_count_do_not),
        TEST(a_threshold_needs_that_many_different_keys),
        TEST(a_keyid_that_signs_twice_is_refused_though_the_threshold_is_met),
        TEST(a_bad_signature_beside_enough_good_ones_does_no_harm),
        TEST(fields_nobody_knows_are_part_of_what_is_verified),
        TEST(fields_nobody_knows_are_part_of_a_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

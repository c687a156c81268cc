/* The key that channel keys are encrypted to, and its announcement by the device key. */
#include "identity/agreement.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "support/test_folder.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/json.h"
#include "crypto/jwk.h"
#include "jose/claims.h"
#include "jose/jwe.h"
#include "jose/jws.h"

#define NOW      1795900000
#define AUDIENCE "https://screens.example.org"

struct keys {
    char folder[TEST_FOLDER_SIZE];
    struct vault *vault;
    struct identity *identity;
    struct agreement *agreement; /* NULL until asked for */
};

static void keys_open(struct keys *keys) {
    keys->vault = vault_open(keys->folder, NULL, NULL);
    assert_non_null(keys->vault);
    keys->identity = identity_load_or_create(keys->vault, NULL);
    assert_non_null(keys->identity);
}

static void keys_close(struct keys *keys) {
    agreement_destroy(keys->agreement);
    keys->agreement = NULL;
    identity_destroy(keys->identity);
    vault_close(keys->vault);
}

static void ask_for_key(struct keys *keys) {
    struct pp_error error = {0};
    keys->agreement = agreement_load_or_create(keys->vault, &error);
    assert_string_equal(error.message, "");
    assert_non_null(keys->agreement);
}

static int set_up(void **state) {
    struct keys *keys = calloc(1, sizeof *keys);
    test_folder_make(keys->folder);
    keys_open(keys);
    *state = keys;
    return 0;
}

static int tear_down(void **state) {
    struct keys *keys = *state;
    keys_close(keys);
    test_folder_remove(keys->folder);
    free(keys);
    return 0;
}

static void the_key_is_made_when_asked_for_once(void **state) {
    struct keys *keys = *state;
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    struct pp_buf der pp_autobuf = PP_BUF_INIT(1000);
    struct pp_error error = {0};
    assert_false(vault_get(keys->vault, "agreement-key", &der, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    ask_for_key(keys);
    assert_int_equal(strlen(agreement_kid(keys->agreement)), 43);
    assert_string_not_equal(agreement_kid(keys->agreement), identity_thumbprint(keys->identity));
    strcpy(kid, agreement_kid(keys->agreement));
    keys_close(keys);
    keys_open(keys);
    ask_for_key(keys);
    assert_string_equal(agreement_kid(keys->agreement), kid);
}

static void each_file_of_the_record(const struct keys *keys, void (*call)(const char *path, const void *arg),
                                    const void *arg) {
    char path[128];
    int files = 0;
    snprintf(path, sizeof path, "%s/vault", keys->folder);
    pp_autodir DIR *folder = opendir(path);
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        char file[512];
        if (strncmp(entry->d_name, "agreement-key.", 14) != 0)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        call(file, arg);
        files++;
    }
    assert_true(files > 0);
}

static void damage(const char *path, const void *arg) {
    (void)arg;
    test_file_flip(AT_FDCWD, path, 100);
}

static void a_lost_key_is_made_anew_and_an_unreadable_record_is_not_touched(void **state) {
    struct keys *keys = *state;
    struct pp_error error = {0};
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    ask_for_key(keys);
    strcpy(kid, agreement_kid(keys->agreement));
    keys_close(keys);
    each_file_of_the_record(keys, damage, NULL);
    keys_open(keys);
    ask_for_key(keys);
    assert_string_not_equal(agreement_kid(keys->agreement), kid);
    assert_true(vault_put(keys->vault, "agreement-key", "nonsense", 8, NULL));
    assert_null(agreement_load_or_create(keys->vault, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_memory_equal(error.message, "agreement key: ", 15);
    struct pp_buf kept pp_autobuf = PP_BUF_INIT(100);
    assert_true(vault_get(keys->vault, "agreement-key", &kept, NULL));
    assert_string_equal(pp_buf_text(&kept), "nonsense");
}

static void assert_without(const char *path, const void *arg) {
    pp_autobuf struct pp_buf content = PP_BUF_INIT(4096);
    assert_true(pp_file_read(AT_FDCWD, path, &content, NULL));
    assert_null(memmem(content.data, content.size, arg, 32));
}

static void the_private_half_stands_in_no_file(void **state) {
    struct keys *keys = *state;
    struct pp_buf der pp_autobuf = PP_BUF_INIT(1000);
    ask_for_key(keys);
    assert_true(crypto_key_save_der(agreement_key(keys->agreement), &der, NULL));
    /* SEC 1: SEQUENCE, version, OCTET STRING of the 32 secret bytes at offset 7. */
    assert_int_equal(der.data[5], 0x04);
    each_file_of_the_record(keys, assert_without, der.data + 7);
}

/* ---- The announcement, as a headend reads it that knows the device key from the certificate ---- */

struct headend {
    const char *kid;
    struct crypto_public *key;
};

static const struct crypto_public *find_device_key(void *arg, const char *kid) {
    const struct headend *headend = arg;
    return kid && strcmp(kid, headend->kid) == 0 ? headend->key : NULL;
}

static struct crypto_public *device_key(const struct identity *identity) {
    uint8_t point[CRYPTO_POINT_SIZE];
    assert_true(crypto_key_public_point(identity_key(identity), point, NULL));
    return crypto_public_load_point(point, NULL);
}

static bool read_announcement(const struct keys *keys, const struct pp_buf *token, const char *typ,
                              struct pp_buf *payload, struct pp_error *error) {
    PP_AUTO(crypto_public) struct crypto_public *key = device_key(keys->identity);
    struct headend headend = {.kid = identity_thumbprint(keys->identity), .key = key};
    const struct jws_verifier verifier = {.typ = typ, .find = find_device_key, .arg = &headend};
    return jws_verify(&verifier, pp_buf_text(token), token->size, payload, error);
}

static void announce(struct keys *keys, struct pp_buf *token) {
    pp_autobuf struct pp_buf line = PP_BUF_INIT(64);
    PP_AUTO(net_draft)
    struct net_draft *draft = agreement_announce(keys->agreement, keys->identity, AUDIENCE, NOW, NULL);
    assert_non_null(draft);
    assert_true(draft->write(draft, token, &line, NULL));
    assert_int_equal(line.size, 0);
}

static void the_device_key_announces_it(void **state) {
    struct keys *keys = *state;
    struct pp_buf token pp_autobuf = PP_BUF_INIT(4096), payload pp_autobuf = PP_BUF_INIT(2048);
    struct pp_error error = {0};
    const struct claims_demands demands = {
        .audience = AUDIENCE, .now_s = NOW, .version_min = CLAIMS_NO_VERSION};
    struct claims claims;
    const cJSON *jwk = NULL;
    const char *kid = NULL;
    uint8_t announced[CRYPTO_POINT_SIZE], own[CRYPTO_POINT_SIZE];
    ask_for_key(keys);
    announce(keys, &token);
    assert_true(read_announcement(keys, &token, AGREEMENT_ANNOUNCEMENT_TYP, &payload, &error));
    pp_autojson cJSON *document = pp_json_parse(pp_buf_text(&payload), payload.size, payload.max, &error);
    assert_true(claims_check(document, &demands, &claims, &error));
    assert_int_equal(claims.issued_at, NOW);
    assert_true(pp_json_object(document, "jwk", &jwk, &error));
    assert_true(jwk_to_point(jwk, JWK_AGREE, announced, &error));
    assert_false(jwk_to_point(jwk, JWK_VERIFY, announced, &error));
    assert_true(pp_json_string(jwk, "kid", 43, &kid, &error));
    assert_string_equal(kid, agreement_kid(keys->agreement));
    assert_true(crypto_key_public_point(agreement_key(keys->agreement), own, &error));
    assert_memory_equal(announced, own, sizeof own);
    /* and what is encrypted to what was announced comes through */
    const struct jwe_context context = {.kid = kid, .typ = "pingplay-test"};
    struct pp_buf sealed pp_autobuf = PP_BUF_INIT(4096), clear pp_autobuf = PP_BUF_INIT(100);
    assert_true(jwe_encrypt(announced, &context, "channel key", 11, &sealed, &error));
    assert_true(jwe_decrypt(agreement_key(keys->agreement), &context, pp_buf_text(&sealed), sealed.size,
                            &clear, &error));
    assert_string_equal(pp_buf_text(&clear), "channel key");
}

static void an_announcement_is_no_other_document_and_no_other_devices(void **state) {
    struct keys *keys = *state;
    struct pp_buf token pp_autobuf = PP_BUF_INIT(4096), payload pp_autobuf = PP_BUF_INIT(2048);
    struct pp_error error = {0};
    ask_for_key(keys);
    announce(keys, &token);
    assert_false(read_announcement(keys, &token, "pingplay-receipt", &payload, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    /* the same screen after it lost its device key */
    agreement_destroy(keys->agreement);
    keys->agreement = NULL;
    assert_true(vault_remove(keys->vault, "device-key", NULL));
    keys_close(keys);
    keys_open(keys);
    error = (struct pp_error){0};
    assert_false(read_announcement(keys, &token, AGREEMENT_ANNOUNCEMENT_TYP, &payload, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_int_equal(payload.size, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static bool reads(const struct crypto_key *key, const char *kid, const struct pp_buf *token) {
    struct pp_buf clear pp_autobuf = PP_BUF_INIT(100);
    const struct jwe_context context = {.kid = kid, .typ = "t"};
    return key && jwe_decrypt(key, &context, pp_buf_text(token), token->size, &clear, NULL);
}

/* What was encrypted to the one before is read until that is forgotten, also after a start. */
static void a_new_key_takes_the_place_of_the_one_before(void **state) {
    struct keys *keys = *state;
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_buf token pp_autobuf = PP_BUF_INIT(JWE_TOKEN_MAX);
    struct pp_error error = {0};
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    ask_for_key(keys);
    assert_null(agreement_key_before(keys->agreement));
    strcpy(kid, agreement_kid(keys->agreement));
    assert_true(crypto_key_public_point(agreement_key(keys->agreement), point, NULL));
    const struct jwe_context context = {.kid = kid, .typ = "t"};
    assert_true(jwe_encrypt(point, &context, "x", 1, &token, NULL));
    struct agreement *fresh = agreement_rotate(keys->vault, &error);
    assert_non_null(fresh);
    agreement_destroy(keys->agreement);
    keys->agreement = fresh;
    for (int start = 0; start < 2; start++) {
        assert_string_not_equal(agreement_kid(keys->agreement), kid);
        assert_string_equal(agreement_kid_before(keys->agreement), kid);
        assert_false(reads(agreement_key(keys->agreement), kid, &token));
        assert_true(reads(agreement_key_before(keys->agreement), kid, &token));
        keys_close(keys);
        keys_open(keys);
        ask_for_key(keys);
    }
    agreement_forget_before(keys->agreement, keys->vault);
    assert_null(agreement_key_before(keys->agreement));
    strcpy(kid, agreement_kid(keys->agreement));
    keys_close(keys);
    keys_open(keys);
    ask_for_key(keys);
    assert_null(agreement_key_before(keys->agreement));
    assert_string_equal(agreement_kid(keys->agreement), kid);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_key_is_made_when_asked_for_once),
        TEST(a_new_key_takes_the_place_of_the_one_before),
        TEST(a_lost_key_is_made_anew_and_an_unreadable_record_is_not_touched),
        TEST(the_private_half_stands_in_no_file),
        TEST(the_device_key_announces_it),
        TEST(an_announcement_is_no_other_document_and_no_other_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "command/upload.h"

#define ID    "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e3f"
#define OTHER "4f0c2f9e-8f3e-4a55-9f0e-1c6a5b1d2e30"

static const struct command_upload upload = {.device = "d-1", .command = ID};

static struct crypto_key *key_make(struct command_upload_key *public) {
    struct crypto_key *key = crypto_key_generate(NULL);
    assert_non_null(key);
    assert_true(crypto_key_public_point(key, public->point, NULL));
    assert_true(jwk_thumbprint_text(public->point, public->kid, NULL));
    public->known = true;
    return key;
}

static void upload_is_opened_as_it_was_sealed(void **state) {
    struct command_upload_key public = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = key_make(&public);
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(COMMAND_UPLOAD_SEALED_MAX);
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    pp_autobuf struct pp_buf data = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    struct pp_error error = {0};
    (void)state;
    for (int i = 0; i < 20000; i++)
        assert_true(pp_buf_add(&data, "planted-mark ", 13, NULL));
    assert_true(command_upload_seal(&public, &upload, data.data, data.size, &sealed, &error));
    assert_null(memmem(sealed.data, sealed.size, "planted-mark", 12));
    assert_true(command_upload_open(key, &upload, sealed.data, sealed.size, &clear, &error));
    assert_int_equal(clear.size, data.size);
    assert_memory_equal(clear.data, data.data, data.size);
}

static void upload_of_somebody_else_or_changed_is_not_opened(void **state) {
    struct command_upload_key public = {0}, stranger = {0};
    PP_AUTO(crypto_key) struct crypto_key *key = key_make(&public);
    PP_AUTO(crypto_key) struct crypto_key *other = key_make(&stranger);
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(COMMAND_UPLOAD_SEALED_MAX);
    pp_autobuf struct pp_buf clear = PP_BUF_INIT(COMMAND_UPLOAD_MAX);
    struct pp_error error = {0};
    const struct command_upload others[] = {{.device = "d-2", .command = ID},
                                            {.device = "d-1", .command = OTHER}};
    (void)state;
    assert_true(command_upload_seal(&public, &upload, "hello", 5, &sealed, &error));
    assert_false(command_upload_open(other, &upload, sealed.data, sealed.size, &clear, &error));
    for (size_t i = 0; i < PP_COUNT(others); i++)
        assert_false(command_upload_open(key, &others[i], sealed.data, sealed.size, &clear, &error));
    /* Every byte counts, and every one that is missing. */
    for (size_t i = 0; i < sealed.size; i++) {
        sealed.data[i] ^= 1;
        assert_false(command_upload_open(key, &upload, sealed.data, sealed.size, &clear, &error));
        sealed.data[i] ^= 1;
        assert_false(command_upload_open(key, &upload, sealed.data, i, &clear, &error));
    }
    assert_int_equal(clear.size, 0);
    assert_true(command_upload_open(key, &upload, sealed.data, sealed.size, &clear, &error));
}

static void upload_needs_a_key_and_keeps_to_its_size(void **state) {
    struct command_upload_key public = {0}, none = {0};
    crypto_key_destroy(key_make(&public));
    pp_autobuf struct pp_buf sealed = PP_BUF_INIT(2 * COMMAND_UPLOAD_SEALED_MAX);
    struct pp_error error = {0};
    char *large = calloc(1, COMMAND_UPLOAD_MAX + 1);
    (void)state;
    assert_false(command_upload_seal(&none, &upload, "x", 1, &sealed, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_false(command_upload_seal(&public, &upload, large, COMMAND_UPLOAD_MAX + 1, &sealed, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(command_upload_seal(&public, &upload, large, COMMAND_UPLOAD_MAX, &sealed, &error));
    assert_true(sealed.size <= COMMAND_UPLOAD_SEALED_MAX);
    free(large);
}

static bool parse(const char *text, struct command_upload_key *key) {
    struct pp_error error = {0};
    pp_autojson cJSON *state = pp_json_parse(text, strlen(text), 4096, NULL);
    assert_non_null(state);
    bool ok = command_upload_key_parse(state, key, &error);
    assert_int_equal(ok, error.code == PP_OK);
    return ok;
}

static void upload_key_of_a_state_is_read_or_missing_or_refused(void **state) {
    struct command_upload_key public = {0}, key;
    crypto_key_destroy(key_make(&public));
    pp_autojson cJSON *document = cJSON_CreateObject();
    cJSON_AddItemToObject(document, "upload_key", jwk_from_point(public.point, NULL));
    pp_autojsontext char *good = cJSON_PrintUnformatted(document);
    (void)state;
    assert_true(parse(good, &key));
    assert_true(key.known);
    assert_string_equal(key.kid, public.kid);
    assert_true(parse("{}", &key));
    assert_false(key.known);
    assert_false(parse("{\"upload_key\":1}", &key));
    assert_false(
        parse("{\"upload_key\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}}", &key));
    assert_false(key.known);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upload_is_opened_as_it_was_sealed),
        cmocka_unit_test(upload_of_somebody_else_or_changed_is_not_opened),
        cmocka_unit_test(upload_needs_a_key_and_keeps_to_its_size),
        cmocka_unit_test(upload_key_of_a_state_is_read_or_missing_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "access/policy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "base/json.h"

#define KEY                                                                                                  \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ\","               \
    "\"y\":\"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck\"}"
#define SIGN_IN                                                                                              \
    "\"sign_in\":{\"key\":" KEY                                                                              \
    ",\"url\":\"https://a/\",\"url_complete\":\"https://a/?c\",\"code\":\"BCDF-GHJK\"}"
#define PROVIDER_MEMBERS "\"issuer\":\"https://i\",\"client_id\":\"c\",\"scope\":\"openid\",\"nonce\":\"n\""
#define PROVIDER         "\"provider\":{" PROVIDER_MEMBERS "}"
#define SSO_WITH_AUTH(auth)                                                                                  \
    "{\"access\":{\"mode\":\"sso\",\"provider\":{" PROVIDER_MEMBERS ",\"auth\":" auth "}}}"

static bool parse(const char *json, struct access_policy *policy, struct pp_error *error) {
    pp_autojson cJSON *state = pp_json_parse(json, strlen(json), 16384, NULL);
    assert_non_null(state);
    return access_policy_parse(state, policy, error);
}

static void a_state_without_it_means_certificates(void **state) {
    (void)state;
    struct access_policy policy = {0};
    struct pp_error error = {0};
    assert_true(parse("{}", &policy, &error));
    assert_string_equal(policy.mode->name, "certificate");
    assert_false(policy.mode->temporary);
    assert_true(parse("{\"access\":{\"mode\":\"cookie\",\"session\":7,\"later\":[]}}", &policy, &error));
    assert_string_equal(policy.mode->name, "cookie");
    assert_false(policy.open);
}

static void all_of_a_temporary_mode_is_read(void **state) {
    (void)state;
    struct access_policy policy = {0};
    struct pp_error error = {0};
    assert_true(parse(
        "{\"access\":{\"mode\":\"password\",\"session\":{\"id\":\"s\",\"exp\":9,\"renew\":true}," SIGN_IN
        "}}",
        &policy, &error));
    assert_true(policy.mode->temporary && policy.open && policy.renewable && policy.has_key);
    assert_int_equal(policy.expires_s, 9);
    assert_string_equal(policy.session, "s");
    assert_string_equal(policy.code, "BCDF-GHJK");
    assert_true(parse(
        "{\"access\":{\"mode\":\"sso\",\"session\":null,\"reason\":\"expired\",\"sign_in\":{\"key\":" KEY
        "}," PROVIDER "}}",
        &policy, &error));
    assert_false(policy.open);
    assert_string_equal(policy.reason, "expired");
    assert_string_equal(policy.issuer, "https://i");
    assert_string_equal(policy.code, "");
}

static void a_confidential_client_has_a_method_and_a_secret(void **state) {
    (void)state;
    struct access_policy policy = {0};
    struct pp_error error = {0};
    assert_true(parse("{\"access\":{\"mode\":\"sso\"," PROVIDER "}}", &policy, &error));
    assert_int_equal(policy.client_auth, ACCESS_CLIENT_PUBLIC);
    assert_string_equal(policy.client_secret, "");
    assert_true(
        parse(SSO_WITH_AUTH("{\"method\":\"client_secret_basic\",\"secret\":\"e.f\"}"), &policy, &error));
    assert_int_equal(policy.client_auth, ACCESS_CLIENT_BASIC);
    assert_string_equal(policy.client_secret, "e.f");
    assert_true(
        parse(SSO_WITH_AUTH("{\"method\":\"client_secret_post\",\"secret\":\"e.f\"}"), &policy, &error));
    assert_int_equal(policy.client_auth, ACCESS_CLIENT_POST);
    assert_true(parse(SSO_WITH_AUTH("{\"method\":\"none\"}"), &policy, &error));
    assert_int_equal(policy.client_auth, ACCESS_CLIENT_PUBLIC);
    assert_string_equal(policy.client_secret, "");
}

static void what_is_malformed_is_refused_whole(void **state) {
    (void)state;
    static const struct {
        const char *json;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {"{\"access\":7}", PP_E_INVALID, "access"},
        {"{\"access\":{}}", PP_E_INVALID, "\"mode\""},
        {"{\"access\":{\"mode\":\"magic\"}}", PP_E_UNSUPPORTED, "magic"},
        {"{\"access\":{\"mode\":\"sso\",\"session\":{\"id\":\"s\"}}}", PP_E_INVALID, "\"exp\""},
        {"{\"access\":{\"mode\":\"sso\",\"session\":{\"exp\":9}}}", PP_E_INVALID, "\"id\""},
        {"{\"access\":{\"mode\":\"sso\",\"session\":{\"id\":\"s\",\"exp\":0}}}", PP_E_INVALID, "\"exp\""},
        {"{\"access\":{\"mode\":\"sso\",\"sign_in\":{}}}", PP_E_INVALID, "\"key\""},
        {"{\"access\":{\"mode\":\"sso\",\"sign_in\":{\"key\":{\"kty\":\"oct\"}}}}", PP_E_INVALID, "\"kty\""},
        {"{\"access\":{\"mode\":\"password\",\"sign_in\":{\"key\":" KEY ",\"url\":\"http://a/\"}}}",
         PP_E_INVALID, "https"},
        {"{\"access\":{\"mode\":\"sso\",\"provider\":{\"issuer\":\"http://i\"}}}", PP_E_INVALID, "issuer"},
        {"{\"access\":{\"mode\":\"sso\",\"provider\":{\"issuer\":\"https://i\"}}}", PP_E_INVALID,
         "\"client_id\""},
        {SSO_WITH_AUTH("7"), PP_E_INVALID, "auth"},
        {SSO_WITH_AUTH("{}"), PP_E_INVALID, "\"method\""},
        {SSO_WITH_AUTH("{\"method\":\"private_key_jwt\",\"secret\":\"s\"}"), PP_E_UNSUPPORTED,
         "private_key_jwt"},
        {SSO_WITH_AUTH("{\"method\":\"client_secret_post\"}"), PP_E_INVALID, "\"secret\""},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct access_policy policy = {0};
        struct pp_error error = {0};
        assert_false(parse(rows[i].json, &policy, &error));
        if (error.code != rows[i].code || !strstr(error.message, rows[i].message))
            fail_msg("row %zu: %s", i, error.message);
        assert_null(policy.mode);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_without_it_means_certificates),
        cmocka_unit_test(all_of_a_temporary_mode_is_read),
        cmocka_unit_test(a_confidential_client_has_a_method_and_a_secret),
        cmocka_unit_test(what_is_malformed_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

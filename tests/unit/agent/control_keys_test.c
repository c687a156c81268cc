#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "agent/control_keys.h"
#include "base/json.h"

/* One key of a set. */
static void jwk_write(char jwk[512], char kid[JWK_THUMBPRINT_TEXT_SIZE]) {
    uint8_t point[CRYPTO_POINT_SIZE];
    PP_AUTO(crypto_key) struct crypto_key *key = crypto_key_generate(NULL);
    assert_true(crypto_key_public_point(key, point, NULL));
    assert_true(jwk_thumbprint_text(point, kid, NULL));
    pp_autojson cJSON *object = jwk_from_point(point, NULL);
    cJSON_AddStringToObject(object, "kid", kid);
    pp_autojsontext char *text = cJSON_PrintUnformatted(object);
    snprintf(jwk, 512, "%s", text);
}

static void each_key_of_a_set_is_found_by_its_name(void **state) {
    (void)state;
    char jwks[2][512];
    char kids[2][JWK_THUMBPRINT_TEXT_SIZE];
    char set[2048];
    struct control_keys keys = {0};
    struct pp_error error = {0};
    for (int i = 0; i < 2; i++)
        jwk_write(jwks[i], kids[i]);
    snprintf(set, sizeof set, "{\"keys\":[%s,%s],\"more\":1}", jwks[0], jwks[1]);
    assert_true(control_keys_read(set, strlen(set), &keys, &error));
    assert_int_equal(keys.count, 2);
    assert_non_null(control_keys_find(&keys, kids[0]));
    assert_non_null(control_keys_find(&keys, kids[1]));
    assert_ptr_not_equal(control_keys_find(&keys, kids[0]), control_keys_find(&keys, kids[1]));
    assert_null(control_keys_find(&keys, "another"));
    assert_null(control_keys_find(&keys, ""));
    assert_null(control_keys_find(&keys, NULL));
    control_keys_finish(&keys);
    assert_int_equal(keys.count, 0);
}

static void a_set_with_anything_wrong_in_it_is_refused_whole(void **state) {
    (void)state;
    char jwk[512];
    char other[512];
    char kid[JWK_THUMBPRINT_TEXT_SIZE];
    char other_kid[JWK_THUMBPRINT_TEXT_SIZE];
    char sets[9][4096] = {"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1]}"};
    jwk_write(jwk, kid);
    jwk_write(other, other_kid);
    /* named as another key */
    char *place = strstr(other, other_kid);
    assert_non_null(place);
    memcpy(place, kid, strlen(kid));
    snprintf(sets[6], sizeof sets[6], "{\"keys\":[%s,%s]}", jwk, other);
    /* with its private half */
    snprintf(sets[7], sizeof sets[7], "{\"keys\":[{\"d\":\"AA\",%s]}", jwk + 1);
    snprintf(sets[8], sizeof sets[8], "{\"keys\":[%s,%s,%s,%s,%s]}", jwk, jwk, jwk, jwk, jwk);
    for (size_t i = 0; i < PP_COUNT(sets); i++) {
        struct control_keys keys = {0};
        struct pp_error error = {0};
        assert_false(control_keys_read(sets[i], strlen(sets[i]), &keys, &error));
        assert_int_equal(keys.count, 0);
        assert_true(error.code == PP_E_INVALID || error.code == PP_E_LIMIT);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_of_a_set_is_found_by_its_name),
        cmocka_unit_test(a_set_with_anything_wrong_in_it_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

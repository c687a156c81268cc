/* What locks a screen, and all that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "access/refusal.h"

#define PROBLEM "application/problem+json"
#define NONCE   "AAECAwQFBgcICQoLDA0ODw"
#define KID     "control"
#define SAYS(audience, nonce, reason)                                                                        \
    "{\"aud\":\"" audience "\",\"iat\":1767600000,\"nonce\":\"" nonce "\",\"reason\":\"" reason "\"}"

struct world {
    struct crypto_key *key, *other;
    struct crypto_public *public;
};

static int set_up(void **state) {
    uint8_t point[CRYPTO_POINT_SIZE];
    struct world *world = calloc(1, sizeof *world);
    world->key = crypto_key_generate(NULL);
    world->other = crypto_key_generate(NULL);
    assert_true(crypto_key_public_point(world->key, point, NULL));
    world->public = crypto_public_load_point(point, NULL);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    crypto_key_destroy(world->key);
    crypto_key_destroy(world->other);
    crypto_public_destroy(world->public);
    free(world);
    return 0;
}

static const struct crypto_public *find_key(void *arg, const char *kid) {
    const struct world *world = arg;
    return kid && strcmp(kid, KID) == 0 ? world->public : NULL;
}

/* What an answer says to device d-1, whose request carried NONCE. */
static enum access_refusal judge(struct world *world, bool ok, int status, const char *type, const char *body,
                                 struct pp_error *error) {
    struct net_response response = {.ok = ok, .status = status, .content_type = type};
    pp_autobuf struct pp_buf payload = PP_BUF_INIT(2000);
    const struct access_refusal_demands demands = {
        .device_id = "d-1", .nonce = NONCE, .find_key = find_key, .keys = world, .payload = &payload};
    response.body = PP_BUF_INIT(20000);
    assert_true(pp_buf_add_text(&response.body, body, NULL));
    enum access_refusal refusal = access_refusal_of(&response, &demands, error);
    pp_buf_finish(&response.body);
    /* What is not the headend's own word is not there to be obeyed, either. */
    assert_int_equal(payload.size > 0, refusal != ACCESS_REFUSAL_NONE);
    return refusal;
}

/* A problem document with a token of that payload. */
static void sign(const struct crypto_key *key, const char *kid, const char *typ, const char *payload,
                 char body[8192]) {
    pp_autobuf struct pp_buf token = PP_BUF_INIT(6000);
    const struct jws_signer signer = {.key = key, .kid = kid, .typ = typ};
    assert_true(jws_sign(&signer, payload, strlen(payload), &token, NULL));
    snprintf(body, 8192,
             "{\"type\":\"urn:pingplay:problem:screen-retired\",\"status\":403,\"code\":\"screen-retired\","
             "\"refusal\":\"%s\"}",
             pp_buf_text(&token));
}

static void a_signed_refusal_of_this_request_counts(void **state) {
    struct world *world = *state;
    static const struct {
        const char *payload;
        enum access_refusal refusal;
    } rows[] = {{SAYS("d-1", NONCE, "retired"), ACCESS_REFUSAL_RETIRED},
                {SAYS("d-1", NONCE, "unknown"), ACCESS_REFUSAL_UNKNOWN},
                {SAYS("d-1", NONCE, "revoked"), ACCESS_REFUSAL_REVOKED},
                {SAYS("d-1", NONCE, "network"), ACCESS_REFUSAL_NETWORK}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char body[8192];
        struct pp_error error = {0};
        sign(world->key, KID, "pingplay-refusal", rows[i].payload, body);
        assert_int_equal(judge(world, true, 403, PROBLEM, body, &error), rows[i].refusal);
        assert_int_equal(judge(world, true, 403, PROBLEM "; charset=utf-8", body, &error), rows[i].refusal);
        assert_int_equal(judge(world, true, 401, PROBLEM, body, &error), rows[i].refusal);
        assert_int_equal(error.code, PP_OK);
    }
}

static void one_that_is_not_the_control_keys_or_not_for_this_request_does_not_count(void **state) {
    struct world *world = *state;
    static const char good[] = SAYS("d-1", NONCE, "retired");
    static const struct {
        bool other_key;
        const char *kid, *typ, *payload;
        enum pp_code code;
    } rows[] = {
        {true, KID, "pingplay-refusal", good, PP_E_AUTH},
        {true, "another", "pingplay-refusal", good, PP_E_NOTFOUND},
        {false, KID, "pingplay-state", good, PP_E_INVALID},
        {false, KID, "pingplay-refusal", SAYS("d-2", NONCE, "retired"), PP_E_AUTH},
        {false, KID, "pingplay-refusal", SAYS("d-1", "AAECAwQFBgcICQoLDA0ODg", "retired"), PP_E_AUTH},
        {false, KID, "pingplay-refusal", "{\"aud\":\"d-1\",\"iat\":1767600000,\"reason\":\"retired\"}",
         PP_E_INVALID},
        {false, KID, "pingplay-refusal", SAYS("d-1", NONCE, "because"), PP_E_UNSUPPORTED},
        {false, KID, "pingplay-refusal", "[]", PP_E_INVALID},
        {false, KID, "pingplay-refusal", "", PP_E_INVALID},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char body[8192];
        struct pp_error error = {0};
        sign(rows[i].other_key ? world->other : world->key, rows[i].kid, rows[i].typ, rows[i].payload, body);
        assert_int_equal(judge(world, true, 403, PROBLEM, body, &error), ACCESS_REFUSAL_NONE);
        assert_int_equal(error.code, rows[i].code);
    }
}

static void whatever_else_is_answered_is_none(void **state) {
    struct world *world = *state;
    char body[8192];
    sign(world->key, KID, "pingplay-refusal", SAYS("d-1", NONCE, "retired"), body);
    const struct {
        bool ok;
        int status;
        const char *type, *body;
    } rows[] = {
        {true, 403, "", ""},
        {true, 403, "text/html", "<html><body><h1>403 Forbidden</h1>nginx</body></html>"},
        {true, 403, PROBLEM, "{}"},
        {true, 403, PROBLEM, "{\"title\":\"Blocked by the firewall\",\"status\":403}"},
        {true, 403, PROBLEM,
         "{\"type\":\"urn:pingplay:problem:screen-retired\",\"status\":403,\"code\":\"screen-retired\"}"},
        {true, 403, PROBLEM, "{\"status\":403,\"refusal\":1}"},
        {true, 403, PROBLEM, "{\"status\":403,\"refusal\":{}}"},
        {true, 403, "text/html", body},
        {true, 403, "application/json", body},
        {true, 400, PROBLEM, body},
        {true, 401, PROBLEM,
         "{\"type\":\"urn:pingplay:problem:certificate-revoked\",\"status\":401,\"code\":\"certificate-"
         "revoked\"}"},
        {true, 451, "text/html", "<html>Unavailable for legal reasons</html>"},
        {true, 451, PROBLEM, "{\"title\":\"Blocked by an order\",\"status\":451}"},
        {true, 451, PROBLEM, body},
        {true, 503, PROBLEM, body},
        {true, 200, PROBLEM, body},
        {false, 403, PROBLEM, body}, /* cut */
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        assert_int_equal(judge(world, rows[i].ok, rows[i].status, rows[i].type, rows[i].body, &error),
                         ACCESS_REFUSAL_NONE);
        assert_int_equal(error.code, PP_OK);
    }
}

static void each_request_has_a_nonce_of_its_own(void **state) {
    (void)state;
    char one[ACCESS_NONCE_SIZE];
    char other[ACCESS_NONCE_SIZE];
    char line[ACCESS_NONCE_HEADER_SIZE];
    assert_true(access_nonce_make(one, NULL));
    assert_true(access_nonce_make(other, NULL));
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), 22);
    access_nonce_line(one, line);
    assert_int_equal(strncmp(line, "Pingplay-Nonce: ", 16), 0);
    assert_string_equal(line + 16, one);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_refusal_of_this_request_counts),
        cmocka_unit_test(one_that_is_not_the_control_keys_or_not_for_this_request_does_not_count),
        cmocka_unit_test(whatever_else_is_answered_is_none),
        cmocka_unit_test(each_request_has_a_nonce_of_its_own),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

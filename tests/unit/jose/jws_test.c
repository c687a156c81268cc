#include "jose/jws.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/jwk.h"
#include "jose_test_support.h"

/* ---- A verifier with one key ---- */

struct one_key {
    const struct crypto_public *key;
    const char *kid; /* the key's name; NULL: the key of tokens without one */
    int asked;
};

static const struct crypto_public *find_one(void *arg, const char *kid) {
    struct one_key *one = arg;
    one->asked++;
    bool same = kid && one->kid ? strcmp(kid, one->kid) == 0 : kid == one->kid;
    return same ? one->key : NULL;
}

static bool verify(struct one_key *one, const char *typ, const char *token, size_t size,
                   struct pp_buf *payload, struct pp_error *error) {
    const struct jws_verifier verifier = {.typ = typ, .find = find_one, .arg = one};
    return jws_verify(&verifier, token, size, payload, error);
}

/* A key, its public half, and tokens signed by it. */
struct bench {
    struct crypto_key *key;
    struct crypto_public *public;
    struct one_key one;
    struct pp_buf token;
};

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    bench->key = key_of_number(RFC7515_A3_D);
    bench->public = public_of(bench->key);
    bench->one = (struct one_key){.key = bench->public, .kid = "k1"};
    bench->token = PP_BUF_INIT(TEST_TOKEN_MAX);
    *state = bench;
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    crypto_key_destroy(bench->key);
    crypto_public_destroy(bench->public);
    pp_buf_finish(&bench->token);
    free(bench);
    return 0;
}

/* A token whose header is just these bytes, with a good signature. */
static void forge(struct bench *bench, const void *header, size_t size, const char *payload) {
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    bench->token.size = 0;
    add_part(&bench->token, header, size);
    add_part(&bench->token, payload, strlen(payload));
    assert_true(crypto_key_sign_raw(bench->key, bench->token.data, bench->token.size, signature, NULL));
    add_part(&bench->token, signature, sizeof signature);
}

static void sign(struct bench *bench, const char *payload) {
    const struct jws_signer signer = {.key = bench->key, .kid = "k1", .typ = "pingplay-test"};
    bench->token.size = 0;
    assert_true(jws_sign(&signer, payload, strlen(payload), &bench->token, NULL));
}

static bool verify_bench(struct bench *bench, struct pp_buf *payload, struct pp_error *error) {
    return verify(&bench->one, "pingplay-test", pp_buf_text(&bench->token), bench->token.size, payload,
                  error);
}

static void expect_refused(struct bench *bench, enum pp_code code, const char *message) {
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(JWS_PAYLOAD_MAX);
    struct pp_error error = {0};
    assert_false(verify_bench(bench, &payload, &error));
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
    assert_int_equal(payload.size, 0);
}

/* ---- Published ones ---- */

/* The payload of RFC 7515 §A.1 to §A.3 and §A.5. */
#define JOE "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static void the_signature_of_rfc_7515_a_3_verifies(void **state) {
    struct bench *bench = *state;
    static const char token[] =
        "eyJhbGciOiJFUzI1NiJ9." JOE
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-"
        "Kg6NU1Q";
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(100);
    struct pp_error error = {0};
    bench->one.kid = NULL;
    assert_true(verify(&bench->one, NULL, token, strlen(token), &payload, &error));
    assert_string_equal(pp_buf_text(&payload),
                        "{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}");
    assert_int_equal(bench->one.asked, 1);
}

static void the_other_algorithms_of_rfc_7515_are_refused_by_name(void **state) {
    struct bench *bench = *state;
    static const char *const rows[][2] = {
        {"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." JOE ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
         "HS256"}, /* A.1 */
        {"eyJhbGciOiJSUzI1NiJ9." JOE
         ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
         "O8W2Fp5jujGbds9uJ"
         "dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
         "eSN93"
         "83LcOLn6_dO--xi12jzDwusC-"
         "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWk"
         "WywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
         "RS256"}, /* A.2 */
        {"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-"
         "mZZqwqT2SI-"
         "KGDKB34XO0aw_"
         "7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_"
         "Jn",
         "ES512"},                                /* A.4 */
        {"eyJhbGciOiJub25lIn0." JOE ".", "none"}, /* A.5 */
    };
    bench->one.kid = NULL;
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_buf payload pp_autobuf = PP_BUF_INIT(100);
        struct pp_error error = {0};
        char message[64];
        snprintf(message, sizeof message, "JWS: header: \"alg\" is \"%s\", not \"ES256\"", rows[i][1]);
        assert_false(verify(&bench->one, NULL, rows[i][0], strlen(rows[i][0]), &payload, &error));
        assert_string_equal(error.message, message);
        assert_int_equal(error.code, PP_E_UNSUPPORTED);
    }
    assert_int_equal(bench->one.asked, 0);
}

/* NULL where the JWK is not one to verify with. */
static struct crypto_public *key_of_jwk(const char *text) {
    char json[1024];
    size_t size = 0;
    uint8_t point[CRYPTO_POINT_SIZE];
    assert_true(pp_base64url_decode(text, strlen(text), json, sizeof json, &size, NULL));
    pp_autojson cJSON *jwk = pp_json_parse(json, size, sizeof json, NULL);
    return jwk_to_point(jwk, JWK_VERIFY, point, NULL) ? crypto_public_load_point(point, NULL) : NULL;
}

static int run_vectors(const char *name, int *valid) {
    struct pp_buf text pp_autobuf = PP_BUF_INIT(64 * 1024);
    read_vectors(name, &text);
    struct crypto_public *key = NULL;
    char *rest = (char *)text.data;
    int tests = 0;
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        int id = 0;
        char result[8], token[2048];
        struct pp_buf payload pp_autobuf = PP_BUF_INIT(1024);
        if (strncmp(line, "key ", 4) == 0) {
            crypto_public_destroy(key);
            key = key_of_jwk(line + 4);
            continue;
        }
        assert_int_equal(sscanf(line, "%d %7s %2047s", &id, result, token), 3);
        struct one_key one = {.key = key, .kid = "kid-ec-sign"};
        bool verified = verify(&one, NULL, token, strcmp(token, "-") ? strlen(token) : 0, &payload, NULL);
        if (verified != (strcmp(result, "valid") == 0))
            fail_msg("%s: tcId %d is judged wrongly", name, id);
        if (verified)
            assert_string_equal(pp_buf_text(&payload), "foo");
        *valid += verified;
        tests++;
    }
    crypto_public_destroy(key);
    return tests;
}

static void wycheproof(void **state) {
    (void)state;
    int valid = 0;
    assert_int_equal(run_vectors("json_web_signature", &valid), 41);
    assert_int_equal(valid, 2);
    assert_int_equal(run_vectors("json_web_key", &valid), 4);
    assert_int_equal(valid, 2);
}

/* ---- Our own ---- */

static void what_is_signed_verifies(void **state) {
    struct bench *bench = *state;
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(100);
    struct pp_error error = {0};
    static const char start[] = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImsxIiwidHlwIjoicGluZ3BsYXktdGVzdCJ9.e30.";
    sign(bench, "{}");
    /* {"alg":"ES256","kid":"k1","typ":"pingplay-test"} */
    assert_memory_equal(bench->token.data, start, strlen(start));
    assert_int_equal(bench->token.size, strlen(start) + 86);
    assert_true(pp_buf_add_text(&payload, "before ", &error));
    assert_true(verify_bench(bench, &payload, &error));
    assert_string_equal(pp_buf_text(&payload), "before {}");
    sign(bench, "");
    payload.size = 0;
    assert_true(verify_bench(bench, &payload, &error));
    assert_int_equal(payload.size, 0);
}

static void the_signing_of_the_same_is_the_same(void **state) {
    struct bench *bench = *state;
    struct pp_buf first pp_autobuf = PP_BUF_INIT(1000);
    sign(bench, "{\"a\":1}");
    assert_true(pp_buf_add(&first, bench->token.data, bench->token.size, NULL));
    sign(bench, "{\"a\":1}");
    assert_string_equal(pp_buf_text(&first), pp_buf_text(&bench->token));
}

static void refuse_changed(void *arg, const char *token, size_t size) {
    struct bench *bench = arg;
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(1000);
    struct pp_error error = {0};
    if (verify(&bench->one, "pingplay-test", token, size, &payload, &error))
        fail_msg("it verifies: %.*s", (int)size, token);
    assert_true(error.code == PP_E_INVALID || error.code == PP_E_UNSUPPORTED || error.code == PP_E_AUTH ||
                error.code == PP_E_NOTFOUND || error.code == PP_E_LIMIT);
    assert_true(strncmp(error.message, "JWS: ", 5) == 0);
    assert_int_equal(payload.size, 0);
}

static void no_character_can_be_changed(void **state) {
    struct bench *bench = *state;
    sign(bench, "{\"n\":1}");
    change_each_character(&bench->token, refuse_changed, bench);
}

static void a_header_must_be_what_it_should(void **state) {
    struct bench *bench = *state;
    static const struct {
        const char *header;
        enum pp_code code;
        const char *message;
    } rows[] = {
#define HEADER "{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"pingplay-test\""
        {HEADER ",\"crit\":[\"exp\"],\"exp\":1}", PP_E_UNSUPPORTED,
         "JWS: header: \"crit\": extensions are not supported"},
        {HEADER ",\"crit\":[]}", PP_E_UNSUPPORTED, "JWS: header: \"crit\": extensions are not supported"},
        {HEADER ",\"crit\":null}", PP_E_UNSUPPORTED, "JWS: header: \"crit\": extensions are not supported"},
        {HEADER ",\"b64\":false}", PP_E_UNSUPPORTED,
         "JWS: header: \"b64\": unencoded payloads are not supported"},
        {HEADER ",\"b64\":true}", PP_E_UNSUPPORTED,
         "JWS: header: \"b64\": unencoded payloads are not supported"},
        {HEADER ",\"zip\":\"DEF\"}", PP_E_UNSUPPORTED, "JWS: header: \"zip\": compression is not supported"},
        {HEADER ",\"jku\":\"https://example.org/keys\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"jku\": keys are not taken from a message"},
        {HEADER ",\"jwk\":{\"kty\":\"EC\"}}", PP_E_UNSUPPORTED,
         "JWS: header: \"jwk\": keys are not taken from a message"},
        {HEADER ",\"x5u\":\"https://example.org/chain\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"x5u\": keys are not taken from a message"},
        {HEADER ",\"x5c\":[]}", PP_E_UNSUPPORTED, "JWS: header: \"x5c\": keys are not taken from a message"},
        {HEADER ",\"x5t\":\"\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"x5t\": keys are not taken from a message"},
        {HEADER ",\"x5t#S256\":\"\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"x5t#S256\": keys are not taken from a message"},
        {HEADER ",\"kid\":\"k1\"}", PP_E_INVALID, "JWS: header: field \"kid\" stands twice"},
        {HEADER ",\"\\u0061lg\":\"none\"}", PP_E_INVALID, "JWS: header: field \"alg\" stands twice"},
        {HEADER ",\"x\":{\"y\":1,\"y\":1}}", PP_E_INVALID, "JWS: header: field \"y\" stands twice"},
        {HEADER "}{}", PP_E_INVALID, "JWS: header: not JSON at offset 48"},
        {HEADER, PP_E_INVALID, "JWS: header: not JSON at offset 47"},
        {"[" HEADER "}]", PP_E_INVALID, "JWS: header: not a JSON object"},
        {"\"ES256\"", PP_E_INVALID, "JWS: header: not a JSON object"},
        {"null", PP_E_INVALID, "JWS: header: not a JSON object"},
        {"{\"kid\":\"k1\",\"typ\":\"pingplay-test\"}", PP_E_INVALID, "JWS: header: field \"alg\" is missing"},
        {"{\"ALG\":\"ES256\",\"kid\":\"k1\",\"typ\":\"pingplay-test\"}", PP_E_INVALID,
         "JWS: header: field \"alg\" is missing"},
        {"{\"alg\":null,\"kid\":\"k1\"}", PP_E_INVALID, "JWS: header: field \"alg\" is not a string"},
        {"{\"alg\":[\"ES256\"],\"kid\":\"k1\"}", PP_E_INVALID, "JWS: header: field \"alg\" is not a string"},
        {"{\"alg\":\"none\",\"kid\":\"k1\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"alg\" is \"none\", not \"ES256\""},
        {"{\"alg\":\"NONE\",\"kid\":\"k1\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"alg\" is \"NONE\", not \"ES256\""},
        {"{\"alg\":\"\",\"kid\":\"k1\"}", PP_E_UNSUPPORTED, "JWS: header: \"alg\" is \"\", not \"ES256\""},
        {"{\"alg\":\"es256\",\"kid\":\"k1\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"alg\" is \"es256\", not \"ES256\""},
        {"{\"alg\":\"ES256 \",\"kid\":\"k1\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"alg\" is \"ES256 \", not \"ES256\""},
        {"{\"alg\":\"ES256K\",\"kid\":\"k1\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"alg\" is \"ES256K\", not \"ES256\""},
        {"{\"alg\":\"a\\n\\u202eb\",\"kid\":\"k1\"}", PP_E_UNSUPPORTED,
         "JWS: header: \"alg\" is \"a\\u000a\\u202eb\", not \"ES256\""},
        {"{\"alg\":\"ES256\",\"kid\":\"k1\"}", PP_E_INVALID, "JWS: header: field \"typ\" is missing"},
        {"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":3}", PP_E_INVALID,
         "JWS: header: field \"typ\" is not a string"},
        {"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"pingplay-Test\"}", PP_E_INVALID,
         "JWS: header: \"typ\" is \"pingplay-Test\", not \"pingplay-test\""},
        {"{\"alg\":\"ES256\",\"kid\":\"k1\",\"typ\":\"application/pingplay-test\"}", PP_E_INVALID,
         "JWS: header: \"typ\" is \"application/pingplay-test\", not \"pingplay-test\""},
        {"{\"alg\":\"ES256\",\"kid\":1,\"typ\":\"pingplay-test\"}", PP_E_INVALID,
         "JWS: header: field \"kid\" is not a string"},
        {"{\"alg\":\"ES256\",\"kid\":\"k2\",\"typ\":\"pingplay-test\"}", PP_E_NOTFOUND,
         "JWS: signed by a key that is not known"},
        {"{\"alg\":\"ES256\",\"typ\":\"pingplay-test\"}", PP_E_NOTFOUND,
         "JWS: signed by a key that is not known"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        forge(bench, rows[i].header, strlen(rows[i].header), "{}");
        expect_refused(bench, rows[i].code, rows[i].message);
    }
    forge(bench, HEADER "\0}", strlen(HEADER) + 2, "{}");
    expect_refused(bench, PP_E_INVALID, "JWS: header: NUL byte at offset 47");
}

static void a_header_may_say_more_that_is_not_understood(void **state) {
    struct bench *bench = *state;
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(100);
    static const char header[] = " {\"typ\":\"pingplay-test\",\r\n\"cty\":\"json\",\"iss\":[{\"none\":null}],"
                                 "\"kid\":\"k1\",\"alg\":\"ES256\"} ";
    forge(bench, header, strlen(header), "{}");
    assert_true(verify_bench(bench, &payload, NULL));
}

static void a_verifier_without_a_kind_takes_no_token_with_one(void **state) {
    struct bench *bench = *state;
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(100);
    struct pp_error error = {0};
    sign(bench, "{}");
    assert_false(verify(&bench->one, NULL, pp_buf_text(&bench->token), bench->token.size, &payload, &error));
    assert_string_equal(error.message, "JWS: header: \"typ\" is there and should not");
}

static void the_form_is_exact(void **state) {
    struct bench *bench = *state;
    struct pp_buf payload pp_autobuf = PP_BUF_INIT(1000), text pp_autobuf = PP_BUF_INIT(2000);
    uint8_t signature[CRYPTO_SIGNATURE_RAW_SIZE];
    struct pp_buf der pp_autobuf = PP_BUF_INIT(CRYPTO_SIGNATURE_MAX);
    static const char header[] = HEADER "}";
    sign(bench, "{}");
    const char *token = pp_buf_text(&bench->token);
    char *dot = strrchr(token, '.');
    const struct {
        const char *format;
        enum pp_code code;
        const char *message;
    } rows[] = {
        {" %s", PP_E_INVALID, "JWS: header: not a base64 character at offset 0"},
        {"%s\n", PP_E_INVALID, "JWS: signature is not 64 bytes"},
        {"%s==", PP_E_INVALID, "JWS: signature is not 64 bytes"},
        {"%s.", PP_E_INVALID, "JWS: more than 3 parts"},
        {".%s", PP_E_INVALID, "JWS: more than 3 parts"},
        {"", PP_E_INVALID, "JWS: 1 of 3 parts"},
        {".", PP_E_INVALID, "JWS: 2 of 3 parts"},
        {"..", PP_E_INVALID, "JWS: header: not JSON at offset 0"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char changed[1000];
        struct pp_error error = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(changed, sizeof changed, rows[i].format, token);
#pragma GCC diagnostic pop
        assert_false(verify(&bench->one, "pingplay-test", changed, strlen(changed), &payload, &error));
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(error.code, rows[i].code);
    }
    /* the same signature in DER, and a byte longer and shorter */
    size_t signed_size = (size_t)(dot - token);
    assert_true(crypto_key_sign(bench->key, token, signed_size, &der, NULL));
    assert_true(crypto_key_sign_raw(bench->key, token, signed_size, signature, NULL));
    bench->token.size = signed_size;
    add_part(&bench->token, der.data, der.size);
    expect_refused(bench, PP_E_INVALID, "JWS: signature is not 64 bytes");
    bench->token.size = signed_size;
    add_part(&bench->token, signature, 63);
    expect_refused(bench, PP_E_INVALID, "JWS: signature is not 64 bytes");
    bench->token.size = signed_size;
    add_part(&bench->token, der.data, 65);
    expect_refused(bench, PP_E_INVALID, "JWS: signature is not 64 bytes");
    /* no payload in base64 with a good signature over it */
    add_part(&text, header, strlen(header));
    static const char *const payloads[][2] = {
        {"e30=", "JWS: payload: not a base64 character at offset 3"},
        {"e31", "JWS: payload: base64 has trailing bits that are not zero"},
        {"e30e3", "JWS: payload: base64 is cut short"},
        {"e3 0", "JWS: payload: not a base64 character at offset 2"},
        {"e/30", "JWS: payload: not a base64 character at offset 1"},
    };
    size_t header_size = text.size;
    for (size_t i = 0; i < PP_COUNT(payloads); i++) {
        text.size = header_size;
        assert_true(pp_buf_addf(&text, NULL, ".%s", payloads[i][0]));
        assert_true(crypto_key_sign_raw(bench->key, text.data, text.size, signature, NULL));
        add_part(&text, signature, sizeof signature);
        bench->token.size = 0;
        assert_true(pp_buf_add(&bench->token, text.data, text.size, NULL));
        expect_refused(bench, PP_E_INVALID, payloads[i][1]);
    }
}

static void a_wrong_signature_is_told_as_such(void **state) {
    struct bench *bench = *state;
    PP_AUTO(crypto_key) struct crypto_key *other = key_of_number(RFC7518_BOB_D);
    PP_AUTO(crypto_public) struct crypto_public *public = public_of(other);
    sign(bench, "{}");
    bench->one.key = public;
    expect_refused(bench, PP_E_AUTH, "JWS: the signature is not valid");
}

static void caps_are_kept(void **state) {
    struct bench *bench = *state;
    struct jws_signer signer = {.key = bench->key, .kid = "k1", .typ = "pingplay-test"};
    struct pp_error error = {0};
    char *large = malloc(JWS_TOKEN_MAX + 1);
    memset(large, 'a', JWS_TOKEN_MAX + 1);
    assert_false(jws_sign(&signer, large, JWS_PAYLOAD_MAX + 1, &bench->token, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_int_equal(bench->token.size, 0);
    /* the largest goes through, into a buffer that has room for it and no other */
    assert_true(jws_sign(&signer, large, JWS_PAYLOAD_MAX, &bench->token, &error));
    assert_true(bench->token.size <= JWS_TOKEN_MAX);
    struct pp_buf exact pp_autobuf = PP_BUF_INIT(JWS_PAYLOAD_MAX),
                        small pp_autobuf = PP_BUF_INIT(JWS_PAYLOAD_MAX - 1);
    assert_true(verify_bench(bench, &exact, &error));
    assert_memory_equal(exact.data, large, JWS_PAYLOAD_MAX);
    assert_false(verify_bench(bench, &small, &error));
    assert_string_equal(error.message, "JWS: payload: more than 262143 bytes");
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_false(verify(&bench->one, "pingplay-test", large, JWS_TOKEN_MAX + 1, &exact, &error));
    assert_string_equal(error.message, "JWS: more than 352384 characters");
    assert_int_equal(error.code, PP_E_LIMIT);
    /* a buffer that is too small for the token is left as it was */
    struct pp_buf room pp_autobuf = PP_BUF_INIT(100);
    assert_true(pp_buf_add_text(&room, "before", NULL));
    assert_false(jws_sign(&signer, "{}", 2, &room, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(pp_buf_text(&room), "before");
    /* a header and its texts */
    large[JOSE_NAME_MAX + 1] = 0;
    signer.kid = large;
    assert_false(jws_sign(&signer, "{}", 2, &bench->token, &error));
    assert_string_equal(error.message, "JWS: header: \"kid\" is longer than 128 bytes");
    static char header[JOSE_HEADER_MAX + 2];
    snprintf(header, sizeof header, HEADER ",\"x\":\"%0*d\"}", JOSE_HEADER_MAX - 55, 0);
    assert_int_equal(strlen(header), JOSE_HEADER_MAX);
    forge(bench, header, strlen(header), "{}");
    exact.size = 0;
    assert_true(verify_bench(bench, &exact, &error));
    snprintf(header, sizeof header, HEADER ",\"x\":\"%0*d\"}", JOSE_HEADER_MAX - 54, 0);
    forge(bench, header, strlen(header), "{}");
    expect_refused(bench, PP_E_LIMIT, "JWS: header: more than 2048 bytes");
    snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"typ\":\"pingplay-test\",\"kid\":\"%0*d\"}",
             JOSE_NAME_MAX + 1, 0);
    forge(bench, header, strlen(header), "{}");
    expect_refused(bench, PP_E_LIMIT, "JWS: header: field \"kid\" is longer than 128 bytes");
    free(large);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_signature_of_rfc_7515_a_3_verifies),
        TEST(the_other_algorithms_of_rfc_7515_are_refused_by_name),
        TEST(wycheproof),
        TEST(what_is_signed_verifies),
        TEST(the_signing_of_the_same_is_the_same),
        TEST(no_character_can_be_changed),
        TEST(a_header_must_be_what_it_should),
        TEST(a_header_may_say_more_that_is_not_understood),
        TEST(a_verifier_without_a_kind_takes_no_token_with_one),
        TEST(the_form_is_exact),
        TEST(a_wrong_signature_is_told_as_such),
        TEST(caps_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

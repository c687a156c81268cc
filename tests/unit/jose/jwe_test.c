#include "jose/jwe.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "crypto/bulk.h"
#include "crypto/jwk.h"
#include "jose/concat_kdf.h"
#include "jose_test_support.h"

#define SECRET "{\"kty\":\"oct\",\"kid\":\"lobby\",\"k\":\"GawgguFyGrWKav7AX4VKUg\"}"

static const struct jwe_context usual = {
    .kid = "bob", .typ = "pingplay-test", .apu = "headend", .apu_size = 7, .apv = "d-1", .apv_size = 3};

struct bench {
    struct crypto_key *key; /* the recipient's */
    uint8_t point[CRYPTO_POINT_SIZE];
    struct pp_buf token;
};

static int set_up(void **state) {
    struct bench *bench = calloc(1, sizeof *bench);
    bench->key = key_of_number(RFC7518_BOB_D);
    assert_true(crypto_key_public_point(bench->key, bench->point, NULL));
    bench->token = PP_BUF_INIT(TEST_TOKEN_MAX);
    *state = bench;
    return 0;
}

static int tear_down(void **state) {
    struct bench *bench = *state;
    crypto_key_destroy(bench->key);
    pp_buf_finish(&bench->token);
    free(bench);
    return 0;
}

static void encrypt(struct bench *bench, const struct jwe_context *context) {
    struct pp_error error = {0};
    bench->token.size = 0;
    assert_true(jwe_encrypt(bench->point, context, SECRET, strlen(SECRET), &bench->token, &error));
}

static bool decrypt(struct bench *bench, const struct jwe_context *context, struct pp_buf *clear,
                    struct pp_error *error) {
    return jwe_decrypt(bench->key, context, pp_buf_text(&bench->token), bench->token.size, clear, error);
}

static void expect_refused(struct bench *bench, const struct jwe_context *context, enum pp_code code,
                           const char *message) {
    struct pp_buf clear pp_autobuf = PP_BUF_INIT(JWE_CLEAR_MAX);
    struct pp_error error = {0};
    assert_true(pp_buf_add_text(&clear, "before", NULL));
    assert_false(decrypt(bench, context, &clear, &error));
    assert_string_equal(error.message, message);
    assert_int_equal(error.code, code);
    assert_string_equal(pp_buf_text(&clear), "before");
}

/* ---- Published ones ---- */

/* NULL where the key is none of P-256. */
static struct crypto_key *key_of_jwk(const char *text) {
    char json[1024];
    size_t size = 0;
    const char *d = NULL;
    assert_true(pp_base64url_decode(text, strlen(text), json, sizeof json, &size, NULL));
    pp_autojson cJSON *jwk = pp_json_parse(json, size, sizeof json, NULL);
    assert_true(pp_json_string(jwk, "d", 64, &d, NULL));
    return key_of_number(d);
}

/* Of Wycheproof's tokens for keys of P-256 one is by ECDH-ES with A256GCM; the others are refused, good ones, too. */
static void wycheproof(void **state) {
    (void)state;
    struct pp_buf text pp_autobuf = PP_BUF_INIT(64 * 1024);
    const struct jwe_context context = {0};
    read_vectors("json_web_encryption", &text);
    PP_AUTO(crypto_key) struct crypto_key *key = NULL;
    char *rest = (char *)text.data;
    int tests = 0, by_name = 0;
    for (char *line = next_line(&rest); line; line = next_line(&rest)) {
        int id = 0;
        char result[8], token[2048];
        struct pp_buf clear pp_autobuf = PP_BUF_INIT(1024);
        struct pp_error error = {0};
        if (strncmp(line, "key ", 4) == 0) {
            crypto_key_destroy(key);
            key = key_of_jwk(line + 4);
            continue;
        }
        assert_int_equal(sscanf(line, "%d %7s %2047s", &id, result, token), 3);
        bool decrypted = jwe_decrypt(key, &context, token, strlen(token), &clear, &error);
        if (decrypted != (id == 78))
            fail_msg("tcId %d is judged wrongly", id);
        if (decrypted)
            assert_string_equal(pp_buf_text(&clear), "foo");
        if (!decrypted && strcmp(result, "valid") == 0)
            assert_int_equal(error.code, PP_E_UNSUPPORTED);
        by_name += error.code == PP_E_UNSUPPORTED;
        tests++;
    }
    assert_int_equal(tests, 43);
    assert_true(by_name >= 22);
}

static void the_algorithms_of_rfc_7516_are_refused_by_name(void **state) {
    struct bench *bench = *state;
    static const char *const rows[][2] = {
        {"eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ."
         "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiM"
         "T03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-"
         "StnImGyFDbSv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRl"
         "tdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_"
         "tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je81860ppamavo3"
         "5UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b."
         "5eym8TW_c8SuK"
         "0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ",
         "RSA-OAEP"}, /* A.1 */
        {"eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.UGhIOguC7IuEvf_"
         "NPVaXsGMoLOmwvc1GyqlIKOK1nN94nHPoltGRhWh"
         "w7Zx0-kFm1NJn8LE9XShH59_i8J0PH5ZZyNfGy2xGdULU7sHNF6Gp2vPLgNZ__deLKxGHZ7PcHALUzoOegEI-"
         "8E66jX2E4zyJKx-YxzZI"
         "ItRzC5hlRirb6Y5Cl_p-ko3YvkkysZIFNPccxRU7qve1WYPxqbb2Yw8kZqa2rMWI5ng8OtvzlV7elprCbuPhcCdZ6XDP0_"
         "F8rkXds2vE4"
         "X-ncOIM8hAYHHi29NX0mcKiRaD0-D-ljQTP-cFPgwCp6X-nZZd9OHBv-B3oWh2TbqmScqXMR4gp_A."
         "AxY8DCtDaGlsbGljb3RoZQ.KDl"
         "TtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.9hH0vgRfYgPnAHOd8stkvw",
         "RSA1_5"}, /* A.2 */
        {"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0."
         "6KB707dM9YTIgHtLvtgWQ8mKwboJW3of9locizkDTHzBC2IlrT1oOQ."
         "AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.U0m_YmjN04DJvceFICbCVQ",
         "A128KW"}, /* A.3 */
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        char message[80];
        snprintf(message, sizeof message, "JWE: header: \"alg\" is \"%s\", not \"ECDH-ES\"", rows[i][1]);
        bench->token.size = 0;
        assert_true(pp_buf_add_text(&bench->token, rows[i][0], NULL));
        expect_refused(bench, &(struct jwe_context){0}, PP_E_UNSUPPORTED, message);
    }
}

/* ---- Our own ---- */

static cJSON *header_of(const struct pp_buf *token) {
    char json[JOSE_HEADER_MAX];
    size_t size = 0;
    const char *text = pp_buf_text(token);
    assert_true(pp_base64url_decode(text, strcspn(text, "."), json, sizeof json, &size, NULL));
    cJSON *header = pp_json_parse(json, size, sizeof json, NULL);
    assert_non_null(header);
    return header;
}

static void what_is_encrypted_decrypts(void **state) {
    struct bench *bench = *state;
    struct pp_buf clear pp_autobuf = PP_BUF_INIT(1000);
    struct pp_error error = {0};
    static const char *const members[] = {"alg", "enc", "kid", "typ", "epk", "apu", "apv"};
    encrypt(bench, &usual);
    assert_null(strstr(pp_buf_text(&bench->token), "GawgguFyGrWKav7AX4VKUg"));
    assert_true(pp_buf_add_text(&clear, "before ", &error));
    assert_true(decrypt(bench, &usual, &clear, &error));
    assert_string_equal(pp_buf_text(&clear), "before " SECRET);
    pp_autojson cJSON *header = header_of(&bench->token);
    int i = 0;
    for (const cJSON *member = header->child; member; member = member->next)
        assert_string_equal(member->string, members[i++]);
    assert_int_equal(i, 7);
    assert_string_equal(cJSON_GetObjectItem(header, "apu")->valuestring, "aGVhZGVuZA");
    assert_null(cJSON_GetObjectItem(cJSON_GetObjectItem(header, "epk"), "d"));
    /* nothing, and nobody named */
    const struct jwe_context bare = {0};
    bench->token.size = 0;
    assert_true(jwe_encrypt(bench->point, &bare, NULL, 0, &bench->token, &error));
    clear.size = 0;
    assert_true(decrypt(bench, &bare, &clear, &error));
    assert_int_equal(clear.size, 0);
}

static void no_two_tokens_share_a_key_or_a_nonce(void **state) {
    struct bench *bench = *state;
    encrypt(bench, &usual);
    pp_autojson cJSON *first = header_of(&bench->token);
    char nonce[17];
    memcpy(nonce, strstr(pp_buf_text(&bench->token), "..") + 2, sizeof nonce);
    encrypt(bench, &usual);
    pp_autojson cJSON *second = header_of(&bench->token);
    assert_memory_not_equal(nonce, strstr(pp_buf_text(&bench->token), "..") + 2, sizeof nonce);
    assert_false(cJSON_Compare(cJSON_GetObjectItem(first, "epk"), cJSON_GetObjectItem(second, "epk"), 1));
}

static void another_context_is_refused_by_name(void **state) {
    struct bench *bench = *state;
    struct jwe_context others[8];
    static const char *const messages[] = {
        "JWE: header: \"kid\" is \"bob\", not \"eve\"",
        "JWE: header: \"kid\" is there and should not",
        "JWE: header: \"typ\" is \"pingplay-test\", not \"pingplay-other\"",
        "JWE: header: \"typ\" is there and should not",
        "JWE: header: \"apu\" is \"aGVhZGVuZA\", not \"aGVhZGVuWg\"",
        "JWE: header: \"apu\" is there and should not",
        "JWE: header: \"apv\" is \"ZC0x\", not \"ZC0\"",
        "JWE: header: \"apv\" is there and should not",
    };
    for (size_t i = 0; i < PP_COUNT(others); i++)
        others[i] = usual;
    others[0].kid = "eve";
    others[1].kid = NULL;
    others[2].typ = "pingplay-other";
    others[3].typ = NULL;
    others[4].apu = "headenZ";
    others[5].apu_size = 0;
    others[6].apv_size = 2;
    others[7].apv_size = 0;
    encrypt(bench, &usual);
    for (size_t i = 0; i < PP_COUNT(others); i++)
        expect_refused(bench, &others[i], PP_E_INVALID, messages[i]);
    encrypt(bench, &(struct jwe_context){0});
    expect_refused(bench, &usual, PP_E_INVALID, "JWE: header: field \"typ\" is missing");
}

/* ---- Tokens made by hand, good but for one thing ---- */

struct forgery {
    const char *header;        /* with "EPK" in the place of the ephemeral key */
    const char *epk;           /* NULL: the one that the key was agreed with */
    const char *encrypted_key; /* "" where it is as it should be */
    size_t nonce_size, tag_size;
};

static void agree(struct bench *bench, const struct crypto_key *ephemeral, uint8_t key[32]) {
    uint8_t secret[CRYPTO_SECRET_SIZE];
    const struct concat_kdf kdf = {.algorithm = "A256GCM",
                                   .apu = usual.apu,
                                   .apu_size = usual.apu_size,
                                   .apv = usual.apv,
                                   .apv_size = usual.apv_size};
    assert_true(crypto_key_agree(ephemeral, bench->point, secret, NULL));
    assert_true(concat_kdf(&kdf, secret, key, 32, NULL));
}

static void forge(struct bench *bench, const struct forgery *forgery) {
    uint8_t key[32], point[CRYPTO_POINT_SIZE], nonce[16] = {1, 2, 3}, sealed[64];
    PP_AUTO(crypto_key) struct crypto_key *ephemeral = key_of_number(RFC7518_ALICE_D);
    struct pp_buf header pp_autobuf = PP_BUF_INIT(JOSE_HEADER_MAX * 2);
    agree(bench, ephemeral, key);
    assert_true(crypto_key_public_point(ephemeral, point, NULL));
    pp_autojson cJSON *jwk = jwk_from_point(point, NULL);
    pp_autojsontext char *epk = cJSON_PrintUnformatted(jwk);
    const char *place = strstr(forgery->header, "EPK");
    size_t before = place ? (size_t)(place - forgery->header) : strlen(forgery->header);
    assert_true(pp_buf_add(&header, forgery->header, before, NULL));
    assert_true(!place || (pp_buf_add_text(&header, forgery->epk ? forgery->epk : epk, NULL) &&
                           pp_buf_add_text(&header, place + 3, NULL)));
    bench->token.size = 0;
    add_part(&bench->token, header.data, header.size);
    PP_AUTO(crypto_gcm) struct crypto_gcm *gcm = crypto_gcm_create(key, sizeof key, NULL);
    assert_true(crypto_gcm_seal(gcm, nonce, bench->token.data, bench->token.size, "foo", 3, sealed, NULL));
    add_part(&bench->token, forgery->encrypted_key, strlen(forgery->encrypted_key));
    add_part(&bench->token, nonce, forgery->nonce_size);
    add_part(&bench->token, sealed, 3);
    add_part(&bench->token, sealed + 3, forgery->tag_size);
}

#define NAMES   ",\"kid\":\"bob\",\"typ\":\"pingplay-test\",\"apu\":\"aGVhZGVuZA\",\"apv\":\"ZC0x\""
#define CIPHER  "\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\""
#define HEADER  "{" CIPHER NAMES ",\"epk\":EPK"
#define ALICE_X "\"x\":\"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0\""
#define ALICE_Y "\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\""

static void a_header_must_be_what_it_should(void **state) {
    struct bench *bench = *state;
    static const struct {
        const char *header, *epk;
        enum pp_code code;
        const char *message; /* NULL: it is good */
    } rows[] = {
        {HEADER "}", NULL, PP_OK, NULL},
        {HEADER ",\"cty\":\"json\",\"x\":{}}", NULL, PP_OK, NULL},
        {HEADER "}",
         "{\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps\"," ALICE_X
         ",\"crv\":\"P-256\",\"kty\":\"EC\",\"ext\":true}",
         PP_OK, NULL},
        {HEADER ",\"zip\":\"DEF\"}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"zip\": compression is not supported"},
        {HEADER ",\"crit\":[\"x\"],\"x\":1}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"crit\": extensions are not supported"},
        {HEADER ",\"jwk\":{}}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"jwk\": keys are not taken from a message"},
        {HEADER ",\"jku\":\"https://example.org\"}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"jku\": keys are not taken from a message"},
        {HEADER ",\"alg\":\"ECDH-ES\"}", NULL, PP_E_INVALID, "JWE: header: field \"alg\" stands twice"},
        {HEADER ",\"epk\":{}}", NULL, PP_E_INVALID, "JWE: header: field \"epk\" stands twice"},
        {"[" HEADER "}]", NULL, PP_E_INVALID, "JWE: header: not a JSON object"},
        {"{\"alg\":\"dir\",\"enc\":\"A256GCM\"" NAMES ",\"epk\":EPK}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"alg\" is \"dir\", not \"ECDH-ES\""},
        {"{\"alg\":\"ECDH-ES+A256KW\",\"enc\":\"A256GCM\"" NAMES ",\"epk\":EPK}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"alg\" is \"ECDH-ES+A256KW\", not \"ECDH-ES\""},
        {"{\"alg\":\"none\",\"enc\":\"A256GCM\"" NAMES ",\"epk\":EPK}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"alg\" is \"none\", not \"ECDH-ES\""},
        {"{\"enc\":\"A256GCM\"" NAMES ",\"epk\":EPK}", NULL, PP_E_INVALID,
         "JWE: header: field \"alg\" is missing"},
        {"{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\"" NAMES ",\"epk\":EPK}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"enc\" is \"A128GCM\", not \"A256GCM\""},
        {"{\"alg\":\"ECDH-ES\",\"enc\":\"A256CBC-HS512\"" NAMES ",\"epk\":EPK}", NULL, PP_E_UNSUPPORTED,
         "JWE: header: \"enc\" is \"A256CBC-HS512\", not \"A256GCM\""},
        {"{\"alg\":\"ECDH-ES\",\"enc\":[\"A256GCM\"]" NAMES ",\"epk\":EPK}", NULL, PP_E_INVALID,
         "JWE: header: field \"enc\" is not a string"},
        {"{\"alg\":\"ECDH-ES\"" NAMES ",\"epk\":EPK}", NULL, PP_E_INVALID,
         "JWE: header: field \"enc\" is missing"},
        {"{" CIPHER NAMES "}", NULL, PP_E_INVALID, "JWE: header: field \"epk\" is missing"},
        {HEADER "}", "\"key\"", PP_E_INVALID, "JWE: header: field \"epk\" is not an object"},
        {HEADER "}", "null", PP_E_INVALID, "JWE: header: field \"epk\" is not an object"},
        {HEADER "}", "{}", PP_E_INVALID, "JWE: header: \"epk\": field \"kty\" is missing"},
        {HEADER "}", "{\"kty\":\"OKP\",\"crv\":\"X25519\"," ALICE_X "}", PP_E_INVALID,
         "JWE: header: \"epk\": JWK: \"kty\" is not \"EC\""},
        {HEADER "}", "{\"kty\":\"EC\",\"crv\":\"P-384\"," ALICE_X "," ALICE_Y "}", PP_E_INVALID,
         "JWE: header: \"epk\": JWK: \"crv\" is not \"P-256\""},
        {HEADER "}",
         "{\"kty\":\"EC\",\"crv\":\"P-256\"," ALICE_X "," ALICE_Y ",\"d\":\"" RFC7518_ALICE_D "\"}",
         PP_E_INVALID, "JWE: header: \"epk\": JWK: \"d\": a private key is not to be sent"},
        {HEADER "}", "{\"kty\":\"EC\",\"crv\":\"P-256\"," ALICE_X "," ALICE_Y ",\"use\":\"sig\"}",
         PP_E_INVALID, "JWE: header: \"epk\": JWK: \"use\" is not \"enc\""},
        {HEADER "}", "{\"kty\":\"EC\",\"crv\":\"P-256\"," ALICE_X "}", PP_E_INVALID,
         "JWE: header: \"epk\": field \"y\" is missing"},
        {HEADER "}", "{\"kty\":\"EC\",\"crv\":\"P-256\"," ALICE_X ",\"y\":\"SLW_\"}", PP_E_INVALID,
         "JWE: header: \"epk\": JWK: \"y\": expected 32 bytes of base64url, got 3"},
        {HEADER "}", "{\"kty\":\"EC\",\"crv\":\"P-256\"," ALICE_X ",\"y\":\"\"}", PP_E_INVALID,
         "JWE: header: \"epk\": JWK: \"y\": expected 32 bytes of base64url, got 0"},
        {HEADER "}",
         "{\"kty\":\"EC\",\"crv\":\"P-256\"," ALICE_X
         ",\"y\":\"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFppo\"}",
         PP_E_INVALID, "JWE: header: \"epk\": JWK: \"x\" and \"y\": not a point of P-256"},
        {HEADER "}",
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
         PP_E_INVALID, "JWE: header: \"epk\": JWK: \"x\" and \"y\": not a point of P-256"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        const struct forgery forgery = {.header = rows[i].header,
                                        .epk = rows[i].epk,
                                        .encrypted_key = "",
                                        .nonce_size = 12,
                                        .tag_size = 16};
        forge(bench, &forgery);
        struct pp_buf clear pp_autobuf = PP_BUF_INIT(100);
        if (rows[i].message)
            expect_refused(bench, &usual, rows[i].code, rows[i].message);
        else
            assert_true(decrypt(bench, &usual, &clear, NULL) && !strcmp(pp_buf_text(&clear), "foo"));
    }
}

static void parts_have_their_lengths(void **state) {
    struct bench *bench = *state;
    static const struct {
        const char *encrypted_key;
        size_t nonce_size, tag_size;
        const char *message;
    } rows[] = {
        {"k", 12, 16, "JWE: an encrypted key, where none is to be"},
        {"0123456789012345678901234567890123456789", 12, 16, "JWE: an encrypted key, where none is to be"},
        {"", 11, 16, "JWE: nonce is not 12 bytes"},
        {"", 13, 16, "JWE: nonce is not 12 bytes"},
        {"", 0, 16, "JWE: nonce is not 12 bytes"},
        {"", 16, 16, "JWE: nonce is not 12 bytes"},
        {"", 12, 0, "JWE: tag is not 16 bytes"},
        {"", 12, 4, "JWE: tag is not 16 bytes"},
        {"", 12, 12, "JWE: tag is not 16 bytes"},
        {"", 12, 15, "JWE: tag is not 16 bytes"},
        {"", 12, 17, "JWE: tag is not 16 bytes"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        const struct forgery forgery = {.header = HEADER "}",
                                        .encrypted_key = rows[i].encrypted_key,
                                        .nonce_size = rows[i].nonce_size,
                                        .tag_size = rows[i].tag_size};
        forge(bench, &forgery);
        expect_refused(bench, &usual, PP_E_INVALID, rows[i].message);
    }
    static const char *const shapes[][2] = {{"", "JWE: 1 of 5 parts"},
                                            {"....", "JWE: header: not JSON at offset 0"},
                                            {"...", "JWE: 4 of 5 parts"},
                                            {".....", "JWE: more than 5 parts"}};
    for (size_t i = 0; i < PP_COUNT(shapes); i++) {
        bench->token.size = 0;
        assert_true(pp_buf_add_text(&bench->token, shapes[i][0], NULL));
        expect_refused(bench, &usual, PP_E_INVALID, shapes[i][1]);
    }
}

struct mutation {
    struct bench *bench;
    int of_the_tag; /* refused by the cipher alone */
};

static void refuse_changed(void *arg, const char *token, size_t size) {
    struct mutation *mutation = arg;
    struct pp_buf clear pp_autobuf = PP_BUF_INIT(1000);
    struct pp_error error = {0};
    if (jwe_decrypt(mutation->bench->key, &usual, token, size, &clear, &error))
        fail_msg("it decrypts: %.*s", (int)size, token);
    assert_true(error.code == PP_E_INVALID || error.code == PP_E_UNSUPPORTED || error.code == PP_E_AUTH ||
                error.code == PP_E_LIMIT);
    if (error.code == PP_E_AUTH) {
        assert_string_equal(error.message, "JWE: it does not decrypt");
        mutation->of_the_tag++;
    }
    assert_int_equal(clear.size, 0);
}

static void no_character_can_be_changed(void **state) {
    struct mutation mutation = {.bench = *state};
    encrypt(mutation.bench, &usual);
    change_each_character(&mutation.bench->token, refuse_changed, &mutation);
    assert_true(mutation.of_the_tag > 100);
}

static void a_wrong_key_and_a_change_are_one_error(void **state) {
    struct bench *bench = *state;
    PP_AUTO(crypto_key) struct crypto_key *other = key_of_number(RFC7515_A3_D);
    encrypt(bench, &usual);
    struct crypto_key *own = bench->key;
    bench->key = other;
    expect_refused(bench, &usual, PP_E_AUTH, "JWE: it does not decrypt");
    bench->key = own;
    char *tag = strrchr((char *)bench->token.data, '.') + 1;
    tag[0] = tag[0] == 'A' ? 'B' : 'A';
    expect_refused(bench, &usual, PP_E_AUTH, "JWE: it does not decrypt");
}

static void a_recipient_must_be_on_the_curve(void **state) {
    struct bench *bench = *state;
    struct pp_error error = {0};
    bench->point[64] ^= 1;
    assert_false(jwe_encrypt(bench->point, &usual, "x", 1, &bench->token, &error));
    assert_int_equal(error.code, PP_E_INVALID);
    assert_string_equal(error.message, "JWE: not a point of P-256");
    assert_int_equal(bench->token.size, 0);
}

static void caps_are_kept(void **state) {
    struct bench *bench = *state;
    struct jwe_context context = usual;
    struct pp_error error = {0};
    char *large = malloc(JWE_TOKEN_MAX + 1);
    memset(large, 'a', JWE_TOKEN_MAX + 1);
    assert_false(jwe_encrypt(bench->point, &usual, large, JWE_CLEAR_MAX + 1, &bench->token, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_true(jwe_encrypt(bench->point, &usual, large, JWE_CLEAR_MAX, &bench->token, &error));
    assert_true(bench->token.size <= JWE_TOKEN_MAX);
    struct pp_buf exact pp_autobuf = PP_BUF_INIT(JWE_CLEAR_MAX),
                        small pp_autobuf = PP_BUF_INIT(JWE_CLEAR_MAX - 1);
    assert_true(decrypt(bench, &usual, &exact, &error));
    assert_memory_equal(exact.data, large, JWE_CLEAR_MAX);
    assert_false(decrypt(bench, &usual, &small, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_int_equal(small.size, 0);
    assert_false(jwe_decrypt(bench->key, &usual, large, JWE_TOKEN_MAX + 1, &exact, &error));
    assert_string_equal(error.message, "JWE: more than 90176 characters");
    context.apu = context.apv = large;
    context.apu_size = context.apv_size = JWE_PARTY_MAX;
    bench->token.size = 0;
    assert_true(jwe_encrypt(bench->point, &context, "x", 1, &bench->token, &error));
    exact.size = 0;
    assert_true(decrypt(bench, &context, &exact, &error));
    context.apv_size++;
    assert_false(jwe_encrypt(bench->point, &context, "x", 1, &bench->token, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(error.message, "JWE: header: \"apv\" of more than 64 bytes");
    free(large);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(wycheproof),
        TEST(the_algorithms_of_rfc_7516_are_refused_by_name),
        TEST(what_is_encrypted_decrypts),
        TEST(no_two_tokens_share_a_key_or_a_nonce),
        TEST(another_context_is_refused_by_name),
        TEST(a_header_must_be_what_it_should),
        TEST(parts_have_their_lengths),
        TEST(no_character_can_be_changed),
        TEST(a_wrong_key_and_a_change_are_one_error),
        TEST(a_recipient_must_be_on_the_curve),
        TEST(caps_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

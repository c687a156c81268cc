/* headend/webauthn: the specification's vectors, and what others would send instead. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "crypto/bulk.h"
#include "vectors.h"

#define AT_FLAGS 32 /* bytes into authenticator data */
#define AT_COUNT 33

/* The vectors were made without a user that has to be verified. */
static const struct webauthn_party lax = {"example.org", "https://example.org", false};
static const struct webauthn_party strict = {"example.org", "https://example.org", true};

static void expect(enum pp_code code, const char *words, bool ok, const struct pp_error *error) {
    if (ok || error->code != code || !strstr(error->message, words))
        fail_msg("expected %d \"%s\", got %d %d \"%s\"", code, words, ok, error->code, error->message);
}

static void refused_at_registration(enum pp_code code, const char *words, const struct webauthn_party *party,
                                    const struct vector *vector) {
    struct webauthn_credential credential;
    struct pp_error error = {0};
    bool ok = webauthn_register(party, vector->challenge, vector_client(vector), vector_attestation(vector),
                                &credential, &error);
    expect(code, words, ok, &error);
}

static void registered(const cJSON *vectors, const char *name, struct webauthn_credential *credential) {
    struct vector vector;
    struct pp_error error = {0};
    vector_take(vectors, name, "create", &vector);
    if (!strstr(name, "self"))
        vector_without_attestation(&vector);
    if (!webauthn_register(&lax, vector.challenge, vector_client(&vector), vector_attestation(&vector),
                           credential, &error))
        fail_msg("%s: %s", name, error.message);
}

/* Of the credential of that name; the vector's assertion was changed, or not. */
static void refused_at_sign_in(enum pp_code code, const char *words, const struct webauthn_party *party,
                               const struct webauthn_credential *credential, const struct vector *vector) {
    struct webauthn_credential copy = *credential;
    struct webauthn_assertion assertion = vector_assertion(vector);
    struct pp_error error = {0};
    bool ok = webauthn_verify(party, vector->challenge, &assertion, &copy, &error);
    expect(code, words, ok, &error);
    assert_memory_equal(&copy, credential, sizeof copy);
}

static void accepted(const struct webauthn_party *party, const struct webauthn_credential *credential,
                     const struct vector *vector) {
    struct webauthn_credential copy = *credential;
    struct webauthn_assertion assertion = vector_assertion(vector);
    struct pp_error error = {0};
    if (!webauthn_verify(party, vector->challenge, &assertion, &copy, &error))
        fail_msg("%s", error.message);
}

/* Which of the vectors a server is to take that asks for no attestation, for these algorithms, in no frame. */
static void each_vector_is_taken_or_refused_as_it_should_be(void **state) {
    (void)state;
    static const struct {
        const char *name;
        const char *refused;      /* at registration; NULL: taken */
        const char *bare_refused; /* the same without attestation */
    } expected[VECTORS] = {
        {"none.ES256", NULL, NULL},
        {"packed-self.ES256", NULL, NULL},
        {"none.ES256.crossOrigin", "frame", "frame"},
        {"none.ES256.topOrigin", "frame", "frame"},
        {"none.ES256.long-credential-id", NULL, NULL},
        {"packed.ES256", "maker", NULL},
        {"packed.ES384", "maker", "algorithm -35"},
        {"packed.ES512", "challenge", "challenge"},        /* of 128 bytes */
        {"packed.RS256", "maker", "not as its algorithm"}, /* of 3,482 bits */
        {"packed.EdDSA", "maker", NULL},
        {"packed.Ed448", "maker", "algorithm -53"},
        {"tpm.ES256", "maker", NULL},
        {"android-key.ES256", "maker", NULL},
        {"apple.ES256", "maker", NULL},
        {"fido-u2f.ES256", "maker", NULL},
    };
    pp_autojson cJSON *vectors = vectors_read();
    for (int i = 0; i < VECTORS; i++) {
        struct webauthn_credential credential;
        struct vector create;
        struct vector get;
        const char *name = vector_name(vectors, i);
        assert_string_equal(name, expected[i].name);
        vector_take(vectors, name, "create", &create);
        vector_take(vectors, name, "get", &get);
        for (int bare = 0; bare < 2; bare++) {
            struct pp_error error = {0};
            const char *refused = bare ? expected[i].bare_refused : expected[i].refused;
            if (bare)
                vector_without_attestation(&create);
            bool ok = webauthn_register(&lax, create.challenge, vector_client(&create),
                                        vector_attestation(&create), &credential, &error);
            if (ok == (refused != NULL) || (refused && !strstr(error.message, refused)))
                fail_msg("%s: %s", name, ok ? "taken" : error.message);
            if (ok)
                accepted(&lax, &credential, &get);
        }
    }
}

static void what_is_kept_is_what_the_authenticator_said(void **state) {
    (void)state;
    static const uint8_t id[] = {0xf9, 0x1f, 0x39, 0x1d, 0xb4, 0xc9, 0xb2, 0xfd};
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    registered(vectors, "none.ES256", &credential);
    assert_int_equal(credential.id_size, 32);
    assert_memory_equal(credential.id, id, sizeof id);
    assert_int_equal(credential.key_size, 77);
    assert_int_equal(credential.key[0], 0xa5);
    assert_int_equal(credential.sign_count, 0);
    assert_true(credential.backup_eligible && credential.backed_up);
    registered(vectors, "none.ES256.long-credential-id", &credential);
    assert_int_equal(credential.id_size, CREDENTIAL_ID_MAX);
    assert_true(credential.backup_eligible && !credential.backed_up);
}

static void a_user_who_was_not_verified_is_refused(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector vector;
    vector_take(vectors, "none.ES256", "create", &vector);
    refused_at_registration(PP_E_AUTH, "nobody was recognised", &strict, &vector);
    registered(vectors, "packed-self.ES256", &credential);
    vector_take(vectors, "packed-self.ES256", "get", &vector);
    refused_at_sign_in(PP_E_AUTH, "nobody was recognised", &strict, &credential, &vector);
    registered(vectors, "tpm.ES256", &credential);
    vector_take(vectors, "tpm.ES256", "get", &vector);
    accepted(&strict, &credential, &vector);
}

static void another_challenge_origin_or_name_is_refused(void **state) {
    (void)state;
    static const struct webauthn_party elsewhere = {"example.org", "https://example.org:8443", false};
    static const struct webauthn_party other = {"example.com", "https://example.org", false};
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector create;
    struct vector get;
    vector_take(vectors, "none.ES256", "create", &create);
    vector_take(vectors, "none.ES256", "get", &get);
    registered(vectors, "none.ES256", &credential);
    refused_at_registration(PP_E_AUTH, "page of another site", &elsewhere, &create);
    refused_at_sign_in(PP_E_AUTH, "page of another site", &elsewhere, &credential, &get);
    refused_at_registration(PP_E_AUTH, "for another site", &other, &create);
    refused_at_sign_in(PP_E_AUTH, "for another site", &other, &credential, &get);
    static const char *const wrong[] = {"", "x", "AMMPt4UxxGTStncdq4",
                                        "OcDnUhQXulTVPo3JUXT0I97pvzzZBP9tZchXyav01Ag="};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct webauthn_credential copy = credential;
        struct webauthn_assertion assertion = vector_assertion(&get);
        struct pp_error error = {0};
        expect(PP_E_AUTH, "another challenge", webauthn_verify(&lax, wrong[i], &assertion, &copy, &error),
               &error);
    }
    create.challenge[0] ^= 1;
    get.challenge[42] ^= 1;
    refused_at_registration(PP_E_AUTH, "another challenge", &lax, &create);
    refused_at_sign_in(PP_E_AUTH, "another challenge", &lax, &credential, &get);
}

static void one_ceremony_is_not_taken_for_the_other(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector create;
    struct vector get;
    vector_take(vectors, "none.ES256", "create", &create);
    vector_take(vectors, "none.ES256", "get", &get);
    registered(vectors, "none.ES256", &credential);
    memcpy(create.client_data, get.client_data, get.client_size);
    create.client_size = get.client_size;
    refused_at_registration(PP_E_AUTH, "not of type webauthn.create", &lax, &create);
    vector_take(vectors, "none.ES256", "create", &create);
    memcpy(get.client_data, create.client_data, create.client_size);
    get.client_size = create.client_size;
    refused_at_sign_in(PP_E_AUTH, "not of type webauthn.get", &lax, &credential, &get);
}

/* Whatever bit of what was signed, or of the signature, is another: it is refused. */
static void no_bit_of_an_assertion_may_be_another(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector right;
    registered(vectors, "none.ES256", &credential);
    vector_take(vectors, "none.ES256", "get", &right);
    accepted(&lax, &credential, &right);
    const struct {
        size_t at, size;
    } parts[] = {{offsetof(struct vector, client_data), right.client_size},
                 {offsetof(struct vector, authenticator_data), right.data_size},
                 {offsetof(struct vector, signature), right.signature_size}};
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        for (size_t bit = 0; bit < 8 * parts[part].size; bit++) {
            struct vector changed = right;
            struct webauthn_credential copy = credential;
            uint8_t *bytes = (uint8_t *)&changed + parts[part].at;
            bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
            struct webauthn_assertion assertion = vector_assertion(&changed);
            if (webauthn_verify(&lax, right.challenge, &assertion, &copy, NULL))
                fail_msg("part %zu, bit %zu", part, bit);
        }
    }
}

static void another_credential_has_not_signed_it(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector vector;
    registered(vectors, "apple.ES256", &credential);
    vector_take(vectors, "packed-self.ES256", "get", &vector);
    refused_at_sign_in(PP_E_AUTH, "not signed by the credential's key", &lax, &credential, &vector);
}

static void a_self_attestation_of_another_key_is_refused(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct vector vector;
    vector_take(vectors, "packed-self.ES256", "create", &vector);
    uint8_t *signature = memmem(vector.attestation, vector.attestation_size, "csig", 4);
    assert_non_null(signature);
    signature[20] ^= 1;
    refused_at_registration(PP_E_AUTH, "not signed by the credential's key", &lax, &vector);
}

static void a_count_that_does_not_grow_is_refused(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector vector;
    registered(vectors, "none.ES256", &credential);
    vector_take(vectors, "none.ES256", "get", &vector);
    credential.sign_count = 1; /* and the vector's is 0 */
    refused_at_sign_in(PP_E_ROLLBACK, "from 1 to 0", &lax, &credential, &vector);
}

static void whether_it_may_be_backed_up_does_not_change(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector vector;
    registered(vectors, "none.ES256", &credential);
    vector_take(vectors, "none.ES256", "get", &vector);
    credential.backup_eligible = false;
    refused_at_sign_in(PP_E_AUTH, "may be backed up has changed", &lax, &credential, &vector);
}

/* Flags of a credential that nobody has signed. */
static void impossible_flags_are_refused(void **state) {
    (void)state;
    static const struct {
        uint8_t flags;
        enum pp_code code;
        const char *words;
    } cases[] = {{AUTHENTICATOR_AT | AUTHENTICATOR_UV, PP_E_AUTH, "nobody was there"},
                 {AUTHENTICATOR_AT | AUTHENTICATOR_UP | AUTHENTICATOR_BS, PP_E_AUTH, "and cannot be"},
                 {AUTHENTICATOR_UP, PP_E_INVALID, "more than it says"},
                 {AUTHENTICATOR_AT | AUTHENTICATOR_UP | AUTHENTICATOR_ED, PP_E_INVALID, "are no map"}};
    pp_autojson cJSON *vectors = vectors_read();
    struct vector vector;
    vector_take(vectors, "none.ES256", "create", &vector);
    uint8_t hash[BULK_SHA256_SIZE];
    assert_true(crypto_sha256("example.org", 11, hash, NULL));
    uint8_t *data = memmem(vector.attestation, vector.attestation_size, hash, sizeof hash);
    assert_non_null(data);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        data[AT_FLAGS] = cases[i].flags;
        refused_at_registration(cases[i].code, cases[i].words, &lax, &vector);
    }
}

static void an_attestation_that_is_cut_off_anywhere_is_refused(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    static const char *const names[] = {"none.ES256", "packed-self.ES256", "packed.EdDSA"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct vector vector;
        vector_take(vectors, names[i], "create", &vector);
        if (i == 2)
            vector_without_attestation(&vector);
        size_t whole = vector.attestation_size;
        for (vector.attestation_size = 0; vector.attestation_size < whole; vector.attestation_size++) {
            struct webauthn_credential credential;
            /* In memory of its very size, so that reading on is seen. */
            uint8_t *cut = malloc(vector.attestation_size + !vector.attestation_size);
            assert_non_null(cut);
            memcpy(cut, vector.attestation, vector.attestation_size);
            bool ok =
                webauthn_register(&lax, vector.challenge, vector_client(&vector),
                                  (struct webauthn_bytes){cut, vector.attestation_size}, &credential, NULL);
            free(cut);
            assert_false(ok);
        }
        vector.attestation_size = whole + 1;
        refused_at_registration(PP_E_INVALID, "attestation", &lax, &vector);
    }
}

static void a_point_beside_the_curve_is_no_key(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct vector vector;
    vector_take(vectors, "none.ES256", "create", &vector);
    vector.attestation[vector.attestation_size - 1] ^= 1; /* of y */
    refused_at_registration(PP_E_INVALID, "not one of its algorithm", &lax, &vector);
}

static void what_is_too_large_is_refused(void **state) {
    (void)state;
    pp_autojson cJSON *vectors = vectors_read();
    struct webauthn_credential credential;
    struct vector vector;
    vector_take(vectors, "none.ES256", "create", &vector);
    vector.attestation_size = ATTESTATION_MAX;
    refused_at_registration(PP_E_INVALID, "attestation", &lax, &vector);
    vector.client_size = CLIENT_DATA_MAX;
    memset(vector.client_data, ' ', CLIENT_DATA_MAX);
    refused_at_registration(PP_E_INVALID, "", &lax, &vector);
    registered(vectors, "none.ES256", &credential);
    vector_take(vectors, "none.ES256", "get", &vector);
    static const uint8_t large[SIGNATURE_MAX + AUTHENTICATOR_DATA_MAX];
    struct webauthn_assertion assertion = vector_assertion(&vector);
    struct pp_error error = {0};
    assertion.signature = (struct webauthn_bytes){large, SIGNATURE_MAX + 1};
    expect(PP_E_LIMIT, "larger", webauthn_verify(&lax, vector.challenge, &assertion, &credential, &error),
           &error);
    assertion = vector_assertion(&vector);
    assertion.authenticator_data = (struct webauthn_bytes){large, AUTHENTICATOR_DATA_MAX + 1};
    expect(PP_E_LIMIT, "larger", webauthn_verify(&lax, vector.challenge, &assertion, &credential, &error),
           &error);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_vector_is_taken_or_refused_as_it_should_be),
        cmocka_unit_test(what_is_kept_is_what_the_authenticator_said),
        cmocka_unit_test(a_user_who_was_not_verified_is_refused),
        cmocka_unit_test(another_challenge_origin_or_name_is_refused),
        cmocka_unit_test(one_ceremony_is_not_taken_for_the_other),
        cmocka_unit_test(no_bit_of_an_assertion_may_be_another),
        cmocka_unit_test(another_credential_has_not_signed_it),
        cmocka_unit_test(a_self_attestation_of_another_key_is_refused),
        cmocka_unit_test(a_count_that_does_not_grow_is_refused),
        cmocka_unit_test(whether_it_may_be_backed_up_does_not_change),
        cmocka_unit_test(impossible_flags_are_refused),
        cmocka_unit_test(an_attestation_that_is_cut_off_anywhere_is_refused),
        cmocka_unit_test(a_point_beside_the_curve_is_no_key),
        cmocka_unit_test(what_is_too_large_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

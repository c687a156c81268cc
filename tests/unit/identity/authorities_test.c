/* Whom a screen trusts: what the repository and what a server may say of it, and all that they may not. */
#include "support/certificates.h"

#include <fcntl.h>

#include "base/file.h"
#include "identity/authorities.h"

enum { OLD, NEW, THIRD, STRANGER, ROOTS };

/* An authority and those that follow it have one name. */
static const char *const names[ROOTS] = {"Root", "Root", "Root", "Stranger"};

struct world {
    char folder[TEST_FOLDER_SIZE];
    char file[128]; /* the configured authorities: OLD */
    struct vault *vault;
    struct authorities set;
    struct test_authority roots[ROOTS];
    X509 *made[16]; /* by a test, freed behind it */
    size_t made_count;
};

static void reopen(struct world *world) {
    struct pp_error error = {0};
    authorities_finish(&world->set);
    assert_true(authorities_open(&world->set, world->file, world->vault, &error));
}

static int set_up(void **state) {
    struct world *world = calloc(1, sizeof *world);
    test_folder_make(world->folder);
    snprintf(world->file, sizeof world->file, "%s/ca.pem", world->folder);
    for (size_t i = 0; i < ROOTS; i++)
        test_authority_make(&world->roots[i], names[i]);
    test_write_pem(world->file, &world->roots[OLD].root, 1);
    world->vault = vault_open(world->folder, NULL, NULL);
    assert_non_null(world->vault);
    reopen(world);
    *state = world;
    return 0;
}

static int tear_down(void **state) {
    struct world *world = *state;
    for (size_t i = 0; i < world->made_count; i++)
        X509_free(world->made[i]);
    for (size_t i = 0; i < ROOTS; i++)
        test_authority_free(&world->roots[i]);
    authorities_finish(&world->set);
    vault_close(world->vault);
    test_folder_remove(world->folder);
    free(world);
    return 0;
}

static X509 *keep(struct world *world, X509 *certificate) {
    world->made[world->made_count++] = certificate;
    return certificate;
}

/* The key of `which`, under its name, signed by `signer` in the name of `issuer`. */
static X509 *cross(struct world *world, int which, int issuer, int signer, const char *basic,
                   const char *usage, struct test_validity days) {
    return keep(world, test_certificate(names[which], world->roots[which].key, names[issuer],
                                        world->roots[signer].key, basic, usage, days));
}

static X509 *new_with_old(struct world *world) {
    return cross(world, NEW, OLD, OLD, TEST_CA, TEST_USAGE, TEST_YEAR);
}

/* Into effect, and as a restart finds it. */
static void use(struct world *world, struct authority_record *next) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(AUTHORITY_RECORD_MAX);
    struct pp_error error = {0};
    assert_true(authority_record_write(next, &json, &error));
    assert_true(vault_put(world->vault, AUTHORITIES_VAULT_RECORD, json.data, json.size, &error));
    assert_true(authorities_use(&world->set, next, &error));
    assert_string_equal(error.message, "");
}

static const char *role_of(const struct world *world, const struct authority *one) {
    static const char *const roles[ROOTS] = {"Old", "New", "Third", "Stranger"};
    for (size_t i = 0; i < ROOTS; i++) {
        if (X509_cmp(one->certificate, world->roots[i].root) == 0)
            return roles[i];
    }
    return "?";
}

/* Who they are, the newest first. */
static const char *trusted(const struct world *world) {
    static char text[256];
    const struct authority *one = NULL;
    *text = 0;
    for (size_t i = 0; (one = authorities_at(&world->set, &world->set.record, i)); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", *text ? " " : "",
                 role_of(world, one));
    return text;
}

/* ---- The repository's target ---- */

static void add_listed(struct pp_buf *json, X509 *certificate, const char *separator) {
    char hex[PP_HEX_SIZE(32)], text[8192];
    test_sha256(certificate, hex);
    test_base64(certificate, text);
    assert_true(pp_buf_addf(json, NULL, "%s{\"sha256\":\"%s\",\"certificate\":\"%s\",\"later\":1}", separator,
                            hex, text));
}

/* `retired`: NULL none. */
static void write_target(struct pp_buf *json, X509 *const *listed, size_t count, X509 *issuing,
                         X509 *retired) {
    char hex[PP_HEX_SIZE(32)];
    assert_true(pp_buf_addf(json, NULL, "{\"format\":1,\"authorities\":["));
    for (size_t i = 0; i < count; i++)
        add_listed(json, listed[i], i ? "," : "");
    test_sha256(issuing, hex);
    assert_true(pp_buf_addf(json, NULL, "],\"issuing\":\"%s\",\"retired\":[", hex));
    if (retired)
        test_sha256(retired, hex);
    assert_true(pp_buf_addf(json, NULL, retired ? "\"%s\"" : "%.0s", hex));
    assert_true(pp_buf_addf(json, NULL, "],\"comment\":\"of a later version\"}"));
}

static bool take_json(struct world *world, const char *json, struct pp_error *error) {
    struct authority_record next = {0};
    *error = (struct pp_error){0};
    if (!authorities_take_target(&world->set, json, strlen(json), &next, error))
        return false;
    use(world, &next);
    return true;
}

static bool take_target(struct world *world, X509 *const *listed, size_t count, X509 *issuing, X509 *retired,
                        struct pp_error *error) {
    pp_autobuf struct pp_buf json = PP_BUF_INIT(65536);
    write_target(&json, listed, count, issuing, retired);
    return take_json(world, pp_buf_text(&json), error);
}

static void configured_file_counts_at_first(void **state) {
    struct world *world = *state;
    assert_string_equal(trusted(world), "Old");
    assert_true(authorities_issued(&world->set, ""));
}

static void target_adds_and_retires_and_stays(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    X509 *const both[] = {world->roots[NEW].root, world->roots[OLD].root};
    assert_true(take_target(world, both, 2, both[0], NULL, &error));
    assert_string_equal(trusted(world), "New Old");
    assert_false(take_target(world, both, 2, both[0], NULL, &error));
    assert_int_equal(error.code, PP_E_STATE); /* nothing changes */
    assert_true(take_target(world, both, 1, both[0], both[1], &error));
    assert_string_equal(trusted(world), "New");
    reopen(world);
    assert_string_equal(trusted(world), "New");
    assert_true(authority_hash_among(world->set.record.retired[0], world->set.record.retired, 1));
}

/* The file cannot be told that the one it names is over. */
static void retired_authority_of_the_file_stays_retired_until_it_is_listed(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    X509 *const both[] = {world->roots[NEW].root, world->roots[OLD].root};
    assert_true(take_target(world, both, 1, both[0], both[1], &error));
    assert_true(take_target(world, &world->roots[THIRD].root, 1, world->roots[THIRD].root, both[0], &error));
    assert_string_equal(trusted(world), "Third");
    assert_false(take_target(world, &world->roots[THIRD].root, 1, world->roots[THIRD].root, both[0], &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_true(take_target(world, &world->roots[THIRD].root, 1, world->roots[THIRD].root, NULL, &error));
    reopen(world);
    assert_string_equal(trusted(world), "Third");
    assert_true(take_target(world, both, 2, both[0], NULL, &error));
    assert_string_equal(trusted(world), "New Old");
}

/* No document puts one of them back by retiring others. */
static void more_retired_authorities_than_can_be_kept_are_an_error(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    struct authority_record *record = &world->set.record;
    FILE *file = fopen(world->file, "a");
    for (int i = 0; i < AUTHORITY_RETIRED_KEPT; i++) {
        X509 *one = test_certificate("More", world->roots[OLD].key, "More", world->roots[OLD].key, TEST_CA,
                                     TEST_USAGE, TEST_YEAR);
        X509_digest(one, EVP_sha256(), record->retired[record->retired_count++], NULL);
        PEM_write_X509(file, one);
        X509_free(one);
    }
    assert_int_equal(fclose(file), 0);
    pp_autobuf struct pp_buf json = PP_BUF_INIT(AUTHORITY_RECORD_MAX);
    assert_true(authority_record_write(record, &json, &error));
    assert_true(vault_put(world->vault, AUTHORITIES_VAULT_RECORD, json.data, json.size, &error));
    reopen(world);
    assert_string_equal(trusted(world), "Old");
    assert_true(take_target(world, &world->roots[NEW].root, 1, world->roots[NEW].root, NULL, &error));
    assert_string_equal(trusted(world), "New Old");
    assert_false(take_target(world, &world->roots[NEW].root, 1, world->roots[NEW].root,
                             world->roots[OLD].root, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(trusted(world), "New Old");
}

/* The oldest would be good again without a word; so it is the target that is refused, and who is in use stays. */
static void more_retired_keys_than_can_be_kept_are_an_error(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    struct authority_record *record = &world->set.record;
    for (int i = 0; i < AUTHORITY_KEYS_MAX; i++)
        memset(record->retired_keys[record->retired_key_count++], i + 1, AUTHORITY_HASH_SIZE);
    assert_true(take_target(world, &world->roots[NEW].root, 1, world->roots[NEW].root, NULL, &error));
    assert_string_equal(trusted(world), "New Old");
    assert_int_equal(record->retired_key_count, AUTHORITY_KEYS_MAX);
    assert_false(take_target(world, &world->roots[NEW].root, 1, world->roots[NEW].root,
                             world->roots[OLD].root, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_string_equal(trusted(world), "New Old");
    assert_int_equal(record->retired_keys[0][0], 1);
    /* One that has no new key to keep is taken. */
    X509 *const both[] = {world->roots[NEW].root, world->roots[THIRD].root};
    assert_true(take_target(world, both, 2, both[0], NULL, &error));
    assert_string_equal(trusted(world), "New Third Old");
}

/* Whoever has its key could show OldWithNew, which is public. */
static void key_of_a_retired_authority_is_refused_whoever_vouches_for_it(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    X509 *const both[] = {world->roots[NEW].root, world->roots[OLD].root};
    X509 *old_with_new = cross(world, OLD, NEW, NEW, TEST_CA, TEST_USAGE, TEST_YEAR);
    STACK_OF(X509) *chain = sk_X509_new_null();
    sk_X509_push(chain, old_with_new);
    sk_X509_push(chain, both[0]);
    PP_AUTO(net_trust) struct net_trust *before = net_authorities_get(world->set.shared);
    assert_int_equal(net_trust_find_refused(before, chain), -1);
    assert_true(take_target(world, both, 1, both[0], both[1], &error));
    reopen(world);
    PP_AUTO(net_trust) struct net_trust *after = net_authorities_get(world->set.shared);
    assert_int_equal(net_trust_find_refused(after, chain), 0);
    sk_X509_free(chain);
}

/* The same key in a new certificate: an authority that goes on. */
static void retired_certificate_of_a_key_that_is_trusted_ends_nothing(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    X509 *longer = cross(world, OLD, OLD, OLD, TEST_CA, TEST_USAGE, (struct test_validity){-1, 3650});
    assert_true(take_target(world, &longer, 1, longer, world->roots[OLD].root, &error));
    PP_AUTO(net_trust) struct net_trust *trust = net_authorities_get(world->set.shared);
    assert_int_equal(trust->refused_count, 0);
}

/* OLD's hash and certificate, NEW's, that of something that is no authority, and a hash of nothing. */
static void every_wrong_target_is_refused_whole(void **state) {
    struct world *world = *state;
    char o[PP_HEX_SIZE(32)], n[PP_HEX_SIZE(32)], d[PP_HEX_SIZE(32)], old[8192], new[8192], device[8192];
    X509 *leaf = cross(world, THIRD, OLD, OLD, "CA:FALSE", "digitalSignature", TEST_YEAR);
    X509 *mute = cross(world, THIRD, OLD, OLD, TEST_CA, "cRLSign", TEST_YEAR);
    char m[PP_HEX_SIZE(32)], mute_text[8192];
    test_sha256(world->roots[OLD].root, o);
    test_sha256(world->roots[NEW].root, n);
    test_sha256(leaf, d);
    test_sha256(mute, m);
    test_base64(world->roots[OLD].root, old);
    test_base64(world->roots[NEW].root, new);
    test_base64(leaf, device);
    test_base64(mute, mute_text);
    char list[16 * 1024], many[24 * 1024];
    pp_autobuf struct pp_buf nine = PP_BUF_INIT(65536);
    for (int i = 0; i < 9; i++)
        assert_true(pp_buf_addf(&nine, NULL, "%s{}", i ? "," : ""));
    pp_autobuf struct pp_buf hashes = PP_BUF_INIT(65536);
    for (int i = 0; i < 33; i++)
        assert_true(pp_buf_addf(&hashes, NULL, "%s\"%064x\"", i ? "," : "", i));
    snprintf(list, sizeof list, "{\"sha256\":\"%s\",\"certificate\":\"%s\"}", n, new);
#define ITEM(hash, text) "{\"sha256\":\"", hash, "\",\"certificate\":\"", text, "\"}"
    const struct {
        const char *parts[16];
        enum pp_code code;
        const char *says;
    } rows[] = {
        {{"[]"}, PP_E_INVALID, "not a JSON object"},
        {{"{\"format\":2,\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[]}"}, 0, "format"},
        {{"{\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[]}"}, 0, "format"},
        {{"{\"format\":1,\"authorities\":[],\"issuing\":\"", n, "\",\"retired\":[]}"},
         PP_E_INVALID,
         "not among them"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", o, "\",\"retired\":[]}"},
         PP_E_INVALID,
         "not among them"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"retired\":[]}"}, 0, "issuing"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", n, "\"}"}, PP_E_INVALID, "retired"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"zz\",\"retired\":[]}"}, 0, "issuing"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[\"12\"]}"},
         0,
         "retired"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[1]}"},
         0,
         "retired"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[\"", n, "\"]}"},
         PP_E_INVALID,
         "listed and retired"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[\"", o, "\",\"", o,
          "\"]}"},
         PP_E_INVALID,
         "twice"},
        {{"{\"format\":1,\"authorities\":[", list, ",", list, "],\"issuing\":\"", n, "\",\"retired\":[]}"},
         PP_E_INVALID,
         "twice"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"authorities\":[],\"issuing\":\"", n,
          "\",\"retired\":[]}"},
         PP_E_INVALID,
         ""},
        {{"{\"format\":1,\"authorities\":[", ITEM(o, new), "],\"issuing\":\"", o, "\",\"retired\":[]}"},
         PP_E_AUTH,
         "sha256"},
        {{"{\"format\":1,\"authorities\":[", ITEM(d, device), "],\"issuing\":\"", d, "\",\"retired\":[]}"},
         PP_E_INVALID,
         "no authority"},
        {{"{\"format\":1,\"authorities\":[", ITEM(m, mute_text), "],\"issuing\":\"", m, "\",\"retired\":[]}"},
         PP_E_INVALID,
         "no authority"},
        {{"{\"format\":1,\"authorities\":[", ITEM(o, "bm9uc2Vuc2U="), "],\"issuing\":\"", o,
          "\",\"retired\":[]}"},
         PP_E_INVALID,
         "not a certificate"},
        {{"{\"format\":1,\"authorities\":[", ITEM(o, "!"), "],\"issuing\":\"", o, "\",\"retired\":[]}"},
         0,
         ""},
        {{"{\"format\":1,\"authorities\":[", pp_buf_text(&nine), "],\"issuing\":\"", o, "\",\"retired\":[]}"},
         PP_E_LIMIT,
         "authorities"},
        {{"{\"format\":1,\"authorities\":[", list, "],\"issuing\":\"", n, "\",\"retired\":[",
          pp_buf_text(&hashes), "]}"},
         PP_E_LIMIT,
         "retired"},
    };
#undef ITEM
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        struct pp_error error = {0};
        *many = 0;
        for (size_t part = 0; part < 16 && rows[i].parts[part]; part++)
            strcat(many, rows[i].parts[part]);
        if (take_json(world, many, &error))
            fail_msg("row %zu was taken", i);
        assert_true(error.code != PP_E_STATE && *error.message);
        if (rows[i].code)
            assert_int_equal(error.code, rows[i].code);
        if (!strstr(error.message, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say \"%s\"", i, error.message, rows[i].says);
        assert_string_equal(trusted(world), "Old");
    }
    pp_autobuf struct pp_buf large = PP_BUF_INIT(65536);
    write_target(&large, &world->roots[NEW].root, 1, world->roots[NEW].root, NULL);
    large.size--; /* the last brace */
    assert_true(pp_buf_addf(&large, NULL, ",\"more\":\"%017000d\"}", 0));
    struct pp_error error = {0};
    assert_false(take_json(world, pp_buf_text(&large), &error));
    assert_int_equal(error.code, PP_E_LIMIT);
}

/* ---- An EST server's answer ---- */

static bool take_answer(struct world *world, X509 *const *list, size_t count, char told[PP_ERROR_MESSAGE_MAX],
                        struct pp_error *error) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(65536);
    struct authority_record next = {0};
    *error = (struct pp_error){0};
    test_certs_only(list, count, &der);
    if (!authorities_take_answer(&world->set, der.data, der.size, pp_clock_realtime_s(), &next, told, error))
        return false;
    use(world, &next);
    return true;
}

static void assert_answer(struct world *world, X509 *const *list, size_t count, const char *trusts,
                          const char *refuses) {
    struct pp_error error = {0};
    char told[PP_ERROR_MESSAGE_MAX];
    take_answer(world, list, count, told, &error);
    assert_string_equal(told, refuses);
    assert_string_equal(trusted(world), trusts);
}

static void new_root_with_a_proof_of_the_old_one_is_accepted(void **state) {
    struct world *world = *state;
    char told[PP_ERROR_MESSAGE_MAX];
    struct pp_error error = {0};
    X509 *const list[] = {world->roots[NEW].root, world->roots[OLD].root, new_with_old(world),
                          cross(world, OLD, NEW, NEW, TEST_CA, TEST_USAGE, TEST_YEAR)};
    assert_answer(world, list, 4, "New Old", "");
    assert_false(take_answer(world, list, 4, told, &error));
    assert_int_equal(error.code, PP_E_STATE);
    reopen(world);
    assert_string_equal(trusted(world), "New Old");
}

/* In any order: the second is vouched for by the first, which comes behind it. */
static void two_rotations_are_followed_in_one_answer(void **state) {
    struct world *world = *state;
    X509 *const list[] = {world->roots[THIRD].root,
                          cross(world, THIRD, NEW, NEW, TEST_CA, TEST_USAGE, TEST_YEAR),
                          world->roots[OLD].root, new_with_old(world), world->roots[NEW].root};
    assert_answer(world, list, 5, "Third New Old", "");
}

static void new_root_without_a_proof_is_refused_and_told_once(void **state) {
    struct world *world = *state;
    char told[PP_ERROR_MESSAGE_MAX];
    struct pp_error error = {0};
    X509 *const list[] = {world->roots[OLD].root, world->roots[NEW].root};
    assert_answer(world, list, 2, "Old", "\"Root\"");
    reopen(world);
    assert_false(take_answer(world, list, 2, told, &error));
    assert_string_equal(told, "");
    assert_int_equal(error.code, PP_E_STATE);
}

static void proofs_that_prove_nothing_are_refused(void **state) {
    struct world *world = *state;
    X509 *const root = world->roots[NEW].root;
    X509 *const old = world->roots[OLD].root;
    const struct {
        X509 *proof;
        const char *refuses;
    } rows[] = {
        {cross(world, NEW, OLD, STRANGER, TEST_CA, TEST_USAGE, TEST_YEAR),
         "\"Root\", \"Root\""}, /* another's key */
        {cross(world, NEW, STRANGER, STRANGER, TEST_CA, TEST_USAGE, TEST_YEAR),
         "\"Root\""}, /* another's name */
        {cross(world, NEW, OLD, OLD, TEST_CA, TEST_USAGE, (struct test_validity){-9, -1}),
         "\"Root\""}, /* over */
        {cross(world, NEW, OLD, OLD, TEST_CA, TEST_USAGE, (struct test_validity){1, 9}),
         "\"Root\""},                                                        /* not yet */
        {cross(world, THIRD, OLD, OLD, TEST_CA, TEST_USAGE, TEST_YEAR), ""}, /* of another key */
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        X509 *const list[] = {old, root, rows[i].proof};
        assert_answer(world, list, 3, "Old", rows[i].refuses);
    }
}

static X509 *sub_authority(struct world *world, int key, const char *name, int signer, const char *issuer) {
    return keep(world, test_certificate(name, world->roots[key].key, issuer, world->roots[signer].key,
                                        TEST_CA, TEST_USAGE, TEST_YEAR));
}

/* What a trusted root has signed for its sub-authority, whose own root has the same key and name. */
static void sub_authority_of_a_trusted_root_becomes_no_root(void **state) {
    struct world *world = *state;
    X509 *const list[] = {world->roots[OLD].root, world->roots[STRANGER].root,
                          sub_authority(world, STRANGER, "Stranger", OLD, "Root")};
    assert_answer(world, list, 3, "Old", "\"Stranger\"");
}

/* A proof that binds the new one to less than its own certificate says is none of that. */
static void proof_with_constraints_that_the_root_has_not_is_none(void **state) {
    struct world *world = *state;
    const struct {
        int kind;
        const char *value;
    } rows[] = {{NID_name_constraints, "critical,permitted;DNS:example.com"},
                {NID_ext_key_usage, "clientAuth"}};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        X509 *proof = new_with_old(world);
        test_add_extension(proof, rows[i].kind, rows[i].value);
        assert_true(X509_sign(proof, world->roots[OLD].key, EVP_sha256()) > 0);
        X509 *const list[] = {world->roots[OLD].root, world->roots[NEW].root, proof};
        assert_answer(world, list, 3, "Old", i ? "" : "\"Root\"");
    }
    X509 *narrow = cross(world, NEW, NEW, NEW, TEST_CA, TEST_USAGE, TEST_YEAR);
    X509 *proof = new_with_old(world);
    test_add_extension(narrow, rows[0].kind, rows[0].value);
    test_add_extension(proof, rows[0].kind, rows[0].value);
    assert_true(X509_sign(narrow, world->roots[NEW].key, EVP_sha256()) > 0);
    assert_true(X509_sign(proof, world->roots[OLD].key, EVP_sha256()) > 0);
    X509 *const list[] = {world->roots[OLD].root, narrow, proof};
    assert_answer(world, list, 3, "? Old", "");
}

/* Not only may it not vouch: the whole answer is none of authorities. */
static void answer_with_what_is_no_authority_is_refused_whole(void **state) {
    struct world *world = *state;
    char told[PP_ERROR_MESSAGE_MAX];
    struct pp_error error = {0};
    X509 *const rows[] = {cross(world, NEW, OLD, OLD, "CA:FALSE", "digitalSignature", TEST_YEAR),
                          cross(world, NEW, OLD, OLD, TEST_CA, "cRLSign", TEST_YEAR)};
    for (size_t i = 0; i < PP_COUNT(rows); i++) {
        X509 *const list[] = {world->roots[OLD].root, world->roots[NEW].root, rows[i]};
        assert_false(take_answer(world, list, 3, told, &error));
        assert_string_equal(error.message, "certificate 3 of the answer: \"Root\" is no authority");
        assert_string_equal(trusted(world), "Old");
    }
    X509 *const strangers[] = {world->roots[STRANGER].root};
    assert_false(take_answer(world, strangers, 1, told, &error));
    assert_int_equal(error.code, PP_E_AUTH);
}

/* The root, and two below it, of which the lower is vouched for by the upper alone. */
static void answer_with_the_authorities_below_the_root_raises_nothing(void **state) {
    struct world *world = *state;
    char told[PP_ERROR_MESSAGE_MAX];
    struct pp_error error = {0};
    X509 *const list[] = {sub_authority(world, STRANGER, "Lower", THIRD, "Upper"), world->roots[OLD].root,
                          sub_authority(world, THIRD, "Upper", OLD, "Root")};
    assert_false(take_answer(world, list, 3, told, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_string_equal(told, "");
    assert_answer(world, list, 1, "Old", "");
    X509 *const without[] = {list[0], list[1]};
    assert_answer(world, without, 2, "Old", "\"Lower\"");
}

/* As they end, by the time of the answer. */
static bool take_answer_at(struct world *world, X509 *const *list, size_t count, int days,
                           char told[PP_ERROR_MESSAGE_MAX]) {
    pp_autobuf struct pp_buf der = PP_BUF_INIT(65536);
    struct authority_record next = {0};
    test_certs_only(list, count, &der);
    if (!authorities_take_answer(&world->set, der.data, der.size, pp_clock_realtime_s() + days * TEST_DAY,
                                 &next, told, NULL))
        return false;
    use(world, &next);
    return true;
}

static void those_that_have_expired_leave_for_another_and_a_full_list_is_told(void **state) {
    struct world *world = *state;
    char told[PP_ERROR_MESSAGE_MAX];
    struct test_authority many[AUTHORITY_LISTED_MAX];
    X509 *made[AUTHORITY_LISTED_MAX];
    for (int i = 0; i < AUTHORITY_LISTED_MAX; i++) {
        many[i].key = EVP_EC_gen("P-256");
        many[i].root = test_certificate("Root", many[i].key, "Root", many[i].key, TEST_CA, TEST_USAGE,
                                        (struct test_validity){-1, 10 + i});
        X509 *proof = test_certificate("Root", many[i].key, "Root", world->roots[OLD].key, TEST_CA,
                                       TEST_USAGE, TEST_YEAR);
        X509 *const list[] = {world->roots[OLD].root, many[i].root, proof};
        assert_true(take_answer_at(world, list, 3, 0, told));
        assert_string_equal(told, "");
        made[i] = proof;
    }
    X509 *const list[] = {world->roots[OLD].root, world->roots[NEW].root, new_with_old(world)};
    assert_true(take_answer_at(world, list, 3, 0, told));
    assert_string_equal(told, "\"Root\" (there are too many)");
    assert_false(take_answer_at(world, list, 3, 0, told));
    assert_true(take_answer_at(world, list, 3, 12, told)); /* two have ended, and some hours more */
    assert_string_equal(told, "");
    assert_int_equal(world->set.record.listed_count, AUTHORITY_LISTED_MAX - 2);
    assert_non_null(strstr(trusted(world), "New ?"));
    for (int i = 0; i < AUTHORITY_LISTED_MAX; i++) {
        X509_free(made[i]);
        test_authority_free(&many[i]);
    }
}

static void root_that_is_not_valid_is_refused(void **state) {
    struct world *world = *state;
    X509 *over = cross(world, NEW, NEW, NEW, TEST_CA, TEST_USAGE, (struct test_validity){-9, -1});
    X509 *const list[] = {world->roots[OLD].root, over, new_with_old(world)};
    assert_answer(world, list, 3, "Old", "\"Root\"");
}

/* NewWithOld is for the key of the root, not for its name. */
static void root_of_that_name_with_another_key_is_refused(void **state) {
    struct world *world = *state;
    X509 *false_new =
        keep(world, test_certificate("Root", world->roots[STRANGER].key, "Root", world->roots[STRANGER].key,
                                     TEST_CA, TEST_USAGE, TEST_YEAR));
    X509 *const list[] = {world->roots[OLD].root, false_new, new_with_old(world)};
    assert_answer(world, list, 3, "Old", "\"Root\"");
}

/* A root that another trusted root signed for, with its own self-signature wrong. */
static void root_whose_own_signature_is_wrong_is_refused(void **state) {
    struct world *world = *state;
    X509 *spoiled = cross(world, NEW, NEW, STRANGER, TEST_CA, TEST_USAGE, TEST_YEAR);
    X509 *const list[] = {world->roots[OLD].root, spoiled, new_with_old(world)};
    assert_answer(world, list, 3, "Old", "\"Root\"");
}

static void target_ends_what_a_server_had_told(void **state) {
    struct world *world = *state;
    char told[PP_ERROR_MESSAGE_MAX];
    struct pp_error error = {0};
    X509 *const answer[] = {world->roots[OLD].root, world->roots[NEW].root, new_with_old(world)};
    assert_answer(world, answer, 3, "New Old", "");
    assert_true(take_target(world, &world->roots[THIRD].root, 1, world->roots[THIRD].root,
                            world->roots[OLD].root, &error));
    assert_string_equal(trusted(world), "Third");
    assert_false(take_answer(world, answer, 3, told, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_string_equal(trusted(world), "Third");
}

/* ---- Whose a certificate is ---- */

static void certificate_of_another_than_the_one_that_issues_is_known(void **state) {
    struct world *world = *state;
    struct pp_error error = {0};
    X509 *const both[] = {world->roots[NEW].root, world->roots[OLD].root};
    X509 *const old_leaf[] = {cross(world, STRANGER, OLD, OLD, "CA:FALSE", "digitalSignature", TEST_YEAR)};
    X509 *const new_chain[] = {cross(world, STRANGER, NEW, NEW, "CA:FALSE", "digitalSignature", TEST_YEAR),
                               new_with_old(world)};
    char file[160];
    pp_autobuf struct pp_buf old_pem = PP_BUF_INIT(65536);
    pp_autobuf struct pp_buf new_pem = PP_BUF_INIT(65536);
    snprintf(file, sizeof file, "%s/chain.pem", world->folder);
    test_write_pem(file, old_leaf, 1);
    assert_true(pp_file_read(AT_FDCWD, file, &old_pem, NULL));
    test_write_pem(file, new_chain, 2);
    assert_true(pp_file_read(AT_FDCWD, file, &new_pem, NULL));
    assert_true(take_target(world, both, 2, both[0], NULL, &error));
    assert_false(authorities_issued(&world->set, pp_buf_text(&old_pem)));
    assert_true(authorities_issued(&world->set, pp_buf_text(&new_pem)));
}

static void record_that_cannot_be_read_counts_as_none(void **state) {
    struct world *world = *state;
    assert_true(vault_put(world->vault, AUTHORITIES_VAULT_RECORD, "nonsense", 8, NULL));
    reopen(world);
    assert_string_equal(trusted(world), "Old");
}

/* It is there, with what is retired. */
static void record_that_cannot_be_read_as_things_are_is_an_error_of_the_start(void **state) {
    static char large[AUTHORITY_RECORD_MAX + 1];
    struct world *world = *state;
    struct pp_error error = {0};
    assert_true(vault_put(world->vault, AUTHORITIES_VAULT_RECORD, large, sizeof large, NULL));
    authorities_finish(&world->set);
    assert_false(authorities_open(&world->set, world->file, world->vault, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_non_null(strstr(error.message, "authorities: "));
}

#define world_test(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        world_test(configured_file_counts_at_first),
        world_test(target_adds_and_retires_and_stays),
        world_test(retired_authority_of_the_file_stays_retired_until_it_is_listed),
        world_test(more_retired_authorities_than_can_be_kept_are_an_error),
        world_test(more_retired_keys_than_can_be_kept_are_an_error),
        world_test(key_of_a_retired_authority_is_refused_whoever_vouches_for_it),
        world_test(retired_certificate_of_a_key_that_is_trusted_ends_nothing),
        world_test(every_wrong_target_is_refused_whole),
        world_test(new_root_with_a_proof_of_the_old_one_is_accepted),
        world_test(two_rotations_are_followed_in_one_answer),
        world_test(new_root_without_a_proof_is_refused_and_told_once),
        world_test(proofs_that_prove_nothing_are_refused),
        world_test(sub_authority_of_a_trusted_root_becomes_no_root),
        world_test(proof_with_constraints_that_the_root_has_not_is_none),
        world_test(answer_with_what_is_no_authority_is_refused_whole),
        world_test(answer_with_the_authorities_below_the_root_raises_nothing),
        world_test(those_that_have_expired_leave_for_another_and_a_full_list_is_told),
        world_test(root_that_is_not_valid_is_refused),
        world_test(root_of_that_name_with_another_key_is_refused),
        world_test(root_whose_own_signature_is_wrong_is_refused),
        world_test(target_ends_what_a_server_had_told),
        world_test(certificate_of_another_than_the_one_that_issues_is_known),
        world_test(record_that_cannot_be_read_counts_as_none),
        world_test(record_that_cannot_be_read_as_things_are_is_an_error_of_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <unistd.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "crypto/verify.h"
#include "headend/ops/publish.h"
#include "headend/signer/tuf_repo.h"
#include "headend/signer/tuf_sign.h"

static cJSON *metadata(const struct home *home, const char *name) {
    char path[PP_PATH_MAX];
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TUF_METADATA_MAX);
    assert_true(pp_path_format(path, NULL, "repo/metadata/%s", name));
    assert_true(pp_file_read(home->fd, path, &text, NULL));
    cJSON *file = pp_json_parse(text.data, text.size, TUF_METADATA_MAX, NULL);
    assert_non_null(file);
    return file;
}

static const cJSON *at(const cJSON *value, const char *a, const char *b) {
    const cJSON *inner = cJSON_GetObjectItemCaseSensitive(value, a);
    return b ? cJSON_GetObjectItemCaseSensitive(inner, b) : inner;
}

static void publish_init_makes_every_role(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    assert_true(publish_init(home, &error));
    pp_autojson cJSON *root = metadata(home, "1.root.json");
    const cJSON *body = at(root, "signed", NULL);
    assert_true(cJSON_IsTrue(at(body, "consistent_snapshot", NULL)));
    assert_int_equal(cJSON_GetArraySize(at(body, "roles", NULL)), 4);
    assert_int_equal(cJSON_GetArraySize(at(body, "keys", NULL)), 4); /* a key for each */
    static const char *const names[] = {"timestamp.json", "1.snapshot.json", "1.targets.json"};
    for (size_t i = 0; i < PP_COUNT(names); i++) {
        pp_autojson cJSON *file = metadata(home, names[i]);
        assert_int_equal(at(at(file, "signed", NULL), "version", NULL)->valueint, 1);
    }
}

static void signature_verifies_over_canonical_json(void **state) {
    struct home *home = *state;
    pp_autojson cJSON *file = metadata(home, "timestamp.json");
    pp_autobuf struct pp_buf text = PP_BUF_INIT(TUF_METADATA_MAX);
    assert_true(pp_json_canonical(at(file, "signed", NULL), &text, NULL));
    const cJSON *entry = cJSON_GetArrayItem(at(file, "signatures", NULL), 0);
    const char *hex = at(entry, "sig", NULL)->valuestring;
    uint8_t signature[CRYPTO_SIGNATURE_MAX];
    size_t size = strlen(hex) / 2;
    assert_true(pp_hex_decode(hex, signature, size, NULL));
    PP_AUTO(crypto_key) struct crypto_key *key = tuf_key(home, "timestamp", false, NULL);
    pp_autobuf struct pp_buf pem = PP_BUF_INIT(CRYPTO_KEY_DOCUMENT_MAX);
    assert_true(crypto_key_public_pem(key, &pem, NULL));
    PP_AUTO(crypto_public) struct crypto_public *public = crypto_public_load_pem(pem.data, pem.size, NULL);
    assert_true(
        crypto_public_verify(public, CRYPTO_ECDSA_SHA256, text.data, text.size, signature, size, NULL));
    text.data[5] ^= 1;
    assert_false(
        crypto_public_verify(public, CRYPTO_ECDSA_SHA256, text.data, text.size, signature, size, NULL));
}

static void update_delegates_a_new_channel_once(void **state) {
    struct home *home = *state;
    const struct tuf_target target = {.channel = "lobby", .length = 100, .sha256 = {1, 2, 3}};
    for (int version = 1; version <= 2; version++) {
        tuf_autorepo struct tuf_repo repo = {0};
        bool changed = false;
        assert_true(tuf_repo_open(&repo, home, NULL));
        assert_true(tuf_repo_update(&repo, &target, &changed, NULL));
        assert_true(changed);
        assert_int_equal(tuf_repo_snapshot_version(&repo), version + 1);
    }
    pp_autojson cJSON *snapshot = metadata(home, "3.snapshot.json");
    const cJSON *meta = at(at(snapshot, "signed", NULL), "meta", NULL);
    assert_int_equal(at(meta, "targets.json", "version")->valueint, 2);
    assert_int_equal(at(meta, "channel-lobby.json", "version")->valueint, 2);
    pp_autojson cJSON *targets = metadata(home, "2.targets.json");
    const cJSON *roles = at(at(targets, "signed", NULL), "delegations", "roles");
    assert_int_equal(cJSON_GetArraySize(roles), 1);
    assert_string_equal(cJSON_GetArrayItem(at(cJSON_GetArrayItem(roles, 0), "paths", NULL), 0)->valuestring,
                        "channels/lobby/*");
    pp_autojson cJSON *channel = metadata(home, "2.channel-lobby.json");
    const cJSON *entry = at(at(channel, "signed", NULL), "targets", "channels/lobby/manifest.sealed");
    assert_int_equal(at(entry, "length", NULL)->valueint, 100);
}

static void update_without_need_writes_nothing(void **state) {
    struct home *home = *state;
    tuf_autorepo struct tuf_repo repo = {0};
    bool changed = true;
    assert_true(tuf_repo_open(&repo, home, NULL));
    assert_true(tuf_repo_update(&repo, NULL, &changed, NULL));
    assert_false(changed);
}

static void update_renews_what_has_used_half_of_its_time(void **state) {
    struct home *home = *state;
    static const struct {
        int days;
        const char *name;
        int64_t snapshot;
    } steps[] = {{8, "timestamp.json", 3}, {31, "4.snapshot.json", 4}, {200, "3.targets.json", 5}};
    for (size_t i = 0; i < PP_COUNT(steps); i++) {
        tuf_autorepo struct tuf_repo repo = {0};
        bool changed = false;
        assert_true(tuf_repo_open(&repo, home, NULL));
        repo.now = pp_clock_realtime_s() + (int64_t)steps[i].days * TUF_DAY_S;
        assert_true(tuf_repo_update(&repo, NULL, &changed, NULL));
        assert_true(changed);
        assert_int_equal(tuf_repo_snapshot_version(&repo), steps[i].snapshot);
        pp_autojson cJSON *file = metadata(home, steps[i].name);
        int64_t expires;
        assert_true(pp_json_time(at(file, "signed", NULL), "expires", &expires, NULL));
        assert_true(expires > repo.now);
    }
    pp_autojson cJSON *channel = metadata(home, "3.channel-lobby.json");
    assert_non_null(at(at(channel, "signed", NULL), "targets", "channels/lobby/manifest.sealed"));
}

static void update_goes_on_where_one_role_has_lost_its_key(void **state) {
    struct home *home = *state;
    tuf_autorepo struct tuf_repo repo = {0};
    bool changed = false;
    struct pp_error error = {0};
    assert_true(tuf_repo_open(&repo, home, NULL));
    int64_t snapshot = tuf_repo_snapshot_version(&repo);
    int64_t channel = tuf_repo_version(&repo, "channel-lobby");
    assert_int_equal(renameat(home->fd, "keys/channel-lobby.pem", home->fd, "kept"), 0);
    assert_int_equal(renameat(home->fd, "keys/targets.pem", home->fd, "kept too"), 0);
    repo.now = pp_clock_realtime_s() + INT64_C(500) * TUF_DAY_S;
    if (!tuf_repo_update(&repo, NULL, &changed, &error))
        fail_msg("%s", error.message);
    assert_true(changed);
    assert_int_equal(tuf_repo_snapshot_version(&repo), snapshot + 1);
    assert_int_equal(tuf_repo_version(&repo, "channel-lobby"), channel);
    assert_int_equal(renameat(home->fd, "kept", home->fd, "keys/channel-lobby.pem"), 0);
    assert_int_equal(renameat(home->fd, "kept too", home->fd, "keys/targets.pem"), 0);
    assert_true(tuf_repo_update(&repo, NULL, &changed, NULL));
    assert_int_equal(tuf_repo_version(&repo, "channel-lobby"), channel + 1);
}

static int64_t root_version(const struct home *home, const char *name, int64_t *expires) {
    pp_autojson cJSON *file = metadata(home, name);
    assert_true(pp_json_time(at(file, "signed", NULL), "expires", expires, NULL));
    return at(at(file, "signed", NULL), "version", NULL)->valueint;
}

static void root_is_followed_by_the_next_when_half_of_its_time_is_over(void **state) {
    struct home *home = *state;
    tuf_autorepo struct tuf_repo repo = {0};
    int64_t expires;
    assert_true(tuf_repo_open(&repo, home, NULL));
    repo.now = pp_clock_realtime_s() + (int64_t)4 * 365 * TUF_DAY_S;
    assert_true(tuf_repo_renew_root(&repo, NULL));
    assert_true(faccessat(home->fd, "repo/metadata/2.root.json", F_OK, 0) < 0);
    for (int version = 2; version <= 3; version++) {
        char name[32];
        repo.now += (int64_t)6 * 365 * TUF_DAY_S;
        snprintf(name, sizeof name, "%d.root.json", version);
        assert_true(tuf_repo_renew_root(&repo, NULL));
        assert_true(tuf_repo_renew_root(&repo, NULL)); /* once */
        assert_int_equal(root_version(home, name, &expires), version);
        assert_true(expires > repo.now + (int64_t)9 * 365 * TUF_DAY_S);
        assert_int_equal(root_version(home, "../../root.json", &expires), version);
        pp_autojson cJSON *first = metadata(home, "1.root.json");
        pp_autojson cJSON *next = metadata(home, name);
        assert_true(cJSON_Compare(at(first, "signed", "roles"), at(next, "signed", "roles"), true));
        assert_string_equal(
            at(cJSON_GetArrayItem(at(first, "signatures", NULL), 0), "keyid", NULL)->valuestring,
            at(cJSON_GetArrayItem(at(next, "signatures", NULL), 0), "keyid", NULL)->valuestring);
    }
    assert_true(faccessat(home->fd, "repo/metadata/4.root.json", F_OK, 0) < 0);
}

static int64_t epoch_of(const struct home *home, int version) {
    char name[32];
    snprintf(name, sizeof name, "%d.root.json", version);
    pp_autojson cJSON *root = metadata(home, name);
    const cJSON *statement = at(root, "signed", TUF_TIME_FIELD);
    return statement ? at(statement, "epoch", NULL)->valueint : 0;
}

static void root_says_the_time_and_its_successors_go_on_saying_it(void **state) {
    struct home *home = *state;
    tuf_autorepo struct tuf_repo repo = {0};
    assert_true(tuf_repo_open(&repo, home, NULL));
    int64_t now = repo.now;
    assert_true(tuf_repo_restate_time(&repo, NULL)); /* version 4 */
    repo.now = now + (int64_t)9 * 365 * TUF_DAY_S;
    assert_true(tuf_repo_renew_root(&repo, NULL));
    assert_int_equal(epoch_of(home, 3), 0);
    assert_int_equal(epoch_of(home, 4), 4);
    assert_int_equal(epoch_of(home, 5), 4);
    pp_autojson cJSON *root = metadata(home, "5.root.json");
    int64_t said;
    assert_true(pp_json_time(at(root, "signed", TUF_TIME_FIELD), "time", &said, NULL));
    assert_int_equal(said, now);
}

static const char *keyid_of(const cJSON *root, const char *role) {
    const cJSON *ids = at(at(root, "signed", "roles"), role, "keyids");
    assert_int_equal(cJSON_GetArraySize(ids), 1);
    return cJSON_GetArrayItem(ids, 0)->valuestring;
}

/* Of timestamp and snapshot, and of no other role; the former ones are gone. */
static void assert_new_keys(const struct home *home, int before, int after) {
    static const struct {
        const char *role;
        bool renewed;
    } roles[] = {{"root", false}, {"targets", false}, {"timestamp", true}, {"snapshot", true}};
    char names[2][32];
    snprintf(names[0], sizeof names[0], "%d.root.json", before);
    snprintf(names[1], sizeof names[1], "%d.root.json", after);
    pp_autojson cJSON *old = metadata(home, names[0]);
    pp_autojson cJSON *new = metadata(home, names[1]);
    for (size_t i = 0; i < PP_COUNT(roles); i++) {
        bool same = strcmp(keyid_of(old, roles[i].role), keyid_of(new, roles[i].role)) == 0;
        assert_int_equal(same, !roles[i].renewed);
    }
    assert_int_equal(cJSON_GetArraySize(at(new, "signed", "keys")), 4);
}

static void roots_that_are_lost_are_passed_one_by_one(void **state) {
    struct home *home = *state;
    tuf_autorepo struct tuf_repo repo = {0};
    struct pp_error error = {0};
    assert_true(tuf_repo_open(&repo, home, NULL));
    assert_false(tuf_repo_lead_on(&repo, 5 + TUF_ROOTS_LOST_MAX + 1, &error));
    assert_int_equal(error.code, PP_E_LIMIT);
    assert_false(tuf_repo_has_root(home, 6));
    assert_true(tuf_repo_lead_on(&repo, 4, NULL)); /* older than what is here */
    assert_true(tuf_repo_has_root(home, 6));
    assert_false(tuf_repo_has_root(home, 7));
    assert_new_keys(home, 5, 6);
    assert_true(tuf_repo_lead_on(&repo, 7, NULL));
    assert_new_keys(home, 6, 7);
    for (int version = 6; version <= 8; version++)
        assert_int_equal(epoch_of(home, version), 4);
    assert_false(tuf_repo_has_root(home, 9));
    assert_true(tuf_repo_restate_time(&repo, NULL));
    assert_int_equal(epoch_of(home, 9), 9);
}

static void root_without_its_key_is_left_alone_and_told(void **state) {
    struct home *home = *state;
    tuf_autorepo struct tuf_repo repo = {0};
    struct pp_error error = {0};
    assert_true(tuf_repo_open(&repo, home, NULL));
    assert_int_equal(renameat(home->fd, "keys/root.pem", home->fd, "elsewhere"), 0);
    repo.now = pp_clock_realtime_s() + (int64_t)30 * 365 * TUF_DAY_S;
    assert_false(tuf_repo_renew_root(&repo, &error));
    assert_non_null(strstr(error.message, "4.root.json"));
    assert_true(faccessat(home->fd, "repo/metadata/4.root.json", F_OK, 0) < 0);
    assert_true(faccessat(home->fd, "keys/root.pem", F_OK, 0) < 0);
    assert_int_equal(renameat(home->fd, "elsewhere", home->fd, "keys/root.pem"), 0);
}

/* Killed while it wrote the first of the next keys, or a later one. */
static void nothing_is_left_of_next_keys_whose_writing_was_cut_off(void **state) {
    struct home *home = *state;
    static const char *const left[] = {"keys/root.next.pem", "keys/snapshot.next.pem.new",
                                       "keys/control.next.pem.new", "keys/resign.new"};
    for (size_t i = 0; i < PP_COUNT(left); i++)
        assert_true(pp_file_replace(home->fd, left[i], "half", 4, 0600, NULL));
    tuf_autorepo struct tuf_repo repo = {0};
    assert_true(tuf_repo_open(&repo, home, NULL));
    for (size_t i = 0; i < PP_COUNT(left); i++)
        assert_int_not_equal(faccessat(home->fd, left[i], F_OK, 0), 0);
    assert_int_equal(faccessat(home->fd, "keys/snapshot.pem", F_OK, 0), 0);
}

static bool update(struct home *home, const struct tuf_target *target, int days) {
    tuf_autorepo struct tuf_repo repo = {0};
    bool changed = false;
    assert_true(tuf_repo_open(&repo, home, NULL));
    repo.now += (int64_t)days * TUF_DAY_S;
    assert_true(tuf_repo_update(&repo, target, &changed, NULL));
    return changed;
}

/* The version of a role by the snapshot. */
static int64_t listed(const struct home *home, const char *role) {
    tuf_autorepo struct tuf_repo repo = {0};
    assert_true(tuf_repo_open(&repo, home, NULL));
    return tuf_repo_version(&repo, role);
}

/* How many roles and keys the public targets delegate to. */
static void assert_delegations(const struct home *home, int count) {
    char name[64];
    snprintf(name, sizeof name, "%lld.targets.json", (long long)listed(home, "targets"));
    pp_autojson cJSON *targets = metadata(home, name);
    const cJSON *body = at(targets, "signed", NULL);
    assert_int_equal(cJSON_GetArraySize(at(body, "delegations", "roles")), count);
    assert_int_equal(cJSON_GetArraySize(at(body, "delegations", "keys")), count);
}

static void a_removed_channel_is_delegated_no_more_and_goes_on_when_it_is_made_again(void **state) {
    struct home *home = *state;
    const struct tuf_target made = {.channel = "hall", .length = 100, .sha256 = {1, 2, 3}};
    const struct tuf_target removed = {.channel = "hall", .removed = true};
    assert_delegations(home, 1);
    assert_true(update(home, &made, 0));
    assert_delegations(home, 2);
    int64_t version = listed(home, "channel-hall");
    assert_true(update(home, &removed, 0));
    assert_delegations(home, 1);
    assert_int_equal(listed(home, "channel-hall"), version + 1); /* listed, since snapshots must not forget */
    assert_int_equal(unlinkat(home->fd, "keys/channel-hall.pem", 0), 0);
    assert_true(update(home, NULL, 4000)); /* everything is due; the removed one is nobody's to sign */
    assert_int_equal(listed(home, "channel-hall"), version + 1);
    assert_int_not_equal(faccessat(home->fd, "keys/channel-hall.pem", F_OK, 0), 0);
    assert_true(update(home, &made, 0));
    assert_delegations(home, 2);
    assert_int_equal(listed(home, "channel-hall"), version + 2);
}

static void assert_named(const struct home *home, const char *channel, int64_t length, int64_t next) {
    char name[96];
    snprintf(name, sizeof name, "%lld.channel-%s.json", (long long)listed(home, "channel-den"), channel);
    pp_autojson cJSON *role = metadata(home, name);
    const cJSON *targets = at(at(role, "signed", NULL), "targets", NULL);
    snprintf(name, sizeof name, "channels/%s/manifest.sealed", channel);
    assert_int_equal(at(at(targets, name, NULL), "length", NULL)->valueint, length);
    snprintf(name, sizeof name, "channels/%s/next.sealed", channel);
    const cJSON *entry = cJSON_GetObjectItemCaseSensitive(targets, name);
    assert_int_equal(entry ? at(entry, "length", NULL)->valueint : 0, next);
    assert_int_equal(cJSON_GetArraySize(targets), next ? 2 : 1);
}

static void what_is_next_on_a_channel_stands_beside_what_is_published_until_it_ends(void **state) {
    struct home *home = *state;
    const struct tuf_target alone = {.channel = "den", .length = 100, .sha256 = {1}};
    const struct tuf_target both = {
        .channel = "den", .length = 100, .sha256 = {1}, .next_length = 200, .next_sha256 = {2}};
    const struct tuf_target removed = {.channel = "den", .removed = true};
    assert_true(update(home, &alone, 0));
    assert_named(home, "den", 100, 0);
    assert_true(update(home, &both, 0));
    assert_named(home, "den", 100, 200);
    int64_t version = listed(home, "channel-den");
    assert_true(update(home, NULL, 4000)); /* signed anew, since its time is over */
    assert_int_equal(listed(home, "channel-den"), version + 1);
    assert_named(home, "den", 100, 200);
    assert_true(update(home, &alone, 0));
    assert_named(home, "den", 100, 0);
    assert_true(update(home, &removed, 0));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_init_makes_every_role),
        cmocka_unit_test(signature_verifies_over_canonical_json),
        cmocka_unit_test(update_delegates_a_new_channel_once),
        cmocka_unit_test(update_without_need_writes_nothing),
        cmocka_unit_test(update_renews_what_has_used_half_of_its_time),
        cmocka_unit_test(update_goes_on_where_one_role_has_lost_its_key),
        cmocka_unit_test(root_is_followed_by_the_next_when_half_of_its_time_is_over),
        cmocka_unit_test(root_without_its_key_is_left_alone_and_told),
        cmocka_unit_test(nothing_is_left_of_next_keys_whose_writing_was_cut_off),
        cmocka_unit_test(a_removed_channel_is_delegated_no_more_and_goes_on_when_it_is_made_again),
        cmocka_unit_test(what_is_next_on_a_channel_stands_beside_what_is_published_until_it_ends),
        cmocka_unit_test(root_says_the_time_and_its_successors_go_on_saying_it),
        cmocka_unit_test(roots_that_are_lost_are_passed_one_by_one),
    };
    return cmocka_run_group_tests(tests, test_home_setup, test_home_teardown);
}

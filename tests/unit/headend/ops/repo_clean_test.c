#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include <fcntl.h>
#include <ftw.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "../headend_home.h"
#include "base/clock.h"
#include "headend/db/sql.h"
#include "headend/ops/channel.h"
#include "headend/ops/operations.h"
#include "headend/ops/publish.h"
#include "headend/ops/publish_run.h"
#include "headend/ops/repo_clean.h"
#include "headend/signer/tuf_repo.h"

#define DAY_S INT64_C(86400)

/* Publishes one item for each letter. Returns how many objects were there already. */
static size_t publish(struct home *home, const char *channel, const char *contents) {
    char paths[8][PP_PATH_MAX];
    const char *files[8];
    size_t count = strlen(contents);
    for (size_t i = 0; i < count; i++) {
        test_content_make(home, (const char[]){contents[i], 0}, paths[i]);
        files[i] = paths[i];
    }
    const struct playlist_options options = {.duration_s = 5};
    const struct publish_options how = {.renderers.folder = TEST_RENDERERS};
    playlist_auto struct playlist playlist = {0};
    struct publish_result result;
    struct pp_error error = {0};
    if (!playlist_of_files(files, count, &options, &playlist, &error) ||
        !publish_playlist(home, channel, &playlist, &how, &result, &error))
        fail_msg("%s", error.message);
    return result.kept;
}

/* As the command does. */
static bool carry_out(struct home *home, const char *operation, const char *channel, const char *move_to,
                      struct pp_error *error) {
    static const struct publish_runner runner = {.renderers.folder = TEST_RENDERERS};
    const struct op_place at = {.home = home, .db = home->db};
    const struct actor actor = actor_command_line();
    op_result_auto struct op_result result = {0};
    pp_autojson cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "channel", channel);
    if (move_to)
        cJSON_AddStringToObject(request, "move_to", move_to);
    return ops_run(&at, &actor, operation, request, &result, error) &&
           publish_job_complete(home, &runner,
                                cJSON_GetObjectItemCaseSensitive(result.value, "job")->valuestring, error);
}

static void clean(struct home *home, int64_t days) {
    struct pp_error error = {0};
    bool again = true;
    if (!publish_maintain(home, pp_clock_realtime_s() + days * DAY_S, &again, &error))
        fail_msg("%s", error.message);
    assert_false(again);
}

static int there(const struct home *home, const char *path) {
    return faccessat(home->fd, path, F_OK, 0) == 0;
}

static int64_t objects(struct home *home) {
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, "SELECT count(*) FROM object", "");
    assert_true(db_next(row, "count", NULL));
    return db_int(row, 0);
}

static int files_found;

static int file_count(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)path, (void)status, (void)place;
    files_found += type == FTW_F;
    return 0;
}

/* The files of objects/ or of a channel's targets, however deep. */
static int files_in(const struct home *home, const char *folder) {
    char path[PP_PATH_MAX];
    assert_true(pp_path_format(path, NULL, "%s/repo/%s", home->path, folder));
    files_found = 0;
    assert_int_equal(nftw(path, file_count, 16, FTW_PHYS), 0);
    return files_found;
}

static int set_up(void **state) {
    if (test_home_setup(state) != 0)
        return -1;
    return publish_init(*state, NULL) ? 0 : -1;
}

static void what_was_public_a_short_time_ago_stays(void **state) {
    struct home *home = *state;
    for (const char *contents = "abcde"; *contents; contents++)
        publish(home, "lobby", (char[]){*contents, 0});
    clean(home, 0);
    assert_int_equal(objects(home), 5);
    assert_int_equal(files_in(home, "objects"), 5);
    assert_int_equal(files_in(home, "targets/channels/lobby"), 5);
    assert_true(there(home, "repo/metadata/1.channel-lobby.json"));
    assert_true(there(home, "repo/metadata/1.snapshot.json"));
}

static void versions_and_manifests_go_after_a_day_but_the_last_two(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "ab");
    publish(home, "lobby", "bc");
    publish(home, "lobby", "cd");
    publish(home, "hall", "a");
    clean(home, 2);
    static const struct {
        const char *name;
        bool stays;
    } files[] = {
        {"1.root.json", true},          {"1.channel-lobby.json", false}, {"2.channel-lobby.json", true},
        {"3.channel-lobby.json", true}, {"1.channel-hall.json", true},   {"1.targets.json", false},
        {"2.targets.json", true},       {"3.targets.json", true},        {"3.snapshot.json", false},
        {"4.snapshot.json", true},      {"5.snapshot.json", true},       {"timestamp.json", true},
    };
    for (size_t i = 0; i < PP_COUNT(files); i++) {
        char path[PP_PATH_MAX];
        assert_true(pp_path_format(path, NULL, "repo/metadata/%s", files[i].name));
        if (there(home, path) != files[i].stays)
            fail_msg("%s", files[i].name);
    }
    assert_int_equal(files_in(home, "targets/channels/lobby"), 2);
    assert_int_equal(files_in(home, "targets/channels/hall"), 1);
    assert_int_equal(objects(home), 4);
}

static void objects_go_a_month_after_their_last_use_with_their_keys(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "ab");
    publish(home, "lobby", "bc");
    publish(home, "lobby", "cd");
    publish(home, "hall", "x");
    clean(home, 29);
    assert_int_equal(files_in(home, "objects"), 5);
    clean(home, 31); /* only "a" has been out of use since the beginning */
    assert_int_equal(objects(home), 4);
    assert_int_equal(files_in(home, "objects"), 4);
    assert_int_equal(publish(home, "lobby", "bcdx"), 4);
    assert_int_equal(publish(home, "lobby", "a"), 0); /* sealed anew */
    clean(home, 31);
    assert_int_equal(objects(home), 5);
}

static void what_was_taken_back_goes_as_what_was_replaced_does(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    publish(home, "lobby", "ab");
    publish(home, "lobby", "c");
    assert_true(carry_out(home, "channel.unpublish", "lobby", NULL, &error));
    assert_false(carry_out(home, "channel.unpublish", "lobby", NULL, &error));
    assert_int_equal(error.code, PP_E_STATE);
    assert_false(carry_out(home, "channel.unpublish", "nosuch", NULL, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    clean(home, 0);
    assert_int_equal(objects(home), 3);
    clean(home, 2);
    clean(home, 40);
    assert_int_equal(objects(home), 1); /* of the version before, which stays, too */
    assert_int_equal(publish(home, "lobby", "c"), 1);
}

static int64_t rows(struct home *home, const char *table) {
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", table);
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, sql, "");
    assert_true(db_next(row, "count", NULL));
    return db_int(row, 0);
}

static void a_removed_channel_leaves_nothing_and_takes_nothing_of_others(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    publish(home, "lobby", "ab");
    publish(home, "hall", "bc");
    assert_true(there(home, "keys/channel-hall.pem"));
    assert_false(carry_out(home, "channel.remove", "nosuch", NULL, &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_false(carry_out(home, "channel.remove", "hall", "nosuch", &error));
    assert_int_equal(error.code, PP_E_NOTFOUND);
    assert_false(carry_out(home, "channel.remove", "hall", "hall", &error));
    assert_true(there(home, "keys/channel-hall.pem"));
    assert_true(carry_out(home, "channel.remove", "hall", NULL, &error));
    assert_false(there(home, "keys/channel-hall.pem"));
    assert_int_equal(rows(home, "channel"), 1);
    assert_int_equal(rows(home, "publish"), 1);
    assert_int_equal(rows(home, "object_channel"), 2);
    clean(home, 0);
    assert_int_equal(objects(home), 3);
    clean(home, 2);
    assert_int_equal(files_in(home, "targets/channels/lobby"), 1);
    clean(home, 40);
    clean(home, 400); /* the metadata of the channel is never signed anew, and keeps nobody from cleaning */
    assert_int_equal(objects(home), 2);
    assert_int_equal(files_in(home, "objects"), 2);
    assert_int_equal(publish(home, "hall", "bc"), 1); /* under the same name, as if there had been none */
    assert_int_equal(rows(home, "channel"), 2);
}

static void a_removal_that_was_interrupted_is_finished_when_repeated(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    publish(home, "lobby", "a");
    publish(home, "hall", "b");
    const struct tuf_target removed = {.channel = "hall", .removed = true};
    bool changed;
    tuf_autorepo struct tuf_repo repo = {0};
    assert_true(tuf_repo_open(&repo, home, &error));
    assert_true(tuf_repo_update(&repo, &removed, &changed, &error));
    assert_true(carry_out(home, "channel.remove", "hall", NULL, &error));
    assert_int_equal(rows(home, "channel"), 1);
    assert_int_equal(publish(home, "hall", "b"), 1);
}

static void content_that_left_a_moment_ago_keeps_its_object(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "a");
    clean(home, 400); /* an old object that is in use */
    for (const char *contents = "bcd"; *contents; contents++)
        publish(home, "lobby", (char[]){*contents, 0});
    clean(home, 402);
    assert_int_equal(publish(home, "lobby", "a"), 1);
}

static void leftovers_of_killed_publishes_go(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "a");
    static const char *const drafts[] = {"repo/metadata/9.snapshot.json.new", "repo/objects/draft",
                                         "repo/targets/channels/lobby/x.manifest.sealed.new"};
    char orphan[PP_PATH_MAX];
    assert_true(pp_path_format(orphan, NULL, "repo/objects/ab/ab%062d", 1));
    assert_true(pp_dir_make(home->fd, "repo/objects/ab", 0755, NULL));
    for (size_t i = 0; i < PP_COUNT(drafts); i++)
        assert_true(pp_file_replace(home->fd, drafts[i], "x", 1, 0644, NULL));
    assert_true(pp_file_replace(home->fd, orphan, "x", 1, 0644, NULL));
    clean(home, 0);
    assert_int_equal(there(home, drafts[1]), 1);
    clean(home, 2);
    for (size_t i = 0; i < PP_COUNT(drafts); i++)
        assert_int_equal(there(home, drafts[i]), 0);
    assert_int_equal(there(home, orphan), 1);
    clean(home, 31);
    assert_int_equal(there(home, orphan), 0);
    assert_int_equal(files_in(home, "objects"), 1);
}

static void spoil_keys(struct home *home) {
    test_trigger_drop(home, "channel", "channel_key_sealed");
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET key = zeroblob(32)", ""));
}

static void nothing_goes_where_a_public_manifest_cannot_be_read(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "a");
    publish(home, "lobby", "b");
    publish(home, "lobby", "c");
    spoil_keys(home);
    struct pp_error error = {0};
    bool again;
    assert_false(publish_maintain(home, pp_clock_realtime_s() + 100 * DAY_S, &again, &error));
    assert_non_null(strstr(error.message, "3.channel-lobby"));
    assert_int_equal(files_in(home, "objects"), 3);
    assert_int_equal(objects(home), 3);
    assert_true(there(home, "repo/metadata/1.channel-lobby.json"));
}

static void nothing_goes_while_somebody_publishes(void **state) {
    struct home *home = *state;
    for (const char *contents = "abc"; *contents; contents++)
        publish(home, "lobby", (char[]){*contents, 0});
    pp_autoclose int lock = openat(home->fd, HOME_LOCK, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    bool again = false;
    assert_true(publish_maintain(home, pp_clock_realtime_s() + 100 * DAY_S, &again, NULL));
    assert_true(again);
    assert_int_equal(files_in(home, "objects"), 3);
}

static void a_long_list_goes_in_several_passes(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "a");
    for (int i = 0; i < CLEAN_FILES_MAX + 3; i++) {
        char path[PP_PATH_MAX];
        assert_true(pp_path_format(path, NULL, "repo/metadata/%d.x.new", i));
        int fd = openat(home->fd, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        assert_true(fd >= 0);
        close(fd);
    }
    bool again = false;
    assert_true(publish_maintain(home, pp_clock_realtime_s() + 2 * DAY_S, &again, NULL));
    assert_true(again);
    clean(home, 2);
    assert_false(there(home, "repo/metadata/0.x.new"));
}

static int64_t number_of(struct home *home, const char *sql) {
    db_autorow struct db_row *row = db_query_sql(home->db, NULL, sql, "");
    assert_true(db_next(row, "number", NULL));
    return db_int(row, 0);
}

static void old_publishes_are_forgotten_and_numbers_go_on(void **state) {
    struct home *home = *state;
    for (const char *contents = "aba"; *contents; contents++)
        publish(home, "lobby", (char[]){*contents, 0});
    clean(home, 0);
    assert_int_equal(number_of(home, "SELECT count(*) FROM publish WHERE status = 'done'"), 1);
    assert_int_equal(number_of(home, "SELECT max(id) FROM publish WHERE status = 'done'"), 3);
    publish(home, "lobby", "b");
    assert_int_equal(number_of(home, "SELECT max(id) FROM publish WHERE status = 'done'"), 4);
}

static void manifests_of_before_a_change_of_the_key_are_still_read(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    publish(home, "lobby", "a");
    publish(home, "lobby", "b");
    for (int changes = 1; changes <= 3; changes++) {
        assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET leavers = 2", ""));
        if (!publish_rekey(home, &error))
            fail_msg("%s", error.message);
        assert_int_equal(number_of(home, "SELECT count(*) FROM channel_old_key"), changes);
    }
    assert_int_equal(number_of(home, "SELECT leavers FROM channel"), 0);
    clean(home, 0);
    assert_int_equal(files_in(home, "objects"), 2);
    assert_int_equal(files_in(home, "targets/channels/lobby"), 5);
    assert_int_equal(number_of(home, "SELECT count(*) FROM object_channel"), 2);
    clean(home, 40);
    clean(home, 80);
    assert_int_equal(files_in(home, "targets/channels/lobby"), 2);
    assert_int_equal(files_in(home, "objects"), 1);
    assert_int_equal(number_of(home, "SELECT count(*) FROM object_channel"), 1);
}

static void only_so_many_former_keys_are_kept(void **state) {
    struct home *home = *state;
    publish(home, "lobby", "a");
    test_trigger_drop(home, "channel_old_key", "channel_old_sealed");
    for (int i = 0; i < CHANNEL_OLD_KEYS_MAX; i++)
        assert_true(db_run_sql(
            home->db, NULL, "INSERT INTO channel_old_key(channel, key) VALUES('lobby', zeroblob(32))", ""));
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET leavers = 1", ""));
    assert_true(publish_rekey(home, NULL));
    assert_int_equal(number_of(home, "SELECT count(*) FROM channel_old_key WHERE key <> zeroblob(32)"), 1);
    assert_int_equal(number_of(home, "SELECT count(*) FROM channel_old_key"), CHANNEL_OLD_KEYS_MAX);
}

static void a_manifest_that_is_spoilt_does_not_keep_the_old_key(void **state) {
    struct home *home = *state;
    struct pp_error error = {0};
    publish(home, "lobby", "a");
    assert_true(db_run_sql(home->db, NULL, "UPDATE channel SET leavers = 1", ""));
    spoil_keys(home);
    if (!publish_rekey(home, &error))
        fail_msg("%s", error.message);
    assert_int_equal(
        number_of(home, "SELECT count(*) FROM channel WHERE key <> zeroblob(32) AND leavers = 0"), 1);
    publish(home, "lobby", "a");
}

#define clean_test(function) cmocka_unit_test_setup_teardown(function, set_up, test_home_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        clean_test(what_was_public_a_short_time_ago_stays),
        clean_test(versions_and_manifests_go_after_a_day_but_the_last_two),
        clean_test(objects_go_a_month_after_their_last_use_with_their_keys),
        clean_test(what_was_taken_back_goes_as_what_was_replaced_does),
        clean_test(a_removed_channel_leaves_nothing_and_takes_nothing_of_others),
        clean_test(a_removal_that_was_interrupted_is_finished_when_repeated),
        clean_test(content_that_left_a_moment_ago_keeps_its_object),
        clean_test(leftovers_of_killed_publishes_go),
        clean_test(nothing_goes_where_a_public_manifest_cannot_be_read),
        clean_test(nothing_goes_while_somebody_publishes),
        clean_test(a_long_list_goes_in_several_passes),
        clean_test(manifests_of_before_a_change_of_the_key_are_still_read),
        clean_test(only_so_many_former_keys_are_kept),
        clean_test(a_manifest_that_is_spoilt_does_not_keep_the_old_key),
        clean_test(old_publishes_are_forgotten_and_numbers_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
